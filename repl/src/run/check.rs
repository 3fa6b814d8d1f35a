//! `salotto check`: reads the configuration and says what is wrong with it.

use super::exit::Exit;
use crate::output::{complain, say};
use crate::settings::{DEFAULT_FILE, Source};

pub(super) fn run(source: &Source) -> Exit {
    let Some(path) = source.path() else {
        complain(format_args!("there is no `{DEFAULT_FILE}` here; `salotto init` writes one"));
        return Exit::Usage;
    };
    match source.load() {
        Ok(_) => {
            say(format_args!("{} is fine", path.display()));
            Exit::Done
        }
        Err(error) => {
            complain(error);
            Exit::Usage
        }
    }
}

//! `salotto check`: reads the configuration and prints its mistakes.

use super::exit::Exit;
use crate::output::{print, print_error};
use crate::settings::{DEFAULT_FILE, Source};

pub(super) fn run(source: &Source) -> Exit {
    let Some(path) = source.path() else {
        print_error(format_args!("there is no `{DEFAULT_FILE}` here; `salotto init` writes one"));
        return Exit::Usage;
    };
    match source.load() {
        Ok(_) => {
            print(format_args!("{} is fine", path.display()));
            Exit::Done
        }
        Err(error) => {
            print_error(error);
            Exit::Usage
        }
    }
}

//! `salotto init`: writes a configuration file with every setting in it.

use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::exit::Exit;
use crate::output::{print, print_error};
use crate::settings::default_text;

pub(super) fn run(path: &Path, force: bool) -> Exit {
    let mut options = std::fs::OpenOptions::new();
    // Hashes of passwords will stand in it.
    options.write(true).mode(0o600);
    if force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let written = options.open(path).and_then(|mut file| file.write_all(default_text().as_bytes()));
    let path = path.display();
    match written {
        Ok(()) => {
            print(format_args!("wrote {path}"));
            Exit::Done
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            print_error(format_args!("`{path}` exists already; `--force` overwrites it"));
            Exit::Failed
        }
        Err(error) => {
            print_error(format_args!("cannot write `{path}`: {error}"));
            Exit::Failed
        }
    }
}

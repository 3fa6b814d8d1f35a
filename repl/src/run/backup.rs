//! `salotto backup` and `salotto restore`: copies of the database.

use std::path::{Path, PathBuf};

use super::exit::Exit;
use crate::database;
use crate::output::{print, print_error};
use crate::settings::Source;

pub(super) fn backup(source: &Source, file: &Path) -> Exit {
    let kept = match kept(source) {
        Ok(file) => file,
        Err(exit) => return exit,
    };
    let copied = database::inspect(&kept).map_err(|error| error.to_string());
    let copied = copied.and_then(|_| database::backup(&kept, file).map_err(|e| e.to_string()));
    match copied {
        Ok(bytes) => {
            let (kept, file) = (kept.display(), file.display());
            print(format_args!("`{kept}` is in `{file}`: {bytes} bytes, and whole"));
            Exit::Done
        }
        Err(error) => {
            print_error(error);
            Exit::Failed
        }
    }
}

pub(super) fn restore(source: &Source, file: &Path) -> Exit {
    let kept = match kept(source) {
        Ok(file) => file,
        Err(exit) => return exit,
    };
    match database::restore(&kept, file) {
        Ok(aside) => {
            print(format_args!("`{}` is what was in `{}`", kept.display(), file.display()));
            if let Some(aside) = aside {
                print(format_args!("what it was before is in `{}`", aside.display()));
            }
            Exit::Done
        }
        Err(error) => {
            print_error(error);
            Exit::Failed
        }
    }
}

/// The database that the configuration names.
fn kept(source: &Source) -> Result<PathBuf, Exit> {
    let config = source.load().map_err(|error| {
        print_error(error);
        Exit::Usage
    })?;
    config.program.store.file.ok_or_else(|| {
        print_error("there is no database: `store: (file: None)` keeps nothing");
        Exit::Usage
    })
}

//! The folders for the files of the program, from the environment.

use std::path::PathBuf;

/// The history of the console.
pub(crate) fn history_file() -> Option<PathBuf> {
    Some(state_folder()?.join("history"))
}

/// For data that outlives the program but is no document, by the XDG conventions.
pub(crate) fn state_folder() -> Option<PathBuf> {
    let state =
        directory("XDG_STATE_HOME").or_else(|| Some(directory("HOME")?.join(".local/state")));
    Some(state?.join("salotto"))
}

/// A folder that the environment names.
pub(crate) fn directory(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}

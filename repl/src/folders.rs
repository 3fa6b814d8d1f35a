//! Where the program keeps what is its own, as the environment says.

use std::path::PathBuf;

/// Where the console keeps its history.
pub(crate) fn history_file() -> Option<PathBuf> {
    Some(state_folder()?.join("history"))
}

/// What outlives the program but is nobody's document, by the XDG conventions.
pub(crate) fn state_folder() -> Option<PathBuf> {
    let state =
        directory("XDG_STATE_HOME").or_else(|| Some(directory("HOME")?.join(".local/state")));
    Some(state?.join("salotto"))
}

/// A folder that the environment names.
pub(crate) fn directory(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}

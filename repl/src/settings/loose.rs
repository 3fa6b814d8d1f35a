//! Which files with secrets others can read or change, as the permissions of the system say: a note for the operator, with the command that mends it.
//! A group is somebody's choice, as that of a service is, and is not asked about.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// That all others can read a file.
const READ: u32 = 0o004;
/// That all others can change it.
const WRITE: u32 = 0o002;

/// What to say of a file of the configuration.
pub(super) fn configuration(path: &Path, text: &str) -> Option<String> {
    let holds = text.contains("$argon2").then_some("hashes of passwords stand in it");
    note(path, holds)
}

/// What to say of the database, once it is known to be one.
pub(crate) fn database(path: &Path) -> Option<String> {
    note(path, Some("it holds what was said, addresses and hashes of passwords"))
}

/// What to say of a file, and of what it holds where that is secret.
fn note(path: &Path, holds: Option<&str>) -> Option<String> {
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    let path = path.display();
    match holds {
        Some(holds) if mode & READ != 0 => Some(format!(
            "{path}: others can read this file, and {holds}; `chmod o-rw {path}` mends it"
        )),
        _ if mode & WRITE != 0 => Some(format!(
            "{path}: others can change this file, and so the server; `chmod o-w {path}` mends it"
        )),
        _ => None,
    }
}

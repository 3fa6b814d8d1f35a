//! Reads the text of a configuration, whatever stands under its path: nothing is waited for that may never come, and nothing without an end is read.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

use super::locate::Position;
use super::mistake::{ConfigError, Mistake, Mistakes};

/// Largest file, in bytes. One with every setting has some 10,000, and thousands of accounts fit into this.
const LARGEST: u64 = 1024 * 1024;

/// The text of the file, without the mark that some editors put at its beginning.
pub(super) fn config(path: &Path) -> Result<String, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { path: path.into(), source };
    let bytes = bytes(path).map_err(unreadable)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
        let position = Some(Position::of(&before, before.len()));
        let text = "this is not UTF-8; save the file as UTF-8".into();
        ConfigError::Wrong(Mistakes { path: path.into(), list: vec![Mistake::new(position, text)] })
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(text) => text.to_owned(),
        None => text,
    })
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let other = |text: &str| io::Error::new(ErrorKind::InvalidInput, text);
    // Otherwise a pipe that nobody writes to would be waited for here.
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed());
    let file: File = options.open(path)?;
    let found = file.metadata()?;
    if found.is_dir() {
        return Err(other("it is a folder; name the file in it"));
    }
    if !found.is_file() {
        return Err(other("it is not a file; name one, such as `salotto.ron`"));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(other("it has more than 1 MiB, so it is not a configuration"));
    }
    Ok(bytes)
}

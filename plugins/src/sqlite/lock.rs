//! The file beside a database: locked while somebody uses it, and one byte that says how it was left.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// It was closed.
const CLEAN: u8 = b'c';
/// It is or was in use, and whatever people have seen is in the database.
const EXACT: u8 = b'x';
/// It is or was in use, and people may have seen what is not in the database.
const LOSSY: u8 = b'l';

/// See the module. The lock is held until this is dropped.
#[derive(Debug)]
pub(super) struct LockFile {
    file: File,
    state: u8,
}

/// Why there is no lock.
#[derive(Debug)]
pub(super) enum LockError {
    /// Somebody has it.
    InUse,
    Io(io::Error),
}

impl LockFile {
    /// Locks a database. The byte is there from the beginning, so that changing it needs no space on the disk.
    pub(super) fn take(database: &Path) -> Result<Self, LockError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(path(database)).map_err(LockError::Io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LockError::InUse),
            Err(TryLockError::Error(error)) => return Err(LockError::Io(error)),
        }
        let mut state = [CLEAN];
        // An empty file is a new one.
        file.read_at(&mut state, 0).map_err(LockError::Io)?;
        Ok(Self { file, state: state[0] })
    }

    /// Whether people may have seen what is not in the database.
    pub(super) fn is_lossy(&self) -> bool {
        self.state == LOSSY
    }

    /// It is in use.
    pub(super) fn set_in_use(&mut self, lossy: bool) -> io::Result<()> {
        self.set(if lossy { LOSSY } else { EXACT })
    }

    /// It is closed, and everything is in the database.
    pub(super) fn set_clean(&mut self) -> io::Result<()> {
        self.set(CLEAN)
    }

    fn set(&mut self, state: u8) -> io::Result<()> {
        self.file.write_all_at(&[state], 0)?;
        self.file.sync_data()?;
        self.state = state;
        Ok(())
    }
}

fn path(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    path.into()
}

//! Copies of a database: made while it is used, and put in its place while it is not.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::Connection;
use rusqlite::OpenFlags;
use rusqlite::backup::{Backup, StepResult};
use salotto::Timestamp;
use salotto::store::StoreError;

use super::lock::{LockError, LockFile};
use super::open::{OpenError, inspect, renew_epoch};

/// Pages that a copy takes at a time, so that the writer comes in between.
const BACKUP_PAGES: i32 = 512;

/// Copies the database of a server, which may be running, to a file that must not exist, and checks the copy before it has its name. Returns its bytes.
///
/// # Errors
/// When there is no such database, the file exists or cannot be written, or the copy is not whole.
pub fn backup(path: &Path, file: &Path) -> Result<u64, StoreError> {
    let shown = file.display();
    if !path.exists() {
        return Err(StoreError(format!("there is no database `{}`", path.display())));
    }
    if file.exists() {
        return Err(StoreError(format!("`{shown}` exists; name a file that does not")));
    }
    let partial = beside(file, ".partial");
    let copied = copy(path, &partial).and_then(|()| {
        fs::rename(&partial, file).map_err(|error| error.to_string())?;
        Ok(fs::metadata(file).map_err(|error| error.to_string())?.len())
    });
    copied.map_err(|problem| {
        // What is left of it is of no use; that it cannot be removed changes nothing.
        let _ = fs::remove_file(&partial);
        StoreError(format!("no backup was made to `{shown}`: {problem}"))
    })
}

fn copy(path: &Path, partial: &Path) -> Result<(), String> {
    let said = |error: rusqlite::Error| error.to_string();
    let mut made = OpenOptions::new();
    made.write(true).create(true).truncate(true).mode(0o600);
    made.open(partial).map_err(|error| error.to_string())?;
    let from =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(said)?;
    let mut to = Connection::open(partial).map_err(said)?;
    // A moment of the database: what is written meanwhile does not make it begin anew.
    from.execute_batch("BEGIN; SELECT count(*) FROM sqlite_master;").map_err(said)?;
    let copy = Backup::new(&from, &mut to).map_err(said)?;
    while copy.step(BACKUP_PAGES).map_err(said)? != StepResult::Done {}
    drop(copy);
    to.pragma_update(None, "journal_mode", "DELETE").map_err(said)?;
    check(&to)?;
    to.close().map_err(|(_, error)| error.to_string())?;
    File::open(partial).and_then(|file| file.sync_all()).map_err(|error| error.to_string())
}

/// Whether all of a database is whole.
pub(super) fn check(connection: &Connection) -> Result<(), String> {
    let found: Result<String, _> =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0));
    match found {
        Ok(found) if found == "ok" => Ok(()),
        Ok(found) => Err(found),
        Err(error) => Err(error.to_string()),
    }
}

/// Puts a backup in the place of a database that no server uses, which is kept beside it. Returns where that is, if there was one.
///
/// Ids mean something else in it than what people have seen since, so it has an epoch of its own.
///
/// # Errors
/// When a server uses the database, or the backup is none, damaged or newer than this program. Nothing was changed then.
pub fn restore(path: &Path, file: &Path) -> Result<Option<PathBuf>, OpenError> {
    let io = |error: io::Error| OpenError::io(path, error);
    if !file.exists() {
        return Err(OpenError::io(file, "there is no such file"));
    }
    let mut lock = LockFile::take(path).map_err(|error| match error {
        LockError::InUse => OpenError::InUse { path: path.into() },
        LockError::Io(error) => OpenError::io(path, error),
    })?;
    inspect(file)?;
    let fresh = beside(path, ".restored");
    // What is left of an earlier attempt.
    let _ = fs::remove_file(&fresh);
    copy(file, &fresh).map_err(|problem| OpenError::Damaged { path: file.into(), problem })?;
    let connection = Connection::open(&fresh).map_err(|error| OpenError::of(&fresh, error))?;
    renew_epoch(&connection).map_err(|error| OpenError::of(&fresh, error))?;
    connection.close().map_err(|(_, error)| OpenError::of(&fresh, error))?;
    let time = Timestamp::from(SystemTime::now()).to_string().replace([':', '.'], "-");
    let aside = beside(path, &format!(".before-{time}"));
    let was_there = path.exists();
    if was_there {
        // What has yet to be moved into it goes with it.
        let log = beside(path, "-wal");
        if log.exists() {
            fs::rename(&log, beside(&aside, "-wal")).map_err(io)?;
        }
        let _ = fs::remove_file(beside(path, "-shm"));
        fs::rename(path, &aside).map_err(io)?;
    }
    fs::rename(&fresh, path).map_err(io)?;
    lock.set_clean().map_err(io)?;
    Ok(was_there.then_some(aside))
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut other = path.as_os_str().to_owned();
    other.push(end);
    other.into()
}

//! A database is opened, or it is said why it cannot be. Whatever is not ours, or not whole, is never written to.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::SqliteOptions;
use super::lock::{LockError, LockFile};
use super::rooms;
use super::schema::{self, APPLICATION, VERSION};

/// What every SQLite file begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// A database that was opened.
pub(super) struct Opening {
    pub(super) writer: Connection,
    pub(super) reader: Connection,
    pub(super) lock: LockFile,
    pub(super) epoch: String,
}

/// Why a database was not opened. Nothing in it was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another server has it.
    #[error("the database `{}` is used by a server already; stop that one, or give this one a file of its own", path.display())]
    InUse {
        /// Which file.
        path: PathBuf,
    },
    /// It is no database, or that of another program.
    #[error("the database `{}` is not one of Salotto; name another file", path.display())]
    Foreign {
        /// Which file.
        path: PathBuf,
    },
    /// A later version made it.
    #[error("the database `{}` has version {found} and this program knows {VERSION}; use the newer program, or a backup from before", path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its version.
        found: i64,
    },
    /// It is damaged.
    #[error("the database `{}` is damaged: {problem}; `salotto restore` puts a backup in its place", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What was found.
        problem: String,
    },
    /// It cannot be read or written.
    #[error("the database `{}` cannot be opened: {problem}; check the path and who may write there", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        problem: String,
    },
}

impl OpenError {
    pub(super) fn of(path: &Path, error: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::Foreign { path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, problem: error.to_string() },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::InUse { path },
            // Tables that are not there, or other than they should be.
            Some(ErrorCode::Unknown) => Self::Damaged { path, problem: error.to_string() },
            _ => Self::Io { path, problem: error.to_string() },
        }
    }

    pub(super) fn io(path: &Path, error: impl ToString) -> Self {
        Self::Io { path: path.to_owned(), problem: error.to_string() }
    }
}

/// Opens a database for a server: takes its lock, checks what it is, brings it up to date.
pub(super) fn open(path: &Path, options: SqliteOptions) -> Result<Opening, OpenError> {
    let wrong = |error| OpenError::of(path, error);
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|error| OpenError::io(path, error))?;
    }
    let mut lock = LockFile::take(path).map_err(|error| match error {
        LockError::InUse => OpenError::InUse { path: path.into() },
        LockError::Io(error) => OpenError::io(path, error),
    })?;
    let is_new = !is_there(path)?;
    if is_new {
        // For its user alone, before SQLite makes one for everybody.
        let mut made = OpenOptions::new();
        made.write(true).create(true).truncate(false).mode(0o600);
        made.open(path).map_err(|error| OpenError::io(path, error))?;
    } else {
        inspect(path)?;
    }
    let mut writer = Connection::open(path).map_err(wrong)?;
    prepare(&writer, options.durable).map_err(wrong)?;
    schema::migrate(&mut writer, options.words).map_err(wrong)?;
    rooms::catch_up_all(&writer).map_err(wrong)?;
    let was_lossy = lock.is_lossy();
    let epoch = epoch(&writer, was_lossy).map_err(wrong)?;
    lock.set_in_use(!options.durable).map_err(|error| OpenError::io(path, error))?;
    let reader = Connection::open(path).map_err(wrong)?;
    reader.pragma_update(None, "query_only", true).map_err(wrong)?;
    reader.busy_timeout(Duration::from_secs(5)).map_err(wrong)?;
    Ok(Opening { writer, reader, lock, epoch })
}

/// Looks at a database without writing to it: the version of its tables, which may be of an earlier one.
///
/// # Errors
/// When it is none of ours, damaged or newer than this program.
pub fn inspect(path: &Path) -> Result<i64, OpenError> {
    let wrong = |error| OpenError::of(path, error);
    if !is_there(path)? {
        return Ok(0);
    }
    let connection = open_to_look(path).map_err(wrong)?;
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))
        .map_err(wrong)?;
    let (version, application) = (schema::version(&connection), schema::application(&connection));
    let (version, application) = (version.map_err(wrong)?, application.map_err(wrong)?);
    // One that was made and not filled, as when the power went off, is a new one.
    let is_fresh = tables == 0 && version == 0 && application == 0;
    if application != APPLICATION && !is_fresh {
        return Err(OpenError::Foreign { path: path.into() });
    }
    if version > VERSION {
        return Err(OpenError::Newer { path: path.into(), found: version });
    }
    Ok(version)
}

/// [Inspects](inspect) a database and reads it whole, which takes a second for some hundred megabytes.
///
/// # Errors
/// As `inspect`, and when any page is damaged.
pub fn examine(path: &Path) -> Result<i64, OpenError> {
    let version = inspect(path)?;
    if version == 0 {
        return Ok(version);
    }
    let found = open_to_look(path).and_then(|connection| {
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))
    });
    match found {
        Ok(found) if found == "ok" => Ok(version),
        Ok(problem) => {
            Err(OpenError::Damaged { path: path.into(), problem: in_one_line(&problem) })
        }
        Err(error) => Err(OpenError::of(path, error)),
    }
}

/// What SQLite has found, without its heading.
fn in_one_line(problem: &str) -> String {
    let lines = problem.lines().filter(|line| !line.starts_with("***"));
    lines.map(str::trim).collect::<Vec<_>>().join("; ")
}

/// Opens a database so that nothing is made beside it, which whoever runs the server could not open later if somebody else looked first.
fn open_to_look(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if Path::new(&log).exists() {
        return Connection::open_with_flags(path, flags);
    }
    // Nobody has it open, so that it does not change meanwhile.
    let text = path.to_string_lossy();
    let text = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags = flags | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(format!("file:{text}?immutable=1"), flags)
}

/// What a database takes, with what has yet to be moved into its main file.
pub(super) fn bytes(path: &Path) -> u64 {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let length = |path: &Path| fs::metadata(path).map_or(0, |found| found.len());
    length(path) + length(Path::new(&log))
}

/// Whether there is a database, or something that begins like one; what is anything else is refused.
fn is_there(path: &Path) -> Result<bool, OpenError> {
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(OpenError::io(path, error)),
    };
    let mut begins = Vec::new();
    let read = file.take(MAGIC.len() as u64).read_to_end(&mut begins);
    read.map_err(|error| OpenError::io(path, error))?;
    match begins.as_slice() {
        [] => Ok(false),
        begins if begins == MAGIC => Ok(true),
        _ => Err(OpenError::Foreign { path: path.into() }),
    }
}

/// How the connection that writes is set up.
fn prepare(connection: &Connection, durable: bool) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(1))?;
    // Takes effect in a new file only: what is forgotten gives its space back.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", if durable { "FULL" } else { "NORMAL" })?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)
}

/// Ids mean something else from here on.
pub(super) fn renew_epoch(connection: &Connection) -> rusqlite::Result<String> {
    let epoch = format!("{:016x}", random());
    schema::set_meta(connection, "epoch", &epoch)?;
    Ok(epoch)
}

/// What ids belong to: a new one where people may have seen what is not here.
fn epoch(connection: &Connection, is_lossy: bool) -> rusqlite::Result<String> {
    match schema::meta(connection, "epoch")? {
        Some(epoch) if !is_lossy => Ok(epoch),
        _ => renew_epoch(connection),
    }
}

/// A number that no other database has.
fn random() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::time::SystemTime::now())
}

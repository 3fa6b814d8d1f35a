//! The store of a server in one SQLite file: what was said, with an index of its words, and the small values of plugins.
//!
//! ```
//! use std::sync::Arc;
//!
//! use salotto::Server;
//! use salotto_plugins::sqlite::{SqliteOptions, SqliteStore};
//!
//! # let folder = tempfile::tempdir()?;
//! let store = SqliteStore::open(&folder.path().join("salotto.db"), SqliteOptions::default())?;
//! let server = Server::builder().listen(["127.0.0.1:0"]).store(Arc::new(store)).start()?;
//! # smol::block_on(server.stop());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! One thread writes: it commits what has come, up to some hundreds of entries at a time, and tells the hub. Another reads beside it, as WAL lets it. Where nothing
//! is to be done both sleep. While the disk fails the writer holds what comes, within a bound, and tries again every few seconds.
//!
//! Beside the file lies `FILE.lock`, which is locked while a server uses it, and says how it was left: where that was in the middle of something that people had seen and that is
//! not in the file, ids could stand for something else, and there is a new epoch.

mod copies;
mod left;
mod lock;
mod open;
mod queue;
mod reader;
mod rooms;
mod rows;
mod schema;
mod search;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use salotto::protocol::Page;
use salotto::store::{
    Acknowledge, Answer, Found, Import, Opened, PageQuery, Retention, SearchQuery, StoreError, Turn,
};
use salotto::{Entry, EntryId, RoomName, Store, StoreStatus, Timestamp};
use serde::{Deserialize, Serialize};

pub use copies::{backup, restore};
use left::Left;
use lock::LockFile;
pub use open::{OpenError, examine, inspect};
use queue::{Job, Queue};
use reader::Reader;
use writer::Writer;

/// How a database is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SqliteOptions {
    /// Whether what people are shown is on the disk, also when the power goes off: a message is shown when it is committed. `false` shows it at once, and a power
    /// cut loses what came last.
    pub durable: bool,
    /// What counts as a word in a search. A change has the index made anew at the next start.
    pub words: Words,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self { durable: true, words: Words::default() }
    }
}

/// What counts as a word in a search; there is no third.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Words {
    /// What stands between spaces and punctuation; accents and case do not count.
    #[default]
    Whole,
    /// Any three characters or more in a row: for languages without spaces. The index is several times as large.
    Parts,
}

/// See the module.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    durable: bool,
    epoch: String,
    shared: Arc<Shared>,
    reader: Arc<Reader>,
    writer: Mutex<Option<JoinHandle<()>>>,
    /// The lock guards single steps.
    left: Mutex<Left>,
    /// The small values, until they are asked for.
    values: Mutex<Vec<(String, String, String)>>,
    lock: Arc<Mutex<Option<LockFile>>>,
}

/// What the threads of a store share with it.
#[derive(Debug)]
struct Shared {
    queue: Queue,
    acknowledge: OnceLock<Acknowledge>,
    /// Whether nothing can be written at the moment.
    failing: AtomicBool,
    trouble: Mutex<Option<String>>,
    /// Entries that may not be in the index of words, and that their rooms may not know of.
    unindexed: AtomicUsize,
    bytes: AtomicU64,
    kept: AtomicU64,
}

impl SqliteStore {
    /// Opens the database in this file, which is made where there is none, and reads what a server needs to start.
    ///
    /// # Errors
    /// When another server uses it, or it is none, damaged or of a newer version. It is not written to then.
    pub fn open(path: &Path, options: SqliteOptions) -> Result<Self, OpenError> {
        let open::Opening { writer: connection, reader, lock, epoch } = open::open(path, options)?;
        let read = |error| OpenError::of(path, error);
        let left = reader::left(&reader).map_err(read)?;
        let values = reader::values(&reader).map_err(read)?;
        let shared = Arc::new(Shared {
            queue: Queue::default(),
            acknowledge: OnceLock::new(),
            failing: AtomicBool::new(false),
            trouble: Mutex::default(),
            unindexed: AtomicUsize::new(0),
            bytes: AtomicU64::new(open::bytes(path)),
            kept: AtomicU64::new(0),
        });
        let lock = Arc::new(Mutex::new(Some(lock)));
        let writer = Writer::new(connection, path, shared.clone(), lock.clone());
        let writer = writer.spawn().map_err(|error| OpenError::io(path, error))?;
        let reader = Reader::spawn(reader).map_err(|error| OpenError::io(path, error))?;
        Ok(Self {
            path: path.to_owned(),
            durable: options.durable,
            epoch,
            shared,
            reader: Arc::new(reader),
            writer: Mutex::new(Some(writer)),
            left: Mutex::new(left),
            values: Mutex::new(values),
            lock,
        })
    }

    fn read<T: 'static>(
        &self,
        answer: Answer<T>,
        read: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) {
        self.reader.run(answer, read);
    }

    /// Reads once the index and the list of rooms know all that was kept before. While nothing can be written they will not.
    fn read_settled<T: 'static>(
        &self,
        answer: Answer<T>,
        read: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) {
        let is_settled = self.shared.unindexed.load(Ordering::SeqCst) == 0;
        if is_settled || self.shared.failing.load(Ordering::SeqCst) {
            return self.read(answer, read);
        }
        let reader = self.reader.clone();
        let then = move || reader.run(answer, read);
        self.shared.queue.push(Job::Index { then: Some(Box::new(then)) });
    }
}

impl Store for SqliteStore {
    fn epoch(&self) -> String {
        self.epoch.clone()
    }

    fn attach(&self, acknowledge: Acknowledge) {
        // There is one server for each store.
        let _ = self.shared.acknowledge.set(acknowledge);
    }

    fn values(&self) -> Vec<(String, String, String)> {
        std::mem::take(&mut *lock(&self.values))
    }

    fn opened(&self, room: &RoomName) -> Opened {
        lock(&self.left).open(room)
    }

    fn closed(&self, room: &RoomName, last: EntryId, tail: Vec<Entry>) {
        lock(&self.left).close(room, last, tail);
    }

    fn append(&self, turn: Turn) -> bool {
        let is_lossless = turn.rooms.iter().all(|room| room.kept);
        let waits = self.durable && (is_lossless || !self.is_lossy());
        self.shared.queue.push(Job::Turn(turn));
        waits && !self.shared.failing.load(Ordering::SeqCst)
    }

    fn set(&self, namespace: &str, key: &str, value: Option<&str>) {
        self.shared.queue.set(namespace, key, value);
    }

    fn page(&self, query: PageQuery, answer: Answer<Page>) {
        self.read(answer, move |connection| reader::page(connection, &query));
    }

    fn first_at(&self, room: &RoomName, time: Timestamp, answer: Answer<EntryId>) {
        let room = room.clone();
        self.read(answer, move |connection| search::first_in_room(connection, &room, time));
    }

    fn search(&self, query: SearchQuery, answer: Answer<Vec<Entry>>) {
        self.read_settled(answer, move |database| search::search(database, &query));
    }

    fn delete(&self, room: &RoomName, id: EntryId, answer: Answer<bool>) {
        self.shared.queue.push(Job::Delete { room: room.clone(), id, answer: Some(answer) });
    }

    fn retain(&self, retention: Retention, answer: Answer<u64>) {
        self.shared.queue.push(Job::Retain { retention, answer: Some(answer) });
    }

    fn import(&self, import: Import, answer: Answer<u64>) {
        let last = import.entries.len() as EntryId;
        // Should somebody open the room meanwhile, its ids begin after these.
        let tail = reader::imported_tail(&import);
        if lock(&self.left).reserve(&import.room, last, tail) {
            return self.shared.queue.push(Job::Import { import, answer: Some(answer) });
        }
        answer(Err(writer::used(&import.room)));
    }

    fn rooms(&self, limit: usize, answer: Answer<Vec<Found>>) {
        self.read_settled(answer, move |connection| reader::rooms(connection, limit));
    }

    fn backup(&self, file: &Path, answer: Answer<u64>) {
        let (path, file) = (self.path.clone(), file.to_owned());
        self.read(answer, move |_| copies::backup(&path, &file));
    }

    fn status(&self) -> StoreStatus {
        let (waiting, lost) = self.shared.queue.counts();
        StoreStatus {
            place: self.path.display().to_string(),
            bytes: self.shared.bytes.load(Ordering::Relaxed),
            durable: self.durable,
            kept: self.shared.kept.load(Ordering::Relaxed),
            waiting,
            lost,
            trouble: lock(&self.shared.trouble).clone(),
        }
    }

    fn close(&self) {
        // The writer is the last to let go of the file, so that it moves everything into it: of two that do so at the same moment neither does.
        self.reader.close();
        self.shared.queue.close();
        if let Some(writer) = lock(&self.writer).take() {
            // One that panicked has reported it.
            let _ = writer.join();
        }
    }
}

impl SqliteStore {
    /// Whether it is on the disk already that something was shown that is not kept.
    fn is_lossy(&self) -> bool {
        lock(&self.lock).as_ref().is_some_and(LockFile::is_lossy)
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.close();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;

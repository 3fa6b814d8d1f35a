//! What was exported comes back, into rooms that were never used.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::sync::mpsc::sync_channel;

use salotto::protocol::sanitize::{excerpt, message};
use salotto::store::{Import, StoreError};
use salotto::{CommandError, Entry, EntryKind, Reply, RoomName, Store, Timestamp};

/// Largest file, in bytes: what is imported is in memory once.
const LARGEST: u64 = 256 * 1024 * 1024;

/// Longest part of what is wrong with a line that is quoted, in bytes.
const MOST_SAID: usize = 200;

/// Which file goes where.
#[derive(Debug)]
pub(super) struct FromFile {
    pub(super) file: PathBuf,
    /// One room for all of it, in place of those in the file.
    pub(super) into: Option<RoomName>,
    /// Rooms that people are in, or could be.
    pub(super) open: Vec<RoomName>,
}

impl FromFile {
    /// Reads the file whole before anything is kept of it.
    pub(super) fn run(self, store: &dyn Store) -> Result<Reply, CommandError> {
        let rooms = self.read()?;
        let is_open = |room: &RoomName| {
            let keys = room.keys();
            self.open.iter().any(|open| open.keys().iter().any(|key| keys.contains(key)))
        };
        if let Some(room) = rooms.keys().find(|room| is_open(room)) {
            let text = format!(
                "the room `{room}` is open, and older entries cannot come before what is there; name a room that was never used, as in `import {} archive`",
                self.file.display()
            );
            return Err(CommandError::Refused(text));
        }
        if rooms.is_empty() {
            let text = format!("there are no entries in `{}`", self.file.display());
            return Err(CommandError::Failed(text));
        }
        let mut done = Vec::new();
        for (room, entries) in rooms {
            let imported = keep(store, Import { room: room.clone(), entries });
            let count = imported.map_err(|error| CommandError::Failed(error.to_string()))?;
            done.push(format!("{count} entries are in {room}"));
        }
        Ok(Reply::List(done))
    }

    fn read(&self) -> Result<BTreeMap<RoomName, Vec<(Timestamp, EntryKind)>>, CommandError> {
        let shown = self.file.display();
        let failed = |problem: String| CommandError::Failed(format!("`{shown}`: {problem}"));
        // Before it is opened: a pipe that nobody writes to would be waited for.
        let found = fs::metadata(&self.file).map_err(|error| failed(error.to_string()))?;
        if !found.is_file() || found.len() > LARGEST {
            return Err(failed("it is no file, or has more than 256 MiB; split it".into()));
        }
        let file = File::open(&self.file).map_err(|error| failed(error.to_string()))?;
        let mut rooms: BTreeMap<RoomName, Vec<(Timestamp, EntryKind)>> = BTreeMap::new();
        for (index, line) in BufReader::new(file.take(LARGEST)).lines().enumerate() {
            let number = index + 1;
            let line = line.map_err(|error| failed(format!("line {number}: {error}")))?;
            if line.trim().is_empty() {
                continue;
            }
            let entry: Entry = serde_json::from_str(&line).map_err(|error| {
                let error = error.to_string();
                failed(format!("line {number} is no entry: {}", excerpt(&error, MOST_SAID)))
            })?;
            let room = self.into.clone().unwrap_or(entry.room);
            rooms.entry(room).or_default().push((entry.time, cleaned(entry.what)));
        }
        Ok(rooms)
    }
}

/// What others wrote into a file is no more trusted than what they type.
fn cleaned(what: EntryKind) -> EntryKind {
    match what {
        EntryKind::Message { from, text, kind, tags, .. } => {
            let text = message(&text).into_owned();
            EntryKind::Message { from, text, kind, nonce: None, tags }
        }
        EntryKind::Notice { text, kind } => {
            let lines: Vec<_> = text.lines().map(message).collect();
            EntryKind::Notice { text: lines.join("\n"), kind }
        }
        EntryKind::Topic { topic, who } => {
            EntryKind::Topic { topic: message(&topic).into_owned(), who }
        }
        other => other,
    }
}

fn keep(store: &dyn Store, import: Import) -> Result<u64, StoreError> {
    let (sender, answer) = sync_channel(1);
    store.import(
        import,
        Box::new(move |count| {
            // There is room for the one answer.
            let _ = sender.send(count);
        }),
    );
    answer.recv().unwrap_or_else(|_| Err(StoreError("the database was closed".into())))
}

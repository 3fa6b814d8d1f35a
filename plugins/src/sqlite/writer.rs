//! The thread that writes: it commits what has come, tells the hub, and tries again for as long as the disk fails.

mod commit;
mod forget;
mod index;
mod transaction;

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};
use salotto::RoomName;
use salotto::store::StoreError;

use super::lock::LockFile;
use super::queue::{Job, Taken};
use super::{Shared, lock, open};
use commit::KnownRoom;

/// Most entries of one commit: enough that the disk is waited for seldom, and few enough that nobody waits long.
const MOST: usize = 512;
/// So many entries at once are those of many people, who will say as many again.
const MANY: usize = 8;
/// Entries whose words are not in the index are so many at most; and nobody talks for so long before they are put there.
const UNINDEXED: usize = 4096;
const INDEX_AFTER: Duration = Duration::from_millis(200);
/// What failed is tried again after this.
const RETRY: Duration = Duration::from_secs(2);

/// See the module.
pub(super) struct Writer {
    connection: Connection,
    path: PathBuf,
    shared: Arc<Shared>,
    lock: Arc<Mutex<Option<LockFile>>>,
    /// The rooms that are known, as they are in the database.
    rooms: HashMap<RoomName, KnownRoom>,
    /// Numbers of rooms that go further than their rows say.
    behind: BTreeSet<i64>,
    /// Entries since it was last looked at the size of the file.
    unmeasured: usize,
    /// How many entries the last two commits had.
    batches: [usize; 2],
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        path: &Path,
        shared: Arc<Shared>,
        lock: Arc<Mutex<Option<LockFile>>>,
    ) -> Self {
        Self {
            connection,
            path: path.to_owned(),
            shared,
            lock,
            rooms: HashMap::new(),
            behind: BTreeSet::new(),
            unmeasured: 0,
            batches: [0; 2],
        }
    }

    pub(super) fn spawn(self) -> io::Result<JoinHandle<()>> {
        thread::Builder::new().name("salotto-writer".into()).spawn(|| self.run())
    }

    fn run(mut self) {
        // What a server that was killed had not indexed.
        self.set_unindexed(UNINDEXED);
        loop {
            let patience = (self.unindexed() > 0).then_some(INDEX_AFTER);
            match self.shared.queue.take(MOST, self.likely(), patience) {
                Taken::Jobs(jobs) => {
                    if !self.write_until_done(jobs) {
                        return self.end(false);
                    }
                    if self.unindexed() >= UNINDEXED {
                        self.index_or_fail();
                    }
                }
                Taken::Idle => self.index_or_fail(),
                Taken::Closed => break,
            }
        }
        self.index_or_fail();
        self.end(true);
    }

    /// How many entries are likely to come together: as many as lately, where those were many.
    fn likely(&self) -> usize {
        let lately = self.batches[0].max(self.batches[1]).min(MOST);
        if lately >= MANY { lately } else { 0 }
    }

    /// Writes what was taken, however often it takes; says whether that came to an end.
    fn write_until_done(&mut self, mut jobs: Vec<Job>) -> bool {
        let entries: usize = jobs.iter().map(Job::entries).sum();
        while let Err(error) = self.write(&mut jobs) {
            self.fails(&error);
            // The last try is made when nobody can try later.
            if self.shared.queue.pause(RETRY) && self.write(&mut jobs).is_err() {
                return false;
            }
        }
        self.shared.queue.done();
        self.works();
        // Whoever searches after the echo finds the message.
        self.set_unindexed(self.unindexed() + entries);
        acknowledge(&self.shared, &jobs);
        self.batches = [entries, self.batches[0]];
        self.unmeasured += entries;
        if self.unmeasured >= MOST {
            self.measure();
        }
        true
    }

    fn write(&mut self, jobs: &mut [Job]) -> rusqlite::Result<()> {
        match jobs {
            [Job::Retain { retention, answer }] => {
                let forgotten = self.forget(retention)?;
                answer.take().into_iter().for_each(|answer| answer(Ok(forgotten)));
                return Ok(());
            }
            [Job::Import { import, answer }] => {
                let outcome = self.import(import)?;
                self.index()?;
                answer.take().into_iter().for_each(|answer| answer(outcome.clone()));
                return Ok(());
            }
            [Job::Index { then }] => {
                self.index()?;
                then.take().into_iter().for_each(|then| then());
                return Ok(());
            }
            _ => {}
        }
        self.note_losses(jobs)?;
        let committed = self.commit(jobs);
        if committed.is_err() {
            // What was noted of rooms may not be there.
            self.rooms.clear();
        }
        let kept = committed?;
        self.shared.kept.fetch_add(kept, Ordering::Relaxed);
        Ok(())
    }

    /// Where it fails it is tried again after the next messages.
    fn index_or_fail(&mut self) {
        match self.index() {
            Ok(()) => self.works(),
            Err(error) => {
                self.fails(&error);
                self.set_unindexed(1);
            }
        }
    }

    /// Looks at the size of the file, which asks the system twice: not after each commit.
    fn measure(&mut self) {
        self.unmeasured = 0;
        self.shared.bytes.store(open::bytes(&self.path), Ordering::Relaxed);
    }

    fn unindexed(&self) -> usize {
        self.shared.unindexed.load(Ordering::SeqCst)
    }

    fn set_unindexed(&self, entries: usize) {
        self.shared.unindexed.store(entries, Ordering::SeqCst);
    }

    /// Writes what has come while something long is under way.
    fn write_waiting(&mut self) -> rusqlite::Result<()> {
        let mut jobs = self.shared.queue.take_short(MOST);
        if jobs.is_empty() {
            return Ok(());
        }
        match self.write(&mut jobs) {
            Ok(()) => {
                self.shared.queue.done();
                acknowledge(&self.shared, &jobs);
            }
            Err(error) => {
                self.shared.queue.put_back(jobs);
                return Err(error);
            }
        }
        Ok(())
    }

    /// Before anybody sees what is not kept, it is on the disk that this is so.
    fn note_losses(&self, jobs: &[Job]) -> rusqlite::Result<()> {
        let is_unkept = |job: &Job| match job {
            Job::Turn(turn) => turn.rooms.iter().any(|room| !room.kept),
            _ => false,
        };
        if !jobs.iter().any(is_unkept) {
            return Ok(());
        }
        self.mark_lossy().map_err(|error| {
            let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR);
            rusqlite::Error::SqliteFailure(code, Some(error.to_string()))
        })
    }

    fn mark_lossy(&self) -> io::Result<()> {
        match lock(&self.lock).as_mut() {
            Some(lock) if !lock.is_lossy() => lock.set_in_use(true),
            _ => Ok(()),
        }
    }

    fn fails(&self, error: &rusqlite::Error) {
        if self.shared.failing.swap(true, Ordering::SeqCst) {
            return;
        }
        // Where not even that can be written the file is no worse than it is.
        let _ = self.mark_lossy();
        let path = self.path.display();
        let reason = match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => {
                format!("the disk with `{path}` is full; free some space")
            }
            _ => format!("`{path}` cannot be written: {error}; check the disk"),
        };
        *lock(&self.shared.trouble) = Some(reason.clone());
        if let Some(hub) = self.shared.acknowledge.get() {
            hub.failing(reason);
        }
    }

    fn works(&self) {
        let waiting = self.shared.queue.counts().0;
        // What was held meanwhile comes first; of what is said just now there is always a little.
        if !self.shared.failing.load(Ordering::SeqCst) || waiting > MOST as u64 {
            return;
        }
        self.shared.failing.store(false, Ordering::SeqCst);
        *lock(&self.shared.trouble) = None;
        if let Some(hub) = self.shared.acknowledge.get() {
            hub.working(self.shared.queue.take_lost());
        }
    }

    /// Lets go of the file. It is clean where everything is in it that anybody saw.
    fn end(self, is_whole: bool) {
        let Self { connection, shared, lock: file, .. } = self;
        let is_whole = is_whole && shared.queue.counts().1 == 0;
        // Moves everything into the main file; where that fails, the next start does it.
        let closed = connection.close().is_ok();
        if let Some(mut file) = lock(&file).take()
            && closed
            && is_whole
        {
            // Left as in use, it costs those who come back a look at what they know already.
            let _ = file.set_clean();
        }
    }
}

/// Tells the hub, and whoever asked, that it is done.
fn acknowledge(shared: &Shared, jobs: &[Job]) {
    let turn = |job: &Job| match job {
        Job::Turn(turn) => Some(turn.number),
        _ => None,
    };
    if let (Some(last), Some(hub)) = (jobs.iter().filter_map(turn).max(), shared.acknowledge.get())
    {
        hub.committed(last);
    }
}

/// Why nothing is imported into a room. Ids are in the order of what happened: retention, pages and those who come back go by that.
pub(super) fn used(room: &RoomName) -> StoreError {
    StoreError(format!(
        "the room `{room}` was used before, and as ids only grow, what is older cannot come before what was said there; name a room that was never used"
    ))
}

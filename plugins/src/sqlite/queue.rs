//! What waits for the writing thread. The hub puts into it without waiting; it is the hub that stops when too much waits for a disk that works, and when none does,
//! the oldest entries make way here.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use salotto::store::{Answer, Import, Retention, Turn};
use salotto::{EntryId, RoomName};

/// Entries, and bytes of them, that are held while a disk fails.
const MOST_ENTRIES: usize = 200_000;
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// How long more is waited for where many talk: what they say together is written together, and leaves in fewer pieces.
const GATHER: Duration = Duration::from_millis(1);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    ready: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    /// What is to be written of the small values; of each the last, so that they are bounded by those who set them while a disk fails.
    values: Values,
    entries: usize,
    bytes: usize,
    /// With how many entries the writer is to be woken.
    wanted: usize,
    /// Entries in the jobs that were taken and are not done.
    taken: usize,
    /// Entries that made way, in all, and since this was last asked.
    lost: u64,
    newly_lost: u64,
    is_closed: bool,
}

/// What there was to take.
pub(super) enum Taken {
    Jobs(Vec<Job>),
    /// Nothing came for a while.
    Idle,
    /// Nothing will come.
    Closed,
}

/// Small values by namespace and key; `None` where one is forgotten.
pub(super) type Values = BTreeMap<(String, String), Option<String>>;

/// Something to write.
pub(super) enum Job {
    Turn(Turn),
    Values(Values),
    /// Whoever asked is answered when it is committed, once.
    Delete {
        room: RoomName,
        id: EntryId,
        answer: Option<Answer<bool>>,
    },
    Retain {
        retention: Retention,
        answer: Option<Answer<u64>>,
    },
    Import {
        import: Import,
        answer: Option<Answer<u64>>,
    },
    /// All words are to be in the index before this is called.
    Index {
        then: Option<Box<dyn FnOnce() + Send>>,
    },
}

impl Job {
    pub(super) fn entries(&self) -> usize {
        match self {
            Self::Turn(turn) => turn.len(),
            _ => 0,
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Turn(turn) => turn.rooms.iter().map(|room| room.bytes()).sum(),
            _ => 0,
        }
    }

    /// Whether it is done in transactions of its own.
    pub(super) fn is_long(&self) -> bool {
        matches!(self, Self::Retain { .. } | Self::Import { .. } | Self::Index { .. })
    }
}

impl Queue {
    pub(super) fn push(&self, job: Job) {
        let mut waiting = self.lock();
        if waiting.is_closed {
            // Whoever waits for an answer is told by its being dropped.
            return;
        }
        waiting.entries += job.entries();
        waiting.bytes += job.bytes();
        waiting.jobs.push_back(job);
        waiting.make_way();
        let is_wanted = waiting.entries >= waiting.wanted || waiting.entries == 0;
        drop(waiting);
        if is_wanted {
            self.ready.notify_one();
        }
    }

    /// Has a small value written, with the next jobs at the latest.
    pub(super) fn set(&self, namespace: &str, key: &str, value: Option<&str>) {
        let mut waiting = self.lock();
        if waiting.is_closed {
            return;
        }
        let place = (namespace.to_owned(), key.to_owned());
        waiting.values.insert(place, value.map(str::to_owned));
        let is_idle = waiting.wanted == 0;
        drop(waiting);
        if is_idle {
            self.ready.notify_one();
        }
    }

    /// Waits for jobs and takes them, with at most so many entries unless one has more; a long one alone. With a patience it does not wait for ever. Where `enough` entries are
    /// likely to come it waits a moment for them.
    pub(super) fn take(&self, most: usize, enough: usize, patience: Option<Duration>) -> Taken {
        let mut waiting = self.lock();
        waiting.wanted = 0;
        while waiting.is_empty() {
            if waiting.is_closed {
                return Taken::Closed;
            }
            waiting = match patience {
                None => self.ready.wait(waiting).unwrap_or_else(PoisonError::into_inner),
                Some(patience) => {
                    let idle = |waiting: &mut Waiting| waiting.is_empty() && !waiting.is_closed;
                    let waited = self.ready.wait_timeout_while(waiting, patience, idle);
                    let (waiting, late) = waited.unwrap_or_else(PoisonError::into_inner);
                    if late.timed_out() {
                        return Taken::Idle;
                    }
                    waiting
                }
            };
        }
        if enough > waiting.entries {
            waiting = self.gather(waiting, enough);
        }
        // Nobody waits for more until these are done.
        waiting.wanted = usize::MAX;
        Taken::Jobs(waiting.take(most))
    }

    /// Waits, for a moment at most, until so many entries wait.
    fn gather<'q>(
        &'q self,
        mut waiting: MutexGuard<'q, Waiting>,
        enough: usize,
    ) -> MutexGuard<'q, Waiting> {
        waiting.wanted = enough;
        let few = |waiting: &mut Waiting| waiting.entries < enough && !waiting.is_closed;
        let gathered = self.ready.wait_timeout_while(waiting, GATHER, few);
        gathered.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Takes what waits and is short, without waiting for more.
    pub(super) fn take_short(&self, most: usize) -> Vec<Job> {
        let mut waiting = self.lock();
        let is_ready = waiting.jobs.front().is_some_and(|job| !job.is_long());
        if is_ready { waiting.take(most) } else { Vec::new() }
    }

    /// What was taken and could not be done comes first again.
    pub(super) fn put_back(&self, jobs: Vec<Job>) {
        let mut waiting = self.lock();
        for job in jobs.into_iter().rev() {
            waiting.entries += job.entries();
            waiting.bytes += job.bytes();
            waiting.jobs.push_front(job);
        }
    }

    /// What was taken is done.
    pub(super) fn done(&self) {
        self.lock().taken = 0;
    }

    /// Waits before something is tried again; says whether there is no time for that, because it was closed.
    pub(super) fn pause(&self, time: Duration) -> bool {
        let waiting = self.lock();
        let closed = self.ready.wait_timeout_while(waiting, time, |waiting| !waiting.is_closed);
        let (waiting, _) = closed.unwrap_or_else(PoisonError::into_inner);
        waiting.is_closed
    }

    /// Nothing more comes.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.ready.notify_all();
    }

    /// How many entries wait, and how many were lost.
    pub(super) fn counts(&self) -> (u64, u64) {
        let waiting = self.lock();
        ((waiting.entries + waiting.taken) as u64, waiting.lost)
    }

    /// How many entries were lost since this was last asked.
    pub(super) fn take_lost(&self) -> u64 {
        std::mem::take(&mut self.lock().newly_lost)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.values.is_empty()
    }

    fn take(&mut self, most: usize) -> Vec<Job> {
        let (mut jobs, mut entries) = (Vec::new(), 0);
        // What takes long is taken alone.
        if !self.values.is_empty() && !self.jobs.front().is_some_and(Job::is_long) {
            jobs.push(Job::Values(std::mem::take(&mut self.values)));
        }
        while let Some(job) = self.jobs.front() {
            let is_full = !jobs.is_empty() && (entries + job.entries() > most || job.is_long());
            if is_full {
                break;
            }
            let is_long = job.is_long();
            entries += job.entries();
            let bytes = job.bytes();
            self.bytes -= bytes;
            jobs.extend(self.jobs.pop_front());
            if is_long {
                break;
            }
        }
        self.entries -= entries;
        self.taken = entries;
        jobs
    }

    /// The oldest turns make way for the newest.
    fn make_way(&mut self) {
        while self.entries > MOST_ENTRIES || self.bytes > MOST_BYTES {
            let oldest = self.jobs.iter().position(|job| job.entries() > 0);
            let Some(job) = oldest.and_then(|oldest| self.jobs.remove(oldest)) else { return };
            self.entries -= job.entries();
            self.bytes -= job.bytes();
            self.lost += job.entries() as u64;
            self.newly_lost += job.entries() as u64;
        }
    }
}

impl std::fmt::Debug for Job {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Turn(_) => "Turn",
            Self::Values(_) => "Values",
            Self::Delete { .. } => "Delete",
            Self::Retain { .. } => "Retain",
            Self::Import { .. } => "Import",
            Self::Index { .. } => "Index",
        })
    }
}

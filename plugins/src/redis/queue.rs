//! What waits for the writer. The hub puts into it without waiting; what is proposed waits within a bound and for a time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use salotto::order::{Claim, GRACE, Proposal, To};
use salotto::{EntryId, Name, RoomName};

/// Most entries that wait to be sent.
const MOST_ENTRIES: usize = 65_536;
/// Most things of other kinds that wait to be sent.
const MOST_JOBS: usize = 16_384;
/// Most entries of one room that go in one call.
pub(super) const MOST_IN_CALL: usize = 512;
/// Most calls that go together before their answers are awaited.
pub(super) const MOST_CALLS: usize = 256;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    proposals: BTreeMap<RoomName, VecDeque<(Instant, Proposal)>>,
    entries: usize,
    jobs: VecDeque<Job>,
    /// Of each key the last, so that they are bounded by those who set them while the engine is away.
    values: Values,
    /// Counts what may have changed for who waits: rooms that were read, an engine that is there or away.
    news: u64,
    is_closed: bool,
}

/// Small values by namespace and key; `None` where one is forgotten.
pub(super) type Values = BTreeMap<(String, String), Option<String>>;

/// Something to ask of the engine that is no proposal.
#[derive(Debug, Clone)]
pub(super) enum Job {
    /// Listens to a room, or listens again, which has it read anew.
    Listen(RoomName),
    Close(RoomName),
    Claim(Claim),
    Release(Name),
    Tell(To, String),
    Delete(RoomName, EntryId),
}

/// What there was to take.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) proposals: Vec<(RoomName, Instant, Vec<Proposal>)>,
    pub(super) jobs: Vec<Job>,
    pub(super) values: Values,
}

impl Queue {
    /// Takes a proposal, or hands it back where too much waits.
    pub(super) fn propose(&self, proposal: Proposal) -> Result<(), Proposal> {
        let mut waiting = self.lock();
        if waiting.is_closed || waiting.entries + proposal.entries.len() > MOST_ENTRIES {
            return Err(proposal);
        }
        waiting.entries += proposal.entries.len();
        let room = proposal.room.clone();
        waiting.proposals.entry(room).or_default().push_back((Instant::now(), proposal));
        drop(waiting);
        self.changed.notify_all();
        Ok(())
    }

    /// Takes something else; says whether there was room for it.
    pub(super) fn push(&self, job: Job) -> bool {
        let mut waiting = self.lock();
        // Rooms and names are bounded by those who are here.
        let is_bounded = matches!(job, Job::Tell(..) | Job::Delete(..));
        if waiting.is_closed || (is_bounded && waiting.jobs.len() >= MOST_JOBS) {
            return false;
        }
        waiting.jobs.push_back(job);
        drop(waiting);
        self.changed.notify_all();
        true
    }

    pub(super) fn set(&self, namespace: &str, key: &str, value: Option<&str>) {
        let mut waiting = self.lock();
        let place = (namespace.to_owned(), key.to_owned());
        waiting.values.insert(place, value.map(str::to_owned));
        drop(waiting);
        self.changed.notify_all();
    }

    /// What could not be done is done later, unless it was set again.
    pub(super) fn put_back(&self, values: Values) {
        let mut waiting = self.lock();
        for (place, value) in values {
            waiting.values.entry(place).or_insert(value);
        }
    }

    /// Takes what can be done now. Of rooms that are `busy` nothing is taken.
    pub(super) fn take(&self, is_busy: impl Fn(&RoomName) -> bool) -> Taken {
        let mut waiting = self.lock();
        let calls = waiting.jobs.len().min(MOST_CALLS);
        let mut taken = Taken {
            proposals: Vec::new(),
            jobs: waiting.jobs.drain(..calls).collect(),
            values: std::mem::take(&mut waiting.values),
        };
        let free = waiting.proposals.keys().filter(|room| !is_busy(room)).take(MOST_CALLS);
        for room in free.cloned().collect::<Vec<_>>() {
            let Some(queue) = waiting.proposals.get_mut(&room) else { continue };
            let (mut proposals, mut entries, mut since) = (Vec::new(), 0, None);
            while let Some((at, proposal)) = queue.front() {
                if entries > 0 && entries + proposal.entries.len() > MOST_IN_CALL {
                    break;
                }
                entries += proposal.entries.len();
                since = since.or(Some(*at));
                proposals.extend(queue.pop_front().map(|(_, proposal)| proposal));
            }
            if queue.is_empty() {
                waiting.proposals.remove(&room);
            }
            waiting.entries -= entries;
            if let Some(since) = since {
                taken.proposals.push((room, since, proposals));
            }
        }
        taken
    }

    /// Takes the proposals that have waited for longer than [`GRACE`].
    pub(super) fn take_late(&self) -> Vec<Proposal> {
        let mut waiting = self.lock();
        let (mut late, mut entries) = (Vec::new(), 0);
        waiting.proposals.retain(|_, queue| {
            while queue.front().is_some_and(|(since, _)| since.elapsed() >= GRACE) {
                if let Some((_, proposal)) = queue.pop_front() {
                    entries += proposal.entries.len();
                    late.push(proposal);
                }
            }
            !queue.is_empty()
        });
        waiting.entries -= entries;
        late
    }

    /// Takes what is only worth something while the engine is there: what was to be told, and claims, which are made anew or answered.
    pub(super) fn take_jobs(&self) -> Vec<Job> {
        self.lock().jobs.drain(..).collect()
    }

    /// Waits until something came, something else has changed since `news`, or the time is over. Answers with what the news are now.
    pub(super) fn wait(&self, news: u64, time: Duration, only_news: bool) -> u64 {
        let idle = |waiting: &mut Waiting| {
            waiting.news == news && !waiting.is_closed && (only_news || waiting.is_empty())
        };
        let waited = self.changed.wait_timeout_while(self.lock(), time, idle);
        let (waiting, _) = waited.unwrap_or_else(PoisonError::into_inner);
        waiting.news
    }

    /// Something has changed for who waits.
    pub(super) fn notify(&self) {
        self.lock().news += 1;
        self.changed.notify_all();
    }

    /// Waits before something is tried again; says whether there is no time for that, because it was closed.
    pub(super) fn pause(&self, time: Duration) -> bool {
        let closed =
            self.changed.wait_timeout_while(self.lock(), time, |waiting| !waiting.is_closed);
        closed.unwrap_or_else(PoisonError::into_inner).0.is_closed
    }

    /// Nothing more comes.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    pub(super) fn has_proposals(&self, room: &RoomName) -> bool {
        self.lock().proposals.contains_key(room)
    }

    /// How many entries wait.
    pub(super) fn entries(&self) -> usize {
        self.lock().entries
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.proposals.is_empty() && self.jobs.is_empty() && self.values.is_empty()
    }
}

//! Fan-out: a worker a core walks the members of a room in which something happened and writes to each what it has not seen.
//!
//! Waking one task a member and message would cost more than the write itself. Only a member whose socket is full is left to its own
//! session. Each worker knows its share of every room; the hub tells it in order who comes and goes and where something happened.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use atomic_waker::AtomicWaker;
use smol::future::{poll_fn, yield_now};

use crate::delivery::counters::Counters;
use crate::delivery::outbox::{Batch, Outlet};
use crate::protocol::ids::RoomId;

/// Members that a worker writes to before it lets other tasks run: a few milliseconds. Each pause wakes another thread.
const WALK: usize = 512;
/// Connections that one worker gets before the next one gets any, so that a small room is walked by one and the others sleep.
const BLOCK: usize = 256;

/// Room that a list keeps for the next walk, in things.
const KEPT: usize = 1024;

/// The workers' queues, shared by the hub, which fills them, and the workers.
#[derive(Debug)]
pub(crate) struct Fanout {
    shards: Vec<Shard>,
    /// What was appended to all timelines since the start.
    appended: Counted,
    /// Waits for the slowest worker, when that is far behind.
    hub: AtomicWaker,
    stopped: AtomicBool,
}

#[derive(Debug, Default)]
struct Shard {
    /// Locked to push one thing or to take all.
    queue: Mutex<Vec<Work>>,
    worker: AtomicWaker,
    /// What had been appended when it was last told of a room.
    told: Counted,
    /// What had been appended when the last walk that is complete began.
    walked: Counted,
    /// Connections that it looks after.
    seats: AtomicUsize,
}

/// A connection's place with a worker, until it is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    fanout: Arc<Fanout>,
    shard: usize,
}

/// An amount of entries, in all rooms together.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Amount {
    pub(crate) entries: u64,
    pub(crate) bytes: u64,
}

/// An amount that one task writes and another reads.
#[derive(Debug, Default)]
struct Counted {
    entries: AtomicU64,
    bytes: AtomicU64,
}

/// What the hub tells a worker.
#[derive(Debug)]
pub(crate) enum Work {
    /// Somebody is in a room from now on.
    Follow(RoomId, Arc<Outlet>),
    /// Somebody is not in a room any more.
    Unfollow(RoomId, Arc<Outlet>),
    /// Something happened in a room.
    Happened(RoomId),
    /// There is mail for somebody.
    Mail(Arc<Outlet>),
}

impl Fanout {
    pub(crate) fn new(workers: usize) -> Self {
        let shards = (0..workers).map(|_| Shard::default()).collect();
        Self {
            shards,
            appended: Counted::default(),
            hub: AtomicWaker::new(),
            stopped: AtomicBool::new(false),
        }
    }

    /// A place for the next connection: with the first worker that has fewer blocks of them than any other.
    pub(crate) fn seat(self: &Arc<Self>) -> Seat {
        let blocks = |shard: &usize| self.shards[*shard].seats.load(Ordering::Relaxed) / BLOCK;
        let shard = (0..self.shards.len()).min_by_key(blocks).unwrap_or_default();
        self.shards[shard].seats.fetch_add(1, Ordering::Relaxed);
        Seat { fanout: self.clone(), shard }
    }

    /// Tells the worker of this outlet. It looks at it when it is woken.
    pub(crate) fn tell(&self, shard: usize, work: Work) {
        self.shards[shard].queue().push(work);
    }

    /// Tells the workers that look after somebody in a room that something happened there. `readers` says how many are in it for each worker.
    pub(crate) fn happened(&self, room: RoomId, readers: &[usize]) {
        for (shard, _) in readers.iter().enumerate().filter(|(_, readers)| **readers > 0) {
            self.shards[shard].told.set(self.appended.get());
            self.tell(shard, Work::Happened(room));
        }
    }

    /// Wakes the workers that have something to do: once a turn of the hub.
    pub(crate) fn wake(&self) {
        for shard in &self.shards {
            if !shard.queue().is_empty() {
                shard.worker.wake();
            }
        }
    }

    /// Something was appended to a timeline. Counted before the workers are told, so that each of them catches up with it.
    pub(crate) fn appended(&self, amount: Amount) {
        let Amount { entries, bytes } = self.appended.get();
        self.appended
            .set(Amount { entries: entries + amount.entries, bytes: bytes + amount.bytes });
    }

    /// Waits while the slowest worker is further behind than this. The hub must not outrun the ring, or people who read would fall out
    /// of it; and those who talk wait for the hub.
    pub(crate) async fn caught_up(&self, within: Amount) {
        poll_fn(|context| {
            self.hub.register(context.waker());
            let appended = self.appended.get();
            // Who has not been told of anything since its last walk has nothing to catch up with.
            let is_near = |shard: &Shard| {
                let (told, walked) = (shard.told.get(), shard.walked.get());
                walked.entries >= told.entries
                    || appended.entries - walked.entries <= within.entries
                        && appended.bytes - walked.bytes <= within.bytes
            };
            match self.shards.iter().all(is_near) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }

    /// Lets the workers end once they have done what was told before.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        for shard in &self.shards {
            shard.worker.wake();
        }
    }

    /// A worker: runs until [`Fanout::stop`].
    pub(crate) async fn work(fanout: Arc<Fanout>, counters: Arc<Counters>, shard: usize) {
        let shard = &fanout.shards[shard];
        let mut share = Share::default();
        while fanout.has_work(shard).await {
            let appended = fanout.appended.get();
            share.take_in(shard);
            share.walk().await;
            counters.delivered(&share.batch.take_tally());
            shard.walked.set(appended);
            fanout.hub.wake();
        }
    }

    /// Waits for work; there is none any more once it has stopped.
    async fn has_work(&self, shard: &Shard) -> bool {
        poll_fn(|context| {
            shard.worker.register(context.waker());
            let stopped = self.stopped.load(Ordering::SeqCst);
            match (shard.queue().is_empty(), stopped) {
                (false, _) => Poll::Ready(true),
                (true, true) => Poll::Ready(false),
                (true, false) => Poll::Pending,
            }
        })
        .await
    }
}

impl Seat {
    pub(crate) fn shard(&self) -> usize {
        self.shard
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.fanout.shards[self.shard].seats.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Counted {
    fn get(&self) -> Amount {
        let entries = self.entries.load(Ordering::SeqCst);
        Amount { entries, bytes: self.bytes.load(Ordering::SeqCst) }
    }

    fn set(&self, amount: Amount) {
        self.entries.store(amount.entries, Ordering::SeqCst);
        self.bytes.store(amount.bytes, Ordering::SeqCst);
    }
}

impl Shard {
    fn queue(&self) -> MutexGuard<'_, Vec<Work>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A worker's share of the house.
#[derive(Debug, Default)]
struct Share {
    rooms: HashMap<RoomId, Vec<Arc<Outlet>>>,
    /// Where something happened, each once.
    happened: Vec<RoomId>,
    /// Who has mail.
    mail: Vec<Arc<Outlet>>,
    batch: Batch,
    /// Taken from the queue, in whose place it is put empty.
    work: Vec<Work>,
}

impl Share {
    fn take_in(&mut self, shard: &Shard) {
        std::mem::swap(&mut *shard.queue(), &mut self.work);
        for work in self.work.drain(..) {
            match work {
                Work::Follow(room, outlet) => self.rooms.entry(room).or_default().push(outlet),
                Work::Unfollow(room, outlet) => {
                    if let Some(members) = self.rooms.get_mut(&room) {
                        if let Some(at) =
                            members.iter().position(|member| member.id() == outlet.id())
                        {
                            members.swap_remove(at);
                        }
                        if members.is_empty() {
                            self.rooms.remove(&room);
                        }
                    }
                }
                Work::Happened(room) if !self.happened.contains(&room) => self.happened.push(room),
                Work::Happened(_) => {}
                Work::Mail(outlet) => self.mail.push(outlet),
            }
        }
        self.work.shrink_to(KEPT);
    }

    async fn walk(&mut self) {
        let Self { rooms, happened, mail, batch, .. } = self;
        // Who said something or has just come in is answered first.
        for outlets in [&mail[..]]
            .into_iter()
            .chain(happened.iter().filter_map(|room| rooms.get(room).map(Vec::as_slice)))
        {
            for (index, outlet) in outlets.iter().enumerate() {
                // One member's trouble is not the others'.
                let flush = AssertUnwindSafe(|| outlet.flush_unless_blocked(batch));
                if catch_unwind(flush).is_err() {
                    tracing::error!(member = %outlet.id(), "writing to a member panicked; the member is cut off");
                    *batch = Batch::default();
                    outlet.abandon();
                }
                if index % WALK == WALK - 1 {
                    yield_now().await;
                }
            }
        }
        happened.clear();
        batch.clear();
        // A crowd that has come in needs no room any more.
        mail.clear();
        mail.shrink_to(KEPT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_house_sits_with_one_worker_and_a_large_one_with_all() {
        let fanout = Arc::new(Fanout::new(2));
        let mut seats: Vec<Seat> = (0..BLOCK).map(|_| fanout.seat()).collect();
        assert!(seats.iter().all(|seat| seat.shard() == 0));
        seats.extend((0..BLOCK).map(|_| fanout.seat()));
        assert!(seats[BLOCK..].iter().all(|seat| seat.shard() == 1));
        assert_eq!(fanout.seat().shard(), 0);
        seats.drain(..BLOCK / 2);
        assert_eq!(fanout.seat().shard(), 0, "who left makes room");
    }

    #[test]
    fn only_workers_that_look_after_somebody_in_the_room_are_told() {
        let fanout = Fanout::new(3);
        fanout.happened(RoomId(1), &[0, 2]);
        let told: Vec<usize> = fanout.shards.iter().map(|shard| shard.queue().len()).collect();
        assert_eq!(told, [0, 1, 0]);
    }

    #[test]
    fn the_hub_waits_for_a_worker_that_is_behind_and_not_for_one_that_was_told_nothing() {
        let fanout = Fanout::new(2);
        let within = Amount { entries: 10, bytes: 1000 };
        let is_caught_up = || {
            let caught_up = std::pin::pin!(fanout.caught_up(within));
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            caught_up.poll(&mut context).is_ready()
        };
        fanout.appended(Amount { entries: 11, bytes: 11 });
        assert!(is_caught_up(), "nobody was told of it");
        fanout.happened(RoomId(1), &[1]);
        assert!(!is_caught_up());
        fanout.shards[0].walked.set(fanout.appended.get());
        assert!(is_caught_up());
    }
}

//! Fan-out: each shard walks its members of a room in which something happened and writes to each what it has not seen.
//!
//! Waking one task a member and message would cost more than the write itself. Only a member whose socket is full is left to its own
//! session. Each shard knows its share of every room; the hub queues for it in order who comes and goes and where something happened.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use atomic_waker::AtomicWaker;
use futures_lite::future::poll_fn;
use futures_lite::future::yield_now;

use crate::delivery::counters::Counters;
use crate::delivery::outbox::{Batch, Outbox};
use crate::protocol::ids::{MemberId, RoomId};

/// Members that a walk writes to before it lets other tasks run: a few milliseconds. Each pause wakes another thread.
const WALK: usize = 512;
/// Connections that one shard gets before the next one gets any, so that a small room is walked by one and the others sleep.
const BLOCK: usize = 256;

/// Room that a list keeps for the next walk, in things.
const KEPT: usize = 1024;

/// The shards' queues, shared by the hub, which fills them, and the walks, which empty them.
#[derive(Debug)]
pub(crate) struct Fanout {
    queues: Vec<Queue>,
    /// What was appended to all timelines since the start.
    appended: Counted,
    /// Waits for the slowest shard, when that is far behind.
    hub: AtomicWaker,
    stopped: AtomicBool,
}

/// What one shard has still to do.
#[derive(Debug, Default)]
struct Queue {
    /// Locked to push one thing or to take all.
    work: Mutex<Vec<Work>>,
    walk: AtomicWaker,
    /// What had been appended when a room was last queued here.
    owed: Counted,
    /// What had been appended when the last walk that is complete began.
    walked: Counted,
    /// Connections that it looks after.
    seats: AtomicUsize,
}

/// A connection's place in a shard, until it is dropped.
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

/// What the hub queues for a shard.
#[derive(Debug)]
pub(crate) enum Work {
    /// Somebody is in a room from now on.
    Follow(RoomId, Arc<Outbox>),
    /// Somebody is not in a room any more.
    Unfollow(RoomId, Arc<Outbox>),
    /// Something happened in a room.
    Happened(RoomId),
    /// There is mail for somebody.
    Mail(Arc<Outbox>),
}

impl Fanout {
    pub(crate) fn new(shards: usize) -> Self {
        let queues = (0..shards).map(|_| Queue::default()).collect();
        Self {
            queues,
            appended: Counted::default(),
            hub: AtomicWaker::new(),
            stopped: AtomicBool::new(false),
        }
    }

    /// A place for the next connection: in the first shard that has fewer blocks of them than any other.
    pub(crate) fn seat(self: &Arc<Self>) -> Seat {
        let blocks = |shard: &usize| self.queues[*shard].seats.load(Ordering::Relaxed) / BLOCK;
        let shard = (0..self.queues.len()).min_by_key(blocks).unwrap_or_default();
        self.queues[shard].seats.fetch_add(1, Ordering::Relaxed);
        Seat { fanout: self.clone(), shard }
    }

    /// Queues something for a shard, which comes to it when [`wake`](Self::wake) is called at the end of the hub's turn.
    pub(crate) fn push(&self, shard: usize, work: Work) {
        self.queues[shard].lock().push(work);
    }

    /// Queues a room in which something happened for the shards that have somebody in it. `readers` says how many each has.
    pub(crate) fn happened(&self, room: RoomId, readers: &[usize]) {
        for (shard, _) in readers.iter().enumerate().filter(|(_, readers)| **readers > 0) {
            self.queues[shard].owed.set(self.appended.get());
            self.push(shard, Work::Happened(room));
        }
    }

    /// Wakes the shards that have something to do: once a turn of the hub.
    pub(crate) fn wake(&self) {
        for queue in &self.queues {
            if !queue.lock().is_empty() {
                queue.walk.wake();
            }
        }
    }

    /// Something was appended to a timeline. Counted before the shards are told, so that each of them catches up with it.
    pub(crate) fn appended(&self, amount: Amount) {
        let Amount { entries, bytes } = self.appended.get();
        self.appended
            .set(Amount { entries: entries + amount.entries, bytes: bytes + amount.bytes });
    }

    /// Waits while the slowest shard is further behind than this. The hub must not outrun the ring, or people who read would fall out
    /// of it; and those who talk wait for the hub.
    pub(crate) async fn caught_up(&self, within: Amount) {
        poll_fn(|context| {
            self.hub.register(context.waker());
            let appended = self.appended.get();
            // A shard for which nothing was queued since its last walk has nothing to catch up with.
            let is_near = |queue: &Queue| {
                let (owed, walked) = (queue.owed.get(), queue.walked.get());
                walked.entries >= owed.entries
                    || appended.entries - walked.entries <= within.entries
                        && appended.bytes - walked.bytes <= within.bytes
            };
            match self.queues.iter().all(is_near) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }

    /// Lets the walks end once they have done what was queued before.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        for queue in &self.queues {
            queue.walk.wake();
        }
    }

    /// The walks of one shard: runs until [`Fanout::stop`]. `cut_off` is told, once, of each participant in this process that takes too little.
    pub(crate) async fn walk(
        fanout: Arc<Fanout>,
        counters: Arc<Counters>,
        shard: usize,
        cut_off: impl Fn(MemberId),
    ) {
        let queue = &fanout.queues[shard];
        let mut share = Share::default();
        while fanout.has_work(queue).await {
            let appended = fanout.appended.get();
            share.take_in(queue);
            share.walk().await;
            counters.delivered(&share.batch.take_tally());
            share.fallen.drain(..).for_each(&cut_off);
            queue.walked.set(appended);
            fanout.hub.wake();
        }
    }

    /// Waits for work; there is none any more once it has stopped.
    async fn has_work(&self, queue: &Queue) -> bool {
        poll_fn(|context| {
            queue.walk.register(context.waker());
            let stopped = self.stopped.load(Ordering::SeqCst);
            match (queue.lock().is_empty(), stopped) {
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
        self.fanout.queues[self.shard].seats.fetch_sub(1, Ordering::Relaxed);
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

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Vec<Work>> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A shard's part of every room.
#[derive(Debug, Default)]
struct Share {
    rooms: HashMap<RoomId, Vec<Arc<Outbox>>>,
    /// Where something happened, each once.
    happened: Vec<RoomId>,
    /// Who has mail.
    mail: Vec<Arc<Outbox>>,
    batch: Batch,
    /// Participants that were found to take too little.
    fallen: Vec<MemberId>,
    /// Taken from the queue, in whose place it is put empty.
    work: Vec<Work>,
}

impl Share {
    fn take_in(&mut self, queue: &Queue) {
        std::mem::swap(&mut *queue.lock(), &mut self.work);
        for work in self.work.drain(..) {
            match work {
                Work::Follow(room, outbox) => self.rooms.entry(room).or_default().push(outbox),
                Work::Unfollow(room, outbox) => {
                    if let Some(members) = self.rooms.get_mut(&room) {
                        if let Some(at) =
                            members.iter().position(|member| member.id() == outbox.id())
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
                Work::Mail(outbox) => self.mail.push(outbox),
            }
        }
        self.work.shrink_to(KEPT);
    }

    async fn walk(&mut self) {
        let Self { rooms, happened, mail, batch, fallen, .. } = self;
        // Who said something or has just come in is answered first.
        for outboxes in [&mail[..]]
            .into_iter()
            .chain(happened.iter().filter_map(|room| rooms.get(room).map(Vec::as_slice)))
        {
            for (index, outbox) in outboxes.iter().enumerate() {
                // One member's trouble is not the others'.
                let flush = AssertUnwindSafe(|| outbox.flush_unless_blocked(batch));
                match catch_unwind(flush) {
                    Ok(false) => {}
                    Ok(true) => fallen.push(outbox.id()),
                    Err(_) => {
                        tracing::error!(member = %outbox.id(), "writing to a member panicked; the member is cut off");
                        *batch = Batch::default();
                        outbox.abandon();
                    }
                }
                if index % WALK == WALK - 1 {
                    yield_now().await;
                }
            }
        }
        happened.clear();
        batch.clear();
        // What a crowd that came in needed is given back.
        mail.clear();
        mail.shrink_to(KEPT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_server_sits_in_one_shard_and_a_large_one_in_all() {
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
    fn only_shards_with_somebody_in_the_room_are_told() {
        let fanout = Fanout::new(3);
        fanout.happened(RoomId(1), &[0, 2]);
        let owed: Vec<usize> = fanout.queues.iter().map(|queue| queue.lock().len()).collect();
        assert_eq!(owed, [0, 1, 0]);
    }

    #[test]
    fn the_hub_waits_for_a_shard_that_is_behind_and_not_for_one_that_has_nothing_to_do() {
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
        fanout.queues[0].walked.set(fanout.appended.get());
        assert!(is_caught_up());
    }
}

//! What the server has counted since it started: deliveries of each kind, and each time that a limit was hit.

use crate::protocol::limit_hit::LimitHit;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::delivery::outbox::Tally;

/// For so many seconds after a hit was diagnosed at `INFO`, further ones of the same limit are at `DEBUG`: whoever abuses the server must not fill
/// its log.
const QUIET: u64 = 60;

/// How few of many things of a kind are worth a line: one a minute, which says how many there were since the last.
#[derive(Debug, Default)]
pub(crate) struct Sparing {
    /// The second from which on the next one is worth a line again.
    loud_from: AtomicU64,
    /// How many there were since the last line.
    untold: AtomicU64,
}

impl Sparing {
    /// One more, at this second: where it is worth a line, how many there were since the last, this one included. Of several at once one is.
    pub(crate) fn count(&self, now: u64) -> Option<u64> {
        self.untold.fetch_add(1, Ordering::Relaxed);
        let from = self.loud_from.load(Ordering::Relaxed);
        let quieten = || {
            let (done, other) = (Ordering::Relaxed, Ordering::Relaxed);
            self.loud_from.compare_exchange(from, now + QUIET, done, other).is_ok()
        };
        (now >= from && quieten()).then(|| self.untold.swap(0, Ordering::Relaxed))
    }
}

/// The counts. Written by whoever counts, without locks.
#[derive(Debug)]
pub(crate) struct Counters {
    limit_hits: [AtomicU64; LimitHit::ALL.len()],
    /// What of them is told at `INFO`.
    told: [Sparing; LimitHit::ALL.len()],
    /// What is told of connections that the system could not accept or watch.
    troubles: Sparing,
    since: Instant,
    /// Messages that were said, in rooms and to one person.
    pub(crate) messages: AtomicU64,
    /// Connections that were accepted.
    pub(crate) connections: AtomicU64,
    /// Entries and lines that were handed to sockets, each once a member.
    pub(crate) deliveries: AtomicU64,
    /// Bytes that sockets took.
    pub(crate) bytes_sent: AtomicU64,
    /// Bytes that were read from sockets.
    pub(crate) bytes_received: AtomicU64,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            limit_hits: Default::default(),
            told: Default::default(),
            troubles: Sparing::default(),
            since: Instant::now(),
            messages: AtomicU64::default(),
            connections: AtomicU64::default(),
            deliveries: AtomicU64::default(),
            bytes_sent: AtomicU64::default(),
            bytes_received: AtomicU64::default(),
        }
    }
}

impl Counters {
    /// A limit was hit: counts it and leaves a trace of who met it. Of those within a minute the first is told, and the next line says how many there
    /// were `meanwhile`.
    pub(crate) fn limit_hit(&self, hit: LimitHit, whom: impl Display) {
        let hits = self.limit_hits[hit as usize].fetch_add(1, Ordering::Relaxed) + 1;
        let limit = hit.describe();
        if let Some(meanwhile) = self.told[hit as usize].count(self.since.elapsed().as_secs()) {
            tracing::info!(limit, whom = whom.to_string(), hits, meanwhile, "a limit was hit");
        } else {
            tracing::debug!(limit, whom = whom.to_string(), hits, "a limit was hit");
        }
    }

    /// The system could not accept or watch a connection: how many there were since the last line about it, where it is worth one.
    pub(crate) fn trouble(&self) -> Option<u64> {
        self.troubles.count(self.since.elapsed().as_secs())
    }

    /// Something was handed to sockets.
    pub(crate) fn delivered(&self, tally: &Tally) {
        self.deliveries.fetch_add(tally.deliveries, Ordering::Relaxed);
        self.bytes_sent.fetch_add(tally.bytes, Ordering::Relaxed);
    }

    /// How often each limit was hit, those that never did included.
    pub(crate) fn limit_hits(&self) -> BTreeMap<LimitHit, u64> {
        LimitHit::ALL.into_iter().map(|hit| (hit, self.hits(hit))).collect()
    }

    pub(crate) fn hits(&self, hit: LimitHit) -> u64 {
        self.limit_hits[hit as usize].load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_is_counted_for_itself() {
        for (index, hit) in LimitHit::ALL.into_iter().enumerate() {
            assert_eq!(hit as usize, index);
        }
        let counters = Counters::default();
        counters.limit_hit(LimitHit::Rate, "ada");
        assert_eq!((counters.hits(LimitHit::Rate), counters.hits(LimitHit::TooSlow)), (1, 0));
    }

    #[test]
    fn one_of_a_kind_a_minute_is_worth_a_line_that_says_how_many_there_were() {
        let sparing = Sparing::default();
        assert_eq!(sparing.count(0), Some(1));
        assert!((0..QUIET).all(|second| sparing.count(second).is_none()));
        assert_eq!(sparing.count(QUIET), Some(QUIET + 1));
        assert_eq!(sparing.count(QUIET), None);
    }
}

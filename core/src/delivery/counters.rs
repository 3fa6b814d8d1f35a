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

/// The counts. Written by whoever counts, without locks.
#[derive(Debug)]
pub(crate) struct Counters {
    limit_hits: [AtomicU64; LimitHit::ALL.len()],
    /// The second from which on the next hit is worth a line at `INFO` again.
    loud_from: [AtomicU64; LimitHit::ALL.len()],
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
            loud_from: Default::default(),
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
    /// A limit was hit: counts it and leaves a trace of who met it.
    pub(crate) fn limit_hit(&self, hit: LimitHit, whom: impl Display) {
        let hits = self.limit_hits[hit as usize].fetch_add(1, Ordering::Relaxed) + 1;
        let limit = hit.describe();
        if self.is_loud(hit, self.since.elapsed().as_secs()) {
            tracing::info!(limit, whom = whom.to_string(), hits, "a limit was hit");
        } else {
            tracing::debug!(limit, whom = whom.to_string(), hits, "a limit was hit");
        }
    }

    /// Whether this hit is worth a line, at this second; of several at once one is.
    fn is_loud(&self, hit: LimitHit, now: u64) -> bool {
        let loud_from = &self.loud_from[hit as usize];
        let from = loud_from.load(Ordering::Relaxed);
        let quieten = || {
            let (done, other) = (Ordering::Relaxed, Ordering::Relaxed);
            loud_from.compare_exchange(from, now + QUIET, done, other).is_ok()
        };
        now >= from && quieten()
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
    fn one_hit_of_a_limit_a_minute_is_worth_a_line() {
        let counters = Counters::default();
        let loud = |hit, second| counters.is_loud(hit, second);
        assert!(loud(LimitHit::Rate, 0) && loud(LimitHit::TooSlow, 0));
        assert!((0..QUIET).all(|second| !loud(LimitHit::Rate, second)));
        assert!(loud(LimitHit::Rate, QUIET) && !loud(LimitHit::Rate, QUIET));
    }
}

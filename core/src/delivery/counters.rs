//! What the house has counted since it started: deliveries of each kind, and each time that a limit struck.

use crate::protocol::limit_hit::Strike;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::delivery::outbox::Tally;

/// For so many seconds after a strike was diagnosed at `INFO`, further ones of the same limit are at `DEBUG`: whoever abuses the house must not fill
/// its log.
const QUIET: u64 = 60;

/// The counts. Written by whoever counts, without locks.
#[derive(Debug)]
pub(crate) struct Counters {
    strikes: [AtomicU64; Strike::ALL.len()],
    /// The second from which on the next strike is worth a line at `INFO` again.
    loud_from: [AtomicU64; Strike::ALL.len()],
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
            strikes: Default::default(),
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
    /// A limit struck: counts it and leaves a trace of whom it struck.
    pub(crate) fn strike(&self, strike: Strike, whom: impl Display) {
        let struck = self.strikes[strike as usize].fetch_add(1, Ordering::Relaxed) + 1;
        let limit = strike.describe();
        if self.is_loud(strike, self.since.elapsed().as_secs()) {
            tracing::info!(limit, whom = whom.to_string(), struck, "a limit struck");
        } else {
            tracing::debug!(limit, whom = whom.to_string(), struck, "a limit struck");
        }
    }

    /// Whether this strike is worth a line, at this second; of several at once one is.
    fn is_loud(&self, strike: Strike, now: u64) -> bool {
        let loud_from = &self.loud_from[strike as usize];
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

    /// How often each limit struck, those that never did included.
    pub(crate) fn strikes(&self) -> BTreeMap<Strike, u64> {
        Strike::ALL.into_iter().map(|strike| (strike, self.struck(strike))).collect()
    }

    pub(crate) fn struck(&self, strike: Strike) -> u64 {
        self.strikes[strike as usize].load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_strike_is_counted_for_itself() {
        for (index, strike) in Strike::ALL.into_iter().enumerate() {
            assert_eq!(strike as usize, index);
        }
        let counters = Counters::default();
        counters.strike(Strike::Rate, "ada");
        assert_eq!((counters.struck(Strike::Rate), counters.struck(Strike::TooSlow)), (1, 0));
    }

    #[test]
    fn one_strike_of_a_limit_a_minute_is_worth_a_line() {
        let counters = Counters::default();
        let loud = |strike, second| counters.is_loud(strike, second);
        assert!(loud(Strike::Rate, 0) && loud(Strike::TooSlow, 0));
        assert!((0..QUIET).all(|second| !loud(Strike::Rate, second)));
        assert!(loud(Strike::Rate, QUIET) && !loud(Strike::Rate, QUIET));
    }
}

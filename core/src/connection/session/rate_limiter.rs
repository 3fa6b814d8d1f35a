//! The rate at which a connection's lines are read: a token bucket. What exceeds it is read later.

use std::time::{Duration, Instant};

use crate::protocol::settings::Rate;

/// The slowest rate there is; slower ones overflow clocks.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// See the module.
#[derive(Debug)]
pub(super) struct Limiter {
    /// Lines that were taken on credit, as the time in which the bucket will be full again.
    full_at: Instant,
    /// When the line that waits may be taken.
    holding: Option<Instant>,
}

impl Limiter {
    /// A full bucket.
    pub(super) fn new(now: Instant) -> Self {
        Self { full_at: now, holding: None }
    }

    /// Whether a line may be taken now. If not, [`Limiter::refill`] says when; asking before that is answered alike.
    pub(super) fn take(&mut self, rate: Option<Rate>, now: Instant) -> bool {
        if self.is_holding() {
            return false;
        }
        let Some(Rate { burst, per_second }) = rate else {
            return true;
        };
        let interval =
            Duration::try_from_secs_f64(1.0 / per_second).map_or(LONGEST, |time| time.min(LONGEST));
        let full_at = self.full_at.max(now) + interval;
        let earliest = full_at.checked_sub(interval.saturating_mul(burst)).unwrap_or(now);
        if earliest > now {
            self.holding = Some(earliest);
            return false;
        }
        self.full_at = full_at;
        true
    }

    /// Whether a line waits for the bucket.
    pub(super) fn is_holding(&self) -> bool {
        self.holding.is_some()
    }

    /// When the line that waits may be taken.
    pub(super) fn refill(&self) -> Option<Instant> {
        self.holding
    }

    /// That moment has come.
    pub(super) fn release(&mut self) {
        self.holding = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_the_rest_comes_at_the_rate() {
        let rate = Some(Rate { burst: 3, per_second: 2.0 });
        let start = Instant::now();
        let mut limiter = Limiter::new(start);
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        assert!((0..3).all(|_| limiter.take(rate, start)));
        assert!(!limiter.take(rate, start));
        assert_eq!(limiter.refill(), Some(at(500)));
        limiter.release();
        assert!(limiter.take(rate, at(500)));
        assert!(!limiter.take(rate, at(500)));
        assert_eq!(limiter.refill(), Some(at(1000)));
        limiter.release();
        // After a silence the burst is whole again.
        assert!((0..3).all(|_| limiter.take(rate, at(9000))));
        assert!(!limiter.take(rate, at(9000)));
    }

    #[test]
    fn a_lifted_rate_holds_nothing() {
        let now = Instant::now();
        let mut limiter = Limiter::new(now);
        assert!((0..10_000).all(|_| limiter.take(None, now)));
    }
}

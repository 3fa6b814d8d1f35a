//! The rate at which a connection's lines are read. What exceeds it is read later.

use std::time::Instant;

use crate::protocol::settings::Rate;
use crate::state::token_bucket::TokenBucket;

/// See the module.
#[derive(Debug)]
pub(super) struct Limiter {
    bucket: TokenBucket,
    /// When the line that waits may be taken.
    holding: Option<Instant>,
}

impl Limiter {
    /// A full bucket.
    pub(super) fn new(now: Instant) -> Self {
        Self { bucket: TokenBucket::new(now), holding: None }
    }

    /// Whether a line may be taken now. If not, [`Limiter::refill`] says when; asking before that is answered alike.
    pub(super) fn take(&mut self, rate: Option<Rate>, now: Instant) -> bool {
        if self.is_holding() {
            return false;
        }
        let Some(rate) = rate else {
            return true;
        };
        self.holding = self.bucket.take(rate, now).err();
        !self.is_holding()
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
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_line_that_is_held_back_is_held_until_it_is_released() {
        let rate = Some(Rate { burst: 1, per_second: 2.0 });
        let start = Instant::now();
        let refill = start + Duration::from_millis(500);
        let mut limiter = Limiter::new(start);
        assert!(limiter.take(rate, start));
        assert!(!limiter.take(rate, start));
        assert!(!limiter.take(rate, refill), "it waits for the release");
        assert_eq!(limiter.refill(), Some(refill));
        limiter.release();
        assert!(limiter.take(rate, refill));
    }

    #[test]
    fn a_lifted_rate_holds_nothing() {
        let now = Instant::now();
        let mut limiter = Limiter::new(now);
        assert!((0..10_000).all(|_| limiter.take(None, now)));
    }
}

//! The rate at which a connection's lines are read. What exceeds it is read later.

use std::time::Instant;

use crate::connection::listener::{Buckets, SharedBucket};
use crate::protocol::settings::Limits;
use crate::state::token_bucket::TokenBucket;

/// See the module.
#[derive(Debug)]
pub(super) struct Limiter {
    bucket: TokenBucket,
    /// For all connections from the same address; `None` where the limits by address do not hold.
    of_address: Option<SharedBucket>,
    /// When the line that waits may be taken.
    holding: Option<Instant>,
}

impl Limiter {
    /// A full bucket beside that of the address.
    pub(super) fn new(of_address: Option<&Buckets>, now: Instant) -> Self {
        let of_address = of_address.map(|buckets| buckets.lines.clone());
        Self { bucket: TokenBucket::new(now), of_address, holding: None }
    }

    /// It counts among the lines of another address from here on.
    pub(super) fn of_address(&mut self, buckets: Option<&Buckets>) {
        self.of_address = buckets.map(|buckets| buckets.lines.clone());
    }

    /// Whether a line may be taken now. If not, [`Limiter::refill`] says when; asking before that is answered alike.
    pub(super) fn take(&mut self, limits: &Limits, now: Instant) -> bool {
        if self.is_holding() {
            return false;
        }
        let own = limits.rate.map_or(Ok(()), |rate| self.bucket.take(rate, now));
        let of_address = || match (&self.of_address, limits.rate_per_address) {
            (Some(bucket), Some(rate)) => bucket.take(rate, now),
            _ => Ok(()),
        };
        self.holding = own.and_then(|()| of_address()).err();
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
    use crate::protocol::settings::Rate;

    #[test]
    fn a_line_that_is_held_back_is_held_until_it_is_released() {
        let rate = Some(Rate { burst: 1, per_second: 2.0 });
        let limits = Limits { rate, ..Limits::default() };
        let start = Instant::now();
        let refill = start + Duration::from_millis(500);
        let mut limiter = Limiter::new(None, start);
        assert!(limiter.take(&limits, start));
        assert!(!limiter.take(&limits, start));
        assert!(!limiter.take(&limits, refill), "it waits for the release");
        assert_eq!(limiter.refill(), Some(refill));
        limiter.release();
        assert!(limiter.take(&limits, refill));
    }

    #[test]
    fn a_lifted_rate_holds_nothing() {
        let now = Instant::now();
        let mut limiter = Limiter::new(None, now);
        let limits = Limits { rate: None, ..Limits::default() };
        assert!((0..10_000).all(|_| limiter.take(&limits, now)));
    }
}

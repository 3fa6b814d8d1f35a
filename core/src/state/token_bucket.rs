//! A token bucket: how many lines may come at once, and how many a second after that. Plain arithmetic over instants that it is told.

use std::time::{Duration, Instant};

use crate::protocol::settings::Rate;

/// The slowest rate there is; slower ones overflow clocks.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// See the module.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokenBucket {
    /// Lines that were taken on credit, as the time in which the bucket will be full again.
    full_at: Instant,
}

impl TokenBucket {
    /// A full bucket.
    pub(crate) fn new(now: Instant) -> Self {
        Self { full_at: now }
    }

    /// Takes what one line costs, or says when it will be there; nothing is taken then. A burst of 0 counts as 1, and a rate that is not above 0 as
    /// one line a day.
    pub(crate) fn take(&mut self, rate: Rate, now: Instant) -> Result<(), Instant> {
        let Rate { burst, per_second } = rate;
        let interval =
            Duration::try_from_secs_f64(1.0 / per_second).map_or(LONGEST, |time| time.min(LONGEST));
        let full_at = self.full_at.max(now) + interval;
        let earliest = full_at.checked_sub(interval.saturating_mul(burst.max(1))).unwrap_or(now);
        if earliest > now {
            return Err(earliest);
        }
        self.full_at = full_at;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_the_rest_comes_at_the_rate() {
        let rate = Rate { burst: 3, per_second: 2.0 };
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let mut bucket = TokenBucket::new(start);
        assert!((0..3).all(|_| bucket.take(rate, start).is_ok()));
        assert_eq!(bucket.take(rate, start), Err(at(500)));
        assert_eq!(bucket.take(rate, at(499)), Err(at(500)), "asking costs nothing");
        assert_eq!(bucket.take(rate, at(500)), Ok(()));
        assert_eq!(bucket.take(rate, at(500)), Err(at(1000)));
        // After a silence the burst is whole again.
        assert!((0..3).all(|_| bucket.take(rate, at(9000)).is_ok()));
        assert!(bucket.take(rate, at(9000)).is_err());
    }

    #[test]
    fn a_rate_that_makes_no_sense_lets_a_line_a_day_through() {
        let now = Instant::now();
        for per_second in [0.0, -1.0, f64::NAN, f64::MIN_POSITIVE] {
            let (rate, mut bucket) = (Rate { burst: 0, per_second }, TokenBucket::new(now));
            assert_eq!(bucket.take(rate, now), Ok(()), "{per_second}");
            assert_eq!(bucket.take(rate, now), Err(now + LONGEST), "{per_second}");
        }
    }
}

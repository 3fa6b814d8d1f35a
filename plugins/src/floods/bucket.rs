//! A token bucket in one number.

use salotto::Context;
use serde::{Deserialize, Deserializer};

use crate::common::duration::HumanDuration;

/// Microseconds since the server started, by a clock that is never set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Moment(pub(super) u64);

impl Moment {
    pub(super) fn now(context: &Context<'_>) -> Self {
        Self(u64::try_from(context.uptime().as_micros()).unwrap_or(u64::MAX))
    }

    /// The time that is so long after this one.
    pub(super) fn after(self, duration: HumanDuration) -> Self {
        Self(self.0.saturating_add(duration.microseconds()))
    }

    /// Microseconds from `earlier` to this moment; 0 when it is later.
    pub(super) fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// How much may come at once, and how much a minute after that.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// So many at once; at least 1.
    #[serde(deserialize_with = "burst")]
    pub burst: u32,
    /// So many a minute when the burst is used up; more than 0. One every two minutes is `0.5`.
    #[serde(deserialize_with = "per_minute")]
    pub per_minute: f64,
}

fn burst<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        0 => Err(serde::de::Error::custom("a burst is at least 1; `None` removes the limit")),
        burst => Ok(burst),
    }
}

fn per_minute<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let rate = f64::deserialize(deserializer)?;
    if rate.is_finite() && rate > 0.0 {
        return Ok(rate);
    }
    let text = format!("`{rate}` a minute is not a rate; write more than 0, such as 30 or 0.5");
    Err(serde::de::Error::custom(text))
}

impl Rate {
    /// Microseconds for one.
    fn interval(self) -> u64 {
        // A float that is too large becomes the largest number.
        ((60e6 / self.per_minute) as u64).max(1)
    }
}

/// A token bucket, as the time at which it will be full again. A new one is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Bucket(Moment);

impl Bucket {
    /// Takes a token out. `false` when there is none.
    pub(super) fn take(&mut self, rate: Rate, now: Moment) -> bool {
        let interval = rate.interval();
        let most = interval.saturating_mul(u64::from(rate.burst));
        let missing = self.0.since(now).min(most);
        let after = missing.saturating_add(interval);
        let has_one = after <= most;
        self.0 = Moment(now.0.saturating_add(if has_one { after } else { missing }));
        has_one
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 3, per_minute: 30.0 };

    fn at(milliseconds: u64) -> Moment {
        Moment(milliseconds * 1000)
    }

    #[test]
    fn a_burst_passes_and_the_rest_comes_at_the_pace() {
        let mut bucket = Bucket::default();
        assert!((0..3).all(|_| bucket.take(RATE, at(0))));
        assert!(!bucket.take(RATE, at(0)));
        assert!(!bucket.take(RATE, at(1999)));
        assert!(bucket.take(RATE, at(2000)));
        assert!(!bucket.take(RATE, at(2001)));
        // What was refused costs nothing, and after a silence the burst is whole.
        assert!((0..3).all(|_| bucket.take(RATE, at(60_000))));
        assert!(!bucket.take(RATE, at(60_000)));
    }

    #[test]
    fn the_oddest_paces_do_not_overflow() {
        for rate in [
            Rate { burst: u32::MAX, per_minute: f64::MIN_POSITIVE },
            Rate { burst: u32::MAX, per_minute: f64::MAX },
            Rate { burst: 1, per_minute: 1e-9 },
        ] {
            let mut bucket = Bucket::default();
            assert!(bucket.take(rate, at(0)));
            bucket.take(rate, Moment(u64::MAX));
        }
    }
}

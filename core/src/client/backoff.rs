//! How long to wait before the next attempt: twice as long each time, with jitter, so that a room full of people does not come
//! back in step.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);

/// The wait after so many attempts that failed, 1 or more; `jitter` is between 0 and 1.
pub(super) fn wait(failed: u32, jitter: f64) -> Duration {
    let doubled = FIRST * 2_u32.saturating_pow(failed.saturating_sub(1).min(10));
    doubled.min(LONGEST).mul_f64(0.75 + jitter / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_a_bound_and_is_never_in_step() {
        let seconds = |failed, jitter| wait(failed, jitter).as_secs_f64();
        assert_eq!([seconds(1, 0.5), seconds(2, 0.5), seconds(3, 0.5)], [1.0, 2.0, 4.0]);
        assert_eq!(seconds(40, 0.5), 30.0);
        assert_eq!((seconds(1, 0.0), seconds(1, 1.0)), (0.75, 1.25));
    }
}

//! Wrong passwords by address: each makes the next attempt wait longer, over all connections.

use std::time::Duration;

use salotto::protocol::Timestamp;
use salotto::{ForgettingMap, Network};

/// How long the next attempt waits after the first wrong one; twice as long after each further one, up to the longest.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// After so long without a wrong one an address is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(600);
/// Addresses that are remembered at most when they may be forgotten.
const REMEMBERED: usize = 1024;

/// Where somebody connects from, as limits by address count it; `None` is this process.
pub(super) type Source = Option<Network>;

/// Wrong passwords, by address.
#[derive(Debug)]
pub(super) struct Attempts(ForgettingMap<Source, Known>);

#[derive(Debug)]
struct Known {
    wrong: u32,
    last: Timestamp,
}

impl Default for Attempts {
    fn default() -> Self {
        Self(ForgettingMap::new(REMEMBERED))
    }
}

impl Attempts {
    /// How long attempts from this address have to wait; `None` if they need not.
    pub(super) fn wait(&self, source: Source, now: Timestamp) -> Option<Duration> {
        let known = self.0.get(&source)?;
        known.wait().checked_sub(known.age(now)).filter(|wait| !wait.is_zero())
    }

    /// Counts a wrong password. Returns how many there were lately.
    pub(super) fn was_wrong(&mut self, source: Source, now: Timestamp) -> u32 {
        let known = self.0.get_or_insert_with(
            source,
            || Known { wrong: 0, last: now },
            |known| known.age(now) <= FORGOTTEN_AFTER,
        );
        if known.age(now) > FORGOTTEN_AFTER {
            known.wrong = 0;
        }
        known.wrong = known.wrong.saturating_add(1);
        known.last = now;
        known.wrong
    }
}

impl Known {
    fn age(&self, now: Timestamp) -> Duration {
        now.system_time().duration_since(self.last.system_time()).unwrap_or_default()
    }

    fn wait(&self) -> Duration {
        let doublings = self.wrong.saturating_sub(1).min(16);
        FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT)
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::time::SystemTime;

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        (SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).into()
    }

    #[test]
    fn the_wait_doubles_up_to_a_minute_and_is_that_of_the_address() {
        let (mut attempts, here) = (Attempts::default(), Some("192.0.2.1".parse().unwrap()));
        let waits: Vec<u64> = (0..9)
            .map(|_| {
                attempts.was_wrong(here, at(0));
                attempts.wait(here, at(0)).unwrap().as_secs()
            })
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(attempts.wait(here, at(59)), Some(Duration::from_secs(1)));
        assert_eq!(attempts.wait(here, at(60)), None);
        assert_eq!(attempts.wait(None, at(0)), None);
    }

    #[test]
    fn after_a_while_an_address_begins_anew_and_is_forgotten() {
        let mut attempts = Attempts::default();
        assert_eq!((0..5).map(|_| attempts.was_wrong(None, at(0))).last(), Some(5));
        assert_eq!(attempts.was_wrong(None, at(601)), 1);
        for last in 0..5000_u32 {
            let address = IpAddr::V4((0x0a00_0000 + last).into());
            attempts.was_wrong(Some(Network::of(address)), at(1000 * u64::from(last)));
        }
        assert!(attempts.0.len() <= REMEMBERED);
    }
}

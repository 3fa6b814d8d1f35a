//! Wrong passwords: each makes the next attempt of the same connection wait longer, and many from one address those of all who share it. So a guesser
//! is slowed down on however many connections, and a classmate who mistypes keeps nobody else out.

use std::hash::Hash;
use std::time::Duration;

use salotto::{ForgettingMap, MemberId, Network, Standing};

/// How long the next attempt waits after the first wrong one that counts; twice as long after each further one, up to the longest.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// So many wrong ones from one address make nobody else wait: a class mistypes that many.
const FREE_PER_ADDRESS: u32 = 20;
/// After so long without a wrong one they are forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(600);
/// Connections and addresses that are remembered at most when they may be forgotten.
const REMEMBERED: usize = 1024;

/// What counts as one address; `None` is this process.
pub(super) type Source = Option<Network>;

/// Wrong passwords by connection and by address. Times are the server's uptime.
#[derive(Debug)]
pub(super) struct Attempts {
    by_member: ForgettingMap<MemberId, Known>,
    by_address: ForgettingMap<Source, Known>,
}

#[derive(Debug, Default)]
struct Known {
    wrong: u32,
    last: Duration,
}

/// What makes somebody wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// Wrong passwords of their own.
    Own(Duration),
    /// Those of others with the same address.
    OfAddress(Duration),
}

impl Default for Attempts {
    fn default() -> Self {
        let (by_member, by_address) =
            (ForgettingMap::new(REMEMBERED), ForgettingMap::new(REMEMBERED));
        Self { by_member, by_address }
    }
}

impl Attempts {
    /// How long the next attempt has to wait; `None` if it need not.
    pub(super) fn wait(&self, member: MemberId, source: Source, now: Duration) -> Option<Wait> {
        let own = self.by_member.get(&member).and_then(|known| known.wait(0, now));
        let of_address = self.by_address.get(&source);
        let of_address = of_address.and_then(|known| known.wait(FREE_PER_ADDRESS, now));
        match (own, of_address) {
            (own, Some(wait)) if own.is_none_or(|own| own < wait) => Some(Wait::OfAddress(wait)),
            (own, _) => own.map(Wait::Own),
        }
    }

    /// Whether a password comes before those of others who wait to be looked at.
    pub(super) fn standing(&self, member: MemberId, source: Source, now: Duration) -> Standing {
        let is_of = |known: Option<&Known>, free: u32| {
            known.is_some_and(|known| known.wrong > free && known.age(now) <= FORGOTTEN_AFTER)
        };
        match is_of(self.by_member.get(&member), 0)
            || is_of(self.by_address.get(&source), FREE_PER_ADDRESS)
        {
            true => Standing::Guessing,
            false => Standing::New,
        }
    }

    /// Counts a wrong password. Returns how many there were lately from the address.
    pub(super) fn was_wrong(&mut self, member: MemberId, source: Source, now: Duration) -> u32 {
        count(&mut self.by_member, member, now);
        count(&mut self.by_address, source, now)
    }
}

fn count<K: Eq + Hash>(known: &mut ForgettingMap<K, Known>, key: K, now: Duration) -> u32 {
    let known =
        known.get_or_insert_with(key, Known::default, |known| known.age(now) <= FORGOTTEN_AFTER);
    if known.age(now) > FORGOTTEN_AFTER {
        known.wrong = 0;
    }
    known.wrong = known.wrong.saturating_add(1);
    known.last = now;
    known.wrong
}

impl Known {
    fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.last)
    }

    /// How long is still to be waited, where the first `free` wrong ones do not count.
    fn wait(&self, free: u32, now: Duration) -> Option<Duration> {
        let doublings = self.wrong.checked_sub(free + 1)?.min(16);
        let wait = FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT);
        wait.checked_sub(self.age(now)).filter(|wait| !wait.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn member(number: u64) -> MemberId {
        serde_json::from_str(&number.to_string()).unwrap()
    }

    fn address(last: u32) -> Source {
        Some(Network::of(IpAddr::V4((0x0a00_0000 + last).into())))
    }

    #[test]
    fn the_wait_of_a_connection_doubles_up_to_a_minute() {
        let mut attempts = Attempts::default();
        let waits: Vec<Option<Wait>> = (0..9)
            .map(|_| {
                attempts.was_wrong(member(1), address(1), at(0));
                attempts.wait(member(1), address(1), at(0))
            })
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60].map(|wait| Some(Wait::Own(at(wait)))));
        assert_eq!(attempts.wait(member(1), address(1), at(59)), Some(Wait::Own(at(1))));
        assert_eq!(attempts.wait(member(1), address(1), at(60)), None);
        assert_eq!(attempts.wait(member(2), address(1), at(0)), None);
    }

    #[test]
    fn many_wrong_ones_from_one_address_make_all_wait_who_share_it() {
        let mut attempts = Attempts::default();
        for number in 0..u64::from(FREE_PER_ADDRESS) {
            attempts.was_wrong(member(number), address(1), at(0));
            assert_eq!(attempts.wait(member(100), address(1), at(0)), None);
        }
        assert_eq!(attempts.standing(member(100), address(1), at(0)), Standing::New);
        assert_eq!(attempts.standing(member(1), address(1), at(0)), Standing::Guessing);
        attempts.was_wrong(member(50), address(1), at(0));
        assert_eq!(attempts.standing(member(100), address(1), at(0)), Standing::Guessing);
        assert_eq!(attempts.wait(member(100), address(1), at(0)), Some(Wait::OfAddress(at(1))));
        assert_eq!(attempts.wait(member(100), address(2), at(0)), None);
    }

    #[test]
    fn after_a_while_all_begins_anew_and_is_forgotten() {
        let mut attempts = Attempts::default();
        assert_eq!((0..5).map(|_| attempts.was_wrong(member(1), None, at(0))).last(), Some(5));
        assert_eq!(attempts.was_wrong(member(1), None, at(601)), 1);
        for last in 0..5000_u32 {
            let number = u64::from(last);
            attempts.was_wrong(member(number), address(last), at(1000 * number));
        }
        assert!(attempts.by_address.len() <= REMEMBERED && attempts.by_member.len() <= REMEMBERED);
    }
}

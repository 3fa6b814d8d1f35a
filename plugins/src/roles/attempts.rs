//! Wrong passwords: each makes the next attempt of the same connection wait longer, many from one address those of all who share it, and many for one
//! account those of everybody but from where its owner has logged in. So a guesser is slowed down on however many connections and addresses, a classmate
//! who mistypes keeps nobody else out, and no stranger an owner.

use std::hash::Hash;
use std::time::Duration;

use salotto::{ForgettingMap, MemberId, Name, Network, Standing};

use super::homes::{Homes, form};

/// How long the next attempt waits after the first wrong one that counts; twice as long after each further one, up to the longest.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// So many wrong ones from one address make nobody else wait: a class mistypes that many.
const FREE_PER_ADDRESS: u32 = 20;
/// So many wrong ones for one account make nobody wait who does not guess.
const FREE_PER_ACCOUNT: u32 = 10;
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
    /// By a form of its name, whether or not there is such an account.
    by_account: ForgettingMap<String, Known>,
    /// From where the owners of accounts have logged in.
    pub(super) homes: Homes,
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
    /// Those of anybody for the same account.
    OfAccount(Duration),
}

impl Default for Attempts {
    fn default() -> Self {
        Self {
            by_member: ForgettingMap::new(REMEMBERED),
            by_address: ForgettingMap::new(REMEMBERED),
            by_account: ForgettingMap::new(REMEMBERED),
            homes: Homes::default(),
        }
    }
}

impl Attempts {
    /// How long the next attempt has to wait; `None` if it need not.
    pub(super) fn wait(
        &self,
        member: MemberId,
        source: Source,
        account: Option<&Name>,
        now: Duration,
    ) -> Option<Wait> {
        let own = self.by_member.get(&member).and_then(|known| known.wait(0, now));
        let of_address = self.by_address.get(&source);
        let of_address = of_address.and_then(|known| known.wait(FREE_PER_ADDRESS, now));
        let of_account = account.filter(|account| !self.homes.has(account, source));
        let of_account = of_account.and_then(|account| self.by_account.get(&form(account)));
        let of_account = of_account.and_then(|known| known.wait(FREE_PER_ACCOUNT, now));
        let waits = [
            own.map(|wait| (wait, Wait::Own(wait))),
            of_address.map(|wait| (wait, Wait::OfAddress(wait))),
            of_account.map(|wait| (wait, Wait::OfAccount(wait))),
        ];
        // Of two that are equal the one that is more their own.
        let longest = waits.into_iter().flatten().rev().max_by_key(|(wait, _)| *wait);
        longest.map(|(_, wait)| wait)
    }

    /// Whether a password comes before those of others who wait to be looked at.
    pub(super) fn standing(
        &self,
        member: MemberId,
        source: Source,
        account: Option<&Name>,
        now: Duration,
    ) -> Standing {
        let is_home = account.is_some_and(|account| self.homes.has(account, source));
        let is_of = |known: Option<&Known>, free: u32| {
            known.is_some_and(|known| known.wrong > free && known.age(now) <= FORGOTTEN_AFTER)
        };
        match is_of(self.by_member.get(&member), 0)
            || is_of(self.by_address.get(&source), FREE_PER_ADDRESS)
        {
            true => Standing::Failing,
            false if is_home => Standing::Known,
            false => Standing::New,
        }
    }

    /// Counts a wrong password. Returns how many there were lately from the address.
    pub(super) fn was_wrong(
        &mut self,
        member: MemberId,
        source: Source,
        account: Option<&Name>,
        now: Duration,
    ) -> u32 {
        count(&mut self.by_member, member, now);
        if let Some(account) = account {
            count(&mut self.by_account, form(account), now);
        }
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

    fn any_name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn address(last: u32) -> Source {
        Some(Network::of(IpAddr::V4((0x0a00_0000 + last).into())))
    }

    #[test]
    fn the_wait_of_a_connection_doubles_up_to_a_minute() {
        let mut attempts = Attempts::default();
        let waits: Vec<Option<Wait>> = (0..9)
            .map(|_| {
                attempts.was_wrong(member(1), address(1), None, at(0));
                attempts.wait(member(1), address(1), None, at(0))
            })
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60].map(|wait| Some(Wait::Own(at(wait)))));
        assert_eq!(attempts.wait(member(1), address(1), None, at(59)), Some(Wait::Own(at(1))));
        assert_eq!(attempts.wait(member(1), address(1), None, at(60)), None);
        assert_eq!(attempts.wait(member(2), address(1), None, at(0)), None);
    }

    #[test]
    fn many_wrong_ones_from_one_address_make_all_wait_who_share_it() {
        let mut attempts = Attempts::default();
        for number in 0..u64::from(FREE_PER_ADDRESS) {
            attempts.was_wrong(member(number), address(1), None, at(0));
            assert_eq!(attempts.wait(member(100), address(1), None, at(0)), None);
        }
        attempts.was_wrong(member(50), address(1), None, at(0));
        assert_eq!(
            attempts.wait(member(100), address(1), None, at(0)),
            Some(Wait::OfAddress(at(1)))
        );
        assert_eq!(attempts.wait(member(100), address(2), None, at(0)), None);
    }

    #[test]
    fn many_for_one_account_make_everybody_wait_but_where_its_owner_was() {
        let mut attempts = Attempts::default();
        let ada = any_name("ada");
        attempts.homes.add(&ada, address(7));
        for number in 0..=FREE_PER_ACCOUNT {
            let waits = attempts.wait(member(100), address(100), Some(&ada), at(0));
            assert_eq!(waits, None, "after {number}");
            let number = u64::from(number);
            attempts.was_wrong(member(number), address(number as u32 + 10), Some(&ada), at(0));
        }
        let wait = |name: &str, source| {
            attempts.wait(member(100), address(source), Some(&any_name(name)), at(0))
        };
        for name in ["ada", "ADA", "аda"] {
            assert_eq!(wait(name, 100), Some(Wait::OfAccount(at(1))), "{name}");
        }
        assert_eq!((wait("bob", 100), wait("ada", 7)), (None, None));
        let standing = |source| attempts.standing(member(100), source, Some(&ada), at(0));
        assert_eq!(
            (standing(address(7)), standing(address(100))),
            (Standing::Known, Standing::New)
        );
    }

    #[test]
    fn after_a_while_all_begins_anew_and_is_forgotten() {
        let mut attempts = Attempts::default();
        assert_eq!(
            (0..5).map(|_| attempts.was_wrong(member(1), None, None, at(0))).last(),
            Some(5)
        );
        assert_eq!(attempts.was_wrong(member(1), None, None, at(601)), 1);
        for last in 0..5000_u32 {
            let number = u64::from(last);
            attempts.was_wrong(member(number), address(last), None, at(1000 * number));
        }
        assert!(attempts.by_address.len() <= REMEMBERED && attempts.by_member.len() <= REMEMBERED);
    }
}

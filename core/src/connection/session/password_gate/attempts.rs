//! Wrong passwords, by address: whoever guesses is slowed down, on however many connections. Who has guessed nothing yet on a connection does not
//! queue behind those who have, whatever others of the same address do.

use crate::protocol::network::Network;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::state::forgetting_map::ForgettingMap;

/// How long the next try waits after a first wrong one; twice as long after each that follows, up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(8);
/// The longest for the first try of a connection. How many of these there are is bounded by `limits.new_connections_per_minute`, too.
const LONGEST_FIRST_WAIT: Duration = Duration::from_secs(1);
/// Who would have to wait longer, because others of the same address wait already, is sent away.
const PATIENCE: Duration = Duration::from_secs(10);
/// After so long without a wrong one, an address begins anew.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(600);
/// Addresses that are remembered at most when they may be forgotten. How many may not is bounded by how many passwords can be looked at in
/// that time.
const REMEMBERED: usize = 1024;

/// See the module. Shared by the sessions of a server.
#[derive(Debug)]
pub(crate) struct Attempts(Mutex<ForgettingMap<Option<Network>, Known>>);

#[derive(Debug)]
struct Known {
    wrong: u32,
    /// When the last wrong one came.
    last: Instant,
    /// When the next try may be made: the first of a connection, and one after others.
    next_first: Instant,
    next: Instant,
}

impl Attempts {
    /// When a try from this address may be made: now for most. Each takes its turn after the ones before; `is_first` where the connection has
    /// given no wrong one yet.
    ///
    /// # Errors
    /// How long that would be, where it is too long to wait.
    pub(crate) fn book(
        &self,
        address: Option<Network>,
        is_first: bool,
        now: Instant,
    ) -> Result<Instant, Duration> {
        let mut by_address = self.by_address();
        let known = by_address.get_mut(&address);
        let Some(known) = known.filter(|known| !known.is_forgotten(now)) else {
            return Ok(now);
        };
        let after = if is_first { known.first_wait() } else { known.wait() };
        let next = if is_first { &mut known.next_first } else { &mut known.next };
        let turn = (*next).max(now);
        let wait = turn.duration_since(now);
        if wait > PATIENCE {
            return Err(wait);
        }
        *next = turn + after;
        Ok(turn)
    }

    /// A try was wrong.
    pub(crate) fn was_wrong(&self, address: Option<Network>, now: Instant) {
        let mut by_address = self.by_address();
        let known = by_address.get_or_insert_with(
            address,
            || Known { wrong: 0, last: now, next_first: now, next: now },
            |known| !known.is_forgotten(now),
        );
        if known.is_forgotten(now) {
            known.wrong = 0;
        }
        known.wrong = known.wrong.saturating_add(1);
        known.last = now;
        known.next_first = known.next_first.max(now + known.first_wait());
        known.next = known.next.max(now + known.wait());
    }

    fn by_address(&self) -> MutexGuard<'_, ForgettingMap<Option<Network>, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Attempts {
    fn default() -> Self {
        Self(Mutex::new(ForgettingMap::new(REMEMBERED)))
    }
}

impl Known {
    fn is_forgotten(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last) > FORGOTTEN_AFTER
    }

    fn first_wait(&self) -> Duration {
        self.wait().min(LONGEST_FIRST_WAIT)
    }

    fn wait(&self) -> Duration {
        let doublings = self.wrong.saturating_sub(1).min(16);
        FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT)
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn address(last: u32) -> Option<Network> {
        Some(Network::of(IpAddr::V4((0x0a00_0000 + last).into())))
    }

    #[test]
    fn who_was_never_wrong_does_not_wait() {
        let (attempts, now) = (Attempts::default(), Instant::now());
        assert!((0..100).all(|_| attempts.book(address(1), false, now) == Ok(now)));
        attempts.was_wrong(address(2), now);
        assert_eq!(attempts.book(address(1), false, now), Ok(now));
    }

    #[test]
    fn each_wrong_one_doubles_the_wait_up_to_a_bound() {
        let (attempts, mut now) = (Attempts::default(), Instant::now());
        let waits: Vec<u128> = (0..8)
            .map(|_| {
                attempts.was_wrong(address(1), now);
                let turn = attempts.book(address(1), false, now).unwrap();
                let wait = turn - now;
                // The try that was booked is made, and the next comes when the one after it may.
                now = turn + LONGEST_WAIT;
                wait.as_millis()
            })
            .collect();
        assert_eq!(waits, [250, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
    }

    #[test]
    fn several_connections_of_an_address_take_turns_and_are_not_kept_waiting_for_ever() {
        let (attempts, now) = (Attempts::default(), Instant::now());
        (0..3).for_each(|_| attempts.was_wrong(address(1), now));
        let turns: Vec<_> = (0..12).map(|_| attempts.book(address(1), false, now)).collect();
        let seconds = |seconds| Ok(now + Duration::from_secs(seconds));
        assert_eq!(turns[..10], (1..=10).map(seconds).collect::<Vec<_>>());
        assert_eq!(turns[10..], [Err(Duration::from_secs(11)); 2], "a refusal takes no turn");
    }

    #[test]
    fn who_has_guessed_nothing_does_not_queue_behind_who_guesses() {
        let (attempts, now) = (Attempts::default(), Instant::now());
        (0..50).for_each(|_| attempts.was_wrong(address(1), now));
        while attempts.book(address(1), false, now).is_ok() {}
        assert_eq!(attempts.book(address(1), true, now), Ok(now + LONGEST_FIRST_WAIT));
        // Newcomers queue among themselves.
        let turns = (0..30).filter(|_| attempts.book(address(1), true, now).is_ok()).count();
        assert_eq!(turns, 9);
    }

    #[test]
    fn after_a_while_an_address_begins_anew_and_is_forgotten() {
        let (attempts, start) = (Attempts::default(), Instant::now());
        (0..9).for_each(|_| attempts.was_wrong(address(1), start));
        let later = start + FORGOTTEN_AFTER + Duration::from_secs(1);
        assert_eq!(attempts.book(address(1), false, later), Ok(later));
        attempts.was_wrong(address(1), later);
        assert_eq!(attempts.book(address(1), false, later), Ok(later + FIRST_WAIT));
        for last in 0..5000 {
            attempts.was_wrong(address(last), later + FORGOTTEN_AFTER * last);
        }
        assert!(attempts.by_address().len() <= REMEMBERED);
    }
}

//! Wrong passwords, by address: whoever guesses is slowed down, on however many connections. Who has guessed nothing yet on a connection does not
//! queue behind those who have, whatever others of the same address do; and addresses from which the right one came are known again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::protocol::network::Network;
use crate::protocol::standing::Standing;
use crate::state::forgetting_map::ForgettingMap;

/// How long the next try waits after a first wrong one; twice as long after each that follows, up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(8);
/// The longest for the first try of a connection: of an address from which the right one came, and of any other. How many of these there are is
/// bounded by `limits.new_connections_per_minute`, too.
const LONGEST_OF_KNOWN: Duration = Duration::from_secs(1);
const LONGEST_OF_OTHERS: Duration = Duration::from_secs(4);
/// Who would have to wait longer, because others of the same address wait already, is sent away.
const PATIENCE: Duration = Duration::from_secs(10);
/// After so long without a wrong one, an address begins anew.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(600);
/// Addresses that are remembered at most when they may be forgotten. How many may not is bounded by how many passwords can be looked at in
/// that time.
const REMEMBERED: usize = 1024;
/// So many tries of one address may be under way before any was answered; more of them stand behind those of others.
const AT_ONCE: u32 = 4;

/// See the module. Shared by the sessions of a server.
#[derive(Debug)]
pub(crate) struct Attempts(Mutex<Known>);

#[derive(Debug)]
struct Known {
    guesses: ForgettingMap<Option<Network>, Guesses>,
    /// From where the right one came. Only that makes an entry, so that no flood of wrong ones makes it forgotten.
    right: ForgettingMap<Option<Network>, ()>,
}

#[derive(Debug)]
struct Guesses {
    wrong: u32,
    /// When the last wrong one came.
    last: Instant,
    /// When the next try may be made: the first of a connection, and one after others.
    next_first: Instant,
    next: Instant,
    /// Tries that are not answered yet.
    under_way: u32,
}

/// A try that may be made, until it is answered or given up.
#[derive(Debug)]
pub(crate) struct Turn {
    /// From when on.
    pub(crate) at: Instant,
    /// What speaks for it.
    pub(crate) standing: Standing,
    attempts: Arc<Attempts>,
    address: Option<Network>,
}

impl Attempts {
    /// When a try from this address may be made: now for most. Each takes its turn after the ones before; `is_first` where the connection has
    /// given no wrong one yet.
    ///
    /// # Errors
    /// How long that would be, where it is too long to wait.
    pub(crate) fn book(
        self: &Arc<Self>,
        address: Option<Network>,
        is_first: bool,
        now: Instant,
    ) -> Result<Turn, Duration> {
        let mut known = self.known();
        let is_known = known.right.get(&address).is_some();
        let guesses = known.guesses_of(address, now);
        let at = guesses.book(is_first, is_known, now)?;
        let is_clean = is_first && guesses.wrong == 0 && guesses.under_way < AT_ONCE;
        guesses.under_way += 1;
        let standing = match (is_known, is_clean) {
            (true, true) => Standing::Known,
            (false, false) => Standing::Failing,
            _ => Standing::New,
        };
        Ok(Turn { at, standing, attempts: self.clone(), address })
    }

    /// A try was wrong.
    pub(crate) fn was_wrong(&self, address: Option<Network>, now: Instant) {
        let mut known = self.known();
        let is_known = known.right.get(&address).is_some();
        let guesses = known.guesses_of(address, now);
        guesses.wrong = guesses.wrong.saturating_add(1);
        guesses.last = now;
        guesses.next_first = guesses.next_first.max(now + guesses.first_wait(is_known));
        guesses.next = guesses.next.max(now + guesses.wait());
    }

    /// A try was right.
    pub(crate) fn was_right(&self, address: Option<Network>) {
        self.known().right.get_or_insert_with(address, || (), |()| false);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Attempts {
    fn default() -> Self {
        let (guesses, right) = (ForgettingMap::new(REMEMBERED), ForgettingMap::new(REMEMBERED));
        Self(Mutex::new(Known { guesses, right }))
    }
}

impl Known {
    fn guesses_of(&mut self, address: Option<Network>, now: Instant) -> &mut Guesses {
        let fresh = || Guesses { wrong: 0, last: now, next_first: now, next: now, under_way: 0 };
        let needed = |guesses: &Guesses| {
            guesses.under_way > 0 || guesses.wrong > 0 && !guesses.are_forgotten(now)
        };
        let guesses = self.guesses.get_or_insert_with(address, fresh, needed);
        if guesses.are_forgotten(now) {
            guesses.wrong = 0;
        }
        guesses
    }
}

impl Guesses {
    fn book(&mut self, is_first: bool, is_known: bool, now: Instant) -> Result<Instant, Duration> {
        if self.wrong == 0 {
            return Ok(now);
        }
        let after = if is_first { self.first_wait(is_known) } else { self.wait() };
        let next = if is_first { &mut self.next_first } else { &mut self.next };
        let at = (*next).max(now);
        let wait = at.duration_since(now);
        if wait > PATIENCE {
            return Err(wait);
        }
        *next = at + after;
        Ok(at)
    }

    fn are_forgotten(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last) > FORGOTTEN_AFTER
    }

    fn first_wait(&self, is_known: bool) -> Duration {
        self.wait().min(if is_known { LONGEST_OF_KNOWN } else { LONGEST_OF_OTHERS })
    }

    fn wait(&self) -> Duration {
        let doublings = self.wrong.saturating_sub(1).min(16);
        FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(guesses) = self.attempts.known().guesses.get_mut(&self.address) {
            guesses.under_way = guesses.under_way.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn address(last: u32) -> Option<Network> {
        Some(Network::of(IpAddr::V4((0x0a00_0000 + last).into())))
    }

    fn books(
        attempts: &Arc<Attempts>,
        address: Option<Network>,
        is_first: bool,
        now: Instant,
    ) -> Result<Instant, Duration> {
        attempts.book(address, is_first, now).map(|turn| turn.at)
    }

    #[test]
    fn who_was_never_wrong_does_not_wait() {
        let (attempts, now) = (Arc::new(Attempts::default()), Instant::now());
        assert!((0..100).all(|_| books(&attempts, address(1), false, now) == Ok(now)));
        attempts.was_wrong(address(2), now);
        assert_eq!(books(&attempts, address(1), false, now), Ok(now));
    }

    #[test]
    fn each_wrong_one_doubles_the_wait_up_to_a_bound() {
        let (attempts, mut now) = (Arc::new(Attempts::default()), Instant::now());
        let waits: Vec<u128> = (0..8)
            .map(|_| {
                attempts.was_wrong(address(1), now);
                let turn = books(&attempts, address(1), false, now).unwrap();
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
        let (attempts, now) = (Arc::new(Attempts::default()), Instant::now());
        (0..3).for_each(|_| attempts.was_wrong(address(1), now));
        let turns: Vec<_> = (0..12).map(|_| books(&attempts, address(1), false, now)).collect();
        let seconds = |seconds| Ok(now + Duration::from_secs(seconds));
        assert_eq!(turns[..10], (1..=10).map(seconds).collect::<Vec<_>>());
        assert_eq!(turns[10..], [Err(Duration::from_secs(11)); 2], "a refusal takes no turn");
    }

    #[test]
    fn who_has_guessed_nothing_does_not_queue_behind_who_guesses() {
        let (attempts, now) = (Arc::new(Attempts::default()), Instant::now());
        (0..50).for_each(|_| attempts.was_wrong(address(1), now));
        while books(&attempts, address(1), false, now).is_ok() {}
        assert_eq!(books(&attempts, address(1), true, now), Ok(now + LONGEST_OF_OTHERS));
        // Newcomers queue among themselves.
        let turns = (0..30).filter(|_| books(&attempts, address(1), true, now).is_ok()).count();
        assert_eq!(turns, 1);
    }

    #[test]
    fn where_the_right_one_came_from_newcomers_wait_less() {
        let (attempts, now) = (Arc::new(Attempts::default()), Instant::now());
        attempts.was_right(address(1));
        (0..50).for_each(|_| attempts.was_wrong(address(1), now));
        let turns: Vec<_> = (0..12).map(|_| books(&attempts, address(1), true, now)).collect();
        let seconds = |seconds| Ok(now + LONGEST_OF_KNOWN * seconds);
        assert_eq!(turns[..10], (1..=10).map(seconds).collect::<Vec<_>>());
        assert!(turns[10..].iter().all(Result::is_err));
    }

    #[test]
    fn who_knew_the_password_stands_before_who_is_new_and_both_before_who_guesses() {
        let (attempts, now) = (Arc::new(Attempts::default()), Instant::now());
        let standing =
            |last, is_first| attempts.book(address(last), is_first, now).expect("a turn").standing;
        attempts.was_right(address(1));
        attempts.was_wrong(address(2), now);
        assert_eq!(standing(1, true), Standing::Known);
        assert_eq!(standing(3, true), Standing::New);
        assert_eq!(standing(2, true), Standing::Failing);
        attempts.was_wrong(address(1), now);
        assert_eq!(standing(1, true), Standing::New);
        // Many at once are no better than wrong ones until one was answered.
        let turns: Vec<Turn> =
            (0..AT_ONCE).map(|_| attempts.book(address(4), true, now).expect("a turn")).collect();
        assert!(turns.iter().all(|turn| turn.standing == Standing::New));
        assert_eq!(standing(4, true), Standing::Failing);
        drop(turns);
        assert_eq!(standing(4, true), Standing::New);
    }

    #[test]
    fn after_a_while_an_address_begins_anew_and_is_forgotten() {
        let (attempts, start) = (Arc::new(Attempts::default()), Instant::now());
        (0..9).for_each(|_| attempts.was_wrong(address(1), start));
        let later = start + FORGOTTEN_AFTER + Duration::from_secs(1);
        assert_eq!(books(&attempts, address(1), false, later), Ok(later));
        attempts.was_wrong(address(1), later);
        assert_eq!(books(&attempts, address(1), false, later), Ok(later + FIRST_WAIT));
        for last in 0..5000 {
            attempts.was_wrong(address(last), later + FORGOTTEN_AFTER * last);
        }
        assert!(attempts.known().guesses.len() <= REMEMBERED);
    }
}

//! The places of connections that have no name yet, and who has one when more come than there are. Whose address had somebody with a name lately goes first,
//! then who is new, then those whose connections came to nothing, which fades; among equals each address has the same share, and within an address
//! who came last keeps the place, as who means it gives a name at once.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use atomic_waker::AtomicWaker;

use crate::protocol::network::Network;
use crate::protocol::standing::Standing;
use crate::state::forgetting_map::ForgettingMap;

/// Addresses of which something is remembered, of each kind. Only a name makes an address known, so no flood makes those forgotten.
const REMEMBERED: usize = 4096;
/// For so long after somebody had a name there an address is known.
const KNOWN_FOR: Duration = Duration::from_secs(24 * 3600);
/// Connections that came to nothing count half as much after so long.
const HALF_LIFE: Duration = Duration::from_secs(60);
/// From so many on they are held against an address: less than a person does who tries what this is.
const FAILING_FROM: f64 = 4.0;
/// More are not remembered, so that it has faded after five minutes whatever was done.
const MOST_FAILURES: f64 = 128.0;

/// What decides who goes first: what speaks for the address, and how many connections without a name it has. The least goes first.
pub(crate) type Rank = (Standing, usize);

/// See the module.
#[derive(Debug)]
pub(super) struct Newcomers {
    /// Only those that have a place.
    sources: HashMap<Network, Source>,
    places: usize,
    next: u64,
    known: ForgettingMap<Network, Instant>,
    failures: ForgettingMap<Network, Failures>,
}

/// An address with connections that have no name yet.
#[derive(Debug)]
struct Source {
    /// As of its last newcomer or failure; looked up by then, so that a flood costs little.
    standing: Standing,
    /// By the order in which they came.
    places: BTreeMap<u64, Arc<Place>>,
}

/// Connections of an address that ended without a name, and when they were counted.
#[derive(Debug)]
struct Failures {
    count: f64,
    at: Instant,
}

/// The place of a connection that has no name yet.
#[derive(Debug)]
pub(super) struct Place {
    network: Network,
    number: u64,
    is_given_away: AtomicBool,
    session: AtomicWaker,
}

impl Place {
    /// Ready when somebody else has the place.
    pub(super) fn poll_given_away(&self, context: &mut Context<'_>) -> Poll<()> {
        self.session.register(context.waker());
        match self.is_given_away() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }

    pub(super) fn is_given_away(&self) -> bool {
        self.is_given_away.load(Ordering::SeqCst)
    }
}

impl Newcomers {
    /// Takes a place for a connection, of `most` if there is a bound; where all are taken, another connection loses its own. `None` where those who have
    /// one go before it.
    pub(super) fn admit(
        &mut self,
        network: Network,
        most: Option<usize>,
        now: Instant,
    ) -> Option<Arc<Place>> {
        if most.is_some_and(|most| self.places >= most) && !self.make_room(network, now) {
            return None;
        }
        let standing = self.standing(network, now);
        let number = self.next;
        self.next += 1;
        let (is_given_away, session) = (AtomicBool::new(false), AtomicWaker::new());
        let place = Arc::new(Place { network, number, is_given_away, session });
        let fresh = || Source { standing, places: BTreeMap::new() };
        let source = self.sources.entry(network).or_insert_with(fresh);
        source.standing = standing;
        source.places.insert(number, place.clone());
        self.places += 1;
        Some(place)
    }

    /// Has a connection end that comes after one from this address. Says whether there was one.
    pub(super) fn make_room(&mut self, network: Network, now: Instant) -> bool {
        let (standing, own) = self.rank(network, now);
        let rank = (standing, own + 1);
        let others = self.sources.iter().filter(|(other, _)| **other != network);
        let last = others
            .filter_map(|(_, source)| Some((source.rank(), source.oldest()?)))
            .max_by_key(|(rank, oldest)| (*rank, Reverse(oldest.number)));
        let place = match last {
            Some((of_last, oldest)) if of_last >= rank => oldest.clone(),
            _ => match self.sources.get(&network).and_then(Source::oldest) {
                Some(oldest) => oldest.clone(),
                None => return false,
            },
        };
        self.came_to_nothing(&place, now);
        place.is_given_away.store(true, Ordering::SeqCst);
        place.session.wake();
        true
    }

    /// A connection has a name, and its address is known from here on.
    pub(super) fn has_name(&mut self, place: &Place, now: Instant) {
        self.give_back(place);
        *self.known.get_or_insert_with(place.network, || now, |_| false) = now;
    }

    /// A connection ended without a name.
    pub(super) fn came_to_nothing(&mut self, place: &Place, now: Instant) {
        if !self.give_back(place) {
            return;
        }
        let fresh = || Failures { count: 0.0, at: now };
        let failures = self.failures.get_or_insert_with(place.network, fresh, |_| false);
        failures.count = (failures.left(now) + 1.0).min(MOST_FAILURES);
        failures.at = now;
        let standing = self.standing(place.network, now);
        if let Some(source) = self.sources.get_mut(&place.network) {
            source.standing = standing;
        }
    }

    /// A connection needs its place no more. Says whether it still had it.
    pub(super) fn give_back(&mut self, place: &Place) -> bool {
        let Some(source) = self.sources.get_mut(&place.network) else { return false };
        if source.places.remove(&place.number).is_none() {
            return false;
        }
        if source.places.is_empty() {
            self.sources.remove(&place.network);
        }
        self.places -= 1;
        true
    }

    /// Before whom those of an address go now.
    pub(super) fn rank(&self, network: Network, now: Instant) -> Rank {
        let own = self.sources.get(&network).map_or(0, |source| source.places.len());
        (self.standing(network, now), own)
    }

    fn standing(&self, network: Network, now: Instant) -> Standing {
        let since = |at: &Instant| now.saturating_duration_since(*at);
        let is_known = self.known.get(&network).is_some_and(|at| since(at) < KNOWN_FOR);
        let failures = self.failures.get(&network);
        let is_failing = failures.is_some_and(|failures| failures.left(now) >= FAILING_FROM);
        match (is_known, is_failing) {
            (true, false) => Standing::Known,
            (false, true) => Standing::Failing,
            (true, true) | (false, false) => Standing::New,
        }
    }
}

impl Default for Newcomers {
    fn default() -> Self {
        Self {
            sources: HashMap::new(),
            places: 0,
            next: 0,
            known: ForgettingMap::new(REMEMBERED),
            failures: ForgettingMap::new(REMEMBERED),
        }
    }
}

impl Source {
    /// The greatest loses a place first.
    fn rank(&self) -> Rank {
        (self.standing, self.places.len())
    }

    fn oldest(&self) -> Option<&Arc<Place>> {
        self.places.values().next()
    }
}

impl Failures {
    /// How many there still are.
    fn left(&self, now: Instant) -> f64 {
        let half_lives = now.saturating_duration_since(self.at).div_duration_f64(HALF_LIFE);
        self.count * (-half_lives).exp2()
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    const MOST: Option<usize> = Some(4);

    fn network(last: u32) -> Network {
        Network::of(IpAddr::V4((0x0a00_0000 + last).into()))
    }

    /// A connection from an address, which has to be let in.
    fn comes(newcomers: &mut Newcomers, last: u32, now: Instant) -> Arc<Place> {
        newcomers.admit(network(last), MOST, now).expect("a place")
    }

    fn given_away(places: &[Arc<Place>]) -> Vec<bool> {
        places.iter().map(|place| place.is_given_away()).collect()
    }

    /// Has an address fail for so many times.
    fn fails(newcomers: &mut Newcomers, last: u32, times: usize, now: Instant) {
        for _ in 0..times {
            let place = newcomers.admit(network(last), None, now).expect("no bound");
            newcomers.came_to_nothing(&place, now);
        }
    }

    #[test]
    fn one_address_that_takes_all_places_gives_them_to_others_the_oldest_first() {
        let (mut newcomers, now) = (Newcomers::default(), Instant::now());
        let storm: Vec<_> = (0..4).map(|_| comes(&mut newcomers, 1, now)).collect();
        let one = comes(&mut newcomers, 2, now);
        assert_eq!(given_away(&storm), [true, false, false, false]);
        // It takes from itself what it takes more.
        let more = comes(&mut newcomers, 1, now);
        assert_eq!(given_away(&storm), [true, true, false, false]);
        assert_eq!(given_away(&[one, more]), [false, false]);
    }

    #[test]
    fn of_many_addresses_with_a_place_each_who_came_first_makes_room() {
        let (mut newcomers, now) = (Newcomers::default(), Instant::now());
        let storm: Vec<_> = (0..4).map(|last| comes(&mut newcomers, last, now)).collect();
        let one = comes(&mut newcomers, 9, now);
        assert_eq!(given_away(&storm), [true, false, false, false]);
        assert!(!one.is_given_away());
    }

    #[test]
    fn a_known_address_goes_first_and_loses_nothing_to_the_new() {
        let (mut newcomers, now) = (Newcomers::default(), Instant::now());
        let place = comes(&mut newcomers, 1, now);
        newcomers.has_name(&place, now);
        let known: Vec<_> = (0..4).map(|_| comes(&mut newcomers, 1, now)).collect();
        assert!(newcomers.admit(network(2), MOST, now).is_none());
        assert_eq!(given_away(&known), [false; 4]);
        let a_day = Duration::from_secs(24 * 3600);
        assert!(newcomers.admit(network(3), MOST, now + a_day).is_none(), "as it came then");
        newcomers.give_back(&known[0]);
        // Not for ever: its next newcomer is one like others.
        let last = comes(&mut newcomers, 1, now + a_day);
        comes(&mut newcomers, 3, now + a_day);
        assert_eq!(given_away(&known[1..]), [true, false, false]);
        assert!(!last.is_given_away());
    }

    #[test]
    fn failures_count_against_an_address_and_fade() {
        let (mut newcomers, now) = (Newcomers::default(), Instant::now());
        fails(&mut newcomers, 1, 3, now);
        assert_eq!(newcomers.standing(network(1), now), Standing::New, "a person who tries");
        fails(&mut newcomers, 1, 1000, now);
        assert_eq!(newcomers.standing(network(1), now), Standing::Failing);
        let full: Vec<_> = (10..14).map(|last| comes(&mut newcomers, last, now)).collect();
        assert!(newcomers.admit(network(1), MOST, now).is_none(), "the others go first");
        assert_eq!(given_away(&full), [false; 4]);
        let later = now + Duration::from_secs(4 * 60);
        assert_eq!(newcomers.standing(network(1), later), Standing::Failing);
        let later = now + Duration::from_secs(5 * 60 + 1);
        assert_eq!(newcomers.standing(network(1), later), Standing::New);
        comes(&mut newcomers, 1, later);
        assert_eq!(given_away(&full), [true, false, false, false]);
    }

    #[test]
    fn a_known_address_that_fails_is_like_a_new_one() {
        let (mut newcomers, now) = (Newcomers::default(), Instant::now());
        let place = comes(&mut newcomers, 1, now);
        newcomers.has_name(&place, now);
        assert_eq!(newcomers.standing(network(1), now), Standing::Known);
        fails(&mut newcomers, 1, 4, now);
        assert_eq!(newcomers.standing(network(1), now), Standing::New);
    }

    #[test]
    fn a_session_whose_place_is_given_away_is_woken_and_counts_once() {
        let (mut newcomers, now) = (Newcomers::default(), Instant::now());
        let storm: Vec<_> = (0..5).map(|_| comes(&mut newcomers, 1, now)).collect();
        let mut context = Context::from_waker(std::task::Waker::noop());
        assert!(storm[0].poll_given_away(&mut context).is_ready());
        assert!(storm[1].poll_given_away(&mut context).is_pending());
        // Its end is no second failure.
        newcomers.came_to_nothing(&storm[0], now);
        assert!(newcomers.failures.get(&network(1)).is_some_and(|failures| failures.count < 1.5));
        storm.iter().for_each(|place| newcomers.came_to_nothing(place, now));
        assert!(newcomers.places == 0 && newcomers.sources.is_empty());
    }

    #[test]
    fn what_is_remembered_is_bounded_however_many_come() {
        let (mut newcomers, now) = (Newcomers::default(), Instant::now());
        let known = comes(&mut newcomers, 0, now);
        newcomers.has_name(&known, now);
        for last in 1..100_000 {
            comes(&mut newcomers, last, now);
        }
        assert_eq!((newcomers.places, newcomers.sources.len()), (4, 4));
        assert!(newcomers.failures.len() <= REMEMBERED && newcomers.known.len() <= REMEMBERED);
        assert_eq!(newcomers.standing(network(0), now), Standing::Known, "a flood forgets nobody");
    }
}

//! How many connections one address, and all together, may have, and how many lines those of one address may send together. Those that only
//! visit are counted beside the others.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::newcomers::{Newcomers, Place, Rank};
use crate::dialect::Dialect;
use crate::protocol::error::ErrorCode;
use crate::protocol::event::Event;
use crate::protocol::leave_reason::LeaveReason;
use crate::protocol::limit_hit::LimitHit;
use crate::protocol::network::Network;
use crate::protocol::settings::{Limits, Rate};
use crate::protocol::standing::Standing;
use crate::state::forgetting_map::ForgettingMap;
use crate::state::token_bucket::TokenBucket;

const WINDOW: Duration = Duration::from_secs(60);
/// Addresses without a connection that are remembered at most when their minute is over.
const REMEMBERED: usize = 1024;
/// A browser opens six connections for a page, and closes most of them soon: an address may have so many times the connections that visit.
const VISITS: usize = 4;
/// For so long after a visit an address counts as one from which browsers come.
const BROWSED: Duration = Duration::from_secs(10);

/// See the module. Shared by all listeners of a server.
#[derive(Debug, Default)]
pub(crate) struct ConnectionLimiter(Mutex<State>);

#[derive(Debug)]
struct State {
    open: usize,
    /// When somebody last visited, by address.
    visited: ForgettingMap<IpAddr, Instant>,
    by_address: ForgettingMap<Network, Address>,
    newcomers: Newcomers,
}

#[derive(Debug)]
struct Address {
    /// When the present minute began.
    window: Instant,
    members: Count,
    visits: Count,
    lines: SharedBucket,
    requests: SharedBucket,
}

/// What all connections of an address share.
#[derive(Debug, Clone)]
pub(crate) struct Buckets {
    /// For lines.
    pub(crate) lines: SharedBucket,
    /// For what those ask for that visit.
    pub(crate) requests: SharedBucket,
}

/// Connections of one kind.
#[derive(Debug, Default)]
struct Count {
    open: usize,
    /// How many the present minute has brought.
    fresh: usize,
}

/// As what a connection is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counted {
    /// As somebody's, or as what may become so.
    Member,
    /// As one that only fetches something.
    Visit,
}

/// The bucket for the lines of all connections from one address.
#[derive(Debug, Clone)]
pub(crate) struct SharedBucket(Arc<Mutex<TokenBucket>>);

/// Why a connection is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooMany {
    pub(crate) hit: LimitHit,
    pub(crate) text: String,
}

/// One connection's place, free again when it is dropped.
#[derive(Debug)]
pub(crate) struct ConnectionPermit {
    limiter: Arc<ConnectionLimiter>,
    /// What it is counted under; `None` for who is exempt.
    network: Option<Network>,
    counted: Counted,
    /// Among those that have no name yet.
    place: Option<Arc<Place>>,
    /// Whether another newcomer has that.
    made_room: bool,
}

/// A connection that was let in, and what that depends on.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(crate) permit: ConnectionPermit,
    /// What it shares with others of its address, unless it is exempt.
    pub(crate) buckets: Option<Buckets>,
    /// Why it is let in only to visit.
    pub(crate) refusal: Option<Box<TooMany>>,
}

impl TooMany {
    fn newcomers() -> Self {
        let text = "many newcomers come at this moment; try again in a minute".to_owned();
        Self { hit: LimitHit::Unnamed, text }
    }

    /// What somebody is sent who is refused after a dialect was agreed on.
    pub(crate) fn told_in(self, dialect: &dyn Dialect) -> Vec<u8> {
        let mut told = Vec::new();
        let text = self.text.clone();
        let error = Event::Error { code: ErrorCode::Limit, text, nonce: None };
        dialect.encode_event(&error, &mut told);
        let reason = LeaveReason::Full { why: self.text };
        dialect.encode_event(&Event::Bye { reason }, &mut told);
        told
    }
}

impl SharedBucket {
    fn new(now: Instant) -> Self {
        Self(Arc::new(Mutex::new(TokenBucket::new(now))))
    }

    /// Takes what one line costs, or says when it will be there.
    pub(crate) fn take(&self, rate: Rate, now: Instant) -> Result<(), Instant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take(rate, now)
    }
}

impl ConnectionLimiter {
    /// Admits a connection, or says why not. Beside its place it is given the buckets of its address, unless it is exempt. Code in
    /// this process has no address, and is counted among all only.
    pub(crate) fn admit(
        self: &Arc<Self>,
        address: Option<IpAddr>,
        limits: &Limits,
        now: Instant,
    ) -> Result<(ConnectionPermit, Option<Buckets>), TooMany> {
        self.admit_as(Counted::Member, address, limits, now)
    }

    /// Admits a connection that may turn out to visit only, where there are too many of the others; or says why not.
    pub(crate) fn admit_or_visit(
        self: &Arc<Self>,
        address: Option<IpAddr>,
        limits: &Limits,
        now: Instant,
    ) -> Result<Admitted, TooMany> {
        match self.admit(address, limits, now) {
            Ok((permit, buckets)) => Ok(Admitted { permit, buckets, refusal: None }),
            Err(refusal) => {
                let (permit, buckets) = self.admit_as(Counted::Visit, address, limits, now)?;
                Ok(Admitted { permit, buckets, refusal: Some(Box::new(refusal)) })
            }
        }
    }

    fn admit_as(
        self: &Arc<Self>,
        counted: Counted,
        address: Option<IpAddr>,
        limits: &Limits,
        now: Instant,
    ) -> Result<(ConnectionPermit, Option<Buckets>), TooMany> {
        let network = address.filter(|&address| !limits.are_lifted_for(address));
        let network = network.map(Network::of_customer);
        let mut buckets = None;
        let mut state = self.state();
        let makes_room = |state: &mut State| {
            network.is_some_and(|network| state.newcomers.make_room(network, now))
        };
        if let Some(limit) = limits.connections.filter(|&limit| state.open >= limit)
            && !makes_room(&mut state)
        {
            let text = format!("the server is full ({limit} connections); try again later");
            return Err(TooMany { hit: LimitHit::Connections, text });
        }
        if let Some(network) = network {
            let known = state.by_address.get_or_insert_with(
                network,
                || Address::new(now),
                |known| known.is_open() || now.duration_since(known.window) < WINDOW,
            );
            known.begin_minute(now);
            known.count(counted).admit(counted, limits)?;
            let Address { lines, requests, .. } = known;
            buckets = Some(Buckets { lines: lines.clone(), requests: requests.clone() });
        }
        state.open += 1;
        // From here on dropping it undoes everything.
        let mut permit = ConnectionPermit {
            limiter: self.clone(),
            network,
            counted,
            place: None,
            made_room: false,
        };
        if let Some(network) = network {
            let place = state.newcomers.admit(network, limits.unnamed, now);
            drop(state);
            permit.place = Some(place.ok_or_else(TooMany::newcomers)?);
        }
        Ok((permit, buckets))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Address {
    fn new(now: Instant) -> Self {
        let (members, visits) = (Count::default(), Count::default());
        let (lines, requests) = (SharedBucket::new(now), SharedBucket::new(now));
        Self { window: now, members, visits, lines, requests }
    }

    fn is_open(&self) -> bool {
        self.members.open + self.visits.open > 0
    }

    fn begin_minute(&mut self, now: Instant) {
        if now.duration_since(self.window) >= WINDOW {
            self.window = now;
            (self.members.fresh, self.visits.fresh) = (0, 0);
        }
    }

    fn count(&mut self, counted: Counted) -> &mut Count {
        match counted {
            Counted::Member => &mut self.members,
            Counted::Visit => &mut self.visits,
        }
    }
}

impl Count {
    /// Counts one more, or says why there may be none.
    fn admit(&mut self, counted: Counted, limits: &Limits) -> Result<(), TooMany> {
        let times = if counted == Counted::Visit { VISITS } else { 1 };
        let limit_of = |limit: Option<usize>| limit.map(|limit| limit.saturating_mul(times));
        let at_once = limit_of(limits.connections_per_address);
        if let Some(limit) = at_once.filter(|&limit| self.open >= limit) {
            let text = format!("your address has {limit} connections already; close one first");
            return Err(TooMany { hit: LimitHit::ConnectionsPerAddress, text });
        }
        self.fresh += 1;
        let a_minute = limit_of(limits.new_connections_per_minute);
        if let Some(limit) = a_minute.filter(|&limit| self.fresh > limit) {
            let text = format!(
                "more than {limit} connections in a minute from your address; wait a little"
            );
            return Err(TooMany { hit: LimitHit::NewConnections, text });
        }
        self.open += 1;
        Ok(())
    }
}

impl ConnectionPermit {
    /// The connection turned out to visit only. What it was counted as is given back.
    pub(crate) fn visits(&mut self, address: Option<IpAddr>, now: Instant) {
        let mut state = self.limiter.state();
        if let Some(address) = address {
            *state.visited.get_or_insert_with(address, || now, |_| false) = now;
        }
        if std::mem::replace(&mut self.counted, Counted::Visit) == Counted::Visit {
            return;
        }
        if let Some(known) = self.network.and_then(|network| state.by_address.get_mut(&network)) {
            let Address { members, visits, .. } = known;
            members.open = members.open.saturating_sub(1);
            members.fresh = members.fresh.saturating_sub(1);
            visits.open += 1;
            visits.fresh += 1;
        }
    }

    /// Whether browsers come from this address.
    pub(crate) fn is_browsed_from(&self, address: Option<IpAddr>, now: Instant) -> bool {
        let state = self.limiter.state();
        let last = address.and_then(|address| state.visited.get(&address));
        last.is_some_and(|&last| now.saturating_duration_since(last) < BROWSED)
    }

    /// Ready, once, when the place of a connection that has no name yet was given to another: then it has to end.
    pub(crate) fn poll_given_away(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(place) = &self.place else { return Poll::Pending };
        let given_away = place.poll_given_away(context);
        if given_away.is_ready() {
            (self.place, self.made_room) = (None, true);
        }
        given_away
    }

    /// Before whom the connection goes now, where several want what costs. Who is exempt is like somebody who was here before.
    pub(crate) fn rank(&self, now: Instant) -> Rank {
        match self.network {
            Some(network) => self.limiter.state().newcomers.rank(network, now),
            None => (Standing::Known, 0),
        }
    }

    /// Whether that has happened.
    pub(crate) fn has_made_room(&self) -> bool {
        self.made_room
    }

    /// Somebody has given a name on the connection.
    pub(crate) fn has_name(&mut self, now: Instant) {
        if let Some(place) = self.place.take() {
            self.limiter.state().newcomers.has_name(&place, now);
        }
    }

    /// The connection is somebody's from here on, at this address.
    pub(crate) fn join(
        &mut self,
        address: Option<IpAddr>,
        limits: &Limits,
        now: Instant,
    ) -> Result<Option<Buckets>, TooMany> {
        // The place that it has already is free for it.
        {
            let mut state = self.limiter.state();
            state.open -= 1;
            if let Some(place) = self.place.take() {
                state.newcomers.give_back(&place);
            }
        }
        let admitted = self.limiter.admit(address, limits, now);
        self.limiter.state().open += 1;
        let (permit, buckets) = admitted?;
        *self = permit;
        Ok(buckets)
    }
}

impl Default for State {
    fn default() -> Self {
        let (visited, by_address) =
            (ForgettingMap::new(REMEMBERED), ForgettingMap::new(REMEMBERED));
        Self { open: 0, visited, by_address, newcomers: Newcomers::default() }
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut state = self.limiter.state();
        state.open -= 1;
        match (self.place.take(), self.counted) {
            (Some(place), Counted::Member) => {
                state.newcomers.came_to_nothing(&place, Instant::now());
            }
            // Whoever only fetches a page needs no name.
            (Some(place), Counted::Visit) => {
                state.newcomers.give_back(&place);
            }
            (None, _) => {}
        }
        let known = self.network.and_then(|network| state.by_address.get_mut(&network));
        if let Some(known) = known {
            let count = known.count(self.counted);
            count.open = count.open.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits {
            connections_per_address: Some(2),
            new_connections_per_minute: Some(3),
            connections: Some(5),
            ..Limits::default()
        }
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_has_so_many_places_and_a_place_is_free_again() {
        let (limiter, now) = (Arc::new(ConnectionLimiter::default()), Instant::now());
        let admit = |text: &str| limiter.admit(Some(address(text)), &limits(), now);
        let first = admit("192.0.2.1").unwrap();
        let _second = admit("192.0.2.1").unwrap();
        assert_eq!(admit("192.0.2.1").unwrap_err().hit, LimitHit::ConnectionsPerAddress);
        drop(first);
        let _third = admit("192.0.2.1").unwrap();
        let _other = admit("192.0.2.2").unwrap();
    }

    #[test]
    fn newcomers_are_counted_by_the_minute() {
        let (limiter, now) = (Arc::new(ConnectionLimiter::default()), Instant::now());
        let admit = |now| limiter.admit(Some(address("192.0.2.1")), &limits(), now).map(drop);
        assert!((0..3).all(|_| admit(now).is_ok()));
        assert_eq!(admit(now).unwrap_err().hit, LimitHit::NewConnections);
        assert!(admit(now + WINDOW).is_ok());
    }

    #[test]
    fn who_is_exempt_is_still_counted_among_all() {
        let (limiter, now) = (Arc::new(ConnectionLimiter::default()), Instant::now());
        let admit = || limiter.admit(Some(address("127.0.0.1")), &limits(), now);
        let places: Vec<_> = (0..5).map(|_| admit().unwrap()).collect();
        assert_eq!(admit().unwrap_err().hit, LimitHit::Connections);
        drop(places);
        assert!(admit().is_ok());
    }

    #[test]
    fn this_machine_is_like_any_other_where_it_is_not_exempt() {
        let (limiter, now) = (Arc::new(ConnectionLimiter::default()), Instant::now());
        let limits = Limits { exempt: Vec::new(), ..limits() };
        let admit = |text: &str| limiter.admit(Some(address(text)), &limits, now);
        let _places = [admit("127.0.0.1").unwrap(), admit("127.0.0.1").unwrap()];
        assert_eq!(admit("127.0.0.1").unwrap_err().hit, LimitHit::ConnectionsPerAddress);
        assert!(admit("127.0.0.2").is_ok());
    }

    #[test]
    fn the_lines_of_an_address_share_a_bucket() {
        let (limiter, now) = (Arc::new(ConnectionLimiter::default()), Instant::now());
        let admit = |text: &str| {
            limiter.admit(Some(address(text)), &limits(), now).unwrap().1.unwrap().lines
        };
        let rate = Rate { burst: 2, per_second: 1.0 };
        let (one, other) = (admit("192.0.2.1"), admit("192.0.2.1"));
        for lines in [&one, &other] {
            assert!(lines.take(rate, now).is_ok());
        }
        assert!(one.take(rate, now).is_err());
        assert!(admit("192.0.2.2").take(rate, now).is_ok());
    }

    #[test]
    fn addresses_that_are_gone_are_forgotten() {
        let (limiter, now) = (Arc::new(ConnectionLimiter::default()), Instant::now());
        for last in 0..3000_u32 {
            let address = IpAddr::V4((0x0a00_0000 + last).into());
            drop(limiter.admit(Some(address), &limits(), now + WINDOW * last).unwrap());
        }
        assert!(limiter.state().by_address.len() <= REMEMBERED);
    }

    #[test]
    fn a_visit_gives_back_its_place_and_who_joins_after_it_takes_one() {
        let (limiter, now) = (Arc::new(ConnectionLimiter::default()), Instant::now());
        let from = Some(address("192.0.2.1"));
        let come = || limiter.admit_or_visit(from, &Limits { connections: None, ..limits() }, now);
        let mut visits: Vec<_> = (0..2).map(|_| come().unwrap()).collect();
        assert!(visits.iter().all(|visit| visit.refusal.is_none()));
        // The places are taken until it shows that these only visit; until then others come to visit only.
        assert_eq!(come().unwrap().refusal.unwrap().hit, LimitHit::ConnectionsPerAddress);
        visits.iter_mut().for_each(|visit| visit.permit.visits(None, now));
        let mut member = come().unwrap();
        assert!(member.refusal.is_none());
        let joined = visits[0].permit.join(from, &limits(), now);
        assert!(joined.is_ok());
        assert_eq!(
            visits[1].permit.join(from, &limits(), now).unwrap_err().hit,
            LimitHit::ConnectionsPerAddress
        );
        // It may go on visiting, as one of four times as many.
        member.permit.visits(None, now);
        let more: Vec<_> = (0..8).filter_map(|_| come().ok()).collect();
        assert!(more.len() < 8);
        drop((visits, member, more));
        assert_eq!(limiter.state().open, 0);
    }
}

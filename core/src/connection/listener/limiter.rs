//! How many connections one address, and all together, may have, and how many lines those of one address may send together.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::protocol::limit_hit::LimitHit;
use crate::protocol::network::Network;
use crate::protocol::settings::{Limits, Rate};
use crate::state::forgetting_map::ForgettingMap;
use crate::state::token_bucket::TokenBucket;

const WINDOW: Duration = Duration::from_secs(60);
/// Addresses without a connection that are remembered at most when their minute is over.
const REMEMBERED: usize = 1024;

/// See the module. Shared by all listeners of a server.
#[derive(Debug, Default)]
pub(crate) struct ConnectionLimiter(Mutex<State>);

#[derive(Debug)]
struct State {
    open: usize,
    by_address: ForgettingMap<Network, Address>,
}

#[derive(Debug)]
struct Address {
    open: usize,
    /// When the present minute began, and how many connections it brought.
    window: Instant,
    fresh: usize,
    lines: SharedBucket,
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
    /// Admits a connection, or says why not. Beside its place it is given the bucket for the lines of its address, unless it is exempt. Code in
    /// this process has no address, and is counted among all only.
    pub(crate) fn admit(
        self: &Arc<Self>,
        address: Option<IpAddr>,
        limits: &Limits,
        now: Instant,
    ) -> Result<(ConnectionPermit, Option<SharedBucket>), TooMany> {
        let network = address.filter(|&address| !limits.are_lifted_for(address));
        let network = network.map(Network::of_customer);
        let mut lines = None;
        let mut state = self.state();
        if let Some(limit) = limits.connections.filter(|&limit| state.open >= limit) {
            let text = format!("the server is full ({limit} connections); try again later");
            return Err(TooMany { hit: LimitHit::Connections, text });
        }
        if let Some(network) = network {
            let known = state.by_address.get_or_insert_with(
                network,
                || Address { open: 0, window: now, fresh: 0, lines: SharedBucket::new(now) },
                |known| known.open > 0 || now.duration_since(known.window) < WINDOW,
            );
            if now.duration_since(known.window) >= WINDOW {
                (known.window, known.fresh) = (now, 0);
            }
            if let Some(limit) = limits.connections_per_address.filter(|&limit| known.open >= limit)
            {
                let text = format!("your address has {limit} connections already; close one first");
                return Err(TooMany { hit: LimitHit::ConnectionsPerAddress, text });
            }
            known.fresh += 1;
            if let Some(limit) =
                limits.new_connections_per_minute.filter(|&limit| known.fresh > limit)
            {
                let text = format!(
                    "more than {limit} connections in a minute from your address; wait a little"
                );
                return Err(TooMany { hit: LimitHit::NewConnections, text });
            }
            known.open += 1;
            lines = Some(known.lines.clone());
        }
        state.open += 1;
        Ok((ConnectionPermit { limiter: self.clone(), network }, lines))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for State {
    fn default() -> Self {
        Self { open: 0, by_address: ForgettingMap::new(REMEMBERED) }
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut state = self.limiter.state();
        state.open -= 1;
        let known = self.network.and_then(|network| state.by_address.get_mut(&network));
        if let Some(known) = known {
            known.open = known.open.saturating_sub(1);
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
        let admit =
            |text: &str| limiter.admit(Some(address(text)), &limits(), now).unwrap().1.unwrap();
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
}

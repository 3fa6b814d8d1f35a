//! How many connections one address, and all together, may have.

use crate::protocol::peer::network;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::protocol::limit_hit::LimitHit;
use crate::protocol::settings::Limits;
use crate::state::forgetting_map::ForgettingMap;

const WINDOW: Duration = Duration::from_secs(60);
/// Addresses without a connection that are remembered at most when their minute is over.
const REMEMBERED: usize = 1024;

/// See the module. Shared by all listeners of a server.
#[derive(Debug, Default)]
pub(crate) struct ConnectionLimiter(Mutex<State>);

#[derive(Debug)]
struct State {
    open: usize,
    by_address: ForgettingMap<IpAddr, Address>,
}

#[derive(Debug)]
struct Address {
    open: usize,
    /// When the present minute began, and how many connections it brought.
    window: Instant,
    fresh: usize,
}

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
    address: IpAddr,
}

impl ConnectionLimiter {
    /// Admits a connection, or says why not.
    pub(crate) fn admit(
        self: &Arc<Self>,
        address: IpAddr,
        limits: &Limits,
        now: Instant,
    ) -> Result<ConnectionPermit, TooMany> {
        let address = network(address);
        let mut state = self.state();
        if let Some(limit) = limits.connections.filter(|&limit| state.open >= limit) {
            let text = format!("the server is full ({limit} connections); try again later");
            return Err(TooMany { hit: LimitHit::Connections, text });
        }
        if !address.is_loopback() {
            let known = state.by_address.get_or_insert_with(
                address,
                || Address { open: 0, window: now, fresh: 0 },
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
        }
        state.open += 1;
        Ok(ConnectionPermit { limiter: self.clone(), address })
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
        if let Some(known) = state.by_address.get_mut(&self.address) {
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
        let admit = |text: &str| limiter.admit(address(text), &limits(), now);
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
        let admit = |now| limiter.admit(address("192.0.2.1"), &limits(), now).map(drop);
        assert!((0..3).all(|_| admit(now).is_ok()));
        assert_eq!(admit(now).unwrap_err().hit, LimitHit::NewConnections);
        assert!(admit(now + WINDOW).is_ok());
    }

    #[test]
    fn a_customer_with_ipv6_is_one_address() {
        assert_eq!(network(address("2001:db8::1")), network(address("2001:db8::ffff:1")));
        assert_ne!(network(address("2001:db8::1")), network(address("2001:db8:0:1::1")));
        assert_eq!(network(address("::ffff:192.0.2.1")), address("192.0.2.1"));
        assert!(network(address("::1")).is_loopback());
    }

    #[test]
    fn loopback_is_exempt_but_not_from_the_limit_of_all() {
        let (limiter, now) = (Arc::new(ConnectionLimiter::default()), Instant::now());
        let admit = || limiter.admit(address("127.0.0.1"), &limits(), now);
        let places: Vec<_> = (0..5).map(|_| admit().unwrap()).collect();
        assert_eq!(admit().unwrap_err().hit, LimitHit::Connections);
        drop(places);
        assert!(admit().is_ok());
    }

    #[test]
    fn addresses_that_are_gone_are_forgotten() {
        let (limiter, now) = (Arc::new(ConnectionLimiter::default()), Instant::now());
        for last in 0..3000_u32 {
            let address = IpAddr::V4((0x0a00_0000 + last).into());
            drop(limiter.admit(address, &limits(), now + WINDOW * last).unwrap());
        }
        assert!(limiter.state().by_address.len() <= REMEMBERED);
    }
}

//! Finds the servers on the local network.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use async_io::Timer;
use futures_lite::FutureExt;
use mdns_sd::{Receiver, ResolvedService, ScopedIp, ServiceEvent};

use super::daemon::{Daemon, not_running};
use super::{DiscoveryError, Interfaces, Record, SERVICE};
use crate::protocol::sanitize;

/// Servers that are known at a time; more are not told of until some are gone.
const MOST_SERVERS: usize = 64;
/// Addresses that are told of a server.
const MOST_ADDRESSES: usize = 4;
/// After so many events, and after so long, it is seen how much the thread holds.
const LOOK_AFTER_EVENTS: u32 = 256;
const LOOK_AFTER: Duration = Duration::from_secs(60);

/// A search for servers, until it is dropped.
#[derive(Debug)]
pub struct Search {
    daemon: Daemon,
    events: Receiver<ServiceEvent>,
    interfaces: Interfaces,
    /// What each instance is called here.
    known: HashMap<String, u64>,
    last_id: u64,
    /// Events since it was last seen how much the thread holds.
    unseen: u32,
}

/// What a search has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sighting {
    /// A server is there; or, where its `id` is known, something about it has changed.
    Found(Found),
    /// The server with this id said goodbye, or was not heard of for two minutes.
    Gone(u64),
}

/// A server that was found. All of it is what somebody on the network says, and can be shown as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found {
    /// The same for as long as the server is there, within one search.
    pub id: u64,
    /// What it is called, in one line, of at most 200 bytes; with a number in parentheses where others have the same name.
    pub name: String,
    /// Where it listens, best first: at least one, at most four.
    pub addresses: Vec<SocketAddr>,
    /// Whether it asks for a password.
    pub has_password: bool,
    /// Whether it speaks TLS on its port.
    pub has_tls: bool,
    /// The version of the JSON protocol it speaks; 0 where it does not say.
    pub version: u32,
    /// Where browsers are served, if they are.
    pub page: Option<String>,
}

impl Found {
    /// A server as a search finds it, for tests of what shows one. The name is cleaned as a search cleans it.
    pub fn new(id: u64, name: &str, addresses: Vec<SocketAddr>, has_password: bool) -> Self {
        let Record { name, version, .. } = Record::read(name, |_| None);
        Self { id, name, addresses, has_password, has_tls: false, version, page: None }
    }
}

impl Search {
    /// Asks the network, at once and then ever more rarely, and listens.
    ///
    /// # Errors
    /// When there is no interface, or no multicast to be had on any.
    pub fn start(interfaces: &Interfaces) -> Result<Self, DiscoveryError> {
        interfaces.check()?;
        let daemon = Daemon::start(interfaces)?;
        let events = daemon.0.browse(SERVICE).map_err(not_running)?;
        let interfaces = interfaces.clone();
        Ok(Self { daemon, events, interfaces, known: HashMap::new(), last_id: 0, unseen: 0 })
    }

    /// Waits for the next thing to be seen. `None` when the search has ended: its thread did, or the network says more than can be true. Safe to drop
    /// and to call again.
    pub async fn next(&mut self) -> Option<Sighting> {
        loop {
            let event = async { Some(self.events.recv_async().await.ok()) };
            let quiet = async {
                Timer::after(LOOK_AFTER).await;
                None
            };
            let event = event.or(quiet).await;
            self.unseen += 1;
            if event.is_none() || self.unseen >= LOOK_AFTER_EVENTS {
                self.unseen = 0;
                if self.daemon.is_overgrown().await {
                    return None;
                }
            }
            let sighting = match event {
                Some(Some(ServiceEvent::ServiceResolved(service))) => self.found(&service),
                Some(Some(ServiceEvent::ServiceRemoved(_, full_name))) => {
                    self.known.remove(&full_name).map(Sighting::Gone)
                }
                Some(None) => return None,
                _ => None,
            };
            if sighting.is_some() {
                return sighting;
            }
        }
    }

    fn found(&mut self, service: &ResolvedService) -> Option<Sighting> {
        let is_known = self.known.contains_key(&service.fullname);
        let addresses = addresses(&service.addresses, service.port, &self.interfaces);
        if addresses.is_empty() || !is_known && self.known.len() >= MOST_SERVERS {
            return None;
        }
        if !is_known {
            self.last_id += 1;
            self.known.insert(service.fullname.clone(), self.last_id);
        }
        let id = self.known[&service.fullname];
        let property = |key: &str| service.get_property_val(key).flatten();
        let Record { name, has_password, has_tls, version, page } =
            Record::read(&label_of(&service.fullname), property);
        let page = page.map(|path| format!("http://{}{path}", addresses[0]));
        Some(Sighting::Found(Found { id, name, addresses, has_password, has_tls, version, page }))
    }
}

/// The first label of the name of an instance, cleaned.
pub(super) fn label_of(full_name: &str) -> String {
    let label = full_name.strip_suffix(SERVICE).unwrap_or(full_name);
    let label = label.strip_suffix('.').unwrap_or(label);
    sanitize::line(&label.replace("\\.", ".").replace("\\\\", "\\")).into_owned()
}

/// Where to connect: IPv4 first, and of that private networks. What needs the name of an interface beside it is left out, and so is what would lead
/// back to this machine although somebody else says so.
fn addresses<'a>(
    told: impl IntoIterator<Item = &'a ScopedIp>,
    port: u16,
    interfaces: &Interfaces,
) -> Vec<SocketAddr> {
    let is_loopback_wanted = interfaces.includes("lo", IpAddr::from([127, 0, 0, 1]));
    let may_connect = |address: &IpAddr| match address {
        _ if address.is_loopback() => is_loopback_wanted,
        IpAddr::V4(v4) => !(v4.is_unspecified() || v4.is_multicast() || v4.is_broadcast()),
        IpAddr::V6(v6) => !(v6.is_unspecified() || v6.is_multicast() || v6.is_unicast_link_local()),
    };
    let mut found: Vec<_> =
        told.into_iter().map(ScopedIp::to_ip_addr).filter(may_connect).collect();
    let is_private = |address: &IpAddr| match address {
        IpAddr::V4(v4) => v4.is_private(),
        IpAddr::V6(v6) => v6.is_unique_local(),
    };
    found.sort_by_key(|address| (address.is_ipv6(), !is_private(address), *address));
    found.dedup();
    found.truncate(MOST_ADDRESSES);
    // Port 0 is none.
    found.into_iter().filter(|_| port != 0).map(|ip| SocketAddr::new(ip, port)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_says_so_leads_nobody_to_their_own_machine() {
        let told: Vec<ScopedIp> = [
            "fd00::9",
            "127.0.0.1",
            "::1",
            "fe80::1",
            "0.0.0.0",
            "224.0.0.1",
            "203.0.113.9",
            "10.0.0.9",
        ]
        .map(|text| text.parse::<IpAddr>().unwrap().into())
        .to_vec();
        let found = addresses(&told, 7, &Interfaces::real());
        assert_eq!(
            found,
            ["10.0.0.9:7", "203.0.113.9:7", "[fd00::9]:7"].map(|text| text.parse().unwrap())
        );
        assert!(addresses(&told, 0, &Interfaces::real()).is_empty());
    }

    #[test]
    fn the_label_of_an_instance_is_its_name() {
        assert_eq!(label_of("Salotto (2)._salotto._tcp.local."), "Salotto (2)");
        assert_eq!(label_of("a\\.b\u{1b}._salotto._tcp.local."), "a.b");
        assert_eq!(label_of("strange"), "strange");
    }
}

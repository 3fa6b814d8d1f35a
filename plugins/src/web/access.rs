//! Who may connect from where: the name under which the server was called, the page that connects, and the client behind a proxy.

use std::net::{IpAddr, SocketAddr};

use salotto::{Network, Peer};

use super::answer::Refusal;
use super::request::Request;

/// See the module.
#[derive(Debug)]
pub(super) struct Access {
    /// As browsers write them.
    origins: Vec<String>,
    proxies: Vec<Network>,
}

impl Access {
    /// With these origins and proxies beside the server itself.
    ///
    /// # Errors
    /// When an origin is none.
    pub(super) fn new(origins: &[String], proxies: Vec<Network>) -> Result<Self, String> {
        let origins = origins.iter().map(|origin| match authority(origin) {
            Some(host) if !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']) => {
                Ok(origin.to_ascii_lowercase())
            }
            _ => Err(format!(
                "`{origin}` is no origin; write it as `https://chat.example.org`, without a path"
            )),
        });
        Ok(Self { origins: origins.collect::<Result<_, _>>()?, proxies })
    }

    /// Whether a request from this machine calls the server by a name of this machine. A page from elsewhere that has its own name point here would be
    /// let in otherwise.
    pub(super) fn check_host(&self, peer: Peer, request: &Request<'_>) -> Result<(), Refusal> {
        let is_here = peer.address().is_some_and(|address| address.is_loopback());
        match request.host {
            Some(host) if is_here && !is_loopback(host) && !self.is_listed_host(host) => {
                Err(Refusal::NotAllowed(
                    "on this machine the server is called localhost; list other names in `origins`",
                ))
            }
            _ => Ok(()),
        }
    }

    /// Whether the page that connects is one of the server's own, or of a listed place. What is no browser names none. A page that came unencrypted may be
    /// anybody's, so it is not the server's own for a connection that is encrypted.
    pub(super) fn check_origin(
        &self,
        request: &Request<'_>,
        is_encrypted: bool,
    ) -> Result<(), Refusal> {
        let mut origins = request.values("origin");
        let may = match (origins.next(), origins.next()) {
            (None, _) => true,
            (Some(origin), None) => {
                let host = authority(origin);
                let is_own = host.zip(request.host).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b));
                let is_plain =
                    origin.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http:"));
                is_own && !(is_plain && is_encrypted)
                    || self.origins.contains(&origin.to_ascii_lowercase())
            }
            (Some(_), Some(_)) => false,
        };
        match may {
            true => Ok(()),
            false => Err(Refusal::NotAllowed(
                "a page from elsewhere may not connect; list its origin in `origins`",
            )),
        }
    }

    /// From where a request comes: behind proxies, the last address that is not one of theirs.
    pub(super) fn client(&self, peer: Peer, request: &Request<'_>) -> Peer {
        let Peer::Network(socket) = peer else { return peer };
        if !self.is_proxy(socket.ip()) {
            return peer;
        }
        let mut client = socket;
        for text in request.words("x-forwarded-for").rev() {
            let Some(address) = forwarded(text) else { break };
            client = address;
            if !self.is_proxy(client.ip()) {
                break;
            }
        }
        Peer::Network(client)
    }

    /// Whether a proxy says that the client speaks to it over TLS.
    pub(super) fn was_encrypted(&self, peer: Peer, request: &Request<'_>) -> bool {
        let is_proxy = peer.address().is_some_and(|address| self.is_proxy(address));
        // The last was added by the proxy that is next to us.
        is_proxy
            && request.words("x-forwarded-proto").next_back().is_some_and(|proto| {
                ["https", "wss"].iter().any(|known| proto.eq_ignore_ascii_case(known))
            })
    }

    fn is_proxy(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|network| network.contains(address))
    }

    fn is_listed_host(&self, host: &str) -> bool {
        let hosts = self.origins.iter().filter_map(|origin| authority(origin));
        hosts.into_iter().any(|listed| listed.eq_ignore_ascii_case(host))
    }
}

/// The host and the port of an origin.
fn authority(origin: &str) -> Option<&str> {
    let (scheme, authority) = origin.split_once("://")?;
    ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)).then_some(authority)
}

/// Whether a host, with or without a port, is a name of this machine that no name server is asked for.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// An address as proxies write it: with a port or without.
fn forwarded(text: &str) -> Option<SocketAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    text.parse().ok().or_else(|| Some(SocketAddr::new(bare.parse().ok()?, 0)))
}

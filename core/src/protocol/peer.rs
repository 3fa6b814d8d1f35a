//! Where a connection comes from.

use std::fmt;
use std::net::{AddrParseError, IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::protocol::network::Network;

/// Where somebody comes from. Written as it is shown: `192.0.2.7:4711`, `[::1]:4711` or `local`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
#[non_exhaustive]
pub enum Peer {
    /// Through the network.
    Network(SocketAddr),
    /// From code in this process.
    Local,
}

impl Peer {
    /// Its address; `None` for code in this process. One of IPv4 that is mapped into IPv6 is that of IPv4.
    pub fn address(self) -> Option<IpAddr> {
        match self {
            Self::Network(address) => Some(address.ip().to_canonical()),
            Self::Local => None,
        }
    }

    /// Whether it is on this machine, so that no network carries what it says.
    pub fn is_here(self) -> bool {
        self.address().is_none_or(|address| address.is_loopback())
    }

    /// What counts as one address where limits are counted by address: see [`Network::of_customer`]. `None` for code in this process.
    pub fn network(self) -> Option<Network> {
        self.address().map(Network::of_customer)
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(address) => address.fmt(formatter),
            Self::Local => formatter.write_str("local"),
        }
    }
}

impl From<Peer> for String {
    fn from(peer: Peer) -> Self {
        peer.to_string()
    }
}

impl TryFrom<String> for Peer {
    type Error = AddrParseError;

    fn try_from(text: String) -> Result<Self, AddrParseError> {
        if text == "local" { Ok(Self::Local) } else { text.parse().map(Self::Network) }
    }
}

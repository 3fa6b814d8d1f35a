//! Where a connection comes from.

use std::fmt;
use std::net::{AddrParseError, IpAddr, Ipv6Addr, SocketAddr};

use serde::{Deserialize, Serialize};

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
    /// What counts as one address where limits are counted by address: IPv4 whole, IPv6 by the /64 that one customer has. `None` for code in this
    /// process.
    pub fn network(self) -> Option<IpAddr> {
        match self {
            Self::Network(address) => Some(network(address.ip())),
            Self::Local => None,
        }
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

/// What counts as one address: IPv4 whole, IPv6 by the /64 that one customer has.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            IpAddr::V6(Ipv6Addr::from(u128::from(address) & !u128::from(u64::MAX)))
        }
        address => address,
    }
}

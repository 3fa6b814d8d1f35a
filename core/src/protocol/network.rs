//! Addresses and networks, as people write them and as providers assign them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bits of an IPv6 address that one customer of a provider shares with all of their machines.
const CUSTOMER_BITS: u8 = 64;

/// An address, or a network of them: `192.0.2.7`, `10.0.0.0/8`, `2001:db8::/32`.
///
/// An IPv4 address mapped into IPv6 (`::ffff:192.0.2.7`) is the IPv4 address, and a network is written by its first address.
///
/// ```
/// # use salotto::protocol::Network;
/// let network: Network = "10.1.2.3/8".parse().unwrap();
/// assert_eq!(network.to_string(), "10.0.0.0/8");
/// assert!(network.contains("10.9.9.9".parse().unwrap()));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Network(IpNet);

/// Why a text is not a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// It is neither an address nor a network.
    #[error("`{0}` is not an address; write one such as 192.0.2.7 or 10.0.0.0/8")]
    Unreadable(String),
    /// It contains every address.
    #[error("`{0}` is everybody; write a smaller network, such as 10.0.0.0/8")]
    Everybody(String),
}

impl Network {
    /// Exactly this address.
    pub fn of(address: IpAddr) -> Self {
        Self(address.to_canonical().into())
    }

    /// What counts as one address where limits are counted by address: an IPv4 address, or the IPv6 network of 64 bits that one customer of a
    /// provider has. In a local network, link-local or unique local, each host is one, as in a private network of IPv4.
    pub fn of_customer(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) if !is_local(address) => Self::new_v6(address, CUSTOMER_BITS),
            address => Self(address.into()),
        }
    }

    /// This machine itself, `127.0.0.0/8`.
    pub fn loopback_v4() -> Self {
        Self(Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8).into())
    }

    /// Whether an address belongs to it.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }

    /// Whether it is a wider network around another.
    pub fn is_around(&self, other: &Self) -> bool {
        self != other && self.0.contains(&other.0)
    }

    /// The network of so many bits that an address belongs to; `None` where addresses of its kind have fewer.
    pub fn around(address: IpAddr, bits: u8) -> Option<Self> {
        IpNet::new(address.to_canonical(), bits).ok().map(|network| Self(network.trunc()))
    }

    /// How many bits all of its addresses share.
    pub fn bits(&self) -> u8 {
        self.0.prefix_len()
    }

    /// Whether it is of IPv4.
    pub fn is_v4(&self) -> bool {
        matches!(self.0, IpNet::V4(_))
    }

    fn new_v6(address: Ipv6Addr, bits: u8) -> Self {
        Self(Ipv6Net::new_assert(address, bits).trunc().into())
    }
}

fn is_local(address: Ipv6Addr) -> bool {
    address.is_loopback() || address.is_unicast_link_local() || address.is_unique_local()
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::of(address));
        }
        let unreadable = || NetworkError::Unreadable(text.into());
        let network: IpNet = text.parse().map_err(|_| unreadable())?;
        let network = match network.trunc() {
            IpNet::V6(mapped) => unmapped(mapped).map_or(IpNet::V6(mapped), IpNet::V4),
            network => network,
        };
        match network.prefix_len() {
            0 => Err(NetworkError::Everybody(text.into())),
            _ => Ok(Self(network)),
        }
    }
}

/// The IPv4 network that is mapped into an IPv6 one.
fn unmapped(network: Ipv6Net) -> Option<Ipv4Net> {
    let address = network.addr().to_ipv4_mapped()?;
    Ipv4Net::new(address, network.prefix_len().checked_sub(96)?).ok()
}

impl fmt::Display for Network {
    /// An address alone is written without its bits.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.prefix_len() == self.0.max_prefix_len() {
            true => self.0.addr().fmt(formatter),
            false => self.0.fmt(formatter),
        }
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Interfaces that lead to containers and virtual machines on this machine, and to nobody else.
const INTERNAL: [&str; 5] = ["docker", "br-", "veth", "virbr", "lxc"];

/// Whether an interface of this name leads to containers or virtual machines on this machine, and to nobody else.
pub fn is_internal_interface(interface: &str) -> bool {
    INTERNAL.iter().any(|name| interface.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        text.parse().unwrap()
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_is_written_by_its_first_address() {
        for (text, shown) in [
            ("192.0.2.7", "192.0.2.7"),
            ("192.0.2.7/32", "192.0.2.7"),
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("::ffff:10.1.2.3/104", "10.0.0.0/8"),
            ("2001:DB8::1", "2001:db8::1"),
            ("2001:db8:1::/32", "2001:db8::/32"),
        ] {
            assert_eq!(network(text).to_string(), shown);
        }
    }

    #[test]
    fn a_text_that_is_no_network_says_what_one_looks_like() {
        for text in ["", "bob", "10.0.0", "10.0.0.256", "10.0.0.0/33", "10.0.0.0/", "::/129"] {
            assert_eq!(text.parse::<Network>(), Err(NetworkError::Unreadable(text.into())));
        }
        for text in ["0.0.0.0/0", "::/0", "1.2.3.4/0", "::ffff:0:0/96"] {
            assert_eq!(text.parse::<Network>(), Err(NetworkError::Everybody(text.into())));
        }
    }

    #[test]
    fn a_network_knows_its_own_in_whatever_clothes_they_come() {
        let server = network("10.0.0.0/8");
        assert!(server.contains(address("10.255.0.1")));
        assert!(server.contains(address("::ffff:10.0.0.1")));
        assert!(!server.contains(address("11.0.0.1")));
        assert!(!server.contains(address("::a00:1")));
    }

    #[test]
    fn a_customer_with_ipv6_has_a_network() {
        let of = |text| Network::of_customer(address(text)).to_string();
        assert_eq!(of("2001:db8::1:2:3:4"), "2001:db8::/64");
        assert_eq!(of("192.0.2.7"), "192.0.2.7");
        assert_eq!(of("::ffff:192.0.2.7"), "192.0.2.7");
        for local in ["::1", "fe80::1:2", "fd00::1:2:3"] {
            assert_eq!(of(local), local);
        }
    }
}

//! Where is announced and searched.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};

use super::DiscoveryError;
use crate::protocol::network::is_internal_interface;

/// The group and the port of multicast DNS.
const GROUP: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251)), 5353);

/// A query that asks nothing: only to see whether it gets out.
const EMPTY_QUERY: [u8; 12] = [0; 12];

/// Which network interfaces are used, and which of their addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Interfaces {
    /// By name; empty for all real ones.
    names: Vec<String>,
    /// Only addresses that lead to one of these; all where it is `None`.
    listening: Option<Vec<IpAddr>>,
}

impl Interfaces {
    /// Those that lead to other machines: neither loopback nor what is [internal](is_internal_interface).
    pub fn real() -> Self {
        Self::default()
    }

    /// Those of these names, whatever they are; `lo` keeps everything on this machine. None at all stands for the [real](Self::real) ones.
    pub fn named<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        Self { names: names.into_iter().map(Into::into).collect(), listening: None }
    }

    /// Of them only what leads to a listener that is bound to one of these addresses; an unspecified one stands for all of its kind, and `::` for IPv4
    /// too.
    pub fn leading_to(mut self, listening: impl IntoIterator<Item = IpAddr>) -> Self {
        self.listening = Some(listening.into_iter().collect());
        self
    }

    /// Whether this address of this interface is used.
    pub fn includes(&self, interface: &str, address: IpAddr) -> bool {
        let is_wanted = match self.names.is_empty() {
            true => !address.is_loopback() && !is_internal_interface(interface),
            false => self.names.iter().any(|name| name == interface),
        };
        let leads_to = |listening: &IpAddr| match listening {
            any if any.is_unspecified() => any.is_ipv6() || address.is_ipv4(),
            one => *one == address,
        };
        is_wanted && self.listening.as_ref().is_none_or(|all| all.iter().any(leads_to))
    }

    /// Looks whether multicast gets out on at least one of them: the library that does the rest would be silent about it.
    pub(super) fn check(&self) -> Result<(), DiscoveryError> {
        let all = if_addrs::get_if_addrs()
            .map_err(|error| DiscoveryError::NotRunning(error.to_string()))?;
        let mut outcome = Err(DiscoveryError::NoInterface);
        for interface in all.iter().filter(|one| self.includes(&one.name, one.ip())) {
            let IpAddr::V4(address) = interface.ip() else {
                // Where there is no IPv4, joining the group says whether there is multicast; nothing need be sent for that.
                if matches!(outcome, Err(DiscoveryError::NoInterface)) {
                    outcome = Ok(());
                }
                continue;
            };
            match send_to_group(address) {
                Ok(()) => return Ok(()),
                Err(error) => {
                    let (interface, reason) = (interface.name.clone(), error.to_string());
                    outcome = Err(DiscoveryError::NoMulticast { interface, reason });
                }
            }
        }
        outcome
    }
}

fn send_to_group(from: Ipv4Addr) -> std::io::Result<()> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_reuse_address(true)?;
    // As the socket does that is to follow: where another program keeps the port for itself, it is this that says so.
    #[cfg(unix)]
    socket.set_reuse_port(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, GROUP.port())).into())?;
    socket.join_multicast_v4(&Ipv4Addr::new(224, 0, 0, 251), &from)?;
    socket.set_multicast_if_v4(&from)?;
    socket.send_to(&EMPTY_QUERY, &GROUP.into())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn what_leads_to_nobody_else_is_used_only_by_name() {
        let real = Interfaces::real();
        for (interface, address, is_used) in [
            ("eth0", "192.168.1.5", true),
            ("wlan0", "fe80::1", true),
            ("lo", "127.0.0.1", false),
            ("lo", "::1", false),
            ("docker0", "172.17.0.1", false),
            ("br-0af3", "172.18.0.1", false),
            ("br0", "192.168.1.6", true),
        ] {
            assert_eq!(real.includes(interface, ip(address)), is_used, "{interface}");
            assert!(Interfaces::named([interface]).includes(interface, ip(address)));
            assert!(!Interfaces::named(["eth7"]).includes(interface, ip(address)));
        }
    }

    #[test]
    fn only_addresses_that_lead_to_a_listener_are_used() {
        for (listening, address, is_used) in [
            ("0.0.0.0", "192.168.1.5", true),
            ("0.0.0.0", "fd00::5", false),
            ("::", "192.168.1.5", true),
            ("::", "fd00::5", true),
            ("192.168.1.5", "192.168.1.5", true),
            ("192.168.1.5", "192.168.1.6", false),
            ("127.0.0.1", "192.168.1.6", false),
        ] {
            let interfaces = Interfaces::real().leading_to([ip(listening)]);
            assert_eq!(interfaces.includes("eth0", ip(address)), is_used, "{listening} {address}");
        }
    }

    #[test]
    fn a_machine_without_the_interface_is_told_so() {
        let nowhere = Interfaces::named(["no-such-interface"]);
        assert_eq!(nowhere.check(), Err(DiscoveryError::NoInterface));
    }
}

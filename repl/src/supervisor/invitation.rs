//! How others join: the addresses of this machine that they can reach, for browsers and for `nc`, a picture of the first for phones, and what may be
//! in the way.

use std::net::{IpAddr, SocketAddr};

use salotto::protocol::is_internal_interface;
use salotto::{PluginInfo, Status};

/// Where others can join, the most likely first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Invitation {
    addresses: Vec<SocketAddr>,
    /// Whether browsers are served.
    has_page: bool,
    /// Whether the local network is told of the server.
    is_announced: bool,
    /// Whether TLS is spoken.
    encrypts: bool,
}

impl Invitation {
    /// For a server that is doing so.
    pub(super) fn new(status: &Status) -> Self {
        // Where the system does not say, the addresses that were configured are all there is to say.
        let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
        let of_machine: Vec<IpAddr> = interfaces
            .iter()
            .filter(|interface| !is_internal_interface(&interface.name))
            .map(if_addrs::Interface::ip)
            .collect();
        let works = |name: &str| {
            let is_it = |plugin: &PluginInfo| plugin.name == name && plugin.state.is_working();
            status.plugins.iter().any(is_it)
        };
        Self {
            addresses: reachable(&status.addresses, &of_machine),
            has_page: works("web"),
            is_announced: works("discovery"),
            encrypts: works("tls"),
        }
    }

    /// Whether nobody on another machine can join.
    pub(super) fn is_empty(&self) -> bool {
        self.addresses.is_empty()
    }

    /// What the operator is told, with a picture where it can be shown.
    pub(super) fn lines(&self, with_picture: bool) -> Vec<String> {
        let Some(first) = self.addresses.first() else {
            let text = "only this machine can join; for others, listen on 0.0.0.0, as in `start 0.0.0.0:53000`";
            return vec![text.to_owned()];
        };
        let mut lines = Vec::new();
        for address in &self.addresses {
            let nc = format!("nc {} {}", address.ip(), address.port());
            lines.push(match self.has_page {
                true => format!("join at {} in a browser, or with {nc}", url(address)),
                false => format!("join with {nc}"),
            });
        }
        if with_picture && self.has_page {
            lines.extend(picture(&url(first)));
        }
        if self.encrypts {
            lines.push(format!(
                "encrypted: https://{first} in a browser, or `openssl s_client -quiet -connect {first}`; `salotto cert` shows the fingerprint to compare"
            ));
        }
        if self.is_announced {
            lines.push("it is announced on the local network: the window lists it, and `salotto find` finds it".to_owned());
        }
        let port = first.port();
        lines.push(format!(
            "who cannot is on another network, or a firewall on this machine has to let TCP port {port} in"
        ));
        lines
    }
}

fn url(address: &SocketAddr) -> String {
    format!("http://{address}")
}

/// Those of the addresses of this machine that lead to a listener: IPv4 first, which is easier to type, and of those the ones of local networks.
fn reachable(listening: &[SocketAddr], of_machine: &[IpAddr]) -> Vec<SocketAddr> {
    let mut found = Vec::new();
    for listener in listening {
        let leads_there = |address: &&IpAddr| match listener.ip() {
            IpAddr::V4(any) if any.is_unspecified() => address.is_ipv4(),
            // It takes IPv4 too, unless that has a listener of its own.
            IpAddr::V6(any) if any.is_unspecified() => true,
            ip => **address == ip,
        };
        let others =
            of_machine.iter().filter(leads_there).filter(|address| is_for_others(**address));
        found.extend(others.map(|&address| SocketAddr::new(address, listener.port())));
    }
    found.sort_by_key(|address| (address.is_ipv6(), !is_private(address.ip()), address.port()));
    found.dedup();
    found
}

/// Whether somebody on another machine can type it: not this machine alone, and none that needs the name of an interface beside it.
fn is_for_others(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !(address.is_loopback() || address.is_link_local()),
        IpAddr::V6(address) => !(address.is_loopback() || address.is_unicast_link_local()),
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private(),
        IpAddr::V6(address) => address.is_unique_local(),
    }
}

/// A QR code in half blocks, for a terminal that is dark; cameras read one on a light terminal as well. Nothing where the text is too long.
#[cfg(feature = "web")]
fn picture(text: &str) -> Vec<String> {
    use qrcode::render::unicode::Dense1x2;
    use qrcode::{EcLevel, QrCode};

    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::L) else {
        return Vec::new();
    };
    let drawn =
        code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build();
    drawn.lines().map(str::to_owned).collect()
}

/// A program that serves no browsers has nothing to draw.
#[cfg(not(feature = "web"))]
fn picture(_text: &str) -> Vec<String> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn machine() -> Vec<IpAddr> {
        ["127.0.0.1", "203.0.113.5", "192.168.1.5", "169.254.7.7", "::1", "fe80::5", "2001:db8::5"]
            .map(|text| text.parse().unwrap())
            .to_vec()
    }

    #[test]
    fn of_the_addresses_of_the_machine_those_are_listed_that_others_can_type() {
        for (listening, found) in [
            (&["0.0.0.0:53000"][..], &["192.168.1.5:53000", "203.0.113.5:53000"][..]),
            (&["[::]:7"], &["192.168.1.5:7", "203.0.113.5:7", "[2001:db8::5]:7"]),
            (&["192.168.1.5:7"], &["192.168.1.5:7"]),
            (&["127.0.0.1:7", "[::1]:7"], &[]),
            (&["127.0.0.1:7", "203.0.113.5:8"], &["203.0.113.5:8"]),
            (&["0.0.0.0:7", "[::]:7"], &["192.168.1.5:7", "203.0.113.5:7", "[2001:db8::5]:7"]),
        ] {
            assert_eq!(reachable(&addresses(listening), &machine()), addresses(found));
        }
    }

    #[test]
    fn the_picture_fits_a_small_terminal_and_is_there_only_where_browsers_are_served() {
        let addresses = addresses(&["192.168.100.123:53000"]);
        let invitation =
            Invitation { addresses, has_page: true, is_announced: false, encrypts: false };
        let lines = invitation.lines(true);
        assert!(lines.iter().all(|line| line.chars().count() < 100), "{lines:?}");
        let drawn: Vec<_> = lines.iter().filter(|line| line.contains(['█', '▀', '▄'])).collect();
        assert!((12..=20).contains(&drawn.len()), "{drawn:#?}");
        assert!(drawn.iter().all(|line| line.chars().count() < 80));
        assert!(
            lines[0].starts_with("join at http://192.168.100.123:53000 in a browser, or with nc")
        );
        assert_eq!(invitation.lines(false).len(), 2);
        let announced = Invitation { is_announced: true, ..invitation.clone() };
        assert!(announced.lines(false)[1].starts_with("it is announced on the local network"));
        let encrypted = Invitation { encrypts: true, ..invitation.clone() };
        assert!(encrypted.lines(false)[1].starts_with("encrypted: https://192.168.100.123:53000"));
        assert_eq!(Invitation { has_page: false, ..invitation }.lines(true).len(), 2);
    }

    #[test]
    fn a_server_that_only_this_machine_reaches_says_so() {
        let nobody = Invitation {
            addresses: Vec::new(),
            has_page: true,
            is_announced: true,
            encrypts: true,
        };
        assert!(nobody.is_empty());
        assert!(nobody.lines(true)[0].starts_with("only this machine"));
    }
}

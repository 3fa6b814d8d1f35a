//! Who may connect, from which page and from where.

use std::io::Write;
use std::net::{IpAddr, TcpStream};

use salotto::protocol::ErrorCode;
use salotto::{Report, Watch};
use salotto_tests::{TestServer, soon};

use super::{Browser, Http, server, server_with};

/// From where the next connection is reported to come.
fn comes_from(reports: &mut Watch) -> IpAddr {
    soon("a report of a connection", async {
        loop {
            if let Report::Connected { peer, .. } = reports.next().await.expect("it runs") {
                return peer.address().expect("it comes through the network");
            }
        }
    })
}

#[test]
fn a_page_from_elsewhere_may_not_connect_unless_it_is_listed() {
    let server = server_with("(origins: [\"https://Chat.example.org\"])").open();
    let own = format!("http://{}", server.address());
    for (origin, is_taken) in [
        (own.as_str(), true),
        ("https://chat.example.org", true),
        ("http://chat.example.org", false),
        ("https://chat.example.org.evil.example", false),
        ("https://evil.example", false),
        ("http://127.0.0.1", false),
        ("null", false),
        ("", false),
        ("file://", false),
    ] {
        let tried = Browser::tries(server.address(), &[("origin", origin)]);
        assert_eq!(tried.is_ok(), is_taken, "{origin}");
        assert!(is_taken || tried.is_err_and(|status| status == 403), "{origin}");
    }
}

#[test]
fn on_this_machine_only_its_own_names_and_listed_ones_are_answered_to() {
    let server = server_with("(origins: [\"https://chat.example.org\"])").open();
    for (host, status) in [
        ("localhost", 200),
        ("LOCALHOST:53000", 200),
        ("127.0.0.1:53000", 200),
        ("127.9.9.9", 200),
        ("[::1]:53000", 200),
        ("chat.example.org", 200),
        ("evil.example", 403),
        ("evil.example:53000", 403),
        ("localhost.evil.example", 403),
        ("192.168.1.5", 403),
    ] {
        let mut browser = Http::connects(server.address());
        browser.sends(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        assert_eq!(browser.hears().status, status, "{host}");
    }
    let tried = Browser::tries(
        server.address(),
        &[("host", "evil.example"), ("origin", "http://evil.example")],
    );
    assert!(tried.is_err_and(|status| status == 403));
}

#[test]
fn behind_a_listed_proxy_the_address_that_it_forwards_counts() {
    let server = server_with("(proxies: [\"127.0.0.1\", \"10.0.0.0/8\"])").open();
    let mut reports = server.handle().watch();
    for (forwarded, address) in [
        ("192.0.2.7", "192.0.2.7"),
        // What a client says itself stands to the left of what the proxies add.
        ("203.0.113.9, 192.0.2.7", "192.0.2.7"),
        ("203.0.113.9, 192.0.2.7, 10.0.0.3", "192.0.2.7"),
        ("192.0.2.7:4711", "192.0.2.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("192.0.2.7, nonsense", "127.0.0.1"),
        ("10.0.0.9", "10.0.0.9"),
        ("", "127.0.0.1"),
    ] {
        let _ada = Browser::tries(server.address(), &[("x-forwarded-for", forwarded)])
            .expect("it is let in");
        assert_eq!(comes_from(&mut reports).to_string(), address, "{forwarded}");
    }
}

#[test]
fn from_anywhere_else_what_is_forwarded_does_not_count() {
    let server = server_with("(proxies: [\"10.0.0.0/8\"])").open();
    let mut reports = server.handle().watch();
    let _ada = Browser::tries(server.address(), &[("x-forwarded-for", "192.0.2.7")])
        .expect("it is let in");
    assert_eq!(comes_from(&mut reports).to_string(), "127.0.0.1");
}

#[test]
fn a_ban_and_the_limits_hold_for_the_address_behind_the_proxy() {
    let folder = tempfile::tempdir().expect("a folder");
    let bans = format!("(bans: {:?})", folder.path().join("bans.ron"));
    let server = server_with("(proxies: [\"127.0.0.1\"])")
        .settings(|settings| settings.limits.connections_per_address = Some(2))
        .server(|server| server.enable(salotto::PluginSetup::new("moderation").settings(bans)))
        .open();
    server.types("ban 192.0.2.7 1h flooding");
    let from = |address: &str| {
        Browser::tries(server.address(), &[("x-forwarded-for", address)]).expect("the handshake")
    };
    let mut banned = from("192.0.2.7");
    let text = banned.hears_error(ErrorCode::Denied);
    assert!(text.contains("banned"), "{text}");
    assert_eq!(banned.hears_end(), Some(1008));
    let _places = [from("192.0.2.8").enters("ada"), from("192.0.2.8").enters("bob")];
    let mut third = from("192.0.2.8");
    let text = third.hears_error(ErrorCode::Limit);
    assert!(text.contains("2 connections already"), "{text}");
    let (code, reason) = third.hears_end_with_reason();
    assert_eq!(code, Some(1013));
    assert!(reason.contains("2 connections already"), "{reason}");
    from("192.0.2.9").enters("eve");
}

#[test]
fn the_header_of_a_proxy_comes_before_the_request() {
    let server = TestServer::builder()
        .settings(|settings| {
            settings.server.proxies = vec!["127.0.0.1".parse().expect("an address")]
        })
        .enable("web")
        .open();
    let mut reports = server.handle().watch();
    let mut stream = TcpStream::connect(server.address()).expect("it listens");
    stream.write_all(b"PROXY TCP4 192.0.2.7 10.0.0.1 4711 53000\r\n").expect("it is taken");
    let ada = Browser::tries_through(stream, server.address(), &[("host", "chat.example.org")]);
    ada.expect("it is let in").enters("ada");
    assert_eq!(comes_from(&mut reports).to_string(), "192.0.2.7");
}

#[test]
fn an_origin_that_is_none_is_refused_with_its_place() {
    for origin in ["chat.example.org", "ftp://chat.example.org", "https://", "https://a/b"] {
        let setup = salotto::PluginSetup::new("web").settings(format!("(origins: [{origin:?}])"));
        let error = server().enables(setup).expect_err("it is none").to_string();
        assert!(error.contains(&format!("`{origin}` is no origin")), "{error}");
    }
}

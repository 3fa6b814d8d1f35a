//! Behind a proxy: its header says from where people connect, and that is what counts. On Linux every address of 127.0.0.0/8 is this machine.

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use salotto::{ConnectDraft, Context, LimitHit, Plugin, Verdict};
use salotto_plugins::irc::{Irc, IrcSettings};
use salotto_tests::irc::IrcClient;
use salotto_tests::raw::exchanged;
use salotto_tests::tls::{TestCertificate, client_hello};
use salotto_tests::{Client, PATIENCE, TestServer, TestServerBuilder, pause, soon};

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// A server with its proxy on this machine, where nobody is exempt from the limits by address.
fn builder() -> TestServerBuilder {
    TestServer::builder().settings(|settings| {
        settings.server.proxies = vec!["127.0.0.1".parse().expect("an address")];
        settings.limits.exempt.clear();
    })
}

fn line(from: &str) -> Vec<u8> {
    let family = if from.contains(':') { "TCP6" } else { "TCP4" };
    let to = if from.contains(':') { "::1" } else { "10.0.0.1" };
    format!("PROXY {family} {from} {to} 4711 53000\r\n").into_bytes()
}

/// A header of version 2 for an address of IPv4, with an extension.
fn binary(from: [u8; 4]) -> Vec<u8> {
    let ends = [&from[..], &[10, 0, 0, 1, 0x12, 0x67, 0xcf, 0x08, 0x04, 0, 1, 7]].concat();
    [SIGNATURE, &[0x21, 0x11, 0, ends.len() as u8], &ends].concat()
}

/// Connects through the proxy with this header.
fn connects(server: &TestServer, header: &[u8]) -> Client {
    let mut client = server.connects();
    client.sends(header);
    client
}

/// From where everybody who has a name connects.
fn peers(server: &TestServer) -> Vec<String> {
    let members = soon("the members", server.handle().members()).expect("the server is running");
    let mut peers: Vec<_> = members.iter().map(|member| member.peer.to_string()).collect();
    peers.sort();
    peers
}

#[test]
fn the_address_in_the_header_is_the_peers() {
    let server = builder().open();
    let _ada = connects(&server, &line("192.0.2.7")).enters("ada");
    let _bob = connects(&server, &binary([192, 0, 2, 8])).enters("bob");
    let _eve = connects(&server, &line("2001:db8::9")).enters("eve");
    // What follows in the same segment is the client's.
    let mut mia = connects(&server, &[line("192.0.2.9"), b"mia\nhello\n".to_vec()].concat());
    mia.hears("mia: hello");
    assert_eq!(
        peers(&server),
        ["192.0.2.7:4711", "192.0.2.8:4711", "192.0.2.9:4711", "[2001:db8::9]:4711"]
    );
}

/// An address at which nobody listens yet.
fn free_address() -> SocketAddr {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    free.local_addr().expect("it is bound")
}

/// Waits until somebody listens there. It counts as a proxy that looks whether the port is open.
fn listens(address: SocketAddr) {
    let until = Instant::now() + PATIENCE;
    while TcpStream::connect(address).is_err() {
        assert!(Instant::now() < until, "nobody listens at {address}");
        pause(Duration::from_millis(10));
    }
}

#[test]
fn at_an_address_for_tls_alone_the_header_is_read_as_well() {
    let (certificate, address) = (TestCertificate::new(), free_address());
    let plugin = certificate.plugin(&format!("listen: [\"{address}\"]"));
    let server = builder().server(|server| server.enable(plugin)).open();
    listens(address);
    let tunnel = certificate.tunnel(address, &line("192.0.2.7"));
    let _ada = Client::to(tunnel, "ada").enters("ada");
    assert_eq!(peers(&server), ["192.0.2.7:4711"]);
    // Without one it is refused there, too.
    let answer = exchanged(address, &[&client_hello()]);
    assert!(answer.starts_with(b"! it does not begin with a PROXY header"), "{answer:?}");
    assert_eq!(server.hits(LimitHit::ProxyHeader), 1);
}

#[test]
fn at_an_address_for_irc_alone_the_header_is_read_and_limits_hold_for_who_is_in_it() {
    let address = free_address();
    let irc = Irc::new(IrcSettings { listen: vec![address], ..IrcSettings::default() });
    let server = builder()
        .plugin("irc", irc.expect("good settings"))
        .settings(|settings| settings.limits.connections_per_address = Some(1))
        .open();
    listens(address);
    let connects = |header: &[u8]| {
        let mut stream = TcpStream::connect(address).expect("the server listens");
        stream.write_all(header).expect("it is taken");
        IrcClient::over(stream)
    };
    let mut ada = connects(&line("192.0.2.7"));
    ada.sends("NICK ada");
    ada.sends("USER ada 0 * :Ada");
    ada.hears_until(":salotto 001 ada *");
    assert_eq!(peers(&server), ["192.0.2.7:4711"]);
    let mut again = connects(&line("192.0.2.7"));
    again.hears_until("ERROR :*your address has 1 connections already; close one first*");
    connects(&line("192.0.2.8")).sends("NICK bob");
    assert_eq!(server.hits(LimitHit::ConnectionsPerAddress), 1);
}

#[test]
fn a_header_may_come_in_pieces_and_json_after_it() {
    let server = builder().open();
    for (header, name) in [(line("192.0.2.7"), "ada"), (binary([192, 0, 2, 7]), "bob")] {
        let mut client = server.connects();
        for byte in header {
            client.sends(&[byte]);
        }
        client.enters(name);
    }
    let mut json = server.connects_json();
    json.raw.sends(&line("192.0.2.8"));
    json.enters("eve");
}

#[test]
fn a_proxy_speaks_for_itself_with_local_or_unknown() {
    let server = builder().open();
    let local = [SIGNATURE, &[0x20, 0, 0, 0]].concat();
    let of_a_file = [SIGNATURE, &[0x21, 0x31, 0, 216], &[0; 216]].concat();
    for (header, name) in [
        (&b"PROXY UNKNOWN\r\n"[..], "ada"),
        (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", "bob"),
        (&local, "eve"),
        (&of_a_file, "mia"),
    ] {
        let _client = connects(&server, header).enters(name);
        assert!(peers(&server).iter().all(|peer| peer.starts_with("127.0.0.1:")));
    }
}

#[test]
fn people_behind_a_proxy_are_counted_by_their_own_addresses() {
    let server =
        builder().settings(|settings| settings.limits.connections_per_address = Some(2)).open();
    let mut people: Vec<Client> = (1..=4)
        .map(|last| {
            connects(&server, &line(&format!("127.0.0.{last}"))).enters(&format!("ada{last}"))
        })
        .collect();
    people.push(connects(&server, &binary([127, 0, 0, 2])).enters("bob"));
    let mut third = connects(&server, &line("127.0.0.2"));
    assert_eq!(third.hears_eof(), ["! your address has 2 connections already; close one first"]);
    assert_eq!(server.hits(LimitHit::ConnectionsPerAddress), 1);
}

#[test]
fn the_exemption_of_this_machine_is_not_for_who_is_behind_its_proxy() {
    let server = TestServer::builder()
        .settings(|settings| {
            settings.server.proxies = vec!["127.0.0.0/8".parse().expect("a network")];
            settings.limits.connections_per_address = Some(1);
        })
        .open();
    let _ada = connects(&server, &line("192.0.2.7")).enters("ada");
    let mut again = connects(&server, &line("192.0.2.7"));
    assert_eq!(again.hears_eof(), ["! your address has 1 connections already; close one first"]);
}

#[test]
fn plugins_and_bans_are_asked_with_the_address_in_the_header() {
    struct Ban;
    impl Plugin for Ban {
        fn before_connect(&mut self, _: &mut Context<'_>, draft: &mut ConnectDraft) -> Verdict {
            match draft.peer.address().map(|address| address.to_string()).as_deref() {
                Some("192.0.2.66") => Verdict::Deny("your address is banned".into()),
                _ => Verdict::Pass,
            }
        }
    }
    let server = builder().plugin("ban", Ban).open();
    let mut banned = connects(&server, &binary([192, 0, 2, 66]));
    assert_eq!(banned.hears_eof(), ["! your address is banned"]);
    connects(&server, &line("192.0.2.67")).enters("ada");
}

#[test]
fn a_wrong_password_counts_against_the_address_in_the_header() {
    let server = builder()
        .settings(|settings| {
            let hash = salotto::PasswordHash::new("sword fish").expect("a password");
            settings.server.password = Some(hash);
        })
        .open();
    let mut eve = connects(&server, &line("192.0.2.66"));
    for _ in 0..3 {
        eve.says("guess");
        eve.hears_about("not the password");
    }
    let started = Instant::now();
    let mut ada = connects(&server, &line("192.0.2.7"));
    ada.says("sword fish");
    ada.hears_about("What is your name?");
    assert!(started.elapsed() < Duration::from_secs(5), "she waits for no one else's guesses");
}

#[test]
fn without_a_header_a_proxy_is_told_what_is_missing() {
    let server = builder().open();
    let no_good = "127.0.0.1 is one of `server.proxies`, which have to send one";
    for (bytes, why) in [
        (b"ada\n".to_vec(), "it does not begin with a PROXY header"),
        (b"PROXY TCP4 here there 1 2\r\n".to_vec(), "its PROXY header cannot be read"),
        (
            [b"PROXY TCP4 ".to_vec(), vec![b'1'; 200]].concat(),
            "its PROXY header is longer than 107 bytes",
        ),
        (
            [SIGNATURE, &[0x21, 0x11, 0xff, 0xff]].concat(),
            "its PROXY header is longer than 4096 bytes",
        ),
    ] {
        let answer = String::from_utf8(exchanged(server.address(), &[&bytes])).expect("text");
        assert!(
            answer.starts_with(&format!("! {why}")) && answer.trim_end().ends_with(no_good),
            "{answer:?}"
        );
    }
    let mut cut = server.connects();
    cut.sends(b"PROXY TCP4 192.0");
    cut.half_closes();
    assert!(cut.hears_eof()[0].contains("it ended within its PROXY header"));
    assert_eq!(server.hits(LimitHit::ProxyHeader), 5);
    // A look whether the port is open is nothing to report.
    server.connects().half_closes();
    connects(&server, &line("192.0.2.7")).enters("ada");
    assert_eq!(server.hits(LimitHit::ProxyHeader), 5);
}

#[test]
fn a_header_that_does_not_come_is_not_waited_for_long_and_takes_a_place_meanwhile() {
    let mut server = builder().settings(|settings| settings.limits.connections = Some(1)).open();
    let started = Instant::now();
    let mut silent = server.connects();
    let mut second = server.connects();
    assert_eq!(second.hears_eof(), ["! the server is full (1 connections); try again later"]);
    let heard = silent.hears_eof();
    assert!(heard[0].starts_with("! no PROXY header came within 5 s"), "{heard:?}");
    assert!(started.elapsed() >= Duration::from_secs(4));
    connects(&server, &line("192.0.2.7")).enters("ada").dies();
    server.waits_until("ada is gone", |status| status.connected == 0);
    // One that is awaited holds up no stop.
    let mut silent = server.connects();
    assert!(server.stops() < Duration::from_secs(3));
    assert!(silent.hears_eof().len() <= 1, "nothing, unless her place was not free again yet");
}

#[cfg(target_os = "linux")]
#[test]
fn a_header_from_elsewhere_is_refused_and_people_from_elsewhere_need_none() {
    let server = builder().open();
    let mut eve = server.connects_from("127.0.0.9");
    eve.sends(&line("192.0.2.7"));
    let heard = eve.hears_eof();
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert!(
        heard[0].starts_with(
            "! the PROXY protocol is taken from the addresses in `server.proxies` only"
        )
    );
    server.connects_from("127.0.0.9").enters("bob");
    // Nor may somebody behind the proxy bring another.
    let mut mia = connects(&server, &line("192.0.2.7"));
    mia.sends(&line("192.0.2.8"));
    assert!(mia.hears_eof()[0].starts_with("! the PROXY protocol is taken from"));
}

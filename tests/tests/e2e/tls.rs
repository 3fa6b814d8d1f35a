//! TLS on the port of the server: whoever begins with a handshake has it, and what comes out of it is looked at as always.

mod broken;
mod certificates;
mod client;
mod required;

use std::io::{Read, Write};
use std::time::Duration;

use salotto::protocol::ErrorCode;
use salotto::{EntryKind, LimitHit, MemberInfo};
use salotto_tests::tls::{TestCertificate, TlsStream, enters, read_line, shake_hands};
use salotto_tests::{BareClient, Client, JsonClient, TestServer, TestServerBuilder, soon};

/// A server with TLS and the page, whose proxy is on this machine, so that people can come from anywhere.
fn builder(certificate: &TestCertificate, settings: &str) -> TestServerBuilder {
    let plugin = certificate.plugin(settings);
    TestServer::builder()
        .enable("notices")
        .enable("web")
        .server(|server| server.enable(plugin))
        .settings(|settings| {
            settings.limits.exempt.push("192.0.2.0/24".parse().expect("a network"));
        })
}

/// Those who are connected, by name.
fn member(server: &TestServer, name: &str) -> MemberInfo {
    let members = soon("the members", server.handle().members()).expect("the server is running");
    let named = |member: &MemberInfo| member.name.as_ref().is_some_and(|known| *known == *name);
    members.into_iter().find(named).unwrap_or_else(|| panic!("{name} is not here"))
}

#[test]
fn text_and_json_are_spoken_encrypted_and_plain_on_one_port() {
    let certificate = TestCertificate::new();
    let server = builder(&certificate, "").open();
    let tunnel = certificate.tunnel(server.address(), b"");
    let mut plain = server.enters("plain");
    let mut text = Client::to(tunnel, "text over TLS").enters("text");
    let mut json = JsonClient::to(tunnel, "json over TLS").enters("json");
    for (name, said) in [("text", "hello"), ("plain", "hello, text")] {
        match name {
            "text" => text.says(said),
            _ => plain.says(said),
        }
        plain.hears(&format!("{name}: {said}"));
        text.hears(&format!("{name}: {said}"));
        json.hears_said(said);
    }
    json.says("hello, both");
    text.hears("json: hello, both");
    for (name, encrypted) in [("plain", false), ("text", true), ("json", true)] {
        assert_eq!(member(&server, name).encrypted, encrypted, "{name}");
    }
    assert_eq!(server.status().encrypted, 2);
    let users = server.types("users").to_string();
    let shown =
        |name: &str| users.lines().any(|line| line.contains(name) && line.contains("encrypted"));
    assert!(shown("text") && shown("json") && !shown("plain"), "{users}");
    assert!(server.types("status").to_string().contains("2 of the connections; certificate until"));
}

#[test]
fn a_bare_client_over_tls_is_shown_row_by_row_and_is_encrypted() {
    let certificate = TestCertificate::new();
    let server = builder(&certificate, "").open();
    let mut gino = BareClient::to(certificate.tunnel(server.address(), b""));
    gino.sends("gino");
    gino.shows_about("* you are in lobby");
    assert!(member(&server, "gino").encrypted);
    let mut ada = server.enters("ada");
    for number in 0..10 {
        ada.says(&format!("number {number}"));
    }
    for number in 0..10 {
        assert_eq!(gino.shows_about("number"), format!("ada: number {number}"));
    }
    gino.sends("here I am");
    ada.hears("gino: here I am");
}

#[test]
fn who_shakes_hands_and_is_silent_is_greeted() {
    let certificate = TestCertificate::new();
    let server = builder(&certificate, "").open();
    let mut stream = certificate.connects(server.address());
    assert_eq!(read_line(&mut stream, "?"), "Welcome to Salotto. What is your name?");
    let mut ada = enters(stream, "ada");
    ada.write_all(b"hello\n").expect("it is taken");
    read_line(&mut ada, "ada: hello");
}

#[test]
fn a_browser_gets_the_page_and_its_websocket_encrypted() {
    let certificate = TestCertificate::new();
    let server = builder(&certificate, "").open();
    let host = format!("localhost:{}", server.address().port());
    let mut page = certificate.connects(server.address());
    write!(page, "GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").expect("it is taken");
    assert_eq!(read_line(&mut page, "HTTP"), "HTTP/1.1 200 OK\r");
    let asks = |scheme: &str| {
        let mut stream = certificate.connects(server.address());
        write!(stream, "GET /ws HTTP/1.1\r\nHost: {host}\r\nOrigin: {scheme}://{host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n").expect("it is taken");
        (read_line(&mut stream, "HTTP"), stream)
    };
    // A page that came unencrypted may have been made by anybody on the way.
    assert_eq!(asks("http").0, "HTTP/1.1 403 Forbidden\r");
    let (answer, mut browser) = asks("https");
    assert_eq!(answer, "HTTP/1.1 101 Switching Protocols\r");
    let hello = br#"{"type":"hello","name":"ada"}"#;
    browser.write_all(&[0x81, 0x80 | hello.len() as u8, 0, 0, 0, 0]).expect("it is taken");
    browser.write_all(hello).expect("it is taken");
    server.waits_until("ada is in", |status| status.members == 1);
    assert!(member(&server, "ada").encrypted);
}

#[test]
fn a_handshake_comes_a_byte_at_a_time_and_all_that_follows_too() {
    let certificate = TestCertificate::new();
    let server = builder(&certificate, "").open();
    let mut stream = salotto_tests::tls::connect(server.address());
    stream.set_nodelay(true).expect("an option");
    let name = rustls::pki_types::ServerName::try_from("localhost").expect("a name");
    let config = certificate.config(rustls::ALL_VERSIONS);
    let mut connection = rustls::ClientConnection::new(config, name).expect("a client");
    connection.writer().write_all(b"ada\nslowly\n").expect("it is kept");
    while connection.is_handshaking() || connection.wants_write() {
        let mut bytes = Vec::new();
        connection.write_tls(&mut bytes).expect("memory takes everything");
        bytes.iter().for_each(|byte| stream.write_all(&[*byte]).expect("it is taken"));
        if connection.is_handshaking() {
            connection.read_tls(&mut stream).expect("an answer");
            connection.process_new_packets().expect("a good one");
        }
    }
    let mut ada = TlsStream::new(connection, stream);
    read_line(&mut ada, "ada: slowly");
}

#[test]
fn who_announces_the_end_is_still_answered() {
    let certificate = TestCertificate::new();
    let server = builder(&certificate, "").open();
    let mut ada = certificate.connects(server.address());
    ada.write_all(b"ada\nlast words").expect("it is taken");
    ada.conn.send_close_notify();
    ada.flush().expect("it is taken");
    let mut heard = String::new();
    ada.read_to_string(&mut heard).expect("an end that is announced, too");
    assert!(heard.contains("ada: last words\n"), "{heard}");
    server.waits_until("ada is gone", |status| status.connected == 0);
}

#[test]
fn what_is_cut_off_is_not_said() {
    let certificate = TestCertificate::new();
    let server = builder(&certificate, "").open();
    let mut bob = server.enters("bob");
    let mut ada = enters(certificate.connects(server.address()), "ada");
    // Somebody on the way ends the connection in the middle of a line.
    ada.write_all(b"I owe you 100").expect("it is taken");
    ada.sock.shutdown(std::net::Shutdown::Write).expect("it is open");
    let heard = bob.hears_until("* ada left (connection lost)");
    assert!(!heard.iter().any(|line| line.contains("owe")), "{heard:?}");
}

#[test]
fn who_reads_slowly_over_tls_misses_nothing() {
    let certificate = TestCertificate::new();
    let server =
        builder(&certificate, "").settings(|settings| settings.limits.stalled_after = None).open();
    let mut slow = enters(narrowly(&server, &certificate), "slow");
    let mut bob = server.enters("bob");
    // More than all buffers between take, in lines of many lengths, so that records end anywhere in them.
    let line = |index: usize| format!("{index} {}", "x".repeat(1 + index * 37 % 1900));
    for index in 0..1500 {
        bob.says(&line(index));
        bob.hears(&format!("bob: {}", line(index)));
    }
    for index in 0..1500 {
        assert_eq!(read_line(&mut slow, &line(index)), format!("bob: {}", line(index)));
    }
}

#[test]
fn who_stops_within_a_record_is_cut_off_and_the_room_goes_on() {
    let certificate = TestCertificate::new();
    let stalled = Duration::from_millis(400);
    let server = builder(&certificate, "")
        .settings(|settings| settings.limits.stalled_after = Some(stalled))
        .open();
    let _stuck = enters(narrowly(&server, &certificate), "stuck");
    let mut bob = server.enters("bob");
    let long = "x".repeat(1900);
    let mut said = 0;
    while server.hits(LimitHit::TooSlow) == 0 {
        said += 1;
        bob.says(&format!("{said} {long}"));
        bob.hears(&format!("bob: {said} {long}"));
        assert!(said < 20_000, "nobody is cut off");
    }
    bob.says("still here");
    bob.hears("bob: still here");
}

/// A connection that takes little before it is read.
fn narrowly(server: &TestServer, certificate: &TestCertificate) -> TlsStream {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None);
    let socket = socket.expect("a socket");
    socket.set_recv_buffer_size(8 * 1024).expect("an option");
    socket.connect(&server.address().into()).expect("somebody listens");
    socket.set_read_timeout(Some(salotto_tests::PATIENCE)).expect("an option");
    shake_hands(socket.into(), certificate.config(rustls::ALL_VERSIONS)).expect("a handshake")
}

#[test]
fn an_address_of_its_own_speaks_tls_alone() {
    let certificate = TestCertificate::new();
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("one");
    let server = builder(&certificate, &format!("listen: [\"{port}\"]")).open();
    let tunnel = certificate.tunnel(port, b"");
    let deadline = std::time::Instant::now() + salotto_tests::PATIENCE;
    while std::net::TcpStream::connect(port).is_err() {
        assert!(std::time::Instant::now() < deadline, "nobody listens at {port}");
        salotto_tests::pause(Duration::from_millis(10));
    }
    let mut ada = Client::to(tunnel, "ada").enters("ada");
    assert!(member(&server, "ada").encrypted);
    let mut plain = salotto_tests::tls::connect(port);
    plain.write_all(b"bob\n").expect("it is taken");
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!String::from_utf8_lossy(&answer).contains("bob"), "{answer:?}");
    ada.says("hello");
    ada.hears("ada: hello");
    assert_eq!(server.status().members, 1);
}

#[test]
fn an_entry_that_is_told_twice_or_not_at_all_shows_in_its_ids() {
    let certificate = TestCertificate::new();
    let server = builder(&certificate, "").open();
    let tunnel = certificate.tunnel(server.address(), b"");
    let mut ada = JsonClient::to(tunnel, "ada").enters("ada");
    let mut bob = server.enters("bob");
    for index in 0..300 {
        bob.says(&format!("line {index}"));
    }
    let entries = ada.entries_until("line 299");
    let ids: Vec<u64> = entries.iter().map(|entry| entry.id).collect();
    assert!(ids.windows(2).all(|pair| pair[1] == pair[0] + 1), "{ids:?}");
    let said = entries.iter().filter(|entry| matches!(entry.what, EntryKind::Message { .. }));
    assert_eq!(said.count(), 300);
    ada.asks(salotto_tests::json::hello("ada", &[], None));
    ada.hears_error(ErrorCode::BadRequest);
}

//! What comes instead of a handshake, or after half of one.

use std::io::{Read, Write};
use std::time::Duration;

use salotto::LimitHit;
use salotto_tests::tls::{TestCertificate, client_hello, connect, shake_hands};

use super::builder;

/// Type and description of the alert that ends what was read.
fn alert(answer: &[u8]) -> Option<u8> {
    match answer {
        [.., 0x15, 3, _, 0, 2, _, description] => Some(*description),
        _ => None,
    }
}

fn answer(address: std::net::SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = connect(address);
    stream.write_all(bytes).expect("it is taken");
    let mut answer = Vec::new();
    // A reset after the answer is an end, too.
    let _ = stream.read_to_end(&mut answer);
    answer
}

#[test]
fn garbage_after_the_first_byte_ends_it_with_an_alert_at_most() {
    let certificate = TestCertificate::new();
    let server = builder(&certificate, "").open();
    let mut ada = server.enters("ada");
    let long = [&[0x16, 3, 1, 0xff, 0xff][..], &[0; 2000]].concat();
    let garbage: [&[u8]; 4] =
        [b"\x16ada\nhello\n", b"\x16\x03\x01\0\x05hello", &long, b"\x16\x03\x01\0\x04\x01\0\0\0"];
    for (index, bytes) in garbage.iter().enumerate() {
        // Where there is not even a record to answer, there is no answer.
        let answer = answer(server.address(), bytes);
        assert!(answer.is_empty() || alert(&answer).is_some(), "{bytes:?}: {answer:?}");
        server.waits_until("it is counted", |status| {
            status.limit_hits[&LimitHit::Handshake] == index as u64 + 1
        });
    }
    ada.says("hello");
    ada.hears("ada: hello");
    assert_eq!(server.status().connections, 1, "the hub was told of a stranger");
}

#[test]
fn who_breaks_off_in_a_handshake_leaves_nothing_behind() {
    let certificate = TestCertificate::new();
    let server = builder(&certificate, "").open();
    let hello = client_hello();
    for end in [1, 5, 6, hello.len() / 2, hello.len()] {
        let mut stream = connect(server.address());
        stream.write_all(&hello[..end]).expect("it is taken");
        let reset = socket2::SockRef::from(&stream);
        reset.set_linger(Some(Duration::ZERO)).expect("an option");
        drop(stream);
    }
    let _ada = server.enters("ada");
    let mut encrypted = certificate.connects(server.address());
    encrypted.write_all(b"bob\n").expect("it is taken");
    server.waits_until("two are in", |status| status.members == 2);
    assert_eq!(server.status().connections, 2);
}

#[test]
fn half_open_handshakes_do_no_harm_and_end() {
    let certificate = TestCertificate::new();
    let server = builder(&certificate, "")
        .settings(|settings| settings.limits.name_timeout = Some(Duration::from_secs(3)))
        .open();
    let mut ada = server.enters("ada");
    let hello = client_hello();
    let half: Vec<_> = (0..512)
        .map(|index| {
            let mut stream = connect(server.address());
            stream.write_all(&hello[..1 + index % hello.len()]).expect("it is taken");
            stream
        })
        .collect();
    for index in 0..20 {
        ada.says(&format!("line {index}"));
        ada.hears(&format!("ada: line {index}"));
        // Others are let in meanwhile.
        let mut other = certificate.connects(server.address());
        other.write_all(format!("guest{index}\n").as_bytes()).expect("it is taken");
        ada.hears(&format!("* guest{index} joined"));
    }
    server
        .waits_until("they were given up", |status| status.limit_hits[&LimitHit::Handshake] == 512);
    drop(half);
}

#[test]
fn versions_before_1_2_are_refused() {
    let certificate = TestCertificate::new();
    let server = builder(&certificate, "").open();
    for minor in [0, 1, 2] {
        // SSL 3.0, TLS 1.0 and 1.1: one suite that all of them have.
        let body = [&[3, minor][..], &[7; 32], &[0, 0, 2, 0, 0x2f, 1, 0]].concat();
        let message = [&[1, 0, 0, body.len() as u8][..], &body].concat();
        let hello = [&[0x16, 3, minor.min(1), 0, message.len() as u8][..], &message].concat();
        let answer = answer(server.address(), &hello);
        // protocol_version, or handshake_failure where there is not even a suite.
        assert!(matches!(alert(&answer), Some(70 | 40)), "{answer:?}");
    }
    assert_eq!(server.hits(LimitHit::Handshake), 3);
}

#[test]
fn the_oldest_version_can_be_set() {
    let certificate = TestCertificate::new();
    let old: &[_] = &[&rustls::version::TLS12];
    let server = builder(&certificate, "").open();
    assert!(shake_hands(connect(server.address()), certificate.config(old)).is_ok());
    let strict = builder(&certificate, "minimum: Tls13").open();
    assert!(shake_hands(connect(strict.address()), certificate.config(old)).is_err());
    assert!(
        shake_hands(connect(strict.address()), certificate.config(rustls::ALL_VERSIONS)).is_ok()
    );
}

#[test]
fn tls_within_tls_is_refused() {
    let certificate = TestCertificate::new();
    let server = builder(&certificate, "").open();
    let mut stream = certificate.connects(server.address());
    stream.write_all(&client_hello()).expect("it is taken");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    server.waits_until("nobody is left", |status| status.connected == 0);
}

#[test]
fn records_with_nothing_in_them_end_the_connection() {
    let certificate = TestCertificate::new();
    let server = builder(&certificate, "").open();
    let mut ada = server.enters("ada");
    let config = certificate.config(&[&rustls::version::TLS12]);
    let mut flooder = shake_hands(connect(server.address()), config).expect("a handshake");
    // rustls makes no empty records, so these are warnings that nobody asked for: alerts within what was agreed.
    let mut sent = 0;
    while flooder.sock.write_all(&[0x15, 3, 3, 0, 2, 1, 90]).is_ok() {
        sent += 1;
        assert!(sent < 100_000, "nobody is cut off");
    }
    ada.says("hello");
    ada.hears("ada: hello");
    server.waits_until("it is counted", |status| status.limit_hits[&LimitHit::Handshake] == 1);
}

#[test]
fn without_a_certificate_tls_is_told_that_it_is_not_spoken() {
    let server = salotto_tests::TestServer::builder().open();
    assert_eq!(alert(&answer(server.address(), &client_hello())), Some(40));
}

//! Records of TLS, before the handshake is done and inside of it.

use std::io::Write;

use salotto_tests::TestServer;
use salotto_tests::tls::{TestCertificate, TlsStream, client_hello, connect, shake_hands};

use crate::fuzzer::Fuzzer;
use crate::json::{REQUESTS, WORDS};
use crate::target::Target;

const RECORDS: &[&[u8]] = &[
    b"\x16\x03\x01",
    b"\x16\x03\x03\xff\xff",
    b"\x14\x03\x03\x00\x01\x01",
    b"\x15\x03\x03\x00\x02\x01\x00",
    b"\x17\x03\x03\x40\x00",
    b"\x18\x03\x03\x00\x03\x01\x40\x00",
    b"\x01\x00\x00\x00",
    b"\x03\x04",
    b"\x02\x68\x32",
    b"eve\n",
];

/// A server with a certificate, and the page.
fn open(certificate: &TestCertificate) -> Target {
    let plugin = certificate.plugin("");
    Target::open(TestServer::builder().enable("web").server(|server| server.enable(plugin)))
}

#[test]
fn whatever_comes_instead_of_a_handshake_the_server_goes_on() {
    let certificate = TestCertificate::new();
    let hello = client_hello();
    let (one, two) = hello[5..].split_at(40);
    let record =
        |part: &[u8]| [&[0x16, 3, 1], &(part.len() as u16).to_be_bytes()[..], part].concat();
    // One that comes in two records, and what may follow one.
    let parted = [record(one), record(two)].concat();
    let followed = [&hello[..], b"\x14\x03\x03\x00\x01\x01", &record(&[1, 2, 3])].concat();
    Fuzzer { name: "tls", seeds: vec![hello, parted, followed], words: RECORDS }
        .run(|| open(&certificate), |target, bytes| target.takes(bytes));
}

/// Somebody who has shaken hands. Where this machine is so busy that the handshake comes after a moment of silence, a greeting crosses it, and it is tried again.
fn encrypted(target: &Target, certificate: &TestCertificate) -> TlsStream {
    let config = certificate.config(rustls::ALL_VERSIONS);
    let tries = |_| shake_hands(connect(target.address()), config.clone()).ok();
    (0..20).find_map(tries).expect("a handshake")
}

#[test]
fn whatever_comes_encrypted_the_server_goes_on() {
    let certificate = TestCertificate::new();
    let seeds = vec![
        REQUESTS.as_bytes().to_vec(),
        b"eve\nhello\n!quit\n".to_vec(),
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
        // TLS within TLS.
        client_hello(),
    ];
    Fuzzer { name: "encrypted", seeds, words: WORDS }.run(
        || open(&certificate),
        |target, bytes| {
            let mut stream = encrypted(target, &certificate);
            // The server may have heard enough.
            let _ = stream.write_all(bytes);
            target.goes_on();
            stream.conn.send_close_notify();
            let _ = stream.flush();
            target.ends(&mut stream.sock, bytes);
        },
    );
}

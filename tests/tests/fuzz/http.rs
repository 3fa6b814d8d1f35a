//! Requests of browsers, and of those who pose as one.

use salotto_tests::TestServer;

use crate::fuzzer::Fuzzer;
use crate::target::Target;

/// Requests that are answered at once; a bound of the server.
const AT_ONCE: usize = 64;

/// Whether there may be more, which are answered a few in a second.
fn is_paced(bytes: &[u8]) -> bool {
    bytes.windows(5).filter(|window| window == b"HTTP/").count() > AT_ONCE
}

#[test]
fn whatever_browsers_ask_the_server_goes_on() {
    let seeds = [
        "GET / HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n",
        "GET /app.js HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: \"x\"\r\nConnection: keep-alive\r\n\r\nGET /style.css HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "HEAD /nowhere?x=%2e%2e/ HTTP/1.0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nOrigin: http://localhost\r\n\r\n",
    ];
    let words: &[&[u8]] = &[
        b"GET ",
        b" HTTP/1.1\r\n",
        b" HTTP/9.9\r\n",
        b"Host: ",
        b"Content-Length: ",
        b"Transfer-Encoding: chunked\r\n",
        b"Connection: ",
        b"Upgrade: ",
        b"X-Forwarded-For: 1.2.3.4, 5.6.7.8\r\n",
        b"Sec-WebSocket-",
        b"Range: bytes=0-\r\n",
        b"\r\n",
        b"\r\n ",
        b"%00",
        b"/../",
        b"Expect: 100-continue\r\n",
        b"Accept-Encoding: gzip\r\n",
    ];
    let seeds = seeds.iter().map(|seed| seed.as_bytes().to_vec()).collect();
    let target = || Target::open(TestServer::builder().enable("web"));
    Fuzzer { name: "http", seeds, words }.run(target, |target, bytes| match is_paced(bytes) {
        true => target.takes_without_answer(bytes),
        false => target.takes(bytes),
    });
}

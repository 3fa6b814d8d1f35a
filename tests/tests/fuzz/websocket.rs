//! Frames of WebSocket, after the handshake.

use salotto_tests::TestServer;

use crate::fuzzer::Fuzzer;
use crate::json::REQUESTS;
use crate::target::Target;

const HANDSHAKE: &[u8] =
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// A frame of up to 65535 bytes, masked with zeroes so that what is in it can be mutated as it is.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match u8::try_from(payload.len()) {
        Ok(length) if length < 126 => bytes.push(0x80 | length),
        _ => {
            bytes.push(0x80 | 126);
            bytes.extend((payload.len() as u16).to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

#[test]
fn whatever_frames_come_the_server_goes_on() {
    let frames: Vec<u8> = REQUESTS.lines().flat_map(|line| frame(0x81, line.as_bytes())).collect();
    let hello = r#"{"type":"hello","name":"eve"}"#.as_bytes();
    let parts = [
        frame(0x01, &hello[..9]),
        frame(0x89, b"ping"),
        frame(0x00, &hello[9..20]),
        frame(0x80, &hello[20..]),
        frame(0x88, &[3, 232, b'b', b'y', b'e']),
    ]
    .concat();
    let seeds = vec![
        frames,
        parts,
        frame(0x81, hello),
        [frame(0x82, b"\0\xff"), frame(0x8a, b"")].concat(),
    ];
    let words: &[&[u8]] = &[
        b"\x81\xfe",
        b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x81\xff\0\0\0\0\0\x01\0\0",
        b"\x88\x80\0\0\0\0",
        b"\x89\xfe\0\x7e",
        b"\x00\x80\0\0\0\0",
        b"\x01\x80\0\0\0\0",
        b"\xc1\x80\0\0\0\0",
        b"\x81\x05",
        b"\x83\x80\0\0\0\0",
    ];
    let target = || Target::open(TestServer::builder().enable("web"));
    Fuzzer { name: "websocket", seeds, words }
        .run(target, |target, bytes| target.takes_after(HANDSHAKE, bytes));
}

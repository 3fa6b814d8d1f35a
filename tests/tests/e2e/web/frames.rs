//! Frames, as no browser would send them: in parts, in bits, and wrong.

use std::io::{Read, Write};
use std::net::TcpStream;

use salotto_tests::TestServer;

use super::{Http, server};

const HELLO: &str = r#"{"type":"hello","name":"ada"}"#;
const HANDSHAKE: &str = "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

const FINAL: u8 = 0x80;
const TEXT: u8 = 1;

/// A socket after the handshake.
struct Frames(TcpStream);

/// A frame, masked as a client has to.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x37, 0xfa, 0x21, 0x3d];
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..=125 => bytes.push(0x80 | length as u8),
        length @ 126..=0xffff => {
            bytes.push(0x80 | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        length => {
            bytes.push(0x80 | 127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend(mask);
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

impl Frames {
    fn connects(server: &TestServer) -> Self {
        let mut http = Http::connects(server.address());
        http.sends(HANDSHAKE);
        assert_eq!(http.hears_answer_to(false).expect("an answer").status, 101);
        assert_eq!(http.0.buffer(), b"", "nothing is said before the client speaks");
        Self(http.0.into_inner())
    }

    fn enters(mut self) -> Self {
        self.sends(&frame(FINAL | TEXT, HELLO.as_bytes()));
        self.hears("\"entered\"");
        self
    }

    fn sends(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).expect("it is taken");
    }

    /// The next frame: its first byte and what is in it.
    fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut head = [0; 2];
        self.0.read_exact(&mut head).ok()?;
        let length = match head[1] {
            126 => {
                let mut length = [0; 2];
                self.0.read_exact(&mut length).ok()?;
                u16::from_be_bytes(length).into()
            }
            127 => {
                let mut length = [0; 8];
                self.0.read_exact(&mut length).ok()?;
                u64::from_be_bytes(length) as usize
            }
            length => usize::from(length),
        };
        let mut payload = vec![0; length];
        self.0.read_exact(&mut payload).ok()?;
        Some((head[0], payload))
    }

    /// Waits for a text that contains this; others are passed over.
    fn hears(&mut self, part: &str) {
        loop {
            let (first, payload) = self.next().unwrap_or_else(|| panic!("{part} before the end"));
            let text = String::from_utf8(payload).expect("a text");
            assert_eq!(first, FINAL | TEXT, "{text}");
            if text.contains(part) {
                return;
            }
        }
    }

    /// Waits for the closing frame, which is the last one; its code.
    fn hears_close(&mut self) -> Option<u16> {
        loop {
            let (first, payload) = self.next().expect("a closing frame");
            if first == FINAL | 8 {
                assert_eq!(self.next(), None);
                return payload.first_chunk().map(|code| u16::from_be_bytes(*code));
            }
        }
    }
}

#[test]
fn a_message_may_come_in_parts_with_a_ping_between_them() {
    let server = server();
    let mut witness = server.enters("bob");
    let mut ada = Frames::connects(&server);
    let (one, rest) = HELLO.as_bytes().split_at(9);
    ada.sends(&frame(TEXT, one));
    ada.sends(&frame(FINAL | 9, b"still there?"));
    assert_eq!(ada.next(), Some((FINAL | 10, b"still there?".to_vec())));
    ada.sends(&frame(0, b""));
    ada.sends(&frame(FINAL, rest));
    ada.hears("\"entered\"");
    // A letter may be cut in two.
    let say = "{\"type\":\"say\",\"text\":\"città\"}".as_bytes();
    let (one, rest) = say.split_at(say.len() - 3);
    ada.sends(&[frame(TEXT, one), frame(FINAL, rest)].concat());
    witness.hears("ada: città");
}

#[test]
fn frames_that_come_byte_by_byte_are_the_same_frames() {
    let server = server();
    let mut ada = Frames::connects(&server);
    let long = format!("{{\"type\":\"say\",\"text\":\"{}\"}}", "x".repeat(300));
    let frames = [frame(FINAL | TEXT, HELLO.as_bytes()), frame(FINAL | TEXT, long.as_bytes())];
    for byte in frames.concat() {
        ada.sends(&[byte]);
    }
    ada.hears(&"x".repeat(300));
}

#[test]
fn frames_that_come_with_the_handshake_are_not_lost() {
    let server = server();
    let mut bob = server.enters("bob");
    let hello = frame(FINAL | TEXT, HELLO.as_bytes());
    let say = frame(FINAL | TEXT, b"{\"type\":\"say\",\"text\":\"early\"}");
    let mut http = Http::connects(server.address());
    http.sends([HANDSHAKE.as_bytes(), &hello, &say].concat());
    bob.hears("ada: early");
}

#[test]
fn who_breaks_the_rules_is_told_which_and_let_go() {
    let server = TestServer::builder().enable("web").enable("notices").open();
    let mut bob = server.enters("bob");
    let longest = 32 * 1024;
    for (what, bytes, code) in [
        ("without a mask", vec![FINAL | TEXT, 2, b'{', b'}'], 1002),
        ("a reserved bit", frame(FINAL | 0x40 | TEXT, b"{}"), 1002),
        ("a reserved kind", frame(FINAL | 3, b"{}"), 1002),
        ("a part of nothing", frame(FINAL, b"{}"), 1002),
        ("a message within another", [frame(TEXT, b"{"), frame(TEXT, b"{")].concat(), 1002),
        ("a ping in parts", frame(9, b"x"), 1002),
        ("a long ping", frame(FINAL | 9, &[b'x'; 126]), 1002),
        ("half a closing code", frame(FINAL | 8, b"\x03"), 1002),
        ("a closing code that is none", frame(FINAL | 8, &1005_u16.to_be_bytes()), 1002),
        ("bytes", frame(FINAL | 2, b"{}"), 1003),
        ("no UTF-8", frame(FINAL | TEXT, b"\xff\xfe"), 1007),
        ("no UTF-8 at the end", frame(FINAL | 8, b"\x03\xe8\xff"), 1007),
        ("too long", vec![FINAL | TEXT, 0x80 | 127, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4], 1009),
        (
            "endless",
            vec![FINAL | TEXT, 0xff, 255, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4],
            1009,
        ),
        (
            "too long in parts",
            [frame(TEXT, &vec![b' '; longest]), frame(FINAL, b" ")].concat(),
            1009,
        ),
    ] {
        let mut ada = Frames::connects(&server).enters();
        ada.sends(&bytes);
        assert_eq!(ada.hears_close(), Some(code), "{what}");
        bob.hears("* ada left (quit)");
    }
}

#[test]
fn who_closes_is_answered_with_the_same_code() {
    let server = server();
    for (payload, code) in [
        (&b""[..], None),
        (b"\x03\xe8", Some(1000)),
        (b"\x03\xe9bye", Some(1001)),
        (b"\x0f\xa0mine", Some(4000)),
    ] {
        let mut ada = Frames::connects(&server).enters();
        ada.sends(&frame(FINAL | 8, payload));
        assert_eq!(ada.hears_close(), code);
    }
}

#[test]
fn what_is_no_request_is_answered_and_the_connection_lives_on() {
    let server = server();
    let mut ada = Frames::connects(&server).enters();
    ada.sends(&frame(FINAL | TEXT, b"dance"));
    ada.hears("\"bad_request\"");
    ada.sends(&frame(FINAL | TEXT, b""));
    ada.sends(&frame(FINAL | 10, b"nobody asked"));
    ada.sends(&frame(FINAL | TEXT, b"{\"type\":\"say\",\"text\":\"still here\"}"));
    ada.hears("still here");
}

#[test]
fn a_message_of_any_length_is_one_frame() {
    let server = TestServer::builder()
        .enable("web")
        .settings(|settings| {
            settings.limits.line_bytes = Some(400_000);
            settings.limits.unended_bytes = Some(500_000);
            settings.limits.message_characters = Some(30_000);
        })
        .open();
    let mut ada = Frames::connects(&server).enters();
    for length in [1, 2, 60, 125, 126, 300, 20_000, 30_000] {
        let text = "€".repeat(length);
        let say = format!("{{\"type\":\"say\",\"text\":\"{text}\"}}");
        ada.sends(&frame(FINAL | TEXT, say.as_bytes()));
        ada.hears(&format!("\"{text}\""));
    }
}

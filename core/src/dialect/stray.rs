//! Other protocols that stray onto the port: browsers, scanners, mail servers, monitors. They are answered in their own way, briefly, and nothing
//! of what they send becomes a name or is said. Only the beginning of a connection is looked at; what is taken for another protocol is such that no
//! person is called so, or says it by way of greeting.

use super::{Dialect, EncodingId, RoomRole};
use crate::protocol::entry::Entry;
use crate::protocol::event::Event;

/// What a stray is told.
const CHAT: &str = "this is a chat server; connect with a chat client, nc or telnet";
/// Bytes at the beginning of a connection that show whether it is text.
const SHOWN_BY: usize = 8;
/// Bytes of the first line that are looked at before it is whole.
const LOOKED_AT: usize = 8 * 1024;
/// Methods that HTTP, RTSP and SIP use, for requests that do not say which version they are of.
const METHODS: [&str; 9] =
    ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

/// A protocol that this port does not speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stray {
    Http,
    Rtsp,
    Sip,
    Mail,
    Ssh,
    Redis,
    Tls,
    /// The header of a proxy that the settings do not name.
    Proxy,
    /// Something that is no text.
    Binary,
}

impl Stray {
    /// Looks at the first bytes of a connection.
    pub(crate) fn of_first_bytes(bytes: &[u8]) -> Option<Self> {
        let families: [&[u8]; 3] = [b"PROXY TCP4 ", b"PROXY TCP6 ", b"PROXY UNKNOWN"];
        if bytes.starts_with(b"\r\n\r\n\0") || families.iter().any(|sign| bytes.starts_with(sign)) {
            return Some(Self::Proxy);
        }
        match bytes {
            [0x16, 3, ..] => Some(Self::Tls),
            bytes if is_binary(bytes) => Some(Self::Binary),
            bytes => {
                // Here already, because a line that is too long or not UTF-8 is not looked at as one.
                let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
                let line = &line[..line.len().min(LOOKED_AT)];
                Self::of_first_line(&String::from_utf8_lossy(line))
            }
        }
    }

    /// Looks at the first line of a connection.
    pub(crate) fn of_first_line(line: &str) -> Option<Self> {
        let line = line.trim_end();
        let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let last = rest.split_whitespace().next_back().unwrap_or(first).to_ascii_uppercase();
        let has_version = |name| {
            let version = last.strip_prefix(name).and_then(|rest| rest.strip_prefix('/'));
            version.is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()))
        };
        let is_method = METHODS.iter().any(|method| first.eq_ignore_ascii_case(method));
        let is_old_request = is_method && rest.starts_with('/');
        if has_version("RTSP") {
            return Some(Self::Rtsp);
        }
        if has_version("SIP") {
            return Some(Self::Sip);
        }
        if has_version("HTTP") || is_old_request {
            return Some(Self::Http);
        }
        let is_mail =
            |word: &str| first == word || !rest.is_empty() && first.eq_ignore_ascii_case(word);
        if ["EHLO", "HELO", "LHLO"].into_iter().any(is_mail) {
            return Some(Self::Mail);
        }
        let is_number =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match line {
            line if line.starts_with("SSH-") => Some(Self::Ssh),
            line if line.strip_prefix('*').is_some_and(is_number) => Some(Self::Redis),
            "JDWP-Handshake" => Some(Self::Binary),
            _ => None,
        }
    }

    /// What it is called in the reason for which the connection ends.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::Rtsp => "RTSP",
            Self::Sip => "SIP",
            Self::Mail => "SMTP",
            Self::Ssh => "SSH",
            Self::Redis => "Redis",
            Self::Tls => "TLS",
            Self::Proxy => "the PROXY protocol from an address that `server.proxies` does not name",
            Self::Binary => "something that is no text",
        }
    }

    /// What it is answered with, before the connection ends.
    pub(crate) fn answer(self) -> Vec<u8> {
        let refusal = |protocol: &str| {
            let length = CHAT.len() + 1;
            format!(
                "{protocol} 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{CHAT}\n"
            )
        };
        let text = match self {
            Self::Http => refusal("HTTP/1.1"),
            Self::Rtsp => refusal("RTSP/1.0"),
            Self::Sip => refusal("SIP/2.0"),
            Self::Mail => format!("554 {CHAT}\r\n"),
            Self::Redis => format!("-ERR {CHAT}\r\n"),
            // A fatal alert: the handshake failed.
            Self::Tls => return vec![0x15, 3, 1, 0, 2, 2, 40],
            Self::Proxy => {
                "! the PROXY protocol is taken from the addresses in `server.proxies` only, and yours is none of them\n".into()
            }
            Self::Ssh | Self::Binary => format!("! {CHAT}\n"),
        };
        text.into_bytes()
    }
}

/// Whether the first bytes are those of a binary protocol, which begin with lengths and small numbers. Telnet's commands and terminal
/// sequences are what people send, and a NUL at the end is what programs in C do.
fn is_binary(bytes: &[u8]) -> bool {
    let ends_here = |rest: &[u8]| rest.iter().all(|byte| matches!(byte, b'\0' | b'\r' | b'\n'));
    let is_telnet = bytes.first() == Some(&0xff);
    let shown = bytes.iter().take(SHOWN_BY).enumerate();
    !is_telnet
        && shown.skip_while(|(_, byte)| matches!(byte, b'\r' | b'\n')).any(|(at, &byte)| match byte
        {
            0 if at > 0 => !(bytes[at - 1] == b'\r' || ends_here(&bytes[at..])),
            0..=6 | 0x0e..=0x1a | 0x1c..=0x1f => true,
            _ => false,
        })
}

/// Tells a stray nothing but its answer.
#[derive(Debug)]
pub(super) struct Silent;

impl Dialect for Silent {
    fn encoding(&self) -> EncodingId {
        EncodingId::NONE
    }

    fn encode_entry(&self, _: &Entry, _: RoomRole, _: &mut Vec<u8>) {}

    fn encode_event(&self, _: &Event, _: &mut Vec<u8>) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_line_is_known_whatever_its_method_and_target() {
        for (line, stray) in [
            ("GET / HTTP/1.1", Stray::Http),
            ("get / http/1.0", Stray::Http),
            ("BREW coffee://pot http/1.1\r", Stray::Http),
            ("POST http://example.org/a b?c HTTP/1.1", Stray::Http),
            ("PRI * HTTP/2.0", Stray::Http),
            ("GET /", Stray::Http),
            ("HTTP/1.1 200 HTTP/1.1", Stray::Http),
            ("OPTIONS / RTSP/1.0", Stray::Rtsp),
            ("OPTIONS sip:nm SIP/2.0", Stray::Sip),
            ("EHLO mail.example.org", Stray::Mail),
            ("helo there", Stray::Mail),
            ("EHLO", Stray::Mail),
            ("SSH-2.0-OpenSSH_9.9", Stray::Ssh),
            ("*1", Stray::Redis),
        ] {
            assert_eq!(Stray::of_first_line(line), Some(stray), "{line:?}");
        }
    }

    #[test]
    fn what_people_are_called_and_say_is_theirs() {
        for line in [
            "ada",
            "Helo",
            "Get",
            "GET",
            "Post",
            "ssh",
            "Sip",
            "http",
            "HTTP/",
            "options",
            "proxy",
            "PROXY",
            "*",
            "*ada*",
            "* 1",
            "tls",
            "héllo wörld",
            "李雷",
            "מרים",
            "!login ada secret",
            "/nick ada",
            "{\"type\":\"hello\",\"name\":\"ada\"}",
            "GET up",
            "hello HTTP",
            "",
        ] {
            assert_eq!(Stray::of_first_line(line), None, "{line:?}");
            let bytes = format!("{line}\r\n").into_bytes();
            assert_eq!(Stray::of_first_bytes(&bytes), None, "{line:?}");
        }
        for bytes in [
            &b"\r\n\r\n"[..],
            b"\r\0\r\0ada",
            b"ada\0",
            b"ada\0\n",
            b"\xff\xfd\x01\xff\xfa\x18\0VT\xff\xf0",
            b"\x1b[Aada\n",
            b"caf\xe9\n",
            b"\tada\n",
            b"a\x08ada\x7f\n",
            b"",
        ] {
            assert_eq!(Stray::of_first_bytes(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn what_is_no_text_is_known_by_its_first_bytes() {
        for (bytes, stray) in [
            (&b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"[..], Stray::Tls),
            (b"\0\0\0\x85\xffSMB", Stray::Binary),
            (b"\x03\0\0\x13\x0e\xe0", Stray::Binary),
            (b"\x05\x01\0", Stray::Binary),
            (b"\x10\x0f\0\x04MQTT", Stray::Binary),
            (b"\x13BitTorrent protocol\0\0\0\0", Stray::Binary),
            (b"AMQP\0\0\x09\x01", Stray::Binary),
            (b"0\x0c\x02\x01\x01", Stray::Binary),
            (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", Stray::Proxy),
            (b"PROXY TCP4 192.0.2.7 10.0.0.1 4711 53000\r\n", Stray::Proxy),
        ] {
            assert_eq!(Stray::of_first_bytes(bytes), Some(stray), "{bytes:?}");
        }
    }
}

//! The header that a proxy puts before what a client sends, to say from where the client connects: the PROXY protocol of HAProxy, its
//! version 1 (a line) and its version 2 (binary).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Longest header, in bytes. Version 2 carries extensions, such as the name of a certificate; proxies stay far below this.
pub(crate) const LONGEST: usize = 4096;
/// Longest header of version 1, in bytes, by its specification.
const LONGEST_LINE: usize = 107;

const LINE: &[u8] = b"PROXY ";
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// Bytes of version 2 before its addresses: the signature, version and command, family, and how many bytes follow.
const FIXED: usize = SIGNATURE.len() + 4;

/// What the first bytes of a connection say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Header {
    /// It is all there.
    Whole {
        /// From where the client connects; `None` where the proxy speaks for itself (a health check) or does not know.
        client: Option<SocketAddr>,
        /// Whether the client speaks to the proxy over TLS, where the proxy says so (version 2).
        is_encrypted: bool,
        /// Its bytes, after which come those of the client.
        length: usize,
    },
    /// More has to come.
    Partial,
}

/// Why bytes are no header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HeaderError {
    #[error("it does not begin with a PROXY header")]
    Missing,
    #[error("its PROXY header is longer than {0} bytes")]
    TooLong(usize),
    #[error("its PROXY header cannot be read: {0}")]
    Unreadable(&'static str),
}

impl Header {
    /// Reads the header that these bytes begin with.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, HeaderError> {
        if begins_like(bytes, LINE) {
            parse_line(bytes)
        } else if begins_like(bytes, SIGNATURE) {
            parse_binary(bytes)
        } else {
            Err(HeaderError::Missing)
        }
    }
}

/// Whether one is the beginning of the other.
fn begins_like(bytes: &[u8], sign: &[u8]) -> bool {
    let common = bytes.len().min(sign.len());
    bytes[..common] == sign[..common]
}

fn parse_line(bytes: &[u8]) -> Result<Header, HeaderError> {
    let within = &bytes[..bytes.len().min(LONGEST_LINE)];
    let Some(end) = within.windows(2).position(|pair| pair == b"\r\n") else {
        return match bytes.len() < LONGEST_LINE {
            true => Ok(Header::Partial),
            false => Err(HeaderError::TooLong(LONGEST_LINE)),
        };
    };
    let length = end + 2;
    let unreadable =
        HeaderError::Unreadable("expected such as `PROXY TCP4 192.0.2.7 10.0.0.1 4711 53000`");
    let line = std::str::from_utf8(&bytes[..end]).map_err(|_| unreadable.clone())?;
    let mut words = line.split(' ').skip(1);
    let family = words.next();
    if family == Some("UNKNOWN") {
        return Ok(Header::Whole { client: None, is_encrypted: false, length });
    }
    let words: Vec<&str> = words.collect();
    let [from, to, from_port, to_port] = words[..] else { return Err(unreadable) };
    let address = |text: &str| match family {
        Some("TCP4") => text.parse().ok().map(IpAddr::V4),
        Some("TCP6") => text.parse().ok().map(IpAddr::V6),
        _ => None,
    };
    let port = |text: &str| text.parse::<u16>().ok();
    let ends = (address(from), address(to), port(from_port), port(to_port));
    let (Some(from), Some(_), Some(port), Some(_)) = ends else { return Err(unreadable) };
    Ok(Header::Whole { client: Some(SocketAddr::new(from, port)), is_encrypted: false, length })
}

fn parse_binary(bytes: &[u8]) -> Result<Header, HeaderError> {
    let Some((fixed, rest)) = bytes.split_at_checked(FIXED) else { return Ok(Header::Partial) };
    let [version_and_command, family, high, low] = fixed[SIGNATURE.len()..] else {
        return Ok(Header::Partial);
    };
    let following = usize::from(u16::from_be_bytes([high, low]));
    let length = FIXED + following;
    if length > LONGEST {
        return Err(HeaderError::TooLong(LONGEST));
    }
    let is_local = match version_and_command {
        0x20 => true,
        0x21 => false,
        _ => {
            return Err(HeaderError::Unreadable(
                "expected version 2 with the command LOCAL or PROXY",
            ));
        }
    };
    let Some(addresses) = rest.get(..following) else { return Ok(Header::Partial) };
    let client = match family >> 4 {
        _ if is_local => None,
        1 => Some(client::<4>(addresses).map(|(ip, port)| (Ipv4Addr::from(ip).into(), port))),
        2 => Some(client::<16>(addresses).map(|(ip, port)| (Ipv6Addr::from(ip).into(), port))),
        // A socket in the file system, or a kind that nobody knows.
        _ => None,
    };
    let client = match client {
        Some(None) => return Err(HeaderError::Unreadable("its addresses are cut off")),
        client => client.flatten().map(|(ip, port)| SocketAddr::new(ip, port)),
    };
    let addresses_length = match family >> 4 {
        1 => 2 * (4 + 2),
        2 => 2 * (16 + 2),
        _ => following,
    };
    let extensions = addresses.get(addresses_length..).unwrap_or_default();
    let is_encrypted = client.is_some() && says_encrypted(extensions);
    Ok(Header::Whole { client, is_encrypted, length })
}

/// Whether one of the extensions of a header of version 2 says that the client came over TLS.
fn says_encrypted(mut extensions: &[u8]) -> bool {
    const OVER_TLS: u8 = 0x20;
    const BY_CLIENT: u8 = 1;
    while let [kind, high, low, rest @ ..] = extensions {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let Some((value, rest)) = rest.split_at_checked(length) else { return false };
        if *kind == OVER_TLS && value.first().is_some_and(|flags| flags & BY_CLIENT != 0) {
            return true;
        }
        extensions = rest;
    }
    false
}

/// The client's end, of addresses that have so many bytes: both addresses come first, then both ports.
fn client<const BYTES: usize>(ends: &[u8]) -> Option<([u8; BYTES], u16)> {
    let address = *ends.first_chunk()?;
    let ports: &[u8; 4] = ends.get(2 * BYTES..)?.first_chunk()?;
    Some((address, u16::from_be_bytes([ports[0], ports[1]])))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn binary(version_and_command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [SIGNATURE, &[version_and_command, family], &length, rest].concat()
    }

    /// Headers, and from where they say that the client connects.
    fn headers() -> Vec<(Vec<u8>, Option<&'static str>)> {
        let mut v6 = [0; 36];
        (v6[0], v6[1], v6[15]) = (0x20, 0x01, 7);
        (v6[32], v6[33]) = (0x12, 0x67);
        let v4 = [192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x67, 0xcf, 0x08];
        let with_extension = [&v4[..], &[0x04, 0, 3, 1, 2, 3]].concat();
        vec![
            (b"PROXY TCP4 192.0.2.7 10.0.0.1 4711 53000\r\n".into(), Some("192.0.2.7:4711")),
            (b"PROXY TCP6 2001:db8::7 ::1 4711 53000\r\n".into(), Some("[2001:db8::7]:4711")),
            (b"PROXY UNKNOWN\r\n".into(), None),
            (b"PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n".into(), None),
            (binary(0x21, 0x11, &v4), Some("192.0.2.7:4711")),
            (binary(0x21, 0x11, &with_extension), Some("192.0.2.7:4711")),
            (binary(0x21, 0x21, &v6), Some("[2001::7]:4711")),
            (binary(0x20, 0x00, &[]), None),
            (binary(0x20, 0x11, &v4), None),
            (binary(0x21, 0x00, &[]), None),
            (binary(0x21, 0x31, &[0; 216]), None),
        ]
    }

    #[test]
    fn a_header_says_from_where_the_client_connects_once_it_is_whole() {
        for (header, client) in headers() {
            let client = client.map(|client| client.parse().unwrap());
            let followed = [&header[..], b"ada\n"].concat();
            let whole = Header::Whole { client, is_encrypted: false, length: header.len() };
            assert_eq!(Header::parse(&followed), Ok(whole), "{header:?}");
            for end in 0..header.len() {
                assert_eq!(
                    Header::parse(&header[..end]),
                    Ok(Header::Partial),
                    "{header:?} to {end}"
                );
            }
        }
    }

    #[test]
    fn a_header_says_whether_the_client_came_over_tls() {
        let v4 = [192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x67, 0xcf, 0x08];
        let says = |command, extensions: &[u8]| {
            let header = binary(command, 0x11, &[&v4[..], extensions].concat());
            matches!(Header::parse(&header), Ok(Header::Whole { is_encrypted: true, .. }))
        };
        let over_tls = [0x20, 0, 5, 1, 0, 0, 0, 0];
        assert!(says(0x21, &over_tls));
        assert!(says(0x21, &[&[0x04, 0, 3, 1, 2, 3][..], &over_tls].concat()));
        // The client was not; the proxy speaks for itself; the extension is cut off.
        assert!(!says(0x21, &[0x20, 0, 5, 0, 0, 0, 0, 0]));
        assert!(!says(0x20, &over_tls));
        assert!(!says(0x21, &over_tls[..6]));
        assert!(!says(0x21, &[]));
    }

    #[test]
    fn what_is_no_header_says_why() {
        let unreadable =
            |bytes: &[u8]| matches!(Header::parse(bytes), Err(HeaderError::Unreadable(_)));
        assert!(unreadable(b"PROXY TCP4 192.0.2.7 10.0.0.1 4711\r\n"));
        assert!(unreadable(b"PROXY TCP4 192.0.2.7 10.0.0.1 4711 53000 1\r\n"));
        assert!(unreadable(b"PROXY TCP4 2001:db8::7 ::1 4711 53000\r\n"));
        assert!(unreadable(b"PROXY TCP4 192.0.2.7 10.0.0.1 70000 53000\r\n"));
        assert!(unreadable(b"PROXY TCP9 192.0.2.7 10.0.0.1 4711 53000\r\n"));
        assert!(unreadable(b"PROXY \xff\r\n"));
        assert!(unreadable(&binary(0x22, 0x11, &[0; 12])));
        assert!(unreadable(&binary(0x11, 0x11, &[0; 12])));
        assert!(unreadable(&binary(0x21, 0x11, &[0; 11])));
        assert!(unreadable(&binary(0x21, 0x21, &[0; 12])));
        let long = [&b"PROXY TCP4 "[..], &[b'1'; 200], b"\r\n"].concat();
        assert_eq!(Header::parse(&long), Err(HeaderError::TooLong(LONGEST_LINE)));
        assert_eq!(
            Header::parse(&binary(0x21, 0x11, &[0; LONGEST])),
            Err(HeaderError::TooLong(LONGEST))
        );
        for bytes in [&b"ada\n"[..], b"PROXIMA\n", b"\r\n\r\nada\n", b"{\"type\":\"hello\"}\n"] {
            assert_eq!(Header::parse(bytes), Err(HeaderError::Missing), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn garbage_is_refused_or_waited_for_in_bounds(
            sign in prop_oneof![Just(&b""[..]), Just(LINE), Just(SIGNATURE), Just(&b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"[..])],
            garbage in proptest::collection::vec(any::<u8>(), 0..5000),
        ) {
            let bytes = [sign, &garbage].concat();
            match Header::parse(&bytes) {
                Ok(Header::Whole { length, .. }) => prop_assert!(length <= bytes.len() && length <= LONGEST),
                Ok(Header::Partial) => prop_assert!(bytes.len() < LONGEST),
                Err(_) => {}
            }
        }
    }
}

//! The protocol `http`: which first bytes are a request.

use std::sync::Arc;

use salotto::dialect::{Opening, Protocol, Recognition};
use salotto::{Limits, Peer};

use super::Site;
use super::visitor::PageVisitor;

/// Methods with which a request begins. One that is none of these is known by the version at the end of its line.
const METHODS: [&str; 9] =
    ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

/// See the module.
#[derive(Debug)]
pub(super) struct Http {
    site: Arc<Site>,
}

impl Http {
    pub(super) fn new(site: Arc<Site>) -> Self {
        Self { site }
    }
}

impl Protocol for Http {
    fn name(&self) -> &str {
        "http"
    }

    fn recognise(&self, first: &[u8]) -> Recognition {
        recognise(first)
    }

    fn open(&self, peer: Peer, is_encrypted: bool, limits: &Limits) -> Opening {
        Opening::Visit(Box::new(PageVisitor::new(self.site.clone(), (peer, is_encrypted), limits)))
    }

    fn takes_visits(&self) -> bool {
        true
    }
}

/// A method and a path are a request before the line is whole: nobody is called `GET /`. Whatever else a line begins with, it is one when it ends
/// with a version of HTTP.
fn recognise(first: &[u8]) -> Recognition {
    let line = first.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let is_whole = line.len() < first.len();
    let begins = |method: &str| {
        let sign = format!("{method} /").into_bytes();
        let length = line.len().min(sign.len());
        (length == sign.len() || !is_whole) && line[..length].eq_ignore_ascii_case(&sign[..length])
    };
    let method = METHODS.iter().find(|method| begins(method));
    match method {
        Some(method) if line.len() > method.len() + 1 => Recognition::Yes,
        _ if is_whole && ends_with_version(line) => Recognition::Yes,
        Some(_) => Recognition::NeedMore,
        None if !is_whole && may_be_request(line) => Recognition::NeedMore,
        None => Recognition::No,
    }
}

/// Whether a line of at least two words ends as a request does.
fn ends_with_version(line: &[u8]) -> bool {
    let words: Vec<_> = line.trim_ascii_end().split(|&byte| byte == b' ').collect();
    let version = words.last().and_then(|last| last.split_at_checked(5));
    words.len() > 2
        && version.is_some_and(|(name, version)| {
            name.eq_ignore_ascii_case(b"HTTP/") && version.first().is_some_and(u8::is_ascii_digit)
        })
}

/// Whether what came of a line may still become a request: two words, or a method that is well known and a space.
fn may_be_request(line: &[u8]) -> bool {
    let mut words = line.split(|&byte| byte == b' ');
    let method = words.next().unwrap_or_default();
    let is_method = METHODS.iter().any(|known| method.eq_ignore_ascii_case(known.as_bytes()));
    is_method && words.next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_known_as_soon_as_it_can_be() {
        for (first, recognised) in [
            ("GET / HTTP/1.1\r\n", Recognition::Yes),
            ("GET /", Recognition::Yes),
            ("get /ws", Recognition::Yes),
            ("POST /x", Recognition::Yes),
            ("OPTIONS * HTTP/1.1\r\n", Recognition::Yes),
            ("BREW pot HTTP/1.1\r\n", Recognition::Yes),
            ("GET http://localhost/ HTTP/1.1\r\n", Recognition::Yes),
            ("PRI * HTTP/2.0\r\n\r\nSM", Recognition::Yes),
            ("G", Recognition::NeedMore),
            ("GET", Recognition::NeedMore),
            ("GET ", Recognition::NeedMore),
            ("GET http://lo", Recognition::NeedMore),
            ("OPTIONS * HT", Recognition::NeedMore),
            ("GET\n", Recognition::No),
            ("Get up\n", Recognition::No),
            ("Greta", Recognition::No),
            ("ada\n", Recognition::No),
            ("I like HTTP/1.1 best\n", Recognition::No),
            ("HTTP/1.1\n", Recognition::No),
            ("{\"type\":\"hello\"}\n", Recognition::No),
            ("\x16\x03\x01", Recognition::No),
        ] {
            assert_eq!(recognise(first.as_bytes()), recognised, "{first:?}");
        }
    }
}

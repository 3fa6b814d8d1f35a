//! How a connection is known to be one of IRC, and what it is spoken to with.

use std::sync::Arc;

use salotto::dialect::{Opening, Protocol, Recognition};
use salotto::{Limits, Peer};

use super::IrcSettings;
use super::connection::Connection;
use super::decoder::LineDecoder;
use super::dialect::IrcDialect;
use super::setup::Setup;

/// What a client says first, followed by a space.
const FIRST_WORDS: [&str; 5] = ["CAP", "NICK", "USER", "PASS", "WEBIRC"];

/// See the module.
#[derive(Debug)]
pub(super) struct Irc {
    settings: Arc<IrcSettings>,
    setup: Arc<Setup>,
}

impl Irc {
    pub(super) fn new(settings: Arc<IrcSettings>, setup: Arc<Setup>) -> Self {
        Self { settings, setup }
    }
}

impl Protocol for Irc {
    fn name(&self) -> &str {
        "irc"
    }

    /// Who is called Nick and types just that is a person; so is whoever begins with a word like it, and asks something.
    fn recognise(&self, first: &[u8]) -> Recognition {
        let first = first.trim_ascii_start();
        let mut is_open = false;
        for word in FIRST_WORDS {
            let known = first.len().min(word.len());
            if !first[..known].eq_ignore_ascii_case(&word.as_bytes()[..known]) {
                continue;
            }
            match first.get(word.len()) {
                Some(b' ') => return Recognition::Yes,
                Some(_) => {}
                None => is_open = true,
            }
        }
        match is_open {
            true => Recognition::NeedMore,
            false => Recognition::No,
        }
    }

    fn open(&self, _: Peer, is_encrypted: bool, limits: &Limits) -> Opening {
        let connection =
            Arc::new(Connection::new(self.settings.clone(), self.setup.clone(), is_encrypted));
        Opening::Dialect {
            decoder: Box::new(LineDecoder::new(connection.clone(), limits)),
            dialect: Arc::new(IrcDialect::new(connection)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recognised(first: &str) -> Recognition {
        Irc::new(Arc::default(), Arc::default()).recognise(first.as_bytes())
    }

    #[test]
    fn clients_are_known_by_their_first_word() {
        for first in
            ["CAP LS 302\r\n", "NICK ada", "user ada 0 * :Ada", "PASS secret", "\r\nCAP LS"]
        {
            assert_eq!(recognised(first), Recognition::Yes, "{first:?}");
        }
    }

    #[test]
    fn whoever_is_called_so_is_a_person() {
        for first in [
            "nick\n",
            "captain\n",
            "user\r\n",
            "nickname",
            "ada\n",
            "!help\n",
            "{\"type\":\"hello\"}",
        ] {
            assert_eq!(recognised(first), Recognition::No, "{first:?}");
        }
        for first in ["n", "CA", "nick"] {
            assert_eq!(recognised(first), Recognition::NeedMore, "{first:?}");
        }
    }
}

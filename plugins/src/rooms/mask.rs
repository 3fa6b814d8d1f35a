//! Whom an entry of a list means: a name with all that look like it, names by a pattern, an address, a network, or one of the first from one of the others.

use std::fmt;
use std::str::FromStr;

use salotto::{MemberInfo, Name, Network};
use serde::{Deserialize, Serialize};

use crate::common::arguments::{looks_like_address, network};
use crate::common::mask;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Mask {
    /// A name, or a pattern of names: `*` for any.
    name: String,
    /// Every form of a name; none of a pattern.
    keys: Vec<String>,
    /// Where they connect from; `None` for anywhere.
    network: Option<Network>,
}

/// A text that means nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum MaskError {
    #[error("`{0}` is too long; {most} bytes are enough for any name", most = mask::LONGEST)]
    TooLong(String),
    #[error(
        "`{0}` has something between the words; give a name, a pattern such as `b*`, or an address"
    )]
    Spaced(String),
    #[error("`{0}` is no address; write one such as 192.0.2.7 or 10.0.0.0/16")]
    NoAddress(String),
}

impl Mask {
    /// Whether it means somebody, whose name has these forms.
    pub(super) fn fits(&self, info: &MemberInfo, keys: &[String]) -> bool {
        let is_from = |network: &Network| {
            info.peer.address().is_some_and(|address| network.contains(address))
        };
        self.network.as_ref().is_none_or(is_from)
            && info.name.as_ref().is_some_and(|name| self.fits_name(name, keys))
    }

    /// The one name that it means, if it is one.
    pub(super) fn name(&self) -> Option<Name> {
        self.name.parse::<Name>().ok().filter(|_| !self.keys.is_empty())
    }

    /// From where.
    pub(super) fn network(&self) -> Option<&Network> {
        self.network.as_ref()
    }

    /// Whether it means the same people as another.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let is_same_name = match self.keys.is_empty() && other.keys.is_empty() {
            true => self.name.to_lowercase() == other.name.to_lowercase(),
            false => self.keys.iter().any(|key| other.keys.contains(key)),
        };
        is_same_name && self.network == other.network
    }

    fn fits_name(&self, name: &Name, keys: &[String]) -> bool {
        match self.keys.is_empty() {
            true => self.name == "*" || mask::fits(&self.name, name.as_str()),
            false => self.keys.iter().any(|key| keys.contains(key)),
        }
    }
}

impl FromStr for Mask {
    type Err = MaskError;

    /// Reads `bob`, `b*`, `10.0.0.0/16`, `b*@10.0.0.7`, and what clients of IRC write: `bob!*@*`, `*!*@10.0.0.7`.
    fn from_str(text: &str) -> Result<Self, MaskError> {
        if text.len() > mask::LONGEST {
            return Err(MaskError::TooLong(text.chars().take(32).collect()));
        }
        if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '"') {
            return Err(MaskError::Spaced(text.to_owned()));
        }
        let (names, from) = match text.rsplit_once('@') {
            Some((names, from)) => (names, from),
            None if looks_like_address(text) => ("*", text),
            None => (text, "*"),
        };
        // Of IRC's user names each is the nick.
        let (nick, user) = names.split_once('!').unwrap_or((names, "*"));
        let is_any = |text: &str| text.is_empty() || text.chars().all(|c| c == '*');
        let name = match (is_any(nick), is_any(user)) {
            (false, _) => nick,
            (true, false) => user.trim_start_matches('~'),
            (true, true) => "*",
        };
        let network = match is_any(from) {
            true => None,
            false => Some(network(from).map_err(|_| MaskError::NoAddress(from.to_owned()))?),
        };
        let one = name.parse::<Name>().ok().filter(|_| !mask::is_mask(name));
        let keys = one.map(|name| name.keys()).unwrap_or_default();
        Ok(Self { name: name.to_owned(), keys, network })
    }
}

impl TryFrom<String> for Mask {
    type Error = MaskError;

    fn try_from(text: String) -> Result<Self, MaskError> {
        text.parse()
    }
}

impl From<Mask> for String {
    fn from(mask: Mask) -> Self {
        mask.to_string()
    }
}

impl fmt::Display for Mask {
    /// As it is read.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.network {
            None => formatter.write_str(&self.name),
            Some(network) if self.name == "*" => network.fmt(formatter),
            Some(network) => write!(formatter, "{}@{network}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use salotto::NameBounds;

    use super::*;

    #[test]
    fn what_is_written_for_people_is_read_and_written_back() {
        for (text, written) in [
            ("bob", "bob"),
            ("bob!*@*", "bob"),
            ("B*!*@*", "B*"),
            ("*!bob@*", "bob"),
            ("*!~bob@*", "bob"),
            ("10.0.0.7", "10.0.0.7"),
            ("10.0.0.0/16", "10.0.0.0/16"),
            ("*!*@10.0.0.7", "10.0.0.7"),
            ("2001:db8::1", "2001:db8::1"),
            ("b*@10.0.0.7", "b*@10.0.0.7"),
            ("b*!*@10.0.0.7", "b*@10.0.0.7"),
            ("*!*@*", "*"),
            ("*", "*"),
        ] {
            let mask: Mask = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(mask.to_string(), written, "{text}");
            assert_eq!(written.parse(), Ok(mask), "{text}");
        }
    }

    #[test]
    fn what_can_be_meant_for_nobody_is_a_mistake() {
        for text in ["10.0.0.300", "bob@example.org", "a b", "a\"b", &"x".repeat(101)] {
            assert!(text.parse::<Mask>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_means_all_that_look_like_it_and_a_pattern_what_it_fits() {
        let fits = |mask: &str, name: &str| {
            let name = Name::new(name, NameBounds::NONE).unwrap();
            mask.parse::<Mask>().unwrap().fits_name(&name, &name.keys())
        };
        for (mask, name) in [("bob", "BOB"), ("b*", "Bob"), ("?ob", "bob"), ("*", "bob")] {
            assert!(fits(mask, name), "{mask} {name}");
        }
        for (mask, name) in [("bob", "bobby"), ("b*", "eve"), ("?ob", "oob2")] {
            assert!(!fits(mask, name), "{mask} {name}");
        }
    }
}

//! What stands before a line: when it was, by which id it is known, and what its sender wrote there for other clients.

use std::collections::BTreeMap;

use super::capability::{Capability, Chosen};
use super::line;

/// What begins the name of a tag that is for clients alone.
pub(super) const CLIENT: char = '+';
/// The tag of a message that says to which account its sender was logged in.
pub(super) const ACCOUNT: &str = "account";
/// That of a message which a program has said.
pub(super) const BOT: &str = "bot";
/// Most bytes of tags that a client may send, with the `@` and the space.
pub(super) const MOST: usize = 4096;

/// How much of it a client reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Lines as they always were.
    Bare,
    /// With the time alone: what other clients wrote is only for those who have asked for it.
    Timed,
    /// With all.
    Tagged,
}

impl Form {
    pub(super) fn of(capabilities: &Chosen) -> Self {
        if capabilities.has(Capability::MessageTags) {
            Self::Tagged
        } else if capabilities.has(Capability::ServerTime) {
            Self::Timed
        } else {
            Self::Bare
        }
    }
}

/// Tags, as they are being written.
#[derive(Debug, Default)]
pub(super) struct Tags(String);

impl Tags {
    /// Adds one, without a value where that is empty.
    pub(super) fn add(&mut self, key: &str, value: &str) {
        self.0.push(if self.0.is_empty() { '@' } else { ';' });
        self.0.push_str(key);
        if !value.is_empty() {
            self.0.push('=');
            line::escape(value, &mut self.0);
        }
    }

    /// Those of a message: where it comes from, and what its sender wrote for other clients.
    pub(super) fn add_written(&mut self, written: &BTreeMap<String, String>) {
        for (key, value) in written {
            match key.as_str() {
                ACCOUNT => self.add(ACCOUNT, value),
                BOT => {
                    self.add("bot", "");
                    self.add("draft/bot", "");
                }
                key if is_of_client(key) => self.add(key, value),
                _ => {}
            }
        }
    }

    /// As they stand before a line; nothing where there are none.
    pub(super) fn before_a_line(mut self) -> String {
        if !self.0.is_empty() {
            self.0.push(' ');
        }
        self.0
    }
}

/// Whether a tag is one that clients write for each other: `+name`, or `+vendor/name`.
pub(super) fn is_of_client(key: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '/');
    key.strip_prefix(CLIENT).is_some_and(|name| !name.is_empty() && name.chars().all(is_plain))
}

/// What a client wrote on a line for other clients, without what could not be printed.
pub(super) fn of_client(line: &line::Line) -> BTreeMap<String, String> {
    let tags = line.tags.iter().filter(|(key, _)| is_of_client(key));
    let clean = |value: &str| value.chars().filter(|c| !c.is_control()).collect();
    tags.map(|(key, value)| (key.clone(), clean(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_meant_for_clients_is_passed_on() {
        let line = "@+typing=active;label=7;time=now;+a.b/c=x\\sy;+;+b=;+ü=1 TAGMSG #lobby";
        let tags = of_client(&line::Line::parse(line).unwrap());
        let mut written = Tags::default();
        written.add_written(&tags);
        assert_eq!(written.before_a_line(), "@+a.b/c=x\\sy;+b;+typing=active ");
    }
}

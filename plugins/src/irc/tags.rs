//! What stands before a line: when it was, by which id it is known, and what its sender wrote there for other clients.

use std::collections::BTreeMap;

use salotto::Timestamp;

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
    /// With the account of who said it.
    Account,
    /// With the time: what other clients wrote is only for those who have asked for it.
    Timed,
    /// With both.
    TimedAccount,
    /// With all.
    Tagged,
}

impl Form {
    /// How many there are.
    pub(super) const COUNT: usize = 5;

    pub(super) fn of(capabilities: &Chosen) -> Self {
        let has_time = capabilities.has(Capability::ServerTime);
        match (
            capabilities.has(Capability::MessageTags),
            has_time,
            capabilities.has(Capability::AccountTag),
        ) {
            (true, ..) => Self::Tagged,
            (_, true, true) => Self::TimedAccount,
            (_, true, false) => Self::Timed,
            (_, false, true) => Self::Account,
            _ => Self::Bare,
        }
    }

    fn has_time(self) -> bool {
        matches!(self, Self::Timed | Self::TimedAccount | Self::Tagged)
    }

    fn has_account(self) -> bool {
        matches!(self, Self::Account | Self::TimedAccount | Self::Tagged)
    }

    /// The same with the time, for what is read for its time.
    pub(super) fn with_time(self) -> Self {
        match self {
            Self::Bare => Self::Timed,
            Self::Account => Self::TimedAccount,
            form => form,
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

    /// Those of a message, as far as a client reads them: when it was said, by which id it is known, by whom, and what its sender wrote for other clients.
    pub(super) fn add_message(
        &mut self,
        form: Form,
        time: Timestamp,
        id: impl FnOnce() -> String,
        written: &BTreeMap<String, String>,
    ) {
        if form.has_time() {
            self.add("time", &time.to_string());
        }
        if form == Form::Tagged {
            self.add("msgid", &id());
        }
        for (key, value) in written {
            match key.as_str() {
                ACCOUNT if form.has_account() => self.add(ACCOUNT, value),
                BOT if form == Form::Tagged => {
                    self.add("bot", "");
                    self.add("draft/bot", "");
                }
                key if form == Form::Tagged && is_of_client(key) => self.add(key, value),
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

/// Of the tags before a line, those that are true of what goes on in the next one as well.
pub(super) fn of_continuation(tags: &str) -> String {
    let listed = tags.trim_start_matches('@').trim_end().split(';');
    let is_true = |tag: &&str| matches!(tag.split('=').next(), Some("batch" | "time" | ACCOUNT));
    let kept: Vec<&str> = listed.filter(is_true).collect();
    if kept.is_empty() { String::new() } else { format!("@{} ", kept.join(";")) }
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
        let now = Timestamp::from(std::time::SystemTime::UNIX_EPOCH);
        written.add_message(Form::Tagged, now, || "7".into(), &tags);
        let expected = "@time=1970-01-01T00:00:00.000Z;msgid=7;+a.b/c=x\\sy;+b;+typing=active ";
        assert_eq!(written.before_a_line(), expected);
        assert_eq!(of_continuation(expected), "@time=1970-01-01T00:00:00.000Z ");
        assert_eq!(of_continuation("@msgid=7 ") + &of_continuation(""), "");
    }
}

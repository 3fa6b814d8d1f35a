//! How something is said in IRC that is a plain message everywhere else: what comes as `NOTICE`, or between `\u{1}`, goes to other clients of IRC as it came. It travels as a tag of the message.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// The tag.
const TAG: &str = "irc";

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Saying {
    /// `NOTICE`: it is not to be answered.
    Notice,
    /// A request between clients, such as `VERSION`.
    Ctcp,
    /// The answer to one.
    CtcpReply,
    /// What somebody does, told to one person.
    Action,
    /// Invites to a channel.
    Invite(String),
}

impl Saying {
    /// Writes it on a message.
    pub(super) fn mark(&self, tags: &mut BTreeMap<String, String>) {
        let value = match self {
            Self::Notice => "notice".to_owned(),
            Self::Ctcp => "ctcp".to_owned(),
            Self::CtcpReply => "ctcp-reply".to_owned(),
            Self::Action => "action".to_owned(),
            Self::Invite(channel) => format!("invite {channel}"),
        };
        tags.insert(TAG.to_owned(), value);
    }

    /// Reads it from a message.
    pub(super) fn of(tags: &BTreeMap<String, String>) -> Option<Self> {
        match tags.get(TAG)?.as_str() {
            "notice" => Some(Self::Notice),
            "ctcp" => Some(Self::Ctcp),
            "ctcp-reply" => Some(Self::CtcpReply),
            "action" => Some(Self::Action),
            other => Some(Self::Invite(other.strip_prefix("invite ")?.to_owned())),
        }
    }

    /// Whether whoever gets it may be answered by a machine.
    pub(super) fn may_be_answered(&self) -> bool {
        !matches!(self, Self::Notice | Self::CtcpReply)
    }

    /// The command by which it is told.
    pub(super) fn verb(&self) -> &'static str {
        if self.may_be_answered() { "PRIVMSG" } else { "NOTICE" }
    }

    /// The text as it stands in the line.
    pub(super) fn wrap<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self {
            Self::Notice | Self::Invite(_) => text.into(),
            Self::Ctcp | Self::CtcpReply => format!("\u{1}{text}\u{1}").into(),
            Self::Action => format!("\u{1}ACTION {text}\u{1}").into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_was_written() {
        let sayings = [
            Saying::Notice,
            Saying::Ctcp,
            Saying::CtcpReply,
            Saying::Action,
            Saying::Invite("#dev".into()),
        ];
        for saying in sayings {
            let mut tags = BTreeMap::new();
            saying.mark(&mut tags);
            assert_eq!(Saying::of(&tags), Some(saying));
        }
        assert_eq!(Saying::of(&BTreeMap::new()), None);
    }
}

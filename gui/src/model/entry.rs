//! What an entry of a room changes in its conversation.

use std::borrow::Cow;

use salotto::protocol::MessageKind;
use salotto::{EntryId, EntryKind, Name, NoticeKind};

use super::conversation::Conversation;
use super::log::{LineKind, NewLine};
use super::text::{clean_line, clean_lines, find_name, fold, message};
use super::time::Zone;

/// Who reads the conversation.
pub(super) struct Reader<'a> {
    /// The own name, once there is one.
    pub(super) name: Option<&'a Name>,
    /// Words that call them as their name does.
    pub(super) keywords: &'a [String],
    /// Of whom they want to hear nothing, folded.
    pub(super) ignored: &'a [String],
    /// Whether the window has the keyboard.
    pub(super) is_focused: bool,
    /// Whether the conversation is the one that is shown.
    pub(super) is_shown: bool,
    /// The clock on their wall.
    pub(super) zone: &'a Zone,
}

impl Reader<'_> {
    fn ignores(&self, name: &Name) -> bool {
        !self.ignored.is_empty() && self.ignored.contains(&fold(name.as_str()))
    }

    fn is_called(&self, text: &str) -> bool {
        let name = self.name.map(Name::as_str).into_iter();
        let mut words = name.chain(self.keywords.iter().map(String::as_str));
        words.any(|word| !find_name(text, word).is_empty())
    }
}

/// What is shown of an entry.
pub(super) struct Shown<'a> {
    kind: LineKind,
    author: &'a str,
    pub(super) text: Cow<'a, str>,
    pub(super) mention: bool,
    pub(super) own: bool,
}

impl<'a> Shown<'a> {
    /// `None` for what is not shown at all.
    pub(super) fn of(what: &'a EntryKind, reader: &Reader<'_>) -> Option<Self> {
        let plain = |kind, text: String| {
            Some(Self { kind, author: "", text: text.into(), mention: false, own: false })
        };
        match what {
            EntryKind::Message { from, text, kind, .. } => {
                let text = message(text);
                let kind = match kind {
                    MessageKind::Say => LineKind::Say,
                    MessageKind::Act => LineKind::Act,
                };
                let own = reader.name == Some(from);
                if !own && reader.ignores(from) {
                    return None;
                }
                let mention = !own && reader.is_called(&text);
                Some(Self { kind, author: from.as_str(), text, mention, own })
            }
            EntryKind::Notice { text, kind } => {
                let kind = match kind {
                    NoticeKind::Joined => LineKind::Came,
                    NoticeKind::Left => LineKind::Went,
                    NoticeKind::Renamed => LineKind::Renamed,
                    _ => LineKind::Notice,
                };
                plain(kind, clean_lines(text))
            }
            EntryKind::Topic { topic, who } => {
                let who = who.as_ref().map_or("The server", Name::as_str);
                let text = match clean_line(topic).as_str() {
                    "" => format!("{who} cleared the topic"),
                    topic => format!("{who} set the topic: {topic}"),
                };
                plain(LineKind::Notice, text)
            }
            EntryKind::Removed => plain(LineKind::Removed, String::new()),
            _ => None,
        }
    }

    /// The same in one line, for a log and for a notification.
    pub(super) fn in_words(&self) -> String {
        match self.kind {
            LineKind::Say => format!("{}: {}", self.author, self.text),
            LineKind::Act => format!("* {} {}", self.author, self.text),
            _ => format!("- {}", self.text),
        }
    }

    /// The line that it is in a conversation.
    pub(super) fn line(&self, time: u32) -> NewLine<'_> {
        let &Self { kind, author, ref text, mention, own } = self;
        NewLine { kind, author, text, time, mention, own }
    }
}

impl Conversation {
    /// Returns whether the entry asks for the attention of the reader.
    pub(super) fn take_entry(
        &mut self,
        id: EntryId,
        what: EntryKind,
        time: u32,
        from_history: bool,
        reader: &Reader<'_>,
    ) -> bool {
        let shown = Shown::of(&what, reader);
        if let Some(shown) = &shown {
            self.push(shown.line(time), reader.zone);
            self.log.name_last(id);
        }
        match (&what, shown) {
            (EntryKind::Message { from, nonce, .. }, Some(shown)) => {
                self.spoke(from);
                if shown.own {
                    self.confirm(nonce.as_deref(), &shown.text, from_history);
                }
                return self.mark_message(shown.own, shown.mention, from_history, reader);
            }
            (EntryKind::Topic { topic, .. }, _) => {
                if !from_history || self.missed {
                    self.topic = clean_line(topic);
                }
            }
            // The members were listed on entering, as they are after the history.
            _ if from_history => {}
            _ => self.take_presence(what),
        }
        false
    }

    /// Counts a message as read or unread. Returns whether it asks for attention.
    fn mark_message(
        &mut self,
        own: bool,
        mention: bool,
        from_history: bool,
        reader: &Reader<'_>,
    ) -> bool {
        if own {
            if !from_history {
                self.first_unread = None;
            }
            return false;
        }
        if from_history && !self.missed {
            return false;
        }
        if !(reader.is_focused && reader.is_shown) {
            self.count_unread(mention);
        }
        mention && !reader.is_focused
    }

    fn take_presence(&mut self, what: EntryKind) {
        match what {
            EntryKind::Joined { who } => {
                self.member_count += usize::from(self.add_member(who));
            }
            EntryKind::Left { who, .. } => {
                let gone = usize::from(self.remove_member(&who));
                self.member_count = self.member_count.saturating_sub(gone);
            }
            EntryKind::Renamed { from, who } => self.rename_member(&from, &who),
            EntryKind::Presence { members } => self.member_count = members,
            _ => {}
        }
    }
}

/// A line that nobody said.
pub(super) fn line(kind: LineKind, text: &str, time: u32) -> NewLine<'_> {
    NewLine { kind, author: "", text, time, mention: false, own: false }
}

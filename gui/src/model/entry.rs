//! What an entry of a room changes in its conversation.

use salotto::protocol::MessageKind;
use salotto::{EntryKind, Name, NoticeKind};

use super::conversation::Conversation;
use super::log::{LineKind, NewLine};
use super::text::{clean_line, clean_lines, find_name};

/// Who reads the conversation.
pub(super) struct Reader<'a> {
    /// The own name, once there is one.
    pub(super) name: Option<&'a Name>,
    /// Whether the window has the keyboard.
    pub(super) is_focused: bool,
    /// Whether the conversation is the one that is shown.
    pub(super) is_shown: bool,
    /// Seconds to add to UTC.
    pub(super) zone: i32,
}

impl Conversation {
    /// Returns whether the entry asks for the attention of the reader.
    pub(super) fn take_entry(
        &mut self,
        what: EntryKind,
        time: u32,
        from_history: bool,
        reader: &Reader<'_>,
    ) -> bool {
        match what {
            EntryKind::Message { from, text, kind, nonce, .. } => {
                let text = salotto::protocol::sanitize::message(&text);
                let kind = match kind {
                    MessageKind::Say => LineKind::Say,
                    MessageKind::Act => LineKind::Act,
                };
                let own = reader.name == Some(&from);
                let named = reader.name.map_or("", Name::as_str);
                let mention = !own && !find_name(&text, named).is_empty();
                let author = from.as_str();
                self.push(NewLine { kind, author, text: &text, time, mention, own }, reader.zone);
                self.spoke(&from);
                if own {
                    self.confirm(nonce.as_deref(), &text, from_history);
                }
                return self.mark_message(own, mention, from_history, reader);
            }
            EntryKind::Notice { text, kind } => {
                let kind = match kind {
                    NoticeKind::Joined => LineKind::Came,
                    NoticeKind::Left => LineKind::Went,
                    NoticeKind::Renamed => LineKind::Renamed,
                    _ => LineKind::Notice,
                };
                self.push(line(kind, &clean_lines(&text), time), reader.zone);
            }
            EntryKind::Topic { topic, who } => {
                let topic = clean_line(&topic);
                let who = who.map_or_else(|| "The server".to_owned(), |who| who.to_string());
                let text = match topic.as_str() {
                    "" => format!("{who} cleared the topic"),
                    topic => format!("{who} set the topic: {topic}"),
                };
                self.push(line(LineKind::Notice, &text, time), reader.zone);
                if !from_history || self.missed {
                    self.topic = topic;
                }
            }
            EntryKind::Removed => {
                self.push(line(LineKind::Removed, "", time), reader.zone);
            }
            // The members were listed on entering, as they are after the history.
            _ if from_history => {}
            what => self.take_presence(what),
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

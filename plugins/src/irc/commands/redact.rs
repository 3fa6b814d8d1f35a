//! `REDACT #channel msgid [:reason]`: takes back what was said: <https://ircv3.net/specs/extensions/message-redaction>. It is the command `delete`, and whoever may not call that may not do this.

use std::collections::VecDeque;

use salotto::{Action, Context, EntryId, MemberId, Request, RoomName};

use super::Call;
use crate::irc::capability::Capability;
use crate::irc::{Irc, channel, message_id, written};

/// So many reasons wait for their message to be deleted; the oldest makes way.
const MOST: usize = 64;

/// Why messages are being deleted, and by whom: the command knows of no reason.
#[derive(Debug, Default)]
pub(in crate::irc) struct Redactions(VecDeque<Redaction>);

#[derive(Debug, PartialEq)]
struct Redaction {
    by: String,
    room: RoomName,
    id: EntryId,
    reason: String,
}

impl Redactions {
    fn remember(&mut self, redaction: Redaction) {
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back(redaction);
    }

    /// The reason that somebody gave, once.
    fn take(&mut self, by: &str, room: &RoomName, id: EntryId) -> Option<String> {
        let is_meant = |known: &Redaction| known.by == by && known.room == *room && known.id == id;
        let place = self.0.iter().position(is_meant)?;
        self.0.remove(place).map(|redaction| redaction.reason)
    }
}

pub(super) fn run(call: &mut Call<'_, '_>) {
    let line = call.line;
    let (target, id) =
        (line.parameter(0).unwrap_or_default(), line.parameter(1).unwrap_or_default());
    let room = channel::to_room(target).and_then(|room| call.context.room(&room));
    let Some(room) = room.filter(|room| call.context.sees(call.member, &room.room)) else {
        return call.fail("INVALID_TARGET", &[target], "nothing can be taken back there");
    };
    let Some(entry) = message_id::to_entry(id, call.irc.setup.epoch(), &room.room) else {
        return call.fail("UNKNOWN_MSGID", &[target, id], "there is no such message");
    };
    if let Some(reason) = line.parameter(2) {
        let (by, room, reason) = (call.nick(), room.room.clone(), reason.to_owned());
        call.irc.redactions.remember(Redaction { by, room, id: entry, reason });
    }
    let line = format!("delete {} {entry}", room.room);
    let room = Some(room.room.to_string());
    call.request(Request::Command { line, room }, &format!("{target} {id}"));
}

/// A message was deleted: those who are there are told, where they know of that.
pub(in crate::irc) fn tell(irc: &mut Irc, context: &mut Context<'_>, action: &Action) {
    let (Some(room), Some(whom)) = (&action.room, &action.whom) else { return };
    let Ok(id) = whom.parse::<EntryId>() else { return };
    let reason = irc.redactions.take(&action.by, room, id);
    let by = context.find(&action.by);
    let host = &irc.settings.host;
    let source = match by.as_ref().and_then(|by| by.name.as_ref()) {
        Some(name) => written::source(name.as_str(), host),
        None => host.clone(),
    };
    let (channel, id) = (channel::of_room(room), message_id::of_entry(irc.setup.epoch(), room, id));
    let reason = reason.map(|reason| format!(" :{reason}")).unwrap_or_default();
    let line = written::end(format!(":{source} REDACT {channel} {id}{reason}"));
    let by = by.map(|by| by.id);
    let is_told = |id: MemberId| context.is_in(id, room) || Some(id) == by;
    let connections = irc.connections.iter();
    let told: Vec<MemberId> = connections
        .filter(|(id, known)| known.capabilities.has(Capability::MessageRedaction) && is_told(**id))
        .map(|(id, _)| *id)
        .collect();
    for member in told {
        context.answer(member, line.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_that_of_who_gave_it() {
        let room: RoomName = "lobby".parse().unwrap();
        let mut redactions = Redactions::default();
        let (by, reason) = ("eve".to_owned(), "because".to_owned());
        redactions.remember(Redaction { by, room: room.clone(), id: 7, reason });
        assert_eq!(redactions.take("ada", &room, 7), None);
        assert_eq!(redactions.take("eve", &room, 7).as_deref(), Some("because"));
        assert_eq!(redactions.take("eve", &room, 7), None);
    }
}

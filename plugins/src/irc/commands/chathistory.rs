//! `CHATHISTORY`: what was said before, read from where it is kept: <https://ircv3.net/specs/extensions/chathistory>. What one person says to another is kept nowhere, so there is nothing to be
//! read of it.

mod batch;
mod read;
mod span;
mod targets;

use salotto::RoomName;

use super::Call;
use crate::irc::channel;

pub(in crate::irc) use batch::lines_of;
pub(in crate::irc) use read::{Read, Reads};
use span::Span;

pub(super) fn run(call: &mut Call<'_, '_>) {
    let line = call.line;
    let Some(command) = line.parameter(0).map(str::to_ascii_uppercase) else {
        return call.fail("NEED_MORE_PARAMS", &[], "say which part: LATEST, BEFORE, AFTER, …");
    };
    if command == "TARGETS" {
        return targets::run(call);
    }
    let Some(target) = line.parameter(1) else {
        return call.fail("NEED_MORE_PARAMS", &[&command], "of which channel?");
    };
    let epoch = call.irc.setup.epoch();
    let room = channel::to_room(target).and_then(|room| call.context.room(&room));
    let room = room.map(|room| room.room);
    let span = match Span::read(&command, &line.parameters[2..], |text| {
        room.as_ref().and_then(|room| crate::irc::message_id::to_entry(text, epoch, room))
    }) {
        Ok(span) => span,
        Err(problem) => {
            let (code, text) = problem.told();
            return call.fail(code, &[&command], text);
        }
    };
    match (channel::to_room(target), room) {
        (None, _) => {
            // Of two people nothing is kept.
            let lines = batch::whole(call.irc, call.connection, "chathistory", target, &[]);
            call.context.answer(call.member, lines);
        }
        (Some(_), Some(room)) if call.context.is_in(call.member, &room) => {
            page(call, room, target, span);
        }
        (Some(_), _) => {
            call.fail("INVALID_TARGET", &[&command, target], "you are in no such channel");
        }
    }
}

/// Has a page read.
fn page(call: &mut Call<'_, '_>, room: RoomName, target: &str, span: Span) {
    let readable = call.context.readable(call.member);
    let since = readable.iter().find(|(readable, _)| *readable == room).map(|(_, since)| *since);
    let (Some(since), Some(store)) = (since, call.context.store()) else {
        let lines = batch::whole(call.irc, call.connection, "chathistory", target, &[]);
        return call.context.answer(call.member, lines);
    };
    if !call.irc.reads.has_space(call.member) {
        return call.fail("MESSAGE_ERROR", &[target], "too much is being read; ask again soon");
    }
    let label = call.answered_later();
    let (member, target) = (call.member, target.to_owned());
    let with_events =
        call.connection.capabilities.has(crate::irc::capability::Capability::EventPlayback);
    Read::page(
        call.irc,
        call.context,
        store,
        read::Asked { member, label, target, room, since, span, with_events },
    );
}

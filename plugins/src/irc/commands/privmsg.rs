//! `PRIVMSG` and `NOTICE`, to a channel or a nick: something is said. What begins with `!` is a command, as everywhere.

use salotto::Request;
use salotto::command::{self, Typed};
use salotto::protocol::MessageKind;

use super::Call;
use crate::irc::{channel, numeric};

/// Most that one line may address.
const MOST_TARGETS: usize = 4;

pub(super) fn run(call: &mut Call<'_, '_>) {
    let line = call.line;
    let Some(targets) = line.parameter(0) else {
        return call.numeric(numeric::NO_RECIPIENT, &[], "to whom?");
    };
    let Some(text) = line.parameter(1) else {
        return call.numeric(numeric::NO_TEXT, &[], "there is nothing to be said");
    };
    for target in targets.split(',').take(MOST_TARGETS) {
        match channel::to_room(target) {
            Some(room) => say(call, room, text, target),
            None => call
                .request(Request::Direct { to: target.to_owned(), text: text.to_owned() }, target),
        }
    }
}

fn say(call: &mut Call<'_, '_>, room: String, text: &str, target: &str) {
    let room = Some(room);
    let action = text.strip_prefix("\u{1}ACTION ").map(|text| text.trim_end_matches('\u{1}'));
    if let Some(text) = action {
        let (text, kind) = (text.to_owned(), MessageKind::Act);
        return call.request(Request::Say { text, room, kind }, target);
    }
    // Other requests between clients have no place in a room.
    if text.starts_with('\u{1}') {
        return;
    }
    let role = call.context.member(call.member).map(|info| info.role).unwrap_or_default();
    let commands = call.context.commands(role);
    let request = match command::read(commands.iter(), text) {
        Typed::Command(line) => Request::Command { line: line.into_owned(), room },
        Typed::Message(text) => {
            Request::Say { text: text.into_owned(), room, kind: MessageKind::Say }
        }
        Typed::Slip(slip) => {
            return call.numeric(numeric::CANNOT_SEND, &[target], &slip.to_string());
        }
    };
    call.request(request, target);
}

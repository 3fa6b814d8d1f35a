//! `PRIVMSG` and `NOTICE`, to a channel or a nick: something is said. What begins with `!` is a command, as everywhere, but in a `NOTICE`, which nothing ever answers.

use salotto::Request;
use salotto::command::{self, Typed};
use salotto::protocol::MessageKind;

use super::{Call, shown_nick};
use crate::irc::saying::Saying;
use crate::irc::{channel, formatting, numeric};

/// Most that one line may address.
pub(in crate::irc) const MOST_TARGETS: usize = 4;

pub(super) fn run(call: &mut Call<'_, '_>) {
    let (line, is_notice) = (call.line, call.line.command == "NOTICE");
    let Some(targets) = line.parameter(0) else {
        if !is_notice {
            call.numeric(numeric::NO_RECIPIENT, &[], "to whom?");
        }
        return;
    };
    let Some(text) = line.parameter(1) else {
        if !is_notice {
            call.numeric(numeric::NO_TEXT, &[], "there is nothing to be said");
        }
        return;
    };
    let text = &*formatting::plain(text);
    let between = text.strip_prefix('\u{1}').map(|text| text.trim_end_matches('\u{1}'));
    for (count, target) in targets.split(',').enumerate() {
        if count == MOST_TARGETS {
            if !is_notice {
                let (target, text) = (shown_nick(target), "only the first ones were addressed");
                call.numeric(numeric::TOO_MANY_TARGETS, &[&target], text);
            }
            return;
        }
        match channel::to_room(target) {
            Some(room) => say(call, room, text, between, target),
            None => tell(call, text, between, target),
        }
    }
}

/// Something is said to one person.
fn tell(call: &mut Call<'_, '_>, text: &str, between: Option<&str>, target: &str) {
    let is_notice = call.line.command == "NOTICE";
    let (saying, text) = match between {
        None if is_notice => (Some(Saying::Notice), text),
        None => (None, text),
        Some(between) if is_notice => (Some(Saying::CtcpReply), between),
        Some(between) => match between.strip_prefix("ACTION ") {
            Some(action) => (Some(Saying::Action), action),
            None => (Some(Saying::Ctcp), between),
        },
    };
    // Machines ask and answer each other so; who has no client of IRC would only wonder.
    let is_for_machines = matches!(saying, Some(Saying::Ctcp | Saying::CtcpReply));
    let other = || call.context.find(target);
    if is_for_machines && other().is_some_and(|info| !call.irc.connections.contains_key(&info.id)) {
        return;
    }
    if let Some(saying) = saying {
        call.says(saying);
    }
    call.request(Request::Direct { to: target.to_owned(), text: text.to_owned() }, target);
}

/// Something is said in a room.
fn say(call: &mut Call<'_, '_>, room: String, text: &str, between: Option<&str>, target: &str) {
    let room = Some(room);
    if let Some(between) = between {
        // Other requests between clients have no place in a room.
        let Some(text) = between.strip_prefix("ACTION ") else { return };
        let (text, kind) = (text.to_owned(), MessageKind::Act);
        return call.request(Request::Say { text, room, kind }, target);
    }
    if call.line.command == "NOTICE" {
        call.says(Saying::Notice);
        let (text, kind) = (text.to_owned(), MessageKind::Say);
        return call.request(Request::Say { text, room, kind }, target);
    }
    let (caller, commands) =
        (call.context.caller(call.member, None), call.context.handle().directory().commands());
    let can_call = |command: &&salotto::Command| {
        caller.as_ref().is_some_and(|caller| caller.can_call(command))
    };
    let mine = commands.iter().filter(can_call);
    let request = match command::read(mine, text) {
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

//! `TOPIC #channel [:topic]`: what a room is about, or is to be about.

use std::time::UNIX_EPOCH;

use salotto::{Context, MemberId, Request, RoomName};

use super::Call;
use crate::irc::connection::Connection;
use crate::irc::written::{self, Answers};
use crate::irc::{Irc, channel, formatting, numeric};

pub(super) fn run(call: &mut Call<'_, '_>) {
    let line = call.line;
    let name = line.parameter(0).unwrap_or_default();
    let Some(room) = call.room(name) else { return };
    let is_told = match line.parameters.get(1) {
        Some(_) => call.context.is_in(call.member, &room.room),
        None => call.context.sees(call.member, &room.room),
    };
    if !is_told {
        return call.numeric(numeric::NOT_ON_CHANNEL, &[name], "you are not in that channel");
    }
    match line.parameters.get(1) {
        Some(topic) => {
            let line = format!("topic {} {}", room.room, formatting::plain(topic));
            call.request(Request::Command { line, room: None }, name);
        }
        None if room.topic.is_empty() => {
            call.numeric(numeric::NO_TOPIC, &[name], "there is no topic");
        }
        None => tell(call.irc, call.context, call.member, call.connection, &room.room),
    }
}

/// Tells a client what a room is about, and who said so when. Nothing, where there is no topic.
pub(in crate::irc) fn tell(
    irc: &Irc,
    context: &mut Context<'_>,
    member: MemberId,
    connection: &Connection,
    room: &RoomName,
) {
    let Some(nick) = context.name(member).map(ToString::to_string) else { return };
    let Some(info) = context.room(room.as_str()).filter(|info| !info.topic.is_empty()) else {
        return;
    };
    let (channel, host) = (channel::of_room(room), connection.host());
    let mut answers = Answers::new(host, nick);
    answers.add(numeric::TOPIC, &[&channel], &info.topic);
    if let Some((by, time)) = irc.rooms.find(room).and_then(|room| room.topic.as_ref()) {
        let source = written::source(by, host);
        let time = time.system_time().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        answers.add_plain(numeric::TOPIC_BY, &[&channel, &source, &time.to_string()]);
    }
    context.answer(member, answers.lines());
}

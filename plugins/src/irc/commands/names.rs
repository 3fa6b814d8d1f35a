//! `NAMES #channel`: who is in a room.

use salotto::{Context, MemberId, Role, RoomName};

use super::Call;
use crate::irc::capability::Capability;
use crate::irc::connection::Connection;
use crate::irc::{channel, numeric, written};

/// Most names that one answer has; the list of a larger room ends there.
const MOST: usize = 1000;

pub(super) fn run(call: &mut Call<'_, '_>) {
    let names = call.line.parameter(0).unwrap_or("*");
    let room = channel::to_room(names).and_then(|room| call.context.room(&room));
    match room.filter(|room| call.context.sees(call.member, &room.room)) {
        Some(room) => tell(call.context, call.member, call.connection, &room.room),
        None => call.numeric(numeric::END_OF_NAMES, &[names], "end of the list of names"),
    }
}

/// Tells a client who is in a room.
pub(in crate::irc) fn tell(
    context: &mut Context<'_>,
    member: MemberId,
    connection: &Connection,
    room: &RoomName,
) {
    let Some(nick) = context.name(member).map(ToString::to_string) else { return };
    let (host, channel) = (connection.host(), channel::of_room(room));
    let with_source = connection.capabilities.has(Capability::UserhostInNames);
    let head = format!(":{host} {} {nick} = {channel} :", numeric::NAMES);
    let (mut lines, mut line) = (String::new(), head.clone());
    for name in context.members_of(room).unwrap_or_default().into_iter().take(MOST) {
        let is_moderator =
            context.find(name.as_str()).is_some_and(|info| info.role >= Role::Moderator);
        let sign = if is_moderator { "@" } else { "" };
        let shown =
            if with_source { written::source(name.as_str(), host) } else { name.to_string() };
        if line.len() + sign.len() + shown.len() + 3 > written::LONGEST {
            lines.push_str(&written::end(std::mem::replace(&mut line, head.clone())));
        }
        if line.len() > head.len() {
            line.push(' ');
        }
        line.push_str(sign);
        line.push_str(&shown);
    }
    if line.len() > head.len() {
        lines.push_str(&written::end(line));
    }
    lines.push_str(&written::numeric(
        host,
        numeric::END_OF_NAMES,
        &nick,
        &[&channel],
        "end of the list of names",
    ));
    context.answer(member, lines);
}

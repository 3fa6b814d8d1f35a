//! `NAMES [#channel[,#channel…]]`: who is in a room, or in all that a member may see.

use salotto::{Context, MemberId, RoomInfo, RoomName};

use super::{Call, shown_channel};
use crate::irc::capability::Capability;
use crate::irc::connection::Connection;
use crate::irc::{Irc, channel, numeric, written};

/// Most names that one answer has; the list of a larger room ends there.
const MOST: usize = 1000;

/// Most channels that one line may name.
pub(in crate::irc) const MOST_CHANNELS: usize = 4;

pub(super) fn run(call: &mut Call<'_, '_>) {
    let Some(asked) = call.line.parameter(0) else { return all(call) };
    let asked: Vec<&str> = asked.split(',').take(MOST_CHANNELS).collect();
    let (mut lines, mut shown, most) = (String::new(), Vec::new(), MOST / asked.len().max(1));
    for name in asked {
        let room = channel::to_room(name).and_then(|room| call.context.room(&room));
        match room.filter(|room| call.context.sees(call.member, &room.room)) {
            Some(room) => {
                lines.push_str(&listed(
                    call.irc,
                    call.context,
                    call.member,
                    call.connection,
                    &room,
                    most,
                ));
                shown.push(channel::of_room(&room.room));
            }
            None => shown.push(shown_channel(name)),
        }
    }
    let (host, nick, shown) = (call.connection.host(), call.nick(), shown.join(","));
    lines.push_str(&written::numeric(host, numeric::END_OF_NAMES, &nick, &[&shown], END));
    call.context.answer(call.member, lines);
}

const END: &str = "end of the list of names";

fn all(call: &mut Call<'_, '_>) {
    let (mut lines, mut left) = (String::new(), MOST);
    for room in call.context.rooms() {
        if left > 0 && call.context.sees(call.member, &room.room) {
            lines.push_str(&listed(
                call.irc,
                call.context,
                call.member,
                call.connection,
                &room,
                left,
            ));
            left = left.saturating_sub(room.members.max(1));
        }
    }
    let nick = call.nick();
    lines.push_str(&written::numeric(
        call.connection.host(),
        numeric::END_OF_NAMES,
        &nick,
        &["*"],
        END,
    ));
    call.context.answer(call.member, lines);
}

/// Tells a client who is in a room.
pub(in crate::irc) fn tell(
    irc: &Irc,
    context: &mut Context<'_>,
    member: MemberId,
    connection: &Connection,
    room: &RoomName,
) {
    let Some(nick) = context.name(member).map(ToString::to_string) else { return };
    let Some(room) = context.room(room.as_str()) else { return };
    let mut lines = listed(irc, context, member, connection, &room, MOST);
    let channel = channel::of_room(&room.room);
    lines.push_str(&written::numeric(
        connection.host(),
        numeric::END_OF_NAMES,
        &nick,
        &[&channel],
        END,
    ));
    context.answer(member, lines);
}

/// The names in a room, in as many lines as they need.
fn listed(
    irc: &Irc,
    context: &Context<'_>,
    member: MemberId,
    connection: &Connection,
    room: &RoomInfo,
    most: usize,
) -> String {
    let Some(nick) = context.name(member) else { return String::new() };
    let (host, channel) = (connection.host(), channel::of_room(&room.room));
    let with_source = connection.capabilities.has(Capability::UserhostInNames);
    let kind = if room.hidden { '@' } else { '=' };
    let head = format!(":{host} {} {nick} {kind} {channel} :", numeric::NAMES);
    let has_all = connection.capabilities.has(Capability::MultiPrefix);
    let signs = irc.signs(context, &room.room, has_all);
    let (mut lines, mut line) = (String::new(), head.clone());
    for name in context.members_of(&room.room).unwrap_or_default().into_iter().take(most) {
        let sign = signs.get(&name).copied().unwrap_or_default();
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
    lines
}

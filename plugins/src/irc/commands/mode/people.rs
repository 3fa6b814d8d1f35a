//! `MODE #channel +o nick`, `+v nick`: who moderates a room, and who has a voice in it.

use salotto::RoomInfo;

use super::{Call, Change, command, may_change};
use crate::irc::commands::shown_nick;
use crate::irc::{channel, numeric};

pub(super) fn change(call: &mut Call<'_, '_>, room: &RoomInfo, change: Change, nick: &str) {
    if !may_change(call, room) {
        return;
    }
    let Some(info) = call.person(nick) else { return };
    let channel = channel::of_room(&room.room);
    let Some(name) = info.name.filter(|_| call.context.is_in(info.id, &room.room)) else {
        let text = "they are not in that channel";
        return call.numeric(numeric::NOT_IN_CHANNEL, &[&shown_nick(nick), &channel], text);
    };
    let is_on = match change.letter {
        'o' => call.context.moderates(info.id, &room.room),
        _ => call.context.is_voiced(info.id, &room.room),
    };
    if is_on == change.is_on {
        return;
    }
    let word = match (change.letter, change.is_on) {
        ('o', true) => "op",
        ('o', false) => "deop",
        (_, true) => "voice",
        (_, false) => "devoice",
    };
    command(call, room, change, format!("{word} {name} {}", room.room));
}

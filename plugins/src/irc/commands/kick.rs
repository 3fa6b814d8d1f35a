//! `KICK #channel nick[,nick…] [words]`: sends people out of a room. `KILL nick [words]`: disconnects somebody.

use salotto::Request;

use super::{Call, shown_nick};
use crate::irc::{modes, numeric};

/// Most people that one line may name.
pub(in crate::irc) const MOST_TARGETS: usize = 4;

pub(super) fn run(call: &mut Call<'_, '_>) {
    let line = call.line;
    let (channels, nicks) =
        (line.parameter(0).unwrap_or_default(), line.parameter(1).unwrap_or_default());
    let words = line.parameter(2).unwrap_or_default();
    let channels: Vec<&str> = channels.split(',').collect();
    for (place, nick) in nicks.split(',').take(MOST_TARGETS).enumerate() {
        // One channel for all, or one for each.
        let channel = if channels.len() == 1 { channels.first() } else { channels.get(place) };
        if let Some(channel) = channel {
            remove(call, channel, nick, words);
        }
    }
}

fn remove(call: &mut Call<'_, '_>, channel: &str, nick: &str, words: &str) {
    let Some(room) = call.room(channel) else { return };
    let room = room.room;
    if !call.context.is_in(call.member, &room) {
        return call.numeric(numeric::NOT_ON_CHANNEL, &[channel], "you are not in that channel");
    }
    if !modes::is_marked(call.context.role_in(call.member, &room)) {
        return call.numeric(numeric::NOT_OPERATOR_HERE, &[channel], "moderators do that here");
    }
    let Some(info) = call.person(nick) else { return };
    let Some(name) = info.name.filter(|_| call.context.is_in(info.id, &room)) else {
        let nick = shown_nick(nick);
        let text = "they are not in that channel";
        return call.numeric(numeric::NOT_IN_CHANNEL, &[&nick, channel], text);
    };
    let line = format!("remove {room} {name} {words}");
    call.request(Request::Command { line, room: None }, channel);
}

pub(super) fn kill(call: &mut Call<'_, '_>) {
    let line = call.line;
    let nick = line.parameter(0).unwrap_or_default();
    if !modes::is_marked(call.role()) {
        return call.numeric(numeric::NO_PRIVILEGES, &[], "moderators do that here");
    }
    let Some(name) = call.person(nick).and_then(|info| info.name) else { return };
    let line = format!("kick {name} {}", line.parameter(1).unwrap_or_default());
    call.request(Request::Command { line, room: None }, nick);
}

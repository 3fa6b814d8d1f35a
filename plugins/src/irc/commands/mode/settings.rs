//! `MODE #channel +k key`, `+l count`, `+imst`: what holds in a room.

use salotto::RoomInfo;

use super::{Call, Change, command, holds, needs_parameter, un};

pub(super) fn key(call: &mut Call<'_, '_>, room: &RoomInfo, is_on: bool, given: Option<&str>) {
    let change = Change { is_on, letter: 'k' };
    if !is_on {
        // Whichever is given: who may take it away knows it.
        if call.rules(room).key.is_some() {
            command(call, room, change, format!("room unkey {}", room.room));
        }
        return;
    }
    let is_bad = |c: char| c.is_whitespace() || c == '"' || c == ',';
    match given {
        None => needs_parameter(call),
        Some(key) if key.is_empty() || key.contains(is_bad) => {
            call.bad_mode(room, 'k', "*", "a key is one word, without commas and quotes");
        }
        Some(key) => command(call, room, change, format!("room key {} \"{key}\"", room.room)),
    }
}

pub(super) fn limit(call: &mut Call<'_, '_>, room: &RoomInfo, given: Option<&str>) {
    let Some(given) = given else { return needs_parameter(call) };
    match given.parse::<u32>() {
        Ok(count) if count > 0 => {
            let change = Change { is_on: true, letter: 'l' };
            command(call, room, change, format!("room limit {} {count}", room.room));
        }
        _ => call.bad_mode(room, 'l', given, "a limit is a number above 0"),
    }
}

pub(super) fn no_limit(call: &mut Call<'_, '_>, room: &RoomInfo) {
    if call.rules(room).limit.is_some() {
        let change = Change { is_on: false, letter: 'l' };
        command(call, room, change, format!("room limit {} 0", room.room));
    }
}

/// What is either so or not.
pub(super) fn switch(call: &mut Call<'_, '_>, room: &RoomInfo, change: Change) {
    let Change { is_on, letter } = change;
    if is_on == holds(room, &call.rules(room), letter) {
        return;
    }
    let (name, switch) = (&room.room, if is_on { "on" } else { "off" });
    let line = match letter {
        'i' => format!("{}lock {name}", un(is_on)),
        'm' => format!("hush {name} {switch}"),
        's' => format!("room hide {name} {switch}"),
        _ => format!("room topic {name} {}", if is_on { "moderators" } else { "everybody" }),
    };
    command(call, room, change, line);
}

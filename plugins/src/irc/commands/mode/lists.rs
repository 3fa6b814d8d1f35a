//! The lists of a channel: bans from the room, exceptions, who joins although it is locked; and mutes, which are of the server.

use std::net::IpAddr;
use std::time::UNIX_EPOCH;

use salotto::{Reply, Request, Role, RoomInfo};

use super::{Call, Change, command, may_change};
use crate::common::duration::parse_moment;
use crate::irc::commands::outcome::Told;
use crate::irc::numeric::Numeric;
use crate::irc::{channel, modes, numeric};

/// Most entries that are told.
const MOST: usize = 200;

/// Adds to a list, or takes from it.
pub(super) fn change(call: &mut Call<'_, '_>, room: &RoomInfo, change: Change, mask: &str) {
    if !may_change(call, room) {
        return;
    }
    let un = super::un(change.is_on);
    if change.letter == 'q' {
        let Some(nick) = nick(mask) else {
            return call.bad_mode(room, 'q', mask, "give one nick (bob!*@*)");
        };
        return command(call, room, change, format!("{un}mute {nick}"));
    }
    if mask.contains(|c: char| c.is_whitespace() || c == '"') {
        return call.bad_mode(room, change.letter, "*", "a mask is one word, without quotes");
    }
    // What stands behind every nick is nobody's address.
    let host = format!("@{}", call.connection.host());
    let mask = match mask.strip_suffix(&host) {
        Some(names) => format!("{names}@*"),
        None => mask.to_owned(),
    };
    let word = word(change.letter);
    command(call, room, change, format!("room {un}{word} {} {mask}", room.room));
}

/// Asks what is on a list. Who does not keep order is shown that it is empty: whose address is banned is nobody else's business.
pub(super) fn ask(call: &mut Call<'_, '_>, room: &RoomInfo, letter: char) {
    let channel = channel::of_room(&room.room);
    let needed = Role::Moderator;
    let role = match letter {
        'q' => call.role(),
        _ => call.context.role_in(call.member, &room.room),
    };
    if role < needed {
        let (_, number, middle) = numbers(letter, &channel);
        let middle: Vec<&str> = middle.iter().map(String::as_str).collect();
        return call.numeric(number, &middle, END);
    }
    let line = match letter {
        'q' => "mutes".to_owned(),
        letter => format!("room {}s {}", word(letter), room.room),
    };
    call.request(Request::Command { line, room: None }, &format!("{channel} {letter}"));
}

const END: &str = "end of the list";

/// The word of the commands for a list of a room.
fn word(letter: char) -> &'static str {
    match letter {
        'b' => "ban",
        'e' => "except",
        _ => "admit",
    }
}

/// The numbers of a list and of its end, and what stands in both.
fn numbers(letter: char, channel: &str) -> (Numeric, Numeric, Vec<String>) {
    let channel = channel.to_owned();
    match letter {
        'b' => (numeric::BANNED, numeric::BANNED_END, vec![channel]),
        'e' => (numeric::EXCEPTED, numeric::EXCEPTED_END, vec![channel]),
        'I' => (numeric::ADMITTED, numeric::ADMITTED_END, vec![channel]),
        _ => (numeric::MUTED, numeric::MUTED_END, vec![channel, "q".to_owned()]),
    }
}

/// What a client is told that asked for a list, or for a change.
pub(in crate::irc::commands) fn told(reply: &Reply, about: &str) -> Told {
    let Some((channel, letter)) = about.split_once(' ') else { return Told::Notice };
    let letter = match letter {
        "b" => 'b',
        "e" => 'e',
        "I" => 'I',
        "q" => 'q',
        "+q" | "-q" => return Told::Notice,
        // The line of the change tells.
        _ => return Told::Nothing,
    };
    let (number, end, middle) = numbers(letter, channel);
    let rows = match reply {
        Reply::Table { rows, .. } => rows.as_slice(),
        _ => &[],
    };
    let entry = |row: &Vec<String>| {
        let column = |place: usize| row.get(place).map_or("", String::as_str);
        let details = match letter {
            'q' => vec![modes::mask_of(column(0))],
            // Who, until when, by whom, since when.
            _ => vec![modes::mask_of(column(0)), column(2).to_owned(), seconds(column(3))],
        };
        let mut parameters: Vec<String> = middle.iter().cloned().chain(details).collect();
        let last = parameters.pop();
        (number, parameters, last)
    };
    let entries = rows.iter().take(MOST).map(entry);
    Told::Numbers(entries.chain([(end, middle.clone(), Some(END.to_owned()))]).collect())
}

/// A moment as it is shown to people, as clients read it.
fn seconds(moment: &str) -> String {
    let time = parse_moment(moment).map(|time| time.system_time());
    let since = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| since.as_secs()).to_string()
}

/// The one nick that a mask stands for.
fn nick(mask: &str) -> Option<&str> {
    let nick = mask.split_once('!').map_or(mask, |(nick, _)| nick);
    let is_plain = !nick.is_empty() && !nick.contains(['*', '?', ' ', '"', '@']);
    Some(nick).filter(|nick| is_plain && nick.parse::<IpAddr>().is_err())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mute_means_one_nick() {
        for (mask, meant) in [
            ("bob", Some("bob")),
            ("bob!*@*", Some("bob")),
            ("bob!bob@salotto", Some("bob")),
            ("*!*@10.0.0.7", None),
            ("10.0.0.7", None),
            ("b*!*@*", None),
            ("*", None),
            ("", None),
            ("a b!*@*", None),
        ] {
            assert_eq!(nick(mask), meant, "{mask}");
        }
    }
}

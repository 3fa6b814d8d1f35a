//! Bans and mutes as the lists of a channel. Both are of the server: they hold in every room.

use std::net::IpAddr;

use salotto::{Network, Reply, Request, RoomInfo};

use super::{Call, Change, command, may_change};
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
    let Some(whom) = whom(mask).filter(|whom| change.letter == 'b' || !whom.is_address) else {
        let letter = change.letter.to_string();
        let text = match change.letter {
            'b' => "give one nick (bob!*@*) or one address (*!*@192.0.2.7)",
            _ => "give one nick (bob!*@*)",
        };
        let channel = channel::of_room(&room.room);
        return call.numeric(numeric::BAD_MODE_PARAMETER, &[&channel, &letter, "*"], text);
    };
    let word = if change.letter == 'b' { "ban" } else { "mute" };
    command(call, room, change, format!("{}{word} {}", super::un(change.is_on), whom.text));
}

/// Asks what is on a list. Who does not keep order is shown that it is empty: whose address is banned is nobody else's business.
pub(super) fn ask(call: &mut Call<'_, '_>, room: &RoomInfo, letter: char) {
    let channel = channel::of_room(&room.room);
    if !modes::is_marked(call.role()) {
        let (_, number, middle) = numbers(letter, &channel);
        let middle: Vec<&str> = middle.iter().map(String::as_str).collect();
        return call.numeric(number, &middle, END);
    }
    let line = if letter == 'b' { "bans" } else { "mutes" }.to_owned();
    call.request(Request::Command { line, room: None }, &format!("{channel} {letter}"));
}

const END: &str = "end of the list";

/// The numbers of a list and of its end, and what stands in both.
fn numbers(letter: char, channel: &str) -> (Numeric, Numeric, Vec<String>) {
    match letter {
        'b' => (numeric::BANNED, numeric::BANNED_END, vec![channel.to_owned()]),
        _ => (numeric::MUTED, numeric::MUTED_END, vec![channel.to_owned(), "q".to_owned()]),
    }
}

/// What a client is told that asked for a list, or for a change.
pub(in crate::irc::commands) fn told(reply: &Reply, about: &str) -> Told {
    let Some((channel, letter)) = about.split_once(' ') else { return Told::Notice };
    let letter = match letter {
        "b" => 'b',
        "q" => 'q',
        // The line of the change tells.
        "+i" | "-i" | "+m" | "-m" => return Told::Nothing,
        _ => return Told::Notice,
    };
    let (number, end, middle) = numbers(letter, channel);
    let rows = match reply {
        Reply::Table { rows, .. } => rows.as_slice(),
        _ => &[],
    };
    let entry = |row: &Vec<String>| {
        let [name, address] = [0, 1].map(|place| row.get(place).map_or("", String::as_str));
        let mask = match (name, address) {
            (name, "") => modes::mask_of(name),
            ("", address) => modes::mask_of(address),
            (name, address) => modes::mask_of(&format!("{name} ({address})")),
        };
        let middle = middle.iter().cloned().chain([mask]).collect();
        (number, middle, Some(String::new()))
    };
    let entries = rows.iter().take(MOST).map(entry);
    Told::Numbers(entries.chain([(end, middle.clone(), Some(END.to_owned()))]).collect())
}

/// Whom a mask means.
struct Whom {
    text: String,
    is_address: bool,
}

/// The one nick or address that a mask stands for. One that stands for many is none: bans here are of names, with all that look like them, and of addresses.
fn whom(mask: &str) -> Option<Whom> {
    let (nick, rest) = mask.split_once('!').unwrap_or(match mask.contains('@') {
        true => ("*", mask),
        false => (mask, ""),
    });
    let host = rest.rsplit_once('@').map_or("", |(_, host)| host);
    let is_plain = |text: &str| !text.is_empty() && !text.contains(['*', '?', ' ', '"']);
    if is_plain(nick) {
        let is_address = nick.parse::<IpAddr>().is_ok();
        return Some(Whom { text: nick.to_owned(), is_address });
    }
    let is_all = !nick.contains(|c| c != '*') && is_plain(host);
    let network = host.parse::<Network>().ok().filter(|_| is_all)?;
    Some(Whom { text: network.to_string(), is_address: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_means_one_nick_or_one_address_or_nobody() {
        for (mask, meant) in [
            ("bob", Some("bob")),
            ("bob!*@*", Some("bob")),
            ("bob!bob@salotto", Some("bob")),
            ("*!*@10.0.0.7", Some("10.0.0.7")),
            ("*!*@10.0.0.0/8", Some("10.0.0.0/8")),
            ("*@2001:db8::1", Some("2001:db8::1")),
            ("*!*@*", None),
            ("*!*@salotto", None),
            ("b*!*@*", None),
            ("*", None),
            ("", None),
            ("a b!*@*", None),
            ("b*!*@10.0.0.7", None),
        ] {
            assert_eq!(whom(mask).map(|whom| whom.text).as_deref(), meant, "{mask}");
        }
    }
}

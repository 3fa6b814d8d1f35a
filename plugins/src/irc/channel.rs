//! The name of a room as that of a channel, and back. `lobby` is `#lobby`; what IRC cannot write in a name is written `%` and two digits of its byte, as in addresses of the
//! web.

use salotto::RoomName;

/// What begins the name of a channel.
const SIGN: char = '#';
/// What IRC has another use for in a name: it ends names, lists and parameters. `%` is what it is written with.
const RESERVED: &[char] = &[',', ':', '%', ' '];

/// What a room is called on IRC.
pub(super) fn of_room(room: &RoomName) -> String {
    let mut channel = String::with_capacity(room.as_str().len() + 1);
    channel.push(SIGN);
    for c in room.as_str().chars() {
        match RESERVED.contains(&c) {
            true => channel.push_str(&format!("%{:02x}", u32::from(c))),
            false => channel.push(c),
        }
    }
    channel
}

/// Which room a channel is; `None` where it is no name of a channel.
pub(super) fn to_room(channel: &str) -> Option<String> {
    // A second sign would be the room of the first: rooms are found by `#lobby`, too.
    let written = channel.strip_prefix(SIGN)?;
    if written.is_empty() || written.starts_with(SIGN) {
        return None;
    }
    let mut bytes = Vec::with_capacity(written.len());
    let mut rest = written;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        bytes.push(u8::from_str_radix(after.get(..2)?, 16).ok()?);
        rest = &after[2..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_as_they_were() {
        for (room, channel) in [("lobby", "#lobby"), ("gärten", "#gärten"), ("50%", "#50%25")] {
            let Ok(room) = room.parse::<RoomName>() else { continue };
            assert_eq!(of_room(&room), channel);
            assert_eq!(to_room(channel).as_deref(), Some(room.as_str()));
        }
    }

    #[test]
    fn what_is_no_channel_is_no_room() {
        for channel in ["", "#", "##lobby", "lobby", "&lobby", "#%", "#%zz", "#%ff"] {
            assert_eq!(to_room(channel), None, "{channel}");
        }
    }
}

//! Parses the arguments of the commands: who, where, and for how long.

use std::fmt;

use salotto::protocol::Timestamp;
use salotto::{CommandError, Context, Invocation, MemberInfo, Name, RoomName};

use super::ban::look_alike;
use super::bans::Banned;
use crate::common::duration::{HumanDuration, moment, parse_moment};
use salotto::Network;

/// The target of a ban: what reads as an address or a network is one.
pub(super) fn banned(context: &Context<'_>, text: &str) -> Result<Banned, CommandError> {
    let is_network = text.contains(['/', ':']) || text.parse::<std::net::IpAddr>().is_ok();
    if is_network {
        let network = text.parse().map_err(|error| CommandError::Refused(format!("{error}")));
        return network.map(Banned::Network);
    }
    person(context, text).map(Banned::Name)
}

/// A name that somebody has or could have, except the operator's.
pub(super) fn person(context: &Context<'_>, text: &str) -> Result<Name, CommandError> {
    let settings = context.settings();
    let name = Name::new(text, settings.limits.name_bounds()).map_err(|error| {
        CommandError::NotFound(format!("`{text}` is not a valid name: {error}"))
    })?;
    let operator_name = Name::new(&settings.server.operator_name, settings.limits.name_bounds());
    if operator_name.is_ok_and(|operator_name| look_alike(&name, &operator_name)) {
        return Err(CommandError::Refused(format!("`{name}` is the operator of this server")));
    }
    Ok(name)
}

/// The members of this name, or of one that looks like it: two at most, as a name has two forms at most.
pub(super) fn called(context: &Context<'_>, name: &Name) -> Vec<MemberInfo> {
    let keys = name.keys();
    let texts = std::iter::once(name.as_str()).chain(keys.iter().map(String::as_str));
    let mut found: Vec<MemberInfo> = texts.filter_map(|text| context.find(text)).collect();
    found.sort_by_key(|member| member.id);
    found.dedup_by_key(|member| member.id);
    found
}

/// The members who connect from an address or a network, longest connected first.
pub(super) fn coming_from(context: &Context<'_>, network: Network) -> Vec<MemberInfo> {
    let is_from = |member: &MemberInfo| {
        member.peer.address().is_some_and(|address| network.contains(address))
    };
    let mut here: Vec<MemberInfo> = context.members().into_iter().filter(is_from).collect();
    here.sort_by_key(|member| member.id);
    here
}

/// How long a ban or a mute lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    Permanent,
    For(HumanDuration),
    Until(Timestamp),
}

impl Length {
    /// When it ends, if it begins now.
    pub(super) fn end(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Permanent => None,
            Self::For(duration) => Some(duration.after(now)),
            Self::Until(end) => Some(end),
        }
    }
}

impl fmt::Display for Length {
    /// As it is read back before a reason.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Permanent => formatter.write_str("permanently"),
            Self::For(duration) => write!(formatter, "for {duration}"),
            Self::Until(end) => write!(formatter, "until {}", moment(*end)),
        }
    }
}

/// For how long, and why: `2h flooding`, `for 2h flooding`, `until 2026-07-01T18:00:00Z`, `flooding`, or `permanently 3 warnings`.
pub(super) fn terms(
    invocation: &Invocation,
    now: Timestamp,
) -> Result<(Length, String), CommandError> {
    let reason = invocation.text("reason");
    let Some(word) = invocation.get("duration") else {
        return Ok((Length::Permanent, reason.to_owned()));
    };
    if ["permanently", "permanent", "forever"].contains(&word) {
        return Ok((Length::Permanent, reason.to_owned()));
    }
    let starts_with_digit = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let (word, reason) = match ["for", "until"].contains(&word) && starts_with_digit(reason) {
        true => reason.split_once(' ').unwrap_or((reason, "")),
        false => (word, reason),
    };
    if !starts_with_digit(word) {
        return Ok((Length::Permanent, format!("{word} {reason}").trim_end().to_owned()));
    }
    if let Some(end) = parse_moment(word) {
        if end <= now {
            let text = format!("`{word}` has passed already; write a time in the future");
            return Err(CommandError::Refused(text));
        }
        return Ok((Length::Until(end), reason.to_owned()));
    }
    let duration = word.parse().map_err(|error| {
        CommandError::Refused(format!("{error}, or `permanently` before the reason"))
    })?;
    Ok((Length::For(duration), reason.trim_start().to_owned()))
}

/// The room that a command names, which must be open; without a name the one in which the command was typed.
pub(super) fn open_room(
    context: &Context<'_>,
    invocation: &Invocation,
) -> Result<RoomName, CommandError> {
    let room = any_room(context, invocation)?;
    if context.room(room.as_str()).is_none() {
        let text = format!("no room `{room}`; open it first, or check its name");
        return Err(CommandError::NoSuchRoom(text));
    }
    Ok(room)
}

/// The room that a command names, whether or not it is open.
pub(super) fn any_room(
    context: &Context<'_>,
    invocation: &Invocation,
) -> Result<RoomName, CommandError> {
    let Some(text) = invocation.get("room") else {
        let room = invocation.caller.room.clone();
        return room.ok_or_else(|| CommandError::NoSuchRoom("name a room".into()));
    };
    let room =
        RoomName::new(text, context.settings().limits.room_name_bounds()).map_err(|error| {
            CommandError::NoSuchRoom(format!("`{text}` is not a valid room name: {error}"))
        })?;
    // If it is open, in the spelling that it has here.
    let keys = room.keys();
    let open = context.rooms().into_iter().map(|info| info.room);
    let mut same = open.filter(|open| open.keys().iter().any(|key| keys.contains(key)));
    Ok(same.next().unwrap_or(room))
}

/// A member's name, for people.
pub(super) fn shown(member: &MemberInfo) -> String {
    member.name.as_ref().map_or_else(|| "somebody".into(), Name::to_string)
}

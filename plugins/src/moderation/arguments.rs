//! What the words of a command mean: who, where, and for how long.

use salotto::{CommandError, Context, Invocation, MemberInfo, Name, RoomName};

use super::ban::pass_for_one_another;
use super::bans::Banned;
use crate::common::network::{Network, address_of};
use crate::common::span::Span;

/// Whom a ban is about: what reads as an address or a network is one.
pub(super) fn banned(context: &Context<'_>, text: &str) -> Result<Banned, CommandError> {
    let is_network = text.contains(['/', ':']) || text.parse::<std::net::IpAddr>().is_ok();
    if is_network {
        let network = text.parse().map_err(|error| CommandError::Refused(format!("{error}")));
        return network.map(Banned::Network);
    }
    person(context, text).map(Banned::Name)
}

/// A name that somebody has or could have, but for the operator's.
pub(super) fn person(context: &Context<'_>, text: &str) -> Result<Name, CommandError> {
    let settings = context.settings();
    let name = Name::new(text, settings.limits.name_bounds())
        .map_err(|error| CommandError::NotFound(format!("`{text}` is nobody: {error}")))?;
    let operator_name = Name::new(&settings.server.operator_name, settings.limits.name_bounds());
    if operator_name.is_ok_and(|operator_name| pass_for_one_another(&name, &operator_name)) {
        return Err(CommandError::Refused(format!("`{name}` is the operator of this server")));
    }
    Ok(name)
}

/// Those who are here under a name, or under one that passes for it: two at most, as a name has two forms at most.
pub(super) fn called(context: &Context<'_>, name: &Name) -> Vec<MemberInfo> {
    let keys = name.keys();
    let texts = std::iter::once(name.as_str()).chain(keys.iter().map(String::as_str));
    let mut found: Vec<MemberInfo> = texts.filter_map(|text| context.find(text)).collect();
    found.sort_by_key(|member| member.id);
    found.dedup_by_key(|member| member.id);
    found
}

/// Those who are here from an address or a network, in the order of their coming.
pub(super) fn coming_from(context: &Context<'_>, network: Network) -> Vec<MemberInfo> {
    let is_from = |member: &MemberInfo| {
        address_of(member.peer).is_some_and(|address| network.contains(address))
    };
    let mut here: Vec<MemberInfo> = context.members().into_iter().filter(is_from).collect();
    here.sort_by_key(|member| member.id);
    here
}

/// For how long, and why: `2h flooding`, `flooding`, or `forever 3 warnings`.
pub(super) fn terms(invocation: &Invocation) -> Result<(Option<Span>, String), CommandError> {
    let reason = invocation.text("reason");
    let reason = match invocation.get("duration") {
        None | Some("forever") => reason.to_owned(),
        Some(word) if word.starts_with(|c: char| c.is_ascii_digit()) => {
            let span = word.parse().map_err(|error| {
                CommandError::Refused(format!("{error}, or `forever` before the reason"))
            })?;
            return Ok((Some(span), reason.to_owned()));
        }
        Some(word) => format!("{word} {reason}").trim_end().to_owned(),
    };
    Ok((None, reason))
}

/// The room that a command is about, which is open: the one named, or the one the line was typed in.
pub(super) fn open_room(
    context: &Context<'_>,
    invocation: &Invocation,
) -> Result<RoomName, CommandError> {
    let room = any_room(context, invocation)?;
    if context.room(room.as_str()).is_none() {
        let text = format!("there is no room `{room}`; open it first, or check its name");
        return Err(CommandError::NoSuchRoom(text));
    }
    Ok(room)
}

/// The room that a command is about, whether or not it is open.
pub(super) fn any_room(
    context: &Context<'_>,
    invocation: &Invocation,
) -> Result<RoomName, CommandError> {
    let Some(text) = invocation.get("room") else {
        let room = invocation.caller.room.clone();
        return room.ok_or_else(|| CommandError::NoSuchRoom("name a room".into()));
    };
    let room = RoomName::new(text, context.settings().limits.room_name_bounds())
        .map_err(|error| CommandError::NoSuchRoom(format!("`{text}` is no room: {error}")))?;
    // Under the name that it has here.
    let keys = room.keys();
    let open = context.rooms().into_iter().map(|info| info.room);
    let mut same = open.filter(|open| open.keys().iter().any(|key| keys.contains(key)));
    Ok(same.next().unwrap_or(room))
}

/// A member's name, for people.
pub(super) fn shown(member: &MemberInfo) -> String {
    member.name.as_ref().map_or_else(|| "somebody".into(), Name::to_string)
}

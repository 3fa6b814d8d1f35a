//! Arguments of commands as people write them, and who does what: what plugins that keep order share.

use std::net::SocketAddr;

use salotto::{
    Action, Caller, CommandError, Context, Invocation, MemberInfo, Name, Network, NetworkError,
    Role, RoomName,
};

/// The widest networks that a moderator may ban; the operator may ban wider ones.
const WIDEST_V4: u8 = 16;
const WIDEST_V6: u8 = 32;

/// An address or a network, also with the port that `users` shows.
pub(crate) fn network(text: &str) -> Result<Network, NetworkError> {
    match text.parse::<SocketAddr>() {
        Ok(address) => Ok(Network::of(address.ip())),
        Err(_) => text.parse(),
    }
}

/// Whether a text is written like an address or a network, also where it is a wrong one: numbers of whatever script with two dots or more
/// and what people write for a range (`10.0.0.*`, `10.0.0.1-20`), or anything with a slash or a colon.
pub(crate) fn looks_like_address(text: &str) -> bool {
    let is_of_ranges = |c: char| c.is_numeric() || ".*-,;xX".contains(c);
    text.contains(['/', ':'])
        || text.starts_with(char::is_numeric)
            && text.matches('.').count() >= 2
            && text.chars().all(is_of_ranges)
}

/// Whether a caller may ban so wide a network.
pub(crate) fn check_width(caller: &Caller, network: &Network) -> Result<(), CommandError> {
    let widest = if network.is_v4() { WIDEST_V4 } else { WIDEST_V6 };
    if caller.role >= Role::Operator || network.bits() >= widest {
        return Ok(());
    }
    Err(CommandError::Refused(format!(
        "{network} is too wide for a moderator; ban at most a /{widest}, or ask the operator"
    )))
}

/// The members of this name, or of one that looks like it: two at most, as a name has two forms at most.
pub(crate) fn called(context: &Context<'_>, name: &Name) -> Vec<MemberInfo> {
    let keys = name.keys();
    let texts = std::iter::once(name.as_str()).chain(keys.iter().map(String::as_str));
    let mut found: Vec<MemberInfo> = texts.filter_map(|text| context.find(text)).collect();
    found.sort_by_key(|member| member.id);
    found.dedup_by_key(|member| member.id);
    found
}

/// Whether two names are the same or too similar to exist side by side.
pub(crate) fn look_alike(one: &Name, other: &Name) -> bool {
    one == other || {
        let keys = other.keys();
        one.keys().iter().any(|key| keys.contains(key))
    }
}

/// The room that a command names, which must be open; without a name the one in which the command was typed.
pub(crate) fn open_room(
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
pub(crate) fn any_room(
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
    Ok(context.room(room.as_str()).map_or(room, |open| open.room))
}

/// A member's name, for people.
pub(crate) fn shown(member: &MemberInfo) -> String {
    member.name.as_ref().map_or_else(|| "somebody".into(), Name::to_string)
}

/// Who does it.
pub(crate) fn by(context: &Context<'_>, caller: &Caller) -> String {
    let name = caller.name.as_ref().map(Name::to_string);
    name.unwrap_or_else(|| context.settings().server.operator_name.clone())
}

/// Records what somebody did.
pub(crate) fn record(
    context: &mut Context<'_>,
    invocation: &Invocation,
    what: &str,
    complete: impl FnOnce(Action) -> Action,
) {
    let by = by(context, &invocation.caller);
    let action = complete(Action::new(context.now(), what, by));
    context.record(action);
}

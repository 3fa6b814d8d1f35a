//! Parses the arguments of the commands: who and where.

use std::net::SocketAddr;

use salotto::{
    Caller, CommandError, Context, Invocation, MemberInfo, Name, Network, NetworkError, Role,
    RoomName,
};

use super::ban::look_alike;
use super::bans::Banned;

/// The widest networks that a moderator may ban; the operator may ban wider ones.
const WIDEST_V4: u8 = 16;
const WIDEST_V6: u8 = 32;

/// The target of a ban: what looks like an address or a network is one, or a mistake.
pub(super) fn banned(context: &Context<'_>, text: &str) -> Result<Banned, CommandError> {
    if looks_like_address(text) {
        let network = network(text).map_err(|error| CommandError::Refused(format!("{error}")));
        return network.map(Banned::Network);
    }
    person(context, text).map(Banned::Name)
}

/// An address or a network, also with the port that `users` shows.
fn network(text: &str) -> Result<Network, NetworkError> {
    match text.parse::<SocketAddr>() {
        Ok(address) => Ok(Network::of(address.ip())),
        Err(_) => text.parse(),
    }
}

/// Whether a text is written like an address or a network, also where it is a wrong one: numbers of whatever script with two dots or more
/// and what people write for a range (`10.0.0.*`, `10.0.0.1-20`), or anything with a slash or a colon.
pub(super) fn looks_like_address(text: &str) -> bool {
    let is_of_ranges = |c: char| c.is_numeric() || ".*-,;xX".contains(c);
    text.contains(['/', ':'])
        || text.starts_with(char::is_numeric)
            && text.matches('.').count() >= 2
            && text.chars().all(is_of_ranges)
}

/// Whether a caller may ban so wide a network.
pub(super) fn check_width(caller: &Caller, network: &Network) -> Result<(), CommandError> {
    let widest = if network.is_v4() { WIDEST_V4 } else { WIDEST_V6 };
    if caller.role >= Role::Operator || network.bits() >= widest {
        return Ok(());
    }
    Err(CommandError::Refused(format!(
        "{network} is too wide for a moderator; ban at most a /{widest}, or ask the operator"
    )))
}

/// Whether a caller may act against the account of this name, whose owner need not be here.
pub(super) fn check_account(
    context: &Context<'_>,
    caller: &Caller,
    name: &Name,
) -> Result<(), CommandError> {
    match context.account_role(name) {
        Some(role) => caller.may_act_against_account(name, role),
        None => Ok(()),
    }
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

//! Parses the arguments of the commands: who, where, and for how long.

use std::fmt;
use std::time::Duration;

use salotto::protocol::Timestamp;
use salotto::{
    Caller, CommandError, Context, Invocation, MemberInfo, Name, Network, Role, RoomName,
};

use super::ban::look_alike;
use super::bans::Banned;
use crate::common::duration::{HumanDuration, HumanDurationError, moment, parse_moment, until};

/// The widest networks that a moderator may ban; the operator may ban wider ones.
const WIDEST_V4: u8 = 16;
const WIDEST_V6: u8 = 32;

/// The target of a ban: what looks like an address or a network is one, or a mistake.
pub(super) fn banned(context: &Context<'_>, text: &str) -> Result<Banned, CommandError> {
    if looks_like_address(text) {
        let network = text.parse().map_err(|error| CommandError::Refused(format!("{error}")));
        return network.map(Banned::Network);
    }
    person(context, text).map(Banned::Name)
}

/// Whether a text is written like an address or a network, also where it is a wrong one: numbers with dots or a slash between them, or
/// with a colon.
fn looks_like_address(text: &str) -> bool {
    let is_of_numbers = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '/'));
    text.contains(['/', ':']) || is_of_numbers && text.matches('.').count() >= 2
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

    /// How long it lasts, if it begins now.
    pub(super) fn lasts(self, now: Timestamp) -> Option<Duration> {
        match self {
            Self::Permanent => None,
            Self::For(duration) => Some(duration.duration()),
            Self::Until(end) => Some(until(end, now)),
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
    let Some(word) = invocation.get("duration") else {
        return Ok((Length::Permanent, invocation.text("reason").to_owned()));
    };
    let text = format!("{word} {}", invocation.text("reason"));
    let mut rest = text.trim();
    if let Some(reason) = after_word(rest, &["permanently", "permanent", "forever"]) {
        return Ok((Length::Permanent, reason.to_owned()));
    }
    if let Some(after) = after_word(rest, &["for", "until"]).filter(|after| is_numeric(after)) {
        rest = after;
    }
    if !is_numeric(rest) {
        return Ok((Length::Permanent, rest.to_owned()));
    }
    if let Some((end, reason)) = leading_moment(rest) {
        if end <= now {
            let text = format!("{} has passed already; write a time in the future", moment(end));
            return Err(CommandError::Refused(text));
        }
        return Ok((Length::Until(end), reason.to_owned()));
    }
    let (duration, reason) = leading_duration(rest).map_err(|error| {
        CommandError::Refused(format!("{error}, or `permanently` before the reason"))
    })?;
    Ok((Length::For(duration), reason.to_owned()))
}

/// What stands after the first word, if that is one of these.
fn after_word<'t>(text: &'t str, words: &[&str]) -> Option<&'t str> {
    let (first, rest) = first_word(text);
    words.contains(&first).then_some(rest)
}

fn first_word(text: &str) -> (&str, &str) {
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (first, rest.trim_start())
}

/// Whether a text begins with a number, with or without a sign: then a duration or a time is meant.
fn is_numeric(text: &str) -> bool {
    text.trim_start_matches(['-', '+', '.']).starts_with(|c: char| c.is_ascii_digit())
}

/// A time at the beginning, written as one word or as day and time, and what follows.
fn leading_moment(text: &str) -> Option<(Timestamp, &str)> {
    let (first, after_first) = first_word(text);
    let (second, after_both) = first_word(after_first);
    let both = parse_moment(&format!("{first} {second}")).map(|end| (end, after_both));
    both.or_else(|| parse_moment(first).map(|end| (end, after_first)))
}

/// A duration at the beginning, in one word or several (`1h 30m`, `10 minutes`, `10 more minutes`), and what follows.
fn leading_duration(text: &str) -> Result<(HumanDuration, &str), HumanDurationError> {
    let (mut written, mut rest) = (String::new(), text);
    loop {
        let (word, mut after) = first_word(rest);
        let mut part = word.to_owned();
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            // The unit stands apart.
            after = after_word(after, &["more"]).unwrap_or(after);
            let (unit, after_unit) = first_word(after);
            part.push_str(unit);
            after = after_unit;
        }
        match part.parse::<HumanDuration>() {
            Ok(_) => written.push_str(&part),
            // The first is meant to be one; what follows may be the reason.
            Err(_) if written.is_empty() => {
                return Err(word
                    .parse::<HumanDuration>()
                    .err()
                    .unwrap_or(HumanDurationError::Unreadable(word.to_owned())));
            }
            Err(_) => break,
        }
        rest = after;
        if !is_numeric(rest) {
            break;
        }
    }
    Ok((written.parse()?, rest))
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

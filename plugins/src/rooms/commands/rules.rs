//! `room key`, `limit`, `hide`, `topic` and what holds altogether.

use salotto::{CommandError, Context, Invocation, NoticeKind, Reply, RoomName};

use super::CommandResult;
use crate::common::arguments::{open_room, record};
use crate::common::rules::Rules;
use crate::rooms::Rooms;
use crate::rooms::lists::List;
use crate::rooms::people::Right;

/// Most letters of a key.
const LONGEST_KEY: usize = 50;

pub(super) fn set_key(context: &mut Context<'_>, invocation: &Invocation) -> CommandResult {
    let room = open_room(context, invocation)?;
    let key = invocation.text("key").to_owned();
    let is_bad = |c: char| c.is_whitespace() || c.is_control() || c == ',' || c == '"';
    if key.chars().count() > LONGEST_KEY || key.contains(is_bad) || key.starts_with(':') {
        let text = format!(
            "a key is one word of at most {LONGEST_KEY} letters, without commas and quotes"
        );
        return Err(CommandError::Refused(text));
    }
    change(context, &room, |rules| rules.key = Some(key));
    // Which it is stands in no record.
    record(context, invocation, "room-key", |action| action.room(&room));
    context.notice(&room, "who joins this room has to give its key now", NoticeKind::Changed);
    Ok(Reply::Text(format!("{room} has a key now")))
}

pub(super) fn clear_key(context: &mut Context<'_>, invocation: &Invocation) -> CommandResult {
    let room = open_room(context, invocation)?;
    if Rules::of(context, &room).key.is_none() {
        return Err(CommandError::Refused(format!("{room} has no key")));
    }
    change(context, &room, |rules| rules.key = None);
    record(context, invocation, "room-unkey", |action| action.room(&room));
    context.notice(&room, "this room has no key any more", NoticeKind::Changed);
    Ok(Reply::Text(format!("{room} has no key any more")))
}

pub(super) fn limit(context: &mut Context<'_>, invocation: &Invocation) -> CommandResult {
    let room = open_room(context, invocation)?;
    // The parser has seen that it is a number; one that no room ever has is none.
    let count = invocation.text("count").parse::<u32>().unwrap_or(u32::MAX);
    let limit = (count > 0).then_some(count as usize);
    change(context, &room, |rules| rules.limit = limit);
    record(context, invocation, "room-limit", |action| action.room(&room).why(count.to_string()));
    let text = match limit {
        Some(limit) => format!("at most {limit} may be in {room} now"),
        None => format!("{room} has no limit"),
    };
    context.notice(&room, text.clone(), NoticeKind::Changed);
    Ok(Reply::Text(text))
}

pub(super) fn hide(context: &mut Context<'_>, invocation: &Invocation) -> CommandResult {
    let room = open_room(context, invocation)?;
    let is_hidden = invocation.text("switch") == "on";
    if Rules::of(context, &room).is_hidden == is_hidden {
        let text = if is_hidden { "is hidden already" } else { "is not hidden" };
        return Err(CommandError::Refused(format!("{room} {text}")));
    }
    change(context, &room, |rules| rules.is_hidden = is_hidden);
    context.hide_room(&room, is_hidden);
    let switch = invocation.text("switch");
    record(context, invocation, "room-hide", |action| action.room(&room).why(switch));
    let text = match is_hidden {
        true => format!("those outside are told nothing of {room} now"),
        false => format!("everybody is told of {room} again"),
    };
    context.notice(&room, text.clone(), NoticeKind::Changed);
    Ok(Reply::Text(text))
}

pub(super) fn open_topic(context: &mut Context<'_>, invocation: &Invocation) -> CommandResult {
    let room = open_room(context, invocation)?;
    let who = invocation.text("who");
    let is_open = who == "everybody";
    change(context, &room, |rules| rules.has_open_topic = is_open);
    record(context, invocation, "room-topic", |action| action.room(&room).why(who));
    let text = format!("{who} may set the topic of {room} now");
    context.notice(&room, text.clone(), NoticeKind::Changed);
    Ok(Reply::Text(text))
}

/// Somebody who moderates nothing sets a topic.
pub(super) fn topic(context: &mut Context<'_>, invocation: &Invocation) -> CommandResult {
    let room = open_room(context, invocation)?;
    let caller = &invocation.caller;
    let is_inside = caller.member.is_some_and(|member| context.is_in(member, &room));
    if !is_inside || !Rules::of(context, &room).has_open_topic {
        return Err(CommandError::Refused(format!("only moderators set the topic of `{room}`")));
    }
    context.set_topic(&room, invocation.text("text"), caller.name.as_ref());
    Ok(Reply::Done)
}

pub(super) fn show(rooms: &Rooms, context: &Context<'_>, invocation: &Invocation) -> CommandResult {
    let room = open_room(context, invocation)?;
    let (rules, now) = (Rules::of(context, &room), context.now());
    let people = |right| listed(&rooms.people.shown(context, &room, right));
    let count = |list| rooms.lists.all(&room, list, now).len().to_string();
    Ok(Reply::fields([
        ("room", room.to_string()),
        ("moderators", people(Right::Moderator)),
        ("voices", people(Right::Voice)),
        ("key", if rules.key.is_some() { "set" } else { "none" }.to_owned()),
        ("limit", rules.limit.map_or("none".into(), |limit| limit.to_string())),
        ("hidden", if rules.is_hidden { "yes" } else { "no" }.to_owned()),
        ("topic", if rules.has_open_topic { "everybody" } else { "moderators" }.to_owned()),
        ("bans", count(List::Bans)),
        ("exceptions", count(List::Exceptions)),
        ("admitted", count(List::Invitations)),
    ]))
}

fn listed(items: &[String]) -> String {
    if items.is_empty() { "none".into() } else { items.join(", ") }
}

fn change(context: &mut Context<'_>, room: &RoomName, change: impl FnOnce(&mut Rules)) {
    let mut rules = Rules::of(context, room);
    change(&mut rules);
    rules.keep(context, room);
}

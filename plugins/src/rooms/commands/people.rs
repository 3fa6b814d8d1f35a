//! `op`, `deop`, `voice`, `devoice`: who has which right in a room.

use salotto::{
    CommandError, Context, Hint, Invocation, MemberInfo, NoticeKind, Reply, Role, RoomName,
};

use super::CommandResult;
use crate::common::arguments::{by, open_room, record, shown};
use crate::common::identity::Identity;
use crate::rooms::Rooms;
use crate::rooms::people::Right;

pub(super) fn give(
    rooms: &mut Rooms,
    context: &mut Context<'_>,
    invocation: &Invocation,
    right: Right,
) -> CommandResult {
    let (room, info) = found(context, invocation)?;
    let name = shown(&info);
    if has(context, &info, &room, right) {
        let text = format!("{name} {} {room} already", is(right));
        return Err(CommandError::Refused(text));
    }
    rooms.people.give(context, &room, right, Identity::member(&info));
    show(context, &info, &room, right, true);
    let word = if right == Right::Moderator { "op" } else { "voice" };
    record(context, invocation, word, |action| action.whom(&name).room(&room));
    let by = by(context, &invocation.caller);
    let told = match right {
        Right::Moderator => format!("{by} made you a moderator of {room}"),
        Right::Voice => format!("{by} gave you a voice in {room}"),
    };
    context.notice_to(info.id, told, NoticeKind::Changed);
    Ok(Reply::Text(format!("{name} {} {room} now", is(right))))
}

pub(super) fn take(
    rooms: &mut Rooms,
    context: &mut Context<'_>,
    invocation: &Invocation,
    right: Right,
) -> CommandResult {
    let room = open_room(context, invocation)?;
    let text = invocation.text("name");
    let (who, here) = match context.find(text).filter(|info| context.is_in(info.id, &room)) {
        Some(info) => (Identity::member(&info), Some(info)),
        // Whose account it is may be elsewhere.
        None => (Identity::account(text), None),
    };
    let is_taken = rooms.people.take(context, &room, right, &who);
    let had = here.as_ref().is_some_and(|info| has(context, info, &room, right));
    let name = here.as_ref().map_or_else(|| text.to_owned(), shown);
    if !is_taken && !had {
        let text = match here.filter(|info| right == Right::Moderator && info.role > Role::Member) {
            Some(info) => format!("{name} is {} {} of the server", a(info.role), info.role),
            None => format!("{name} is not: nobody of that name {} {room}", is(right)),
        };
        return Err(CommandError::Refused(text));
    }
    if let Some(info) = &here {
        show(context, info, &room, right, false);
    }
    let word = if right == Right::Moderator { "deop" } else { "devoice" };
    record(context, invocation, word, |action| action.whom(&name).room(&room));
    if let Some(info) = here {
        let told = match right {
            Right::Moderator => format!("you are no moderator of {room} any more"),
            Right::Voice => format!("you have no voice in {room} any more"),
        };
        context.notice_to(info.id, told, NoticeKind::Changed);
    }
    Ok(Reply::Text(format!("{name} {} {room} no more", is(right))))
}

/// The room that is meant, and who in it.
fn found(
    context: &Context<'_>,
    invocation: &Invocation,
) -> Result<(RoomName, MemberInfo), CommandError> {
    let room = open_room(context, invocation)?;
    let text = invocation.text("name");
    let Some(info) = context.find(text) else {
        let hint = Hint::any(["users", "who"]).after(" lists users");
        return Err(CommandError::NotFound(format!("no user `{text}`{hint}")));
    };
    if !context.is_in(info.id, &room) {
        return Err(CommandError::NotFound(format!("{} is not in {room}", shown(&info))));
    }
    Ok((room, info))
}

fn has(context: &Context<'_>, info: &MemberInfo, room: &RoomName, right: Right) -> bool {
    match right {
        Right::Moderator => context.moderates(info.id, room),
        Right::Voice => context.is_voiced(info.id, room),
    }
}

fn show(context: &mut Context<'_>, info: &MemberInfo, room: &RoomName, right: Right, is_on: bool) {
    match right {
        Right::Moderator => context.set_role_in(info.id, room, is_on.then_some(Role::Moderator)),
        Right::Voice => context.show_voiced(info.id, room, is_on),
    }
}

fn is(right: Right) -> &'static str {
    match right {
        Right::Moderator => "moderates",
        Right::Voice => "has a voice in",
    }
}

fn a(role: Role) -> &'static str {
    if role == Role::Operator { "an" } else { "a" }
}

//! `room ban`, `room except`, `room admit`: the lists of a room.

use salotto::{Action, CommandError, Context, Hint, Invocation, MemberInfo, Reply, RoomName};

use super::CommandResult;
use crate::common::arguments::{by, called, check_width, open_room, record};
use crate::common::duration::moment;
use crate::common::identity::Identity;
use crate::common::terms::terms;
use crate::rooms::Rooms;
use crate::rooms::lists::{List, Listed, MOST};
use crate::rooms::mask::Mask;

/// Most letters of a reason that are kept.
const LONGEST_REASON: usize = 100;

pub(super) fn add(
    rooms: &mut Rooms,
    context: &mut Context<'_>,
    invocation: &Invocation,
    list: List,
) -> CommandResult {
    let room = open_room(context, invocation)?;
    let mask = mask(invocation)?;
    if let Some(network) = mask.network() {
        check_width(&invocation.caller, network)?;
    }
    let (length, why) = terms(invocation, context.now())?;
    let here = mask.name().map(|name| called(context, &name)).unwrap_or_default();
    let is_meant =
        |info: &MemberInfo| info.name.as_ref().is_some_and(|name| mask.fits(info, &name.keys()));
    let here: Vec<_> = here.into_iter().filter(is_meant).collect();
    let inside = here.iter().find(|info| context.is_in(info.id, &room)).cloned();
    let entry = Listed {
        mask: mask.clone(),
        who: here.iter().map(Identity::member).collect(),
        until: length.end(context.now()),
        by: by(context, &invocation.caller),
        at: context.now(),
        why: why.chars().take(LONGEST_REASON).collect(),
    };
    let (until, why) = (entry.until, entry.why.clone());
    if !rooms.lists.add(context, &room, list, entry) {
        let text = format!("there are {MOST} on that list of {room} already; remove some");
        return Err(CommandError::Refused(text));
    }
    record(context, invocation, &format!("room-{}", list.word()), |action| {
        let action = action.whom(mask.to_string()).room(&room).why(why);
        until.into_iter().fold(action, Action::until)
    });
    let text = match list {
        List::Bans => format!("{mask} is banned from {room} {length}{}", offer(&room, inside)),
        List::Exceptions => format!("no ban of {room} means {mask} {length}"),
        List::Invitations => format!("{mask} can join {room} also while it is locked, {length}"),
    };
    Ok(Reply::Text(text))
}

/// How somebody who is inside is sent out.
fn offer(room: &RoomName, inside: Option<MemberInfo>) -> String {
    match inside.and_then(|info| info.name) {
        Some(name) => {
            let hint = Hint::new(format!("remove {room} {name}")).after(" sends them out");
            format!(", and can only read{hint}")
        }
        None => String::new(),
    }
}

pub(super) fn remove(
    rooms: &mut Rooms,
    context: &mut Context<'_>,
    invocation: &Invocation,
    list: List,
) -> CommandResult {
    let room = open_room(context, invocation)?;
    let mask = mask(invocation)?;
    if !rooms.lists.remove(context, &room, list, &mask) {
        let hint = Hint::new(format!("room {}s {room}", list.word())).after(" shows it");
        return Err(CommandError::NotFound(format!("`{mask}` is not on that list{hint}")));
    }
    let what = format!("room-un{}", list.word());
    record(context, invocation, &what, |action| action.whom(mask.to_string()).room(&room));
    Ok(Reply::Text(format!("{mask} is on that list of {room} no more")))
}

pub(super) fn all(
    rooms: &Rooms,
    context: &Context<'_>,
    invocation: &Invocation,
    list: List,
) -> CommandResult {
    let room = open_room(context, invocation)?;
    let row = |listed: &Listed| {
        [
            listed.mask.to_string(),
            listed.until.map_or("permanently".into(), moment),
            listed.by.clone(),
            moment(listed.at),
            listed.why.clone(),
        ]
    };
    let listed = rooms.lists.all(&room, list, context.now());
    let rows: Vec<_> = listed.into_iter().map(row).collect();
    if rows.is_empty() {
        return Ok(Reply::text(format!("nobody is on that list of {room}")));
    }
    Ok(Reply::table(["who", "until", "by", "since", "reason"], rows))
}

fn mask(invocation: &Invocation) -> Result<Mask, CommandError> {
    let mask = invocation.text("who").parse::<Mask>();
    mask.map_err(|error| CommandError::Refused(error.to_string()))
}

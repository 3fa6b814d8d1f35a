//! `LIST [channel|mask|!mask|<n|>n,…]`: the rooms that a member may see. All that is named must hold.

use salotto::RoomInfo;

use super::Call;
use crate::irc::{channel, mask, numeric};

/// Most rooms that one answer has.
const MOST: usize = 500;
/// Most conditions that one line may have.
const MOST_CONDITIONS: usize = 10;

/// What the rooms that are asked for have in common.
enum Condition<'l> {
    Fits(&'l str),
    FitsNot(&'l str),
    MoreThan(usize),
    FewerThan(usize),
}

pub(super) fn run(call: &mut Call<'_, '_>) {
    let asked = call.line.parameter(0).unwrap_or_default();
    let asked = asked.split(',').filter(|asked| !asked.is_empty()).take(MOST_CONDITIONS);
    let conditions: Vec<Condition<'_>> = asked.map(Condition::read).collect();
    let context = &*call.context;
    let rooms = context.rooms().into_iter().filter(|room| context.sees(call.member, &room.room));
    let rooms: Vec<RoomInfo> = rooms.filter(|room| holds(&conditions, room)).take(MOST).collect();
    let mut answers = call.answers();
    answers.add(numeric::LIST_START, &["Channel"], "Users  Name");
    for room in rooms {
        let (name, members) = (channel::of_room(&room.room), room.members.to_string());
        answers.add(numeric::LIST, &[&name, &members], &room.topic);
    }
    answers.add(numeric::LIST_END, &[], "end of the list of channels");
    call.send(answers);
}

/// A room in which nobody is, and of which nothing is said, is told of to who asks for it by name: the one that is always there would be in every list.
/// Names and masks are an either-or, as in `LIST #a,#b`; the others narrow it.
fn holds(conditions: &[Condition<'_>], room: &RoomInfo) -> bool {
    let name = channel::of_room(&room.room);
    let mut masks = conditions.iter().filter_map(|condition| match condition {
        Condition::Fits(mask) => Some(mask),
        _ => None,
    });
    let asks_by_name = masks.clone().next().is_some();
    let is_named = !asks_by_name || masks.any(|mask| mask::fits(mask, &name));
    let is_asked_for = asks_by_name || room.members > 0 || !room.topic.is_empty();
    is_asked_for
        && is_named
        && conditions.iter().all(|condition| match condition {
            Condition::Fits(_) => true,
            Condition::FitsNot(mask) => !mask::fits(mask, &name),
            Condition::MoreThan(count) => room.members > *count,
            Condition::FewerThan(count) => room.members < *count,
        })
}

impl<'l> Condition<'l> {
    fn read(text: &'l str) -> Self {
        let number = |text: &str| text.parse().ok();
        if let Some(count) = text.strip_prefix('>').and_then(number) {
            return Self::MoreThan(count);
        }
        if let Some(count) = text.strip_prefix('<').and_then(number) {
            return Self::FewerThan(count);
        }
        match text.strip_prefix('!') {
            Some(mask) => Self::FitsNot(mask),
            None => Self::Fits(text),
        }
    }
}

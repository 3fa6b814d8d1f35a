//! `LIST [#channel,…]`: the rooms that a member may see.

use super::Call;
use crate::irc::{channel, numeric};

pub(super) fn run(call: &mut Call<'_, '_>) {
    let asked: Vec<String> = match call.line.parameter(0) {
        Some(names) => names.split(',').filter_map(channel::to_room).collect(),
        None => Vec::new(),
    };
    let is_asked = |name: &str| asked.is_empty() || asked.iter().any(|room| room == name);
    for room in call.context.rooms() {
        if is_asked(room.room.as_str()) && call.context.sees(call.member, &room.room) {
            let (name, members) = (channel::of_room(&room.room), room.members.to_string());
            call.numeric(numeric::LIST, &[&name, &members], &room.topic);
        }
    }
    call.numeric(numeric::LIST_END, &[], "end of the list of channels");
}

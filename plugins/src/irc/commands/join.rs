//! `JOIN #channel[,#channel…] [key[,key…]]`: enters rooms. `JOIN 0` leaves all.

use salotto::Request;

use super::{Call, shown_channel};
use crate::irc::{channel, numeric};

/// Most channels that one line may name: more than clients join by themselves when they come.
pub(super) const MOST_TARGETS: usize = 50;

pub(super) fn run(call: &mut Call<'_, '_>) {
    let line = call.line;
    if line.parameter(0) == Some("0") {
        let rooms = call.context.member(call.member).map(|info| info.rooms).unwrap_or_default();
        for room in rooms {
            let about = channel::of_room(&room);
            call.request(
                Request::Leave { room: Some(room.to_string()), farewell: String::new() },
                &about,
            );
        }
        return;
    }
    let mut keys = line.parameter(1).unwrap_or_default().split(',');
    for name in line.parameter(0).unwrap_or_default().split(',').take(MOST_TARGETS) {
        let key = keys.next().filter(|key| !key.is_empty()).map(str::to_owned);
        match channel::to_room(name) {
            None => {
                let name = shown_channel(name);
                call.numeric(numeric::NO_SUCH_CHANNEL, &[&name], "channels are called #name");
            }
            // Who is in it already has nothing to be told.
            Some(room) if is_in(call, &room) => {}
            Some(room) => call.request(Request::Join { room, key }, name),
        }
    }
}

fn is_in(call: &Call<'_, '_>, room: &str) -> bool {
    call.context.room(room).is_some_and(|room| call.context.is_in(call.member, &room.room))
}

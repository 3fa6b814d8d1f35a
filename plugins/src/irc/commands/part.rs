//! `PART #channel[,#channel…] [words]`: leaves rooms.

use salotto::Request;

use super::Call;
use super::join::MOST_TARGETS;
use crate::irc::numeric;

pub(super) fn run(call: &mut Call<'_, '_>) {
    for name in call.line.parameter(0).unwrap_or_default().split(',').take(MOST_TARGETS) {
        let Some(room) = call.room(name) else { continue };
        if !call.context.is_in(call.member, &room.room) {
            call.numeric(numeric::NOT_ON_CHANNEL, &[name], "you are not in that channel");
            continue;
        }
        let farewell = call.line.parameter(1).unwrap_or_default().to_owned();
        let room = Some(room.room.to_string());
        call.request(Request::Leave { room, farewell }, name);
    }
}

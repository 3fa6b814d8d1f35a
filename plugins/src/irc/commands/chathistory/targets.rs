//! `CHATHISTORY TARGETS`: in which channels something was said within a time.

use super::read::Read;
use crate::irc::commands::Call;
use crate::irc::commands::markread::moment;

pub(super) fn run(call: &mut Call<'_, '_>) {
    let line = call.line;
    let time = |place| line.parameter(place)?.strip_prefix("timestamp=").and_then(moment);
    let limit = line.parameter(3).and_then(|limit| limit.parse::<usize>().ok());
    let (Some(one), Some(other), Some(limit)) = (time(1), time(2), limit) else {
        let text = "give two times as timestamp=2026-01-31T12:00:00.000Z, and how many";
        return call.fail("INVALID_PARAMS", &["TARGETS"], text);
    };
    let Some(store) = call.context.store().filter(|_| call.irc.reads.has_space(call.member)) else {
        return call.fail("MESSAGE_ERROR", &["TARGETS"], "nothing can be read now");
    };
    let within = (one.min(other), one.max(other));
    let rooms = call.context.readable(call.member);
    let label = call.answered_later();
    Read::targets(call.irc, call.context, (call.member, label), store, rooms, within, limit);
}

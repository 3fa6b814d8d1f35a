//! `MARKREAD target [timestamp=…]`: how far somebody has read, asked or said: <https://ircv3.net/specs/extensions/read-marker>.

use salotto::{Context, MemberId, Timestamp};

use super::Call;
use crate::irc::capability::Capability;
use crate::irc::{Irc, KEEP_MARKERS, read_markers, written};

/// A target is no longer than this, in bytes.
const LONGEST: usize = 200;

pub(super) fn run(call: &mut Call<'_, '_>) {
    let line = call.line;
    let Some(target) = line.parameter(0).filter(|target| target.len() <= LONGEST) else {
        return call.fail("NEED_MORE_PARAMS", &[], "say what was read: a channel or a nick");
    };
    let Some(asked) = line.parameter(1) else {
        return answer(call, target);
    };
    let time = asked.strip_prefix("timestamp=").and_then(moment);
    let Some(time) = time else {
        let text = "give the time as timestamp=2026-01-31T12:00:00.000Z";
        return call.fail("INVALID_PARAMS", &[target], text);
    };
    // What is to come has not been read.
    let time = time.min(call.context.now());
    let (reached, is_to_be_kept) = call.irc.markers.set(call.context, call.member, target, time);
    if is_to_be_kept {
        call.context.set_timer(KEEP_MARKERS, read_markers::KEPT_AFTER);
    }
    answer(call, target);
    if reached == time {
        tell_others(call, target);
    }
}

/// A moment as clients write it.
pub(in crate::irc) fn moment(text: &str) -> Option<Timestamp> {
    humantime::parse_rfc3339(text).ok().map(Timestamp::from)
}

fn answer(call: &mut Call<'_, '_>, target: &str) {
    let line = told(call.irc, call.context, call.member, target);
    call.context.answer(call.member, line);
}

/// How far a member has read, as it is told to its client.
pub(in crate::irc) fn told(
    irc: &Irc,
    context: &Context<'_>,
    member: MemberId,
    target: &str,
) -> String {
    let host = &irc.settings.host;
    written::end(match irc.markers.get(context, member, target) {
        Some(time) => format!(":{host} MARKREAD {target} timestamp={time}"),
        None => format!(":{host} MARKREAD {target} *"),
    })
}

/// Whoever else is logged in to the same account has read so far, too.
fn tell_others(call: &mut Call<'_, '_>, target: &str) {
    let Some(account) = call.context.account(call.member).map(str::to_owned) else { return };
    let connections = call.irc.connections.iter();
    let others: Vec<MemberId> = connections
        .filter(|(id, known)| {
            **id != call.member
                && known.capabilities.has(Capability::ReadMarker)
                && call.context.account(**id) == Some(&account)
        })
        .map(|(id, _)| *id)
        .collect();
    for other in others {
        let line = told(call.irc, call.context, other, target);
        call.context.answer(other, line);
    }
}

//! What a server tells, in an order in which none would.

use fastrand::Rng;
use salotto::client::Update;
use salotto::protocol::{ErrorCode, LeaveReason};
use salotto::{EntryKind, Event as Told, NoticeKind};

use super::{PEOPLE, ROOMS, pick, text};
use crate::server::{Window, name, room};

/// Something that the server tells.
pub(super) fn tell(rng: &mut Rng, window: &mut Window) {
    let (who, at) = (pick(rng, &PEOPLE), pick(rng, &ROOMS));
    // What the person has sent is told back now and then.
    let sent = window.model().active().and_then(|active| active.pending().first());
    let sent = sent.map(|pending| pending.text.clone()).filter(|_| rng.bool());
    let text = &*sent.unwrap_or_else(|| text(rng));
    match rng.u64(0..20) {
        0 => window.broken(3),
        1 => window.network(Update::Connecting { attempt: 2 }),
        2 | 3 => window.welcome("ada", if rng.u64(0..2) == 0 { "run 1" } else { "run 2" }),
        4 => window.enter(at, &["ada", "bob", "eve"]),
        5 => window.enter_with_history(at, &["ada"], rng.u64(0..4)),
        6 => {
            let reason = match rng.u64(0..2) {
                0 => LeaveReason::Parted,
                _ => LeaveReason::Kicked { by: None, why: text.into() },
            };
            window.event(Told::Exited { room: room(at), reason });
        }
        7 => window.direct(if who == "ada" { "bob" } else { who }, text),
        8 => window.notice(text, NoticeKind::Joined),
        9 => {
            let reason = LeaveReason::Quit { farewell: text.into() };
            window.entry(at, EntryKind::Left { who: name(who), reason });
        }
        10 => window.entry(at, EntryKind::Renamed { from: name(who), who: name("bob") }),
        11 => window.event(Told::Deleted { room: room(at), id: rng.u64(0..50) }),
        12 => window.event(Told::Error {
            code: ErrorCode::Denied,
            text: text.into(),
            nonce: window.nonce_of(text),
        }),
        13 => window.network(Update::NameRefused { text: text.into() }),
        14 => window.network(Update::PasswordWanted { text: text.into(), wrong: true }),
        15 if rng.u64(0..8) == 0 => window.ended(LeaveReason::Lost),
        16 => window.skip_ids(rng.u64(0..200)),
        17 if !window.asked.is_empty() => drop(window.serve()),
        18 => {
            let kind = if rng.u64(0..2) == 0 { NoticeKind::Left } else { NoticeKind::Renamed };
            window.notice(text, kind);
        }
        _ => window.say_in(at, who, text, window.nonce_of(text).as_deref()),
    }
}

//! `PING token`: are you there? And the answer to the server's own.

use super::Call;
use crate::irc::{numeric, written};

pub(super) fn run(call: &mut Call<'_, '_>) {
    let Some(token) = call.line.parameter(0) else {
        return call.numeric(numeric::NO_ORIGIN, &[], "PING with what?");
    };
    let host = call.connection.host();
    let line = written::end(format!(":{host} PONG {host} :{token}"));
    call.context.answer(call.member, line);
}

/// That it has come is all that counts.
pub(super) fn answered(_: &mut Call<'_, '_>) {}

//! `PING token`: are you there? And the answer to the server's own.
//!
//! Clients take the `PONG` for the end of all that they have asked for before. So it waits for what is answered later: a login, an account, what was said before.

use salotto::dialect::Own;
use salotto::{Context, MemberId};

use super::Call;
use crate::irc::{numeric, written};

pub(super) fn run(call: &mut Call<'_, '_>) {
    let Some(token) = call.line.parameter(0) else {
        return call.numeric(numeric::NO_ORIGIN, &[], "PING with what?");
    };
    let host = call.connection.host();
    let pong = Pong(written::end(format!(":{host} PONG {host} :{token}")));
    if let Some(pong) = call.irc.reads.keep(call.member, pong) {
        pong.give(call.context, call.member);
    }
}

/// That it has come is all that counts.
pub(super) fn answered(_: &mut Call<'_, '_>) {}

/// A `PONG` on its way.
#[derive(Debug)]
pub(in crate::irc) struct Pong(String);

impl Pong {
    /// Has it told when all commands of its client are answered.
    pub(in crate::irc) fn give(self, context: &mut Context<'_>, member: MemberId) {
        context.when_answered(member, Own::new(self));
    }

    /// Tells it.
    pub(in crate::irc) fn tell(&self, context: &mut Context<'_>, member: MemberId) {
        context.answer(member, self.0.clone());
    }
}

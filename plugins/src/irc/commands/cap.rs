//! `CAP`, of a member; and of anybody that it is done choosing. See [`crate::irc::capability::negotiation`].

use super::Call;
use crate::irc::capability::negotiation;
use crate::irc::registration;

pub(super) fn run(call: &mut Call<'_, '_>) {
    let nick = call.nick();
    match negotiation::answer(call.connection, call.line, &nick) {
        Some(answer) => call.context.answer(call.member, answer),
        None => registration::go_on(call.context, call.member, call.connection),
    }
}

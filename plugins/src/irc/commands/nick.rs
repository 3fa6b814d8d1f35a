//! `NICK name`: the name that a client wants, the first or another.

use salotto::Request;

use super::Call;
use crate::irc::{numeric, registration};

pub(super) fn run(call: &mut Call<'_, '_>) {
    let Some(nick) = call.line.parameter(0).map(str::to_owned) else {
        return call.numeric(numeric::NO_NICK_GIVEN, &[], "which nick?");
    };
    if call.is_named() {
        return call.request(Request::Rename { name: nick.clone() }, &nick);
    }
    call.connection.registration().nick = Some(nick);
    registration::go_on(call.context, call.member, call.connection);
}

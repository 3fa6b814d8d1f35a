//! `AUTHENTICATE`: a client proves whose account is its own, before it has a name or after: <https://ircv3.net/specs/extensions/sasl-3.2>. What the mechanism has to say comes in pieces, of which the last is
//! shorter than a whole one; it is for the server to judge, as from any client.

use salotto::Request;

use super::Call;
use crate::irc::{numeric, sasl};

pub(super) fn run(call: &mut Call<'_, '_>) {
    let Some(given) = call.line.parameter(0).map(str::to_owned) else {
        let about = ["AUTHENTICATE"];
        return call.numeric(numeric::NEED_MORE_PARAMETERS, &about, "not enough parameters");
    };
    if given == "*" {
        call.connection.sasl().begin_anew();
        return call.numeric(numeric::SASL_ABORTED, &[], "the login was given up");
    }
    if let Some(account) = call.connection.sasl().take_proven() {
        let nick = call.nick();
        let lines = sasl::logged_in(call.connection.host(), &nick, &account);
        return call.context.answer(call.member, lines);
    }
    let has_begun = call.connection.sasl().has_begun();
    match has_begun {
        true => go_on(call, &given),
        false => begin(call, &given),
    }
}

/// The client has named a mechanism.
fn begin(call: &mut Call<'_, '_>, mechanism: &str) {
    let known: Vec<&str> = call.context.mechanisms().collect();
    if !known.iter().any(|known| known.eq_ignore_ascii_case(mechanism)) {
        let known = known.join(",");
        call.numeric(numeric::SASL_MECHANISMS, &[&known], "are how one can log in here");
        return call.numeric(numeric::SASL_FAILED, &[], "there is no such way to log in");
    }
    call.connection.sasl().begin(mechanism);
    call.context.answer(call.member, "AUTHENTICATE +\r\n");
}

/// The client goes on with what it has begun.
fn go_on(call: &mut Call<'_, '_>, piece: &str) {
    let taken = call.connection.sasl().take(piece);
    match taken {
        Err(sasl::TooLong) => {
            call.numeric(numeric::SASL_TOO_LONG, &[], "this is more than is taken; begin anew");
        }
        Ok(None) => {}
        Ok(Some((mechanism, data))) => {
            call.answered_later();
            call.request(Request::Auth { mechanism, data, keep_name: true }, "login");
        }
    }
}

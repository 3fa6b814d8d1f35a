//! `OPER account password`: logs in, by what every client can prove who it is with, and with the same throttle. The nick stays what it is.

use base64ct::{Base64, Encoding};
use salotto::{Action, Context, Request, Role};

use super::Call;
use crate::irc::{Irc, numeric, written};

pub(super) fn run(call: &mut Call<'_, '_>) {
    let line = call.line;
    let (account, password) =
        (line.parameter(0).unwrap_or_default(), line.parameter(1).unwrap_or_default());
    call.irc.client(call.member).is_opering = true;
    let data = Base64::encode_string(format!("\0{account}\0{password}").as_bytes());
    let mechanism = Some("PLAIN".to_owned());
    call.request(Request::Auth { mechanism, data, keep_name: true }, "*");
}

/// A login came to an end: who asked by `OPER` is told by number.
pub(in crate::irc) fn decided(irc: &mut Irc, context: &mut Context<'_>, action: &Action) {
    let Some(info) = context.find(&action.by) else { return };
    let client = irc.clients.get_mut(&info.id).filter(|client| client.is_opering);
    let (Some(client), Some(name)) = (client, info.name) else { return };
    client.is_opering = false;
    let (number, text) = match (action.what.as_str(), info.role) {
        ("login", Role::Operator) => (numeric::NOW_OPERATOR, "you are an operator now"),
        ("login", Role::Moderator) => (numeric::NOW_OPERATOR, "you are a moderator now"),
        ("login", _) => (numeric::NO_OPERATOR, "that account is nobody's who keeps order"),
        // The refusal is told as one.
        _ => return,
    };
    let host = &irc.settings.host;
    context.answer(info.id, written::numeric(host, number, name.as_str(), &[], text));
}

//! `OPER account password`: logs in, by the same command as everybody, with its throttle.

use salotto::{Action, Context, Request, Role};

use super::Call;
use crate::irc::{Irc, numeric, written};

pub(super) fn run(call: &mut Call<'_, '_>) {
    let line = call.line;
    let (account, password) =
        (line.parameter(0).unwrap_or_default(), line.parameter(1).unwrap_or_default());
    // Each is one argument, whatever is in it.
    if [account, password].iter().any(|word| word.contains('"')) {
        let text = "a `\"` can be in no password; see !help login";
        return call.numeric(numeric::PASSWORD_MISMATCH, &[], text);
    }
    call.irc.client(call.member).is_opering = true;
    let line = format!("login \"{account}\" \"{password}\"");
    call.request(Request::Command { line, room: None }, "*");
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
        _ => (numeric::PASSWORD_MISMATCH, "that is not the password of an account here"),
    };
    let host = &irc.settings.host;
    context.answer(info.id, written::numeric(host, number, name.as_str(), &[], text));
}

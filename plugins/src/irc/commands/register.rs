//! `REGISTER account email password`: an account of the name that a client has: <https://ircv3.net/specs/extensions/account-registration>. It is the command `register`; mail is not asked for and not kept.

use salotto::Request;

use super::Call;

pub(super) fn run(call: &mut Call<'_, '_>) {
    let line = call.line;
    let account = line.parameter(0).unwrap_or_default();
    if !call.is_named() {
        let text = "say NICK and USER first";
        return call.fail("COMPLETE_CONNECTION_REQUIRED", &[account], text);
    }
    let nick = call.nick();
    if account != "*" && account.to_lowercase() != nick.to_lowercase() {
        let text = "an account is made of the nick that you have; take that first";
        return call.fail("ACCOUNT_NAME_MUST_BE_NICK", &[account], text);
    }
    let has_account = call.context.name(call.member).cloned();
    let has_account = has_account.is_some_and(|name| call.context.account_role(&name).is_some());
    if has_account {
        return call.fail("ACCOUNT_EXISTS", &[&nick], "this nick has an account; log in to it");
    }
    let Some(password) = line.parameter(2).and_then(quoted) else {
        let text = "give a password without a \" in it";
        return call.fail("WEAK_PASSWORD", &[&nick], text);
    };
    call.answered_later();
    call.request(Request::Command { line: format!("register {password}"), room: None }, &nick);
}

/// A word as it stands in a line of a command; `None` where it cannot.
fn quoted(word: &str) -> Option<String> {
    match word.contains('"') {
        false => Some(format!("\"{word}\"")),
        true => None,
    }
}

//! `USER name 0 * :real name`: what a client says of itself before it has a name.

use salotto::protocol::sanitize;

use super::Call;
use crate::irc::{numeric, registration};

/// Most bytes of the user name.
const MOST_USER: usize = 20;
/// Most bytes of the real name.
const MOST_REAL_NAME: usize = 100;

pub(super) fn run(call: &mut Call<'_, '_>) {
    let has_user = call.connection.registration().has_user;
    if call.is_named() || has_user {
        return call.numeric(numeric::ALREADY_REGISTERED, &[], "USER was said already");
    }
    let user_name = user_name(call.line.parameter(0).unwrap_or_default());
    let real_name = call.line.parameter(3).unwrap_or_default();
    let real_name = sanitize::excerpt(real_name, MOST_REAL_NAME).into_owned();
    if user_name.is_empty() || real_name.is_empty() {
        let text = "a user name and a real name are needed, whatever they are";
        return call.numeric(numeric::NEED_MORE_PARAMETERS, &["USER"], text);
    }
    let mut registration = call.connection.registration();
    registration.has_user = true;
    (registration.user_name, registration.real_name) = (user_name, real_name);
    drop(registration);
    registration::go_on(call.context, call.member, call.connection);
}

/// `PASS`, which the session takes before there is a name, comes too late here.
pub(super) fn password(call: &mut Call<'_, '_>) {
    call.numeric(numeric::ALREADY_REGISTERED, &[], "PASS is for before NICK and USER");
}

/// The user name without what ends it in a line or a mask.
fn user_name(text: &str) -> String {
    let is_plain = |c: &char| !c.is_whitespace() && !"!@*?,:%".contains(*c);
    let plain: String = sanitize::message(text).chars().filter(is_plain).collect();
    plain[..plain.floor_char_boundary(MOST_USER)].to_owned()
}

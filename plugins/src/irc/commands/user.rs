//! `USER name 0 * :real name`: what a client says of itself before it has a name.

use super::Call;
use crate::irc::{numeric, registration};

pub(super) fn run(call: &mut Call<'_, '_>) {
    let has_user = call.connection.registration().has_user;
    if call.is_named() || has_user {
        return call.numeric(numeric::ALREADY_REGISTERED, &[], "USER was said already");
    }
    let real_name = call.line.parameter(3).unwrap_or_default().to_owned();
    let mut registration = call.connection.registration();
    (registration.has_user, registration.real_name) = (true, real_name);
    drop(registration);
    registration::go_on(call.context, call.member, call.connection);
}

//! `REHASH`: the configuration is applied anew, by whoever runs the server.

use salotto::Role;

use super::Call;
use crate::irc::numeric;

pub(super) fn run(call: &mut Call<'_, '_>) {
    if call.role() < Role::Operator {
        return call.numeric(numeric::NO_PRIVILEGES, &[], "operators do that here");
    }
    let Some(name) = call.context.name(call.member).cloned() else { return };
    match call.context.ask_reload(&name) {
        true => call.numeric(numeric::REHASHING, &["*"], "the configuration is applied anew"),
        false => call.numeric(numeric::NO_PRIVILEGES, &[], "this server has no configuration file"),
    }
}

//! `SETNAME :real name`: what a client says of the person behind it: <https://ircv3.net/specs/extensions/setname>.

use super::Call;
use crate::irc::capability::Capability;
use crate::irc::written;

/// No longer than this, in bytes.
pub(in crate::irc) const LONGEST: usize = 150;

pub(super) fn run(call: &mut Call<'_, '_>) {
    let name = call.line.parameters.first().map(|name| name.trim()).unwrap_or_default();
    if name.is_empty() || name.len() > LONGEST || name.contains(char::is_control) {
        let text = format!("a real name is 1 to {LONGEST} bytes of text; choose another");
        return call.fail("INVALID_REALNAME", &[], &text);
    }
    name.clone_into(&mut call.connection.registration().real_name);
    let source = written::source(&call.nick(), call.connection.host());
    let line = written::end(format!(":{source} SETNAME :{name}"));
    if call.connection.capabilities.has(Capability::Setname) {
        call.context.answer(call.member, line.clone());
    }
    call.irc.tell_of(call.context, call.member, Capability::Setname, &line);
}

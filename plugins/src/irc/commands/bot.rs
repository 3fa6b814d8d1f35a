//! `MODE nick +B`: a client says that a program speaks: <https://ircv3.net/specs/extensions/bot-mode>.

use super::Call;
use crate::irc::written;

/// The letter of the mode.
pub(in crate::irc) const LETTER: char = 'B';

/// Sets or takes back what a client says of itself; other letters are passed over.
pub(super) fn run(call: &mut Call<'_, '_>) {
    let nick = call.nick();
    let modes = call.line.parameter(1).unwrap_or_default();
    if call.line.parameter(0) != Some(&nick) || !modes.contains(LETTER) {
        return;
    }
    let is_bot = !modes.starts_with('-');
    call.connection.set_bot(is_bot);
    let sign = if is_bot { '+' } else { '-' };
    let source = written::source(&nick, call.connection.host());
    let line = written::end(format!(":{source} MODE {nick} :{sign}{LETTER}"));
    call.context.answer(call.member, line);
}

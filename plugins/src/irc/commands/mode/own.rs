//! `MODE nick [changes]`: of oneself. `B`: a program speaks, and no person. `i`: found only by who shares a room. `o`: an operator, which a role is and no letter gives. `w`: hears `WALLOPS`.

use salotto::Role;

use super::{Call, Change, read};
use crate::irc::{numeric, written};

/// Their letters, as they are told to whoever comes.
pub(in crate::irc) const LETTERS: &str = "Biow";
/// That of a program: <https://ircv3.net/specs/extensions/bot-mode>.
pub(in crate::irc) const BOT: char = 'B';
/// Most changes that one line may ask for.
const MOST: usize = 10;

pub(super) fn run(call: &mut Call<'_, '_>) {
    let line = call.line;
    let asked = line.parameter(0).unwrap_or_default();
    let Some(info) = call.person(asked) else { return };
    if info.id != call.member {
        return call.numeric(numeric::NOT_YOU, &[], "that is another's to choose");
    }
    let is_operator = info.role == Role::Operator;
    let Some(changes) = line.parameter(1) else {
        let mut modes = "+".to_owned();
        modes.push_str(if call.connection.is_bot() { "B" } else { "" });
        modes.push_str(if call.irc.client(call.member).is_invisible { "i" } else { "" });
        modes.push_str(if is_operator { "o" } else { "" });
        modes.push_str(if call.irc.client(call.member).hears_wallops { "w" } else { "" });
        let mut answers = call.answers();
        answers.add_plain(numeric::USER_MODES_ARE, &[&modes]);
        return call.send(answers);
    };
    let mut is_unknown = false;
    for Change { is_on, letter } in read(changes).take(MOST) {
        match letter {
            BOT => {
                let was = call.connection.set_bot(is_on);
                tell(call, BOT, is_on, was);
            }
            'i' => be_invisible(call, is_on),
            'w' => hear_wallops(call, is_on),
            // Nobody makes themselves an operator, and who is one logs out by `!logout`.
            'o' => {}
            _ => is_unknown = true,
        }
    }
    if is_unknown {
        call.numeric(numeric::UNKNOWN_USER_MODE, &[], "there is no such mode; i is one");
    }
}

fn be_invisible(call: &mut Call<'_, '_>, is_on: bool) {
    let client = call.irc.client(call.member);
    let was = std::mem::replace(&mut client.is_invisible, is_on);
    tell(call, 'i', is_on, was);
}

fn hear_wallops(call: &mut Call<'_, '_>, is_on: bool) {
    let client = call.irc.client(call.member);
    let was = std::mem::replace(&mut client.hears_wallops, is_on);
    tell(call, 'w', is_on, was);
}

/// Tells the client what it is now, if it was not so before.
fn tell(call: &mut Call<'_, '_>, letter: char, is_on: bool, was: bool) {
    if is_on == was {
        return;
    }
    let (nick, sign) = (call.nick(), if is_on { '+' } else { '-' });
    let source = written::source(&nick, call.connection.host());
    let line = written::end(format!(":{source} MODE {nick} :{sign}{letter}"));
    call.context.answer(call.member, line);
}

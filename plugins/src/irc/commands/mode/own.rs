//! `MODE nick [changes]`: of oneself. `i`: found only by who shares a room. `o`: an operator, which a role is and no letter gives.

use salotto::Role;

use super::{Call, Change, read};
use crate::irc::{numeric, written};

/// Their letters, as they are told to whoever comes.
pub(in crate::irc) const LETTERS: &str = "io";
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
        modes.push_str(if call.irc.client(call.member).is_invisible { "i" } else { "" });
        modes.push_str(if is_operator { "o" } else { "" });
        let mut answers = call.answers();
        answers.add_plain(numeric::USER_MODES_ARE, &[&modes]);
        return call.send(answers);
    };
    let mut is_unknown = false;
    for Change { is_on, letter } in read(changes).take(MOST) {
        match letter {
            'i' => be_invisible(call, is_on),
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
    if std::mem::replace(&mut client.is_invisible, is_on) == is_on {
        return;
    }
    let (nick, sign) = (call.nick(), if is_on { '+' } else { '-' });
    let source = written::source(&nick, call.connection.host());
    let line = written::end(format!(":{source} MODE {nick} :{sign}i"));
    call.context.answer(call.member, line);
}

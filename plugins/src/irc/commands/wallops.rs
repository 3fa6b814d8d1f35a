//! `WALLOPS :words`: what an operator tells all operators, and who wants to hear it (`MODE nick +w`).

use salotto::{MemberId, NoticeKind, Role};

use super::Call;
use crate::irc::{formatting, numeric, written};

pub(super) fn run(call: &mut Call<'_, '_>) {
    if call.role() < Role::Operator {
        return call.numeric(numeric::NO_PRIVILEGES, &[], "operators do that here");
    }
    let Some(words) = call.line.parameter(0) else { return };
    let (nick, words) = (call.nick(), formatting::plain(words).into_owned());
    let source = written::source(&nick, call.connection.host());
    let line = written::end(format!(":{source} WALLOPS :{words}"));
    let operators = call.context.members().into_iter();
    let operators: Vec<MemberId> =
        operators.filter(|info| info.role == Role::Operator).map(|info| info.id).collect();
    let listeners = call.irc.clients.iter().filter(|(_, client)| client.hears_wallops);
    let mut told: Vec<MemberId> = listeners.map(|(id, _)| *id).chain(operators).collect();
    told.sort();
    told.dedup();
    for member in told {
        match call.irc.connections.contains_key(&member) {
            true => call.context.answer(member, line.clone()),
            false => {
                let text = format!("{nick} to the operators: {words}");
                call.context.notice_to(member, text, NoticeKind::Info);
            }
        }
    }
    call.context.tell_operator(format!("{nick} to the operators: {words}"));
}

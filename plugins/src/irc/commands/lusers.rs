//! `LUSERS`: how many are here.

use salotto::{Context, MemberId, Role};

use super::Call;
use crate::irc::connection::Connection;
use crate::irc::written::Answers;
use crate::irc::{Irc, numeric};

pub(super) fn run(call: &mut Call<'_, '_>) {
    tell(call.irc, call.context, call.member, call.connection);
}

/// Tells a client how many are here.
pub(in crate::irc) fn tell(
    irc: &Irc,
    context: &mut Context<'_>,
    member: MemberId,
    connection: &Connection,
) {
    let Some(nick) = context.name(member).map(ToString::to_string) else { return };
    let named = context.member_count();
    let most = irc.most_members.max(named);
    let invisible = irc.clients.values().filter(|client| client.is_invisible).count().min(named);
    let operators = irc.marked.values().filter(|role| **role == Role::Operator).count();
    let unknown = context.connected_count().saturating_sub(named);
    let mut answers = Answers::new(connection.host(), nick);
    let visible = named - invisible;
    let users = format!("There are {visible} users and {invisible} invisible on 1 server");
    answers.add(numeric::USERS, &[], &users);
    let channels = irc.rooms.count();
    for (number, count, what) in [
        (numeric::OPERATORS, operators, "operators"),
        (numeric::UNKNOWN_CONNECTIONS, unknown, "connections without a name"),
        (numeric::CHANNELS, channels, "channels"),
    ] {
        if count > 0 {
            answers.add(number, &[&count.to_string()], what);
        }
    }
    answers.add(numeric::SERVED, &[], &format!("I have {named} clients and 0 servers"));
    let (named, most) = (named.to_string(), most.to_string());
    let users = format!("{named} users, {most} at most");
    answers.add(numeric::LOCAL_USERS, &[&named, &most], &users).add(
        numeric::GLOBAL_USERS,
        &[&named, &most],
        &users,
    );
    context.answer(member, answers.lines());
}

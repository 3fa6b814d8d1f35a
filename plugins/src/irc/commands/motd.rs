//! `MOTD`: the message of the day.

use salotto::{Context, MemberId};

use super::Call;
use crate::irc::connection::Connection;
use crate::irc::{numeric, written};

pub(super) fn run(call: &mut Call<'_, '_>) {
    let nick = call.nick();
    tell(call.context, call.member, call.connection, &nick);
}

/// Tells a client the message of the day.
pub(in crate::irc) fn tell(
    context: &mut Context<'_>,
    member: MemberId,
    connection: &Connection,
    nick: &str,
) {
    let (host, motd) = (connection.host(), &connection.settings.motd);
    if motd.is_empty() {
        let line =
            written::numeric(host, numeric::NO_MOTD, nick, &[], "there is no message of the day");
        return context.answer(member, line);
    }
    let begin = format!("- {host} message of the day -");
    let mut lines = written::numeric(host, numeric::MOTD_START, nick, &[], &begin);
    for line in motd {
        lines.push_str(&written::numeric(host, numeric::MOTD, nick, &[], &format!("- {line}")));
    }
    lines.push_str(&written::numeric(
        host,
        numeric::END_OF_MOTD,
        nick,
        &[],
        "end of the message of the day",
    ));
    context.answer(member, lines);
}

//! From the first line to a name: a client is a member when it has said `NICK` and `USER` and is done choosing capabilities.

use std::sync::Arc;

use salotto::store::PAGE;
use salotto::{Context, MemberId};

use super::capability::Capability;
use super::commands::{bot, motd, setname};
use super::connection::Connection;
use super::{Irc, numeric, watched, written};

/// Offers the name that a client wants, if it has said all that is needed.
pub(super) fn go_on(context: &mut Context<'_>, member: MemberId, connection: &Connection) {
    let mut registration = connection.registration();
    if !registration.has_user || connection.is_choosing() {
        return;
    }
    // Asked for again only with another nick.
    if let Some(nick) = registration.nick.take() {
        let nonce = Some(format!("NICK {nick}"));
        context.offer_name(member, nick, nonce);
    }
}

/// What a client is told that has a name now.
pub(super) fn welcome(
    irc: &Irc,
    context: &mut Context<'_>,
    member: MemberId,
    connection: &Arc<Connection>,
) {
    let Some(name) = context.name(member).cloned() else { return };
    let settings = context.settings();
    let (host, nick, server) = (connection.host(), name.as_str(), &settings.server.name);
    let version = concat!("salotto-", env!("CARGO_PKG_VERSION"));
    let mut lines = String::new();
    let mut add = |number, middle: &[&str], last: &str| {
        lines.push_str(&written::numeric(host, number, nick, middle, last));
    };
    add(numeric::WELCOME, &[], &format!("Welcome to {server}, {nick}"));
    add(numeric::YOUR_HOST, &[], &format!("Your host is {host}, running {version}"));
    add(numeric::CREATED, &[], &format!("This server is called {server}"));
    lines.push_str(&format!(":{host} {} {nick} {host} {version} o t\r\n", numeric::MY_INFO));
    let nick_length = settings.limits.name_bytes.unwrap_or(64);
    let channel_length = settings.limits.room_name_bytes.unwrap_or(64) + 1;
    let network = server.replace(' ', "_");
    let mut support = vec![
        "CASEMAPPING=ascii".to_owned(),
        "CHANTYPES=#".to_owned(),
        "CHANMODES=,,,t".to_owned(),
        "PREFIX=(o)@".to_owned(),
        "UTF8ONLY".to_owned(),
        format!("MONITOR={}", watched::MOST),
        format!("BOT={}", bot::LETTER),
        format!("NAMELEN={}", setname::LONGEST),
        format!("NETWORK={network}"),
        format!("NICKLEN={nick_length}"),
        format!("CHANNELLEN={channel_length}"),
    ];
    if irc.setup.offer().has(Capability::ChatHistory) {
        support.push(format!("CHATHISTORY={PAGE}"));
        support.push("MSGREFTYPES=msgid,timestamp".to_owned());
    }
    let support: Vec<&str> = support.iter().map(String::as_str).collect();
    lines.push_str(&written::numeric(
        host,
        numeric::SUPPORT,
        nick,
        &support,
        "are supported by this server",
    ));
    context.answer(member, lines);
    motd::tell(context, member, connection, nick);
}

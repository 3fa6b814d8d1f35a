//! From the first line to a name: a client is a member when it has said `NICK` and `USER` and is done choosing capabilities.

use std::sync::Arc;

use salotto::store::PAGE;
use salotto::{Context, MemberId};

use super::capability::Capability;
use super::commands::{
    PROGRAM, away, kick, lusers, mode, motd, names, privmsg, setname, tagmsg, whowas,
};
use super::connection::Connection;
use super::{Irc, dialect, numeric, watched, written};

/// Most tokens of one line that says what is supported.
const MOST_TOKENS: usize = 13;

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
    let mut lines = String::new();
    let mut add = |number, middle: &[&str], last: &str| {
        lines.push_str(&written::numeric(host, number, nick, middle, last));
    };
    add(numeric::WELCOME, &[], &format!("Welcome to {server}, {nick}"));
    add(numeric::YOUR_HOST, &[], &format!("Your host is {host}, running {PROGRAM}"));
    add(numeric::CREATED, &[], &format!("This server is called {server}"));
    let (own, of_channels, with) = (mode::OWN_LETTERS, mode::LETTERS, mode::WITH_PARAMETER);
    let mine = format!("{host} {PROGRAM} {own} {of_channels} {with}");
    lines.push_str(&format!(":{host} {} {nick} {mine}\r\n", numeric::MY_INFO));
    let bounds = settings.limits.name_bounds();
    // What a client may count in letters of ASCII; others have more bytes each.
    let nick_length = bounds.graphemes.into_iter().chain(bounds.bytes).min().unwrap_or(64);
    let channel_length = settings.limits.room_name_bytes.unwrap_or(64) + 1;
    let is_plain = |c: char| c.is_ascii_graphic() && c != '=' && c != '\\';
    let network: String = server.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    let rooms = settings.limits.rooms_per_member.map(|most| format!("CHANLIMIT=#:{most}"));
    let topic = settings.limits.topic_characters.map(|most| format!("TOPICLEN={most}"));
    let chat_history = irc.setup.offer().has(Capability::ChatHistory);
    let history = chat_history.then(|| format!("CHATHISTORY={PAGE}"));
    let marks = chat_history.then(|| "MSGREFTYPES=msgid,timestamp".to_owned());
    let support = [
        format!("AWAYLEN={}", away::MOST),
        format!("BOT={}", mode::BOT),
        "CASEMAPPING=ascii".to_owned(),
        format!("CHANMODES={}", mode::KINDS),
        format!("CHANNELLEN={channel_length}"),
        "CHANTYPES=#".to_owned(),
        "ELIST=MNU".to_owned(),
        "EXCEPTS=e".to_owned(),
        "INVEX=I".to_owned(),
        "KICKLEN=400".to_owned(),
        format!("MODES={}", mode::MOST),
        format!("MONITOR={}", watched::MOST),
        format!("NAMELEN={}", setname::LONGEST),
        format!("NETWORK={network}"),
        format!("NICKLEN={nick_length}"),
        "PREFIX=(ov)@+".to_owned(),
        "SAFELIST".to_owned(),
        targets(),
        "UTF8ONLY".to_owned(),
        "WHOX".to_owned(),
    ];
    let support: Vec<&str> = support
        .iter()
        .chain(&rooms)
        .chain(&topic)
        .chain(&history)
        .chain(&marks)
        .map(String::as_str)
        .collect();
    for tokens in support.chunks(MOST_TOKENS) {
        let text = "are supported by this server";
        lines.push_str(&written::numeric(host, numeric::SUPPORT, nick, tokens, text));
    }
    lines.push_str(&irc.own_values(connection, nick));
    context.answer(member, lines);
    let nick = nick.to_owned();
    lusers::tell(irc, context, member, connection);
    motd::tell(context, member, connection, &nick);
    context.answer(member, dialect::WELCOMED);
}

/// How many targets one line may have, by command.
fn targets() -> String {
    let (said, kicked, was) = (privmsg::MOST_TARGETS, kick::MOST_TARGETS, whowas::MOST_TARGETS);
    let (signs, named) = (tagmsg::MOST_TARGETS, names::MOST_CHANNELS);
    format!(
        "TARGMAX=KICK:{kicked},NAMES:{named},NOTICE:{said},PRIVMSG:{said},TAGMSG:{signs},WHOIS:1,WHOWAS:{was}"
    )
}

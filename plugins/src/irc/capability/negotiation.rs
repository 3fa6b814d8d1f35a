//! `CAP`: a client asks what it may choose, and chooses. Before it is a member its session answers, as the password of the server may have to be given yet; then the hub, in the order of
//! all that the client asks.

use super::super::connection::Connection;
use super::super::line::Line;
use super::super::{numeric, written};

/// Bytes of names on one line where the list may have several.
const MOST_NAMES: usize = 400;

/// What `CAP` is answered with; `None` for `CAP END`, which is no question.
pub(in crate::irc) fn answer(connection: &Connection, line: &Line, nick: &str) -> Option<String> {
    let (host, capabilities) = (connection.host(), &connection.capabilities);
    let asked = line.parameter(1).unwrap_or_default();
    let command = line.parameter(0).map(str::to_ascii_uppercase);
    Some(match command.as_deref() {
        Some("LS") => {
            connection.set_choosing(true);
            let is_second = asked.parse::<u32>().is_ok_and(|version| version >= 302);
            if is_second {
                connection.set_second_version();
                capabilities.choose_notices();
            }
            let offer = connection.setup.offer();
            let listed = offer.listed(connection.is_second_version(), connection.is_encrypted);
            drop(offer);
            lines(connection, nick, "LS", &listed)
        }
        Some("LIST") => lines(connection, nick, "LIST", &capabilities.names()),
        Some("REQ") => {
            connection.set_choosing(true);
            let is_taken = capabilities.change(asked, &connection.setup.offer());
            let word = if is_taken { "ACK" } else { "NAK" };
            written::end(format!(":{host} CAP {nick} {word} :{asked}"))
        }
        Some("END") => return None,
        other => {
            let other = other.unwrap_or("*");
            written::numeric(host, numeric::BAD_CAP, nick, &[other], "no such command of CAP")
        }
    })
}

/// A list, over as many lines as it needs where the client knows of that.
fn lines(connection: &Connection, nick: &str, command: &str, names: &[String]) -> String {
    let head = format!(":{} CAP {nick} {command}", connection.host());
    if !connection.is_second_version() {
        return written::end(format!("{head} :{}", names.join(" ")));
    }
    let (mut lines, mut line) = (String::new(), String::new());
    for name in names {
        if line.len() + name.len() > MOST_NAMES {
            lines.push_str(&written::end(format!("{head} * :{line}")));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(name);
    }
    lines + &written::end(format!("{head} :{line}"))
}

//! `WHOIS nick`: who somebody is.

use std::time::UNIX_EPOCH;

use salotto::{MemberInfo, Role};

use super::{Call, shown_nick};
use crate::irc::capability::Capability;
use crate::irc::metadata::Version;
use crate::irc::{channel, modes, numeric, written};

pub(super) fn run(call: &mut Call<'_, '_>) {
    let line = call.line;
    // With two it is the second; the first is the server to ask.
    let Some(asked) = line.parameter(1).or(line.parameter(0)) else {
        return call.numeric(numeric::NO_NICK_GIVEN, &[], "who?");
    };
    let asked = asked.split(',').next().unwrap_or_default();
    let found = call.context.find(asked);
    let Some((info, nick)) = found.and_then(|info| Some((info.clone(), info.name?))) else {
        let asked = shown_nick(asked);
        let mut answers = call.answers();
        answers.add(numeric::NO_SUCH_NICK, &[&asked], "nobody here is called so").add(
            numeric::WHOIS_END,
            &[&asked],
            "end of WHOIS",
        );
        return call.send(answers);
    };
    let (nick, host) = (nick.as_str(), call.connection.host());
    let (user, real_name) = call.irc.said_of_itself(info.id, nick);
    let channels = channels(call, &info);
    let mut answers = call.answers();
    answers.add(numeric::WHOIS_USER, &[nick, &user, host, "*"], &real_name);
    // As many to a line as fit.
    let mut line = String::new();
    for channel in channels {
        if line.len() + channel.len() + nick.len() + host.len() + 100 > written::LONGEST {
            answers.add(numeric::WHOIS_CHANNELS, &[nick], line.trim_end());
            line.clear();
        }
        line.push_str(&channel);
        line.push(' ');
    }
    if !line.is_empty() {
        answers.add(numeric::WHOIS_CHANNELS, &[nick], line.trim_end());
    }
    answers.add(numeric::WHOIS_SERVER, &[nick, host], &call.context.settings().server.name);
    match info.role {
        Role::Operator => answers.add(numeric::WHOIS_OPERATOR, &[nick], "is an operator"),
        Role::Moderator => answers.add(numeric::WHOIS_OPERATOR, &[nick], "is a moderator"),
        _ => &mut answers,
    };
    if let Some(account) = &info.account {
        answers.add(numeric::WHOIS_ACCOUNT, &[nick, account], "is logged in as");
    }
    if call.irc.connections.get(&info.id).is_some_and(|known| known.is_bot()) {
        answers.add(numeric::WHOIS_BOT, &[nick], "is a program");
    }
    if info.encrypted {
        answers.add(numeric::WHOIS_SECURE, &[nick], "is connected with TLS");
    }
    if let Some(words) = call.irc.away(info.id) {
        answers.add(numeric::AWAY, &[nick], words);
    }
    if Version::of(&call.connection.capabilities).is_some()
        && let Some(known) = call.irc.connections.get(&info.id)
    {
        for (key, value) in known.metadata().values.iter() {
            answers.add(numeric::WHOIS_KEY_VALUE, &[nick, key, "*"], value);
        }
    }
    let since = info.since.system_time().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (idle, since) = (info.idle.as_secs().to_string(), since.to_string());
    answers.add(numeric::WHOIS_IDLE, &[nick, &idle, &since], "seconds idle, since").add(
        numeric::WHOIS_END,
        &[nick],
        "end of WHOIS",
    );
    call.send(answers);
}

/// The channels of somebody that the client may know of.
fn channels(call: &Call<'_, '_>, info: &MemberInfo) -> Vec<String> {
    let client = call.irc.clients.get(&info.id);
    let is_shy = client.is_some_and(|client| client.is_invisible) && info.id != call.member;
    let may_know = |room: &&salotto::RoomName| match is_shy {
        true => call.context.is_in(call.member, room),
        false => call.context.sees(call.member, room),
    };
    let has_all = call.irc.has(call.member, Capability::MultiPrefix);
    let rooms = info.rooms.iter().filter(may_know);
    rooms
        .map(|room| {
            let signs = modes::signs_in(call.context, info.id, room, has_all);
            format!("{signs}{}", channel::of_room(room))
        })
        .collect()
}

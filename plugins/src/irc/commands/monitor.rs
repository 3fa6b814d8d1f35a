//! `MONITOR +name,…`, `- name,…`, `C`, `L`, `S`: who is to be told of is here, or not: <https://ircv3.net/specs/extensions/monitor>.

use salotto::{Context, MemberId};

use super::Call;
use crate::irc::numeric::{self, Numeric};
use crate::irc::{Irc, watched, written};

/// Bytes of names on one line.
const MOST_NAMES: usize = 400;

pub(super) fn run(call: &mut Call<'_, '_>) {
    let line = call.line;
    let names = line.parameter(1).unwrap_or_default().split(',').filter(|name| !name.is_empty());
    let names: Vec<&str> = names.collect();
    match line.parameter(0).unwrap_or_default() {
        "+" => add(call, &names),
        "-" => {
            for name in names {
                call.irc.watched.remove(call.member, name);
            }
        }
        "C" | "c" => call.irc.watched.forget(call.member),
        "L" | "l" => {
            let names = call.irc.watched.names(call.member);
            list(call, numeric::MONITOR_LIST, &names);
            call.numeric(numeric::END_OF_MONITOR_LIST, &[], "end of the list of who is watched");
        }
        "S" | "s" => {
            let names = call.irc.watched.names(call.member);
            status(call, &names);
        }
        _ => {}
    }
}

fn add(call: &mut Call<'_, '_>, names: &[&str]) {
    let mut added = Vec::new();
    for (index, name) in names.iter().enumerate() {
        if !can_be_named(name) {
            list(call, numeric::MONITOR_OFFLINE, &[(*name).to_owned()]);
        } else if call.irc.watched.add(call.member, name) {
            added.push((*name).to_owned());
        } else {
            let (most, rest) = (watched::MOST.to_string(), names[index..].join(","));
            let text = "you watch as many as you may; take some off the list first";
            call.numeric(numeric::MONITOR_LIST_FULL, &[&most, &rest], text);
            break;
        }
    }
    status(call, &added);
}

/// Whether somebody could be called so; it is no pattern.
fn can_be_named(name: &str) -> bool {
    name.parse::<salotto::Name>().is_ok() && !name.contains(['*', '?', '!', '@'])
}

/// Who of these is here, and who is not.
fn status(call: &mut Call<'_, '_>, names: &[String]) {
    let host = call.connection.host();
    let (mut here, mut away) = (Vec::new(), Vec::new());
    for name in names {
        match online(call.context, name) {
            Some(name) => here.push(written::source(&name, host)),
            None => away.push(name.clone()),
        }
    }
    list(call, numeric::MONITOR_ONLINE, &here);
    list(call, numeric::MONITOR_OFFLINE, &away);
}

/// The name of who is here under it. One that only looks like it is somebody else.
fn online(context: &Context<'_>, name: &str) -> Option<String> {
    let found = context.find(name)?.name?;
    (found.as_str().to_lowercase() == name.to_lowercase()).then(|| found.to_string())
}

fn list(call: &mut Call<'_, '_>, number: Numeric, names: &[String]) {
    let mut line = String::new();
    for name in names {
        if !line.is_empty() && line.len() + name.len() > MOST_NAMES {
            call.numeric(number, &[], &std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(',');
        }
        line.push_str(name);
    }
    if !line.is_empty() {
        call.numeric(number, &[], &line);
    }
}

/// Tells one who watches somebody of them.
pub(in crate::irc) fn tell(
    irc: &Irc,
    context: &mut Context<'_>,
    watcher: MemberId,
    number: Numeric,
    whom: &str,
) {
    let Some(nick) = context.name(watcher).map(ToString::to_string) else { return };
    let line = written::numeric(&irc.settings.host, number, &nick, &[], whom);
    context.answer(watcher, line);
}

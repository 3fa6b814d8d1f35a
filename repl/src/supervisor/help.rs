//! `help`: the list of all commands by what they are about, or one of them explained.

use salotto::{Command, CommandError, Reply, command};

use super::outcome::ReplyFormat;

/// What commands are about, by their first words. What no plugin of ours brings stands under the last.
const TOPICS: [(&str, &[&str]); 6] = [
    (
        "THE SERVER",
        &["status", "health", "limits", "addresses", "start", "stop", "restart", "shutdown"],
    ),
    (
        "TALK AND ROOMS",
        &[
            "say", "msg", "recent", "delete", "rooms", "room", "topic", "open", "close", "hush",
            "slow",
        ],
    ),
    (
        "PEOPLE",
        &[
            "users",
            "whois",
            "kick",
            "remove",
            "ban",
            "ban-address",
            "unban",
            "bans",
            "mute",
            "unmute",
            "mutes",
            "lock",
            "unlock",
            "invite",
            "op",
            "deop",
            "voice",
            "devoice",
            "reports",
            "accounts",
        ],
    ),
    ("PLUGINS AND CONFIGURATION", &["plugins", "config", "log-level"]),
    ("THIS CONSOLE", &["help", "watch", "trace", "detach", "quit"]),
    ("MORE", &[]),
];

/// The list of all commands or, for the words of one, its usage and help, and those of the commands below it.
pub(super) fn help(
    commands: &[Command],
    words: &str,
    format: ReplyFormat,
) -> Result<Reply, CommandError> {
    if words.is_empty() {
        return Ok(list(commands, format));
    }
    let (command, _) = command::find(commands.iter(), words)?;
    let below = format!("{} ", command.path);
    let texts: Vec<String> = commands
        .iter()
        .filter(|other| other.path == command.path || other.path.starts_with(&below))
        .map(|command| command.describe(""))
        .collect();
    Ok(Reply::Text(texts.join("\n")))
}

/// Programs get no headings.
fn list(commands: &[Command], format: ReplyFormat) -> Reply {
    let mut lines = Vec::new();
    for (index, (topic, _)) in TOPICS.iter().enumerate() {
        let about = commands.iter().filter(|command| topic_of(command) == index);
        let about: Vec<_> = about.map(|command| (command.usage(), command.help.clone())).collect();
        if !about.is_empty() && format == ReplyFormat::Typed {
            lines.push(((*topic).to_owned(), String::new()));
        }
        lines.extend(about);
    }
    Reply::Fields(lines)
}

fn topic_of(command: &Command) -> usize {
    let word = command.path.split(' ').next().unwrap_or_default();
    let found = TOPICS.iter().position(|(_, words)| words.contains(&word));
    found.unwrap_or(TOPICS.len() - 1)
}

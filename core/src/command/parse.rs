//! From what stands behind a command's path to its arguments.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::lookup::is_same_word;
use super::{CommandError, Invocation};
use crate::protocol::caller::Caller;
use crate::protocol::command::{Arg, ArgKind, Command};
use crate::protocol::name::RoomName;
use crate::protocol::sanitize;

/// Most bytes of an argument that is one word: far more than any name has, and little enough to be looked at and quoted.
const LONGEST_WORD: usize = 1024;
/// Most bytes that are quoted of what nobody asked for.
const QUOTED: usize = 64;

impl Command {
    /// Reads the arguments from what stands behind the path.
    ///
    /// # Errors
    /// [`CommandError::Usage`] where something is missing, is too much or is not of the argument's kind.
    pub fn parse(&self, rest: &str, caller: Caller) -> Result<Invocation, CommandError> {
        let wrong = |problem: String| CommandError::Usage { problem, usage: self.usage() };
        let mut arguments = BTreeMap::new();
        let mut rest = rest.trim();
        // So many words there are for arguments that may be left out.
        let needed = self.args.iter().filter(|arg| !arg.optional).count();
        let mut spare = count_words(rest).saturating_sub(needed);
        for arg in &self.args {
            if arg.optional {
                if spare == 0 {
                    continue;
                }
                spare -= 1;
            }
            let was_given = !rest.is_empty();
            let mut value = match arg.is_word() {
                false => std::mem::take(&mut rest).to_owned(),
                true => {
                    let (word, after) = next_word(rest).map_err(wrong)?;
                    rest = after;
                    word
                }
            };
            if value.is_empty() {
                // Two quotes with nothing between them are a word.
                let lacks = if was_given { "empty" } else { "missing" };
                return Err(wrong(format!("{} is {lacks}", arg.label())));
            }
            if arg.is_word() && value.len() > LONGEST_WORD {
                let text = format!("{} is longer than {LONGEST_WORD} bytes", arg.label());
                return Err(wrong(text));
            }
            arg.check(&value).map_err(wrong)?;
            if let ArgKind::Choice(words) = &arg.kind
                && let Some(word) = words.iter().find(|word| is_same_word(word, &value))
            {
                value.clone_from(word);
            }
            arguments.insert(arg.name.clone(), value);
        }
        if !rest.is_empty() {
            if let Some(arg) = self.args.last().filter(|arg| arg.kind == ArgKind::Room)
                && let Some(room) = arguments.get(&arg.name)
            {
                let advice = joined(room, rest).map(|name| format!("; try `{name}`"));
                let advice = advice.unwrap_or_default();
                return Err(wrong(format!("room names have no spaces{advice}")));
            }
            let rest = if self.is_secret() { "…".into() } else { quoted(rest) };
            return Err(wrong(format!("unexpected `{rest}`")));
        }
        Ok(self.invocation(arguments, caller))
    }

    /// This command, with arguments that were checked.
    pub(super) fn invocation(
        &self,
        arguments: BTreeMap<String, String>,
        caller: Caller,
    ) -> Invocation {
        let (path, secret) = (self.path.clone(), self.is_secret());
        Invocation { path, caller, arguments, secret, later: Default::default() }
    }
}

impl Arg {
    /// Whether it is one word, and not the rest of the line.
    fn is_word(&self) -> bool {
        !matches!(self.kind, ArgKind::Text | ArgKind::Command)
    }

    /// Whether a value is of this argument's kind, or what is wrong with it.
    pub(super) fn check(&self, value: &str) -> Result<(), String> {
        match &self.kind {
            ArgKind::Number if value.parse::<u64>().is_err() => {
                Err(format!("{} is `{}`, not a number", self.label(), quoted(value)))
            }
            ArgKind::Choice(words) if !words.iter().any(|word| is_same_word(word, value)) => {
                let words = words.join(", ");
                Err(format!("{} is `{}`, not one of {words}", self.label(), quoted(value)))
            }
            _ => Ok(()),
        }
    }
}

/// What was typed as several words, as the name of a room that it can be.
fn joined(first: &str, rest: &str) -> Option<RoomName> {
    let words = first.split_whitespace().chain(rest.split_whitespace());
    words.collect::<Vec<_>>().join("_").parse().ok()
}

fn quoted(text: &str) -> Cow<'_, str> {
    sanitize::excerpt(text, QUOTED)
}

/// Takes a word, or several in double quotes, off the front of a line.
fn next_word(line: &str) -> Result<(String, &str), String> {
    let line = line.trim_start();
    if let Some(quoted) = line.strip_prefix('"') {
        let Some((word, rest)) = quoted.split_once('"') else {
            return Err("a `\"` is not closed".into());
        };
        return Ok((word.to_owned(), rest.trim_start()));
    }
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    Ok((word.to_owned(), rest.trim_start()))
}

/// How many words or quoted texts a line has, a quotation that is not closed included.
fn count_words(mut line: &str) -> usize {
    let mut count = 0;
    while !line.trim().is_empty() {
        count += 1;
        line = next_word(line).map_or("", |(_, rest)| rest);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::super::{find, redacted};
    use super::*;
    use crate::protocol::role::Role;

    fn commands() -> Vec<Command> {
        vec![
            Command::new("kick", "").arg(Arg::member("name")).arg(Arg::text("reason").optional()),
            Command::new("plugins", ""),
            Command::new("plugins enable", "")
                .arg(Arg::plugin("name"))
                .arg(Arg::text("settings").optional()),
            Command::new("watch", "").arg(Arg::choice("what", &["all", "none"])),
            Command::new("history", "").arg(Arg::number("count")),
            Command::new("hush", "")
                .arg(Arg::room("room"))
                .arg(Arg::choice("switch", &["on", "off"]).optional()),
            Command::new("who", "").arg(Arg::room("room").optional()),
            Command::new("login", "")
                .arg(Arg::word("account").optional())
                .arg(Arg::secret("password")),
        ]
    }

    fn caller() -> Caller {
        Caller::new(Role::Member)
    }

    fn parse(line: &str) -> Result<Invocation, String> {
        let commands = commands();
        let (command, rest) = find(commands.iter(), line).map_err(|error| error.to_string())?;
        command.parse(rest, caller()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_description_names_the_role_that_is_needed() {
        let kick = Command::new("kick", "Disconnects a user").role(Role::Moderator);
        assert_eq!(kick.describe("!"), "!kick\n  Disconnects a user\n  needs the role moderator");
        assert_eq!(Command::new("me", "Acts").describe("!"), "!me\n  Acts");
    }

    #[test]
    fn the_longest_path_wins() {
        assert_eq!(parse("plugins").unwrap().path, "plugins");
        let enable = parse("plugins  enable log (path: \"a b\")").unwrap();
        assert_eq!(enable.path, "plugins enable");
        assert_eq!(enable.text("settings"), "(path: \"a b\")");
    }

    #[test]
    fn the_rest_of_the_line_is_one_argument() {
        let kick = parse(r#"kick "bob" no  flooding"#).unwrap();
        assert_eq!((kick.text("name"), kick.text("reason")), ("bob", "no  flooding"));
        assert_eq!(parse("kick bob").unwrap().get("reason"), None);
    }

    #[test]
    fn a_mistake_says_what_was_expected() {
        for (line, message) in [
            ("kick", "NAME is missing; usage: kick NAME [REASON]"),
            ("kick \"bob", "a `\"` is not closed; usage: kick NAME [REASON]"),
            ("watch some", "all|none is `some`, not one of all, none; usage: watch all|none"),
            ("history few", "COUNT is `few`, not a number; usage: history COUNT"),
            ("history 3 4", "unexpected `4`; usage: history COUNT"),
            ("kik bob", "there is no command `kik`; did you mean `kick`?"),
            ("xyzzy", "there is no command `xyzzy`"),
            ("KICK", "NAME is missing; usage: kick NAME [REASON]"),
            ("login", "PASSWORD is missing; usage: login [ACCOUNT] PASSWORD"),
            ("login ada pass word", "unexpected `…`; usage: login [ACCOUNT] PASSWORD"),
            ("kick \"\"", "NAME is empty; usage: kick NAME [REASON]"),
            ("hush dev maybe", "on|off is `maybe`, not one of on, off; usage: hush ROOM [on|off]"),
            ("hush dev \"\"", "on|off is empty; usage: hush ROOM [on|off]"),
            ("who \"\"", "ROOM is empty; usage: who [ROOM]"),
            ("who game room", "room names have no spaces; try `game_room`; usage: who [ROOM]"),
            (
                "who \"game room\" x",
                "room names have no spaces; try `game_room_x`; usage: who [ROOM]",
            ),
            ("who 10.0.0.1/9 1h", "room names have no spaces; usage: who [ROOM]"),
        ] {
            assert_eq!(parse(line).unwrap_err(), message);
        }
    }

    #[test]
    fn what_is_wrong_is_quoted_in_part() {
        let (long, many) = ("9".repeat(1000) + "x", "xy ".repeat(10_000));
        for line in [format!("history {long}"), format!("watch {long}"), format!("plugins {many}")]
        {
            let answer = parse(&line).unwrap_err();
            assert!(answer.len() < 200 && answer.contains('…'), "{answer}");
        }
    }

    #[test]
    fn what_may_be_left_out_is_left_out_from_the_first_on() {
        let login = parse("login swordfish").unwrap();
        assert_eq!((login.get("account"), login.text("password")), (None, "swordfish"));
        let login = parse(r#"login ada "sword fish""#).unwrap();
        assert_eq!((login.text("account"), login.text("password")), ("ada", "sword fish"));
    }

    #[test]
    fn a_word_is_bounded_and_the_rest_of_a_line_is_not() {
        let long = "k".repeat(LONGEST_WORD);
        assert!(parse(&format!("kick {long} {long}{long}")).is_ok());
        assert_eq!(
            parse(&format!("kick {long}k")).unwrap_err(),
            "NAME is longer than 1024 bytes; usage: kick NAME [REASON]"
        );
    }

    #[test]
    fn a_secret_is_not_shown() {
        let login = parse("login ada swordfish").unwrap();
        assert!(!format!("{login:?}").contains("swordfish"));
        let commands = commands();
        for (line, shown) in [
            ("login ada swordfish", "login …"),
            (" login  swordfish", "login …"),
            ("login", "login"),
            ("kick bob", "kick bob"),
            ("nothing known", "nothing known"),
        ] {
            assert_eq!(redacted(commands.iter(), line), shown);
        }
    }
}

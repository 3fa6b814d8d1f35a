//! What a line means that somebody typed in chat: the one rule that text clients, the window and programs share.
//!
//! | typed | is |
//! |---|---|
//! | `!help`, `/help`, `!HELP` | a command, known or not; `/?` too where a command answers to `?` |
//! | `! help`, `!!help`, `！help`, `\help`, `1help` | a slip, where the word is a command that this person has: asked about, never said |
//! | `login ada swordfish`, `“login: …”`, `! logn …` | a slip too, where the command takes a secret |
//! | `!!!`, `!?`, `/ 2`, `/path/to/file` | said |
//! | `//!help` | said, as `!help`: [`ESCAPE`] goes before what would be a command or a slip |
//!
//! What cannot be seen before the mark or in the first word is passed over first.

use std::borrow::Cow;
use std::fmt;

use super::lookup::{found, is_same_word};
use crate::protocol::caller::Caller;
use crate::protocol::command::Command;
use crate::protocol::near::nearest;
use crate::protocol::role::Role;
use crate::protocol::sanitize::{is_removed, is_unseen};

/// Before a line that would be a command or a slip, has it said.
pub const ESCAPE: &str = "//";

/// What a line means that somebody typed in chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed<'l> {
    /// It is said, as it is here.
    Message(Cow<'l, str>),
    /// It calls a command, which need not exist; the line without its mark.
    Command(Cow<'l, str>),
    /// It looks like a command that this person has, and is none. Nothing is said and nothing called: the person is asked.
    Slip(Slip),
}

/// A line that looks like a command; its text asks about it.
///
/// ```
/// use salotto::command::{Typed, read};
/// use salotto::{Arg, Command};
///
/// let login = Command::new("login", "Says who you are").arg(Arg::secret("password"));
/// let Typed::Slip(slip) = read([&login].into_iter(), "! login as two words") else { panic!() };
/// assert_eq!(slip.to_string(), "did you mean `!login`? nothing was said; to say it, begin with `//`");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Slip {
    /// The path of the command that was perhaps meant.
    pub command: String,
    /// Whether the line may hold a password.
    pub is_secret: bool,
    /// Whether [`ESCAPE`] has it said; not what is a whole command line with a secret.
    pub can_be_said: bool,
}

impl fmt::Display for Slip {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "did you mean `!{}`? nothing was said", self.command)?;
        if self.can_be_said {
            write!(formatter, "; to say it, begin with `{ESCAPE}`")?;
        }
        Ok(())
    }
}

/// Decides what a typed line is, for somebody who has these commands.
///
/// ```
/// use salotto::Command;
/// use salotto::command::{Typed, read};
///
/// let me = Command::new("me", "Acts");
/// let commands = || [&me].into_iter();
/// assert_eq!(read(commands(), "/ME waves"), Typed::Command("ME waves".into()));
/// assert!(matches!(read(commands(), "!! me waves"), Typed::Slip(_)));
/// assert_eq!(read(commands(), "!!!"), Typed::Message("!!!".into()));
/// assert_eq!(read(commands(), "//!me"), Typed::Message("!me".into()));
/// ```
pub fn read<'c, 'l>(
    commands: impl Iterator<Item = &'c Command> + Clone,
    line: &'l str,
) -> Typed<'l> {
    if let Some(rest) = line.trim_start_matches(is_unseen).strip_prefix(ESCAPE) {
        return read_escaped(commands, line, rest);
    }
    match read_unescaped(commands.clone(), line) {
        Reading::Message => Typed::Message(Cow::Borrowed(line)),
        Reading::Command(line) => Typed::Command(line),
        Reading::Slip(command, rest) => Typed::Slip(slip(command, !fits(command, rest))),
        Reading::Mistyped(command, _) => Typed::Slip(slip(command, true)),
    }
}

/// What a program may say that was not told apart from a command: everything, but for what may hold a password. [`ESCAPE`] is taken off what it
/// is needed for.
///
/// # Errors
/// The command that was perhaps meant.
pub fn may_be_said<'c>(
    commands: impl Iterator<Item = &'c Command> + Clone,
    text: &str,
) -> Result<Cow<'_, str>, Slip> {
    match read(commands.clone(), text) {
        Typed::Message(text) => Ok(text),
        Typed::Slip(slip) if slip.is_secret => Err(slip),
        Typed::Command(line) => match found(commands, &line) {
            Some((command, rest)) if command.is_secret() => {
                Err(slip(command, !fits(command, rest)))
            }
            _ => Ok(Cow::Borrowed(text)),
        },
        Typed::Slip(_) => Ok(Cow::Borrowed(text)),
    }
}

/// From which byte on a typed line is nobody's business: behind `!login `, and behind what looks like it. `None` for other lines.
pub fn secret_from<'c>(
    commands: impl Iterator<Item = &'c Command> + Clone,
    line: &str,
) -> Option<usize> {
    let line = line.trim_end();
    let behind = match read_unescaped(commands.clone(), line) {
        Reading::Message => return None,
        Reading::Command(called) => {
            let (command, rest) = found(commands, &called)?;
            command.is_secret().then_some(rest.len())?
        }
        Reading::Slip(command, rest) => command.is_secret().then_some(rest.len())?,
        Reading::Mistyped(_, rest) => rest.len(),
    };
    (behind > 0).then(|| line.len() - behind)
}

/// The same as [`Typed`], before the escape is looked at.
enum Reading<'c, 'l> {
    Message,
    Command(Cow<'l, str>),
    /// The command, and what stands behind its path.
    Slip(&'c Command, &'l str),
    /// A command that takes a secret, of which a letter or two are wrong, and what stands behind.
    Mistyped(&'c Command, &'l str),
}

fn read_escaped<'c, 'l>(
    commands: impl Iterator<Item = &'c Command> + Clone,
    line: &'l str,
    rest: &'l str,
) -> Typed<'l> {
    // `//help` says `/help`, as everywhere; `//!help` says `!help`.
    let with_slash = &line[line.len() - rest.len() - 1..];
    for text in [rest, with_slash] {
        let meant = match read_unescaped(commands.clone(), text) {
            Reading::Message => continue,
            Reading::Mistyped(..) => None,
            Reading::Command(line) => {
                let found = found(commands.clone(), &line);
                found.filter(|(command, rest)| fits(command, rest)).map(|(command, _)| command)
            }
            Reading::Slip(command, rest) => fits(command, rest).then_some(command),
        };
        return match meant {
            Some(command) => Typed::Slip(slip(command, false)),
            None => Typed::Message(Cow::Borrowed(text.trim_start_matches(is_unseen))),
        };
    }
    Typed::Message(Cow::Borrowed(line))
}

fn read_unescaped<'c, 'l>(
    commands: impl Iterator<Item = &'c Command> + Clone,
    line: &'l str,
) -> Reading<'c, 'l> {
    let start = line.trim_start_matches(is_unseen);
    let behind = start.trim_start_matches(|c| is_mark(c) || is_removed(c));
    let marks = start[..start.len() - behind.len()].chars().filter(|c| is_mark(*c));
    let mut marks = marks.take(2);
    let Some(mark) = marks.next() else {
        return read_unshifted(commands.clone(), start)
            .unwrap_or_else(|| read_unmarked(commands, start));
    };
    if marks.next().is_none()
        && matches!(mark, '!' | '/')
        && let Some(command) = called(commands.clone(), mark, behind)
    {
        return command.map_or(Reading::Message, Reading::Command);
    }
    match found_behind(commands.clone(), behind) {
        Some((command, rest)) => Reading::Slip(command, rest),
        None => match read_unmarked(commands.clone(), behind) {
            Reading::Message => read_mistyped(commands, behind),
            read => read,
        },
    }
}

/// What stands behind one `!` or `/`: a command line, or `None` inside where it is said. Nothing where it is neither, and may be a slip.
fn called<'c, 'l>(
    commands: impl Iterator<Item = &'c Command> + Clone,
    mark: char,
    behind: &'l str,
) -> Option<Option<Cow<'l, str>>> {
    let line = with_seen_word(behind);
    let word = line.split(char::is_whitespace).next().unwrap_or_default();
    let is_command = match mark {
        // A path.
        '/' if word.contains('/') => return Some(None),
        '/' if word == "?" => found(commands, word).is_some(),
        _ => word.starts_with(char::is_alphabetic),
    };
    is_command.then_some(Some(line))
}

/// `1help` and `7help`: the keys of `!` and `/` on many keyboards, without Shift.
fn read_unshifted<'c, 'l>(
    commands: impl Iterator<Item = &'c Command> + Clone,
    line: &'l str,
) -> Option<Reading<'c, 'l>> {
    let behind = line.strip_prefix(['1', '7']).filter(|b| b.starts_with(char::is_alphabetic))?;
    found_behind(commands, behind).map(|(command, rest)| Reading::Slip(command, rest))
}

/// A line without a mark, which may still begin with a command that takes a secret. The word alone reveals nothing.
fn read_unmarked<'c, 'l>(
    commands: impl Iterator<Item = &'c Command> + Clone,
    line: &'l str,
) -> Reading<'c, 'l> {
    let (first, rest) = first_word(line.trim_start_matches(|c: char| !c.is_alphanumeric()));
    // Asked of every message, so the words are compared first.
    let mut named = commands.filter(|command| begins(command, &first) && command.is_secret());
    match named.next() {
        Some(command) if !rest.is_empty() => Reading::Slip(command, rest),
        _ => Reading::Message,
    }
}

/// What stands behind a mark and is no command: one that takes a secret was perhaps meant.
fn read_mistyped<'c, 'l>(
    commands: impl Iterator<Item = &'c Command> + Clone,
    behind: &'l str,
) -> Reading<'c, 'l> {
    let (first, rest) = first_word(behind.trim_start_matches(|c: char| !c.is_alphanumeric()));
    let is_meant = |command: &&Command| nearest(&first, command.paths()).is_some();
    match commands.filter(|command| command.is_secret()).find(is_meant) {
        Some(command) if !rest.is_empty() => Reading::Mistyped(command, rest),
        _ => Reading::Message,
    }
}

/// The first word of a line without what cannot be seen in it and the signs behind it, as in `login: ada`, and what follows.
fn first_word(line: &str) -> (Cow<'_, str>, &str) {
    let is_between = |c: char| matches!(c, ':' | ';' | ',' | '=' | '>' | '|' | '(');
    let end = line.find(|c: char| c.is_whitespace() || is_between(c)).unwrap_or(line.len());
    let (word, rest) = line.split_at(end);
    let word = with_seen_word(word.trim_end_matches(|c: char| !c.is_alphanumeric()));
    (word, rest.trim_start_matches(is_between).trim_start())
}

/// Whether a command's path, or an alias, begins with this word.
fn begins(command: &Command, word: &str) -> bool {
    command.paths().any(|path| path.split(' ').next().is_some_and(|w| is_same_word(w, word)))
}

/// The command that a line begins with, passing over what cannot be seen, and what stands behind its path.
fn found_behind<'c, 'l>(
    commands: impl Iterator<Item = &'c Command> + Clone,
    behind: &'l str,
) -> Option<(&'c Command, &'l str)> {
    let line = behind.trim_start_matches(|c| is_mark(c) || is_unseen(c));
    let seen = with_seen_word(line);
    if !seen.starts_with(char::is_alphabetic) {
        return None;
    }
    let (command, left) = match found(commands.clone(), &seen) {
        Some((command, rest)) => (command, rest.len()),
        // The first word alone is enough: `! plugins enabel` is no message either.
        None => {
            let (first, rest) = first_word(&seen);
            let command = commands.clone().find(|command| begins(command, &first))?;
            (command, if command.is_secret() { rest.len() } else { 0 })
        }
    };
    Some((command, &line[line.len() - left..]))
}

/// The line without what cannot be seen in its first word.
fn with_seen_word(line: &str) -> Cow<'_, str> {
    let end = line.find(char::is_whitespace).unwrap_or(line.len());
    let (word, rest) = line.split_at(end);
    match word.contains(is_removed) {
        true => Cow::Owned(word.replace(is_removed, "") + rest),
        false => Cow::Borrowed(line),
    }
}

/// Whether this is a whole command line with a secret.
fn fits(command: &Command, rest: &str) -> bool {
    command.is_secret() && command.parse(rest, Caller::new(Role::Guest)).is_ok()
}

fn slip(command: &Command, can_be_said: bool) -> Slip {
    Slip { command: command.path.clone(), is_secret: command.is_secret(), can_be_said }
}

/// `!` and `/`, and what looks like them or lies beside them.
fn is_mark(c: char) -> bool {
    matches!(
        c,
        '!' | '/'
            | '\\'
            | '\u{a1}'
            | '\u{1c3}'
            | '\u{203c}'
            | '\u{2044}'
            | '\u{2048}'
            | '\u{2049}'
            | '\u{2215}'
            | '\u{2571}'
            | '\u{2572}'
            | '\u{2755}'
            | '\u{2757}'
            | '\u{29f5}'
            | '\u{29f8}'
            | '\u{a71d}'
            | '\u{fe15}'
            | '\u{fe57}'
            | '\u{fe68}'
            | '\u{ff01}'
            | '\u{ff0f}'
            | '\u{ff3c}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::command::Arg;

    fn commands() -> Vec<Command> {
        vec![
            Command::new("help", "").alias("?"),
            Command::new("login", "")
                .arg(Arg::word("account").optional())
                .arg(Arg::secret("password")),
            Command::new("me", "").arg(Arg::text("text")),
            Command::new("msg", "").alias("tell"),
            Command::new("plugins enable", ""),
        ]
    }

    /// `!line` for a command, `? path` for a slip, and what is said.
    fn meaning(line: &str) -> String {
        match read(commands().iter(), line) {
            Typed::Message(text) => text.into_owned(),
            Typed::Command(line) => format!("!{line}"),
            Typed::Slip(slip) => format!("? {}", slip.command),
        }
    }

    #[test]
    fn a_mark_before_a_letter_calls_a_command_whatever_cannot_be_seen() {
        for (line, expected) in [
            ("!help", "!help"),
            ("/help", "!help"),
            ("  !Help me", "!Help me"),
            ("/me waves", "!me waves"),
            ("/nothing known", "!nothing known"),
            ("!important", "!important"),
            ("/?", "!?"),
            ("\u{200b}!help", "!help"),
            ("\u{feff}/msg bob secret", "!msg bob secret"),
            ("\u{a0}!\u{200b}h\u{ad}elp", "!help"),
            ("!me 👩\u{200d}🚀", "!me 👩\u{200d}🚀"),
        ] {
            assert_eq!(meaning(line), expected, "{line:?}");
        }
    }

    #[test]
    fn a_slip_before_a_known_command_is_asked_about() {
        for (line, command) in [
            ("! login swordfish", "login"),
            ("!!msg bob secret", "msg"),
            ("! ! tell bob secret", "msg"),
            ("！help", "help"),
            ("\\msg bob secret", "msg"),
            ("/!login ada swordfish", "login"),
            ("/ login swordfish", "login"),
            ("!\u{a0}LOGIN swordfish", "login"),
            ("login swordfish", "login"),
            ("LOGIN mod two words", "login"),
            (": login ada swordfish", "login"),
            ("lo\u{200b}gin ada swordfish", "login"),
            ("! plugins enabel log", "plugins enable"),
            ("！ｌｏｇｉｎ ada swordfish", "login"),
            ("ｌｏｇｉｎ ada swordfish", "login"),
            ("LOGİN ada swordfish", "login"),
            ("logın ada swordfish", "login"),
            ("login: ada swordfish", "login"),
            ("login=swordfish", "login"),
            ("login->ada swordfish", "login"),
            ("“!login ada swordfish”", "login"),
            ("• login ada swordfish", "login"),
            ("`!login` ada swordfish", "login"),
            ("\u{301}!login ada swordfish", "login"),
            ("!\u{301}login ada swordfish", "login"),
            ("lo\u{301}gin ada swordfish", "login"),
            ("! logn ada swordfish", "login"),
            ("!!lgoin: swordfish", "login"),
            ("⁉msg bob secret", "msg"),
            ("!!msg: bob secret", "msg"),
            ("1msg bob secret", "msg"),
            ("7login ada swordfish", "login"),
        ] {
            assert_eq!(meaning(line), format!("? {command}"), "{line:?}");
        }
    }

    #[test]
    fn what_is_no_command_is_said() {
        for line in [
            "hello",
            "!!!",
            "!?",
            "/ 2",
            "/",
            "! wow",
            "!!wow",
            "/path/to/file",
            "// a comment",
            "login",
            "logins for ada",
            "msg bob secret",
            "me too",
            "1/2 !login x",
            "login?",
            "login...",
            "login's gone",
            "login-page is down",
            "1st place",
            "7 me",
            "!! losing",
            "\u{200b}hello",
        ] {
            assert_eq!(meaning(line), line);
        }
    }

    #[test]
    fn the_escape_has_it_said_but_for_a_whole_line_with_a_secret() {
        for (line, expected) in [
            ("//!help", "!help"),
            ("//help", "/help"),
            ("// !!msg bob", "!!msg bob"),
            ("//login is not what it was", "login is not what it was"),
            ("//!login ada swordfish", "? login"),
            ("//login ada swordfish", "? login"),
            ("///login ada swordfish", "? login"),
            ("//login: ada swordfish", "? login"),
            ("//!! losing again", "!! losing again"),
        ] {
            assert_eq!(meaning(line), expected, "{line:?}");
        }
    }

    #[test]
    fn a_secret_begins_behind_the_path_in_whatever_way_it_is_typed() {
        for (line, shown) in [
            ("!login swordfish", Some("!login ")),
            ("  /LOGIN  ada swordfish ", Some("  /LOGIN  ")),
            ("! login swordfish", Some("! login ")),
            ("login swordfish", Some("login ")),
            ("login: swordfish", Some("login: ")),
            ("! logn swordfish", Some("! logn ")),
            ("!login", None),
            ("!help login", None),
        ] {
            let from = secret_from(commands().iter(), line);
            assert_eq!(from.map(|from| &line[..from]), shown, "{line:?}");
        }
    }

    #[test]
    fn a_program_says_anything_but_what_may_hold_a_password() {
        let said = |text: &str| may_be_said(commands().iter(), text).map(Cow::into_owned);
        for (text, expected) in [("!help", "!help"), ("! msg a", "! msg a"), ("//!me", "!me")] {
            assert_eq!(said(text).as_deref(), Ok(expected));
        }
        for text in ["!login ada swordfish", "/login x y z", "login swordfish", "!!login x"] {
            assert_eq!(said(text).map_err(|slip| slip.command), Err("login".to_owned()), "{text}");
        }
    }
}

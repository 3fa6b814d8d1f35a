//! Completion and hints, derived from the command records: the console and the window complete alike.

use super::lookup::{after, found, is_same_word};
use crate::protocol::command::{Arg, ArgKind, Command};

/// Where live names come from.
pub trait Candidates {
    /// Words of this kind that begin with `prefix`, by whatever comparison suits names.
    fn candidates(&self, kind: &ArgKind, prefix: &str) -> Vec<String>;
}

/// What could stand in place of the last word of `line`: where that word begins (in bytes), and the words.
pub fn complete(commands: &[Command], live: &dyn Candidates, line: &str) -> (usize, Vec<String>) {
    let start = line
        .rfind(char::is_whitespace)
        .map_or(0, |at| at + line[at..].chars().next().map_or(1, char::len_utf8));
    let word = &line[start..];
    let mut words = path_words(commands, &line[..start], word);
    for command in commands {
        match argument_at(command, &line[..start]) {
            Some((ArgKind::Choice(choices), _)) => {
                words.extend(choices.iter().filter(|choice| begins(choice, word)).cloned());
            }
            Some((ArgKind::Command, before)) => words.extend(path_words(commands, before, word)),
            Some((kind, _)) => words.extend(live.candidates(kind, word)),
            None => {}
        }
    }
    words.sort();
    words.dedup();
    (start, words)
}

/// What is still to be typed after `line`: the arguments of the command that it names, or nothing.
pub fn hint(commands: &[Command], line: &str) -> Option<String> {
    let (best, typed) = found(commands.iter(), line)?;
    let ended = line.ends_with(char::is_whitespace);
    let mut given = typed.split_whitespace().count();
    if !ended && given > 0 && best.args.get(given - 1).is_some_and(|arg| arg.kind == ArgKind::Text)
    {
        given = best.args.len();
    }
    let rest: Vec<_> = best.args.iter().skip(given).map(Arg::usage).collect();
    if rest.is_empty() {
        return None;
    }
    Some(format!("{}{}", if ended { "" } else { " " }, rest.join(" ")))
}

/// The next words of the paths that begin with `before`.
fn path_words(commands: &[Command], before: &str, word: &str) -> Vec<String> {
    let depth = before.split_whitespace().count();
    let begins_so = |path: &&str| {
        let (mut typed, mut words) = (before.split_whitespace(), path.split(' '));
        typed.all(|typed| words.next().is_some_and(|known| is_same_word(known, typed)))
    };
    commands
        .iter()
        .filter_map(|command| {
            // An alias is offered to who has begun to type it, not beside the path.
            let paths = command.paths().filter(begins_so);
            let mut words = paths.filter_map(|path| path.split(' ').nth(depth));
            words.find(|next| begins(next, word))
        })
        .map(str::to_owned)
        .collect()
}

/// Whether a word begins with what was typed of it, in upper or lower case.
fn begins(word: &str, typed: &str) -> bool {
    word.get(..typed.len()).is_some_and(|start| is_same_word(start, typed))
}

/// The kind of the argument that the word after `before` would belong to, and what was typed of that argument already.
fn argument_at<'c, 'l>(command: &'c Command, before: &'l str) -> Option<(&'c ArgKind, &'l str)> {
    let mut typed = command.paths().find_map(|path| after(path, before))?;
    if !before.ends_with(char::is_whitespace) {
        return None;
    }
    for arg in &command.args {
        if typed.is_empty() || arg.kind == ArgKind::Command {
            return Some((&arg.kind, typed));
        }
        typed = typed.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Names;

    impl Candidates for Names {
        fn candidates(&self, kind: &ArgKind, prefix: &str) -> Vec<String> {
            let names: &[&str] = match kind {
                ArgKind::Member => &["ada", "adam", "bob"],
                ArgKind::Plugin => &["log"],
                _ => &[],
            };
            names
                .iter()
                .filter(|name| name.starts_with(prefix))
                .map(|name| (*name).to_owned())
                .collect()
        }
    }

    fn commands() -> Vec<Command> {
        vec![
            Command::new("kick", "").arg(Arg::member("name")).arg(Arg::text("reason").optional()),
            Command::new("plugins", ""),
            Command::new("plugins enable", "").arg(Arg::plugin("name")),
            Command::new("plugins disable", "").arg(Arg::plugin("name")),
            Command::new("watch", "").arg(Arg::choice("what", &["all", "none"])),
            Command::new("help", "").arg(Arg::command("command").optional()),
        ]
    }

    #[test]
    fn words_are_completed_by_what_may_stand_there() {
        for (line, start, words) in [
            ("ki", 0, vec!["kick"]),
            ("kick ", 5, vec!["ada", "adam", "bob"]),
            ("kick ad", 5, vec!["ada", "adam"]),
            ("kick ada ", 9, vec![]),
            ("plugins ", 8, vec!["disable", "enable"]),
            ("plugins enable l", 15, vec!["log"]),
            ("watch ", 6, vec!["all", "none"]),
            ("help k", 5, vec!["kick"]),
            ("help plugins ", 13, vec!["disable", "enable"]),
            ("help plugins e", 13, vec!["enable"]),
        ] {
            let words = words.into_iter().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(complete(&commands(), &Names, line), (start, words), "{line:?}");
        }
    }

    #[test]
    fn a_hint_shows_what_is_still_to_come() {
        for (line, expected) in [
            ("kick", Some(" NAME [REASON]")),
            ("kick ", Some("NAME [REASON]")),
            ("kick bob", Some(" [REASON]")),
            ("kick bob spam", None),
            ("plugins enable", Some(" NAME")),
            ("nothing", None),
        ] {
            assert_eq!(hint(&commands(), line).as_deref(), expected, "{line:?}");
        }
    }
}

//! Which command a line calls, and how it may be shown.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::CommandError;
use crate::protocol::command::Command;
use crate::protocol::near::nearest;
use crate::protocol::sanitize::is_removed;
use crate::protocol::secrets::mask_secrets;

/// The line as it may be shown and kept: of a command that takes a secret only the path, `login …`, and of any other without what [looks like
/// one](crate::protocol::mask_secrets).
///
/// ```
/// use salotto::{Arg, Command, command::redacted};
///
/// let login = Command::new("login", "Says who you are").arg(Arg::secret("password"));
/// assert_eq!(redacted([&login].into_iter(), "login swordfish"), "login …");
/// assert_eq!(redacted([&login].into_iter(), "kick bob"), "kick bob");
/// ```
pub fn redacted<'c, 'l>(
    commands: impl Iterator<Item = &'c Command> + Clone,
    line: &'l str,
) -> Cow<'l, str> {
    match found(commands, line.trim()) {
        Some((command, rest)) if command.is_secret() && !rest.is_empty() => {
            Cow::Owned(format!("{} …", command.path))
        }
        // The settings of a plugin may hold some too.
        _ => mask_secrets(line),
    }
}

/// Finds the command with the longest path that `line` begins with, in upper or lower case, and returns it with what follows.
///
/// A path comes before an alias. Where several have the same path the one for the highest role is taken: the console's `rooms` is not the members'.
///
/// # Errors
/// [`CommandError::Unknown`] with the nearest match.
pub fn find<'c, 'l>(
    commands: impl Iterator<Item = &'c Command> + Clone,
    line: &'l str,
) -> Result<(&'c Command, &'l str), CommandError> {
    let line = line.trim();
    found(commands.clone(), line).ok_or_else(|| {
        let words = line.split_whitespace().collect::<Vec<_>>();
        // `plugins enabel` is nearer to `plugins enable` than `plugins` alone is.
        let tries = (1..=words.len().min(3)).rev().map(|count| words[..count].join(" "));
        let paths = || commands.clone().flat_map(Command::paths);
        let nearest = tries.into_iter().find_map(|typed| nearest(&typed, paths()));
        let word = words.first().copied().unwrap_or_default();
        CommandError::Unknown {
            word: crate::protocol::sanitize::excerpt(word, 40).into_owned(),
            nearest: nearest.map(str::to_owned),
            has_help: commands.clone().any(|command| command.path == "help"),
        }
    })
}

/// The same, where nobody is told what was perhaps meant.
pub(super) fn found<'c, 'l>(
    commands: impl Iterator<Item = &'c Command>,
    line: &'l str,
) -> Option<(&'c Command, &'l str)> {
    let matches = commands.filter_map(|command| {
        let by_path = after(&command.path, line).map(|rest| (true, rest));
        let by_alias = || {
            let rests = command.aliases.iter().filter_map(|alias| after(alias, line));
            rests.min_by_key(|rest| rest.len()).map(|rest| (false, rest))
        };
        let (is_path, rest) = by_path.or_else(by_alias)?;
        Some((command, is_path, rest))
    });
    let best = matches.max_by_key(|(command, is_path, rest)| {
        // The less is left over, the longer is the path.
        (std::cmp::Reverse(rest.len()), *is_path, command.role)
    });
    best.map(|(command, _, rest)| (command, rest))
}

/// What follows `path` in `line`, if the line begins with these words, whatever the space between them and in whatever case.
pub(super) fn after<'l>(path: &str, line: &'l str) -> Option<&'l str> {
    let mut rest = line;
    for word in path.split(' ') {
        rest = rest.trim_start();
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        if !is_same_word(word, &rest[..end]) {
            return None;
        }
        rest = &rest[end..];
    }
    Some(rest.trim_start())
}

/// Whether two words differ in nothing but upper and lower case, full width, accents and what cannot be seen, which comes with what is copied.
pub(super) fn is_same_word(word: &str, typed: &str) -> bool {
    if typed.bytes().all(|byte| byte.is_ascii_graphic()) {
        return word.eq_ignore_ascii_case(typed);
    }
    // What is far longer is another word, and not looked at.
    typed.len() <= word.len() * 4 + 16 && folded(word) == folded(typed)
}

/// A word as it is compared: input methods type `ｌｏｇｉｎ`, and Turkish keyboards `LOGİN` and `logın`.
fn folded(word: &str) -> String {
    let plain = word.nfkd().filter(|c| !is_combining_mark(*c) && !is_removed(*c));
    plain.flat_map(char::to_lowercase).map(|c| if c == 'ı' { 'i' } else { c }).collect()
}

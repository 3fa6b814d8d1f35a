//! Which command a line calls, and how it may be shown.

use std::borrow::Cow;

use super::CommandError;
use crate::protocol::command::Command;
use crate::protocol::near::nearest;
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
    match find(commands, line) {
        Ok((command, rest)) if command.is_secret() && !rest.is_empty() => {
            Cow::Owned(format!("{} …", command.path))
        }
        // The settings of a plugin may hold some too.
        _ => mask_secrets(line),
    }
}

/// Finds the command with the longest path that `line` begins with, and returns it with what follows.
///
/// Where several have the same path the one for the highest role is taken: the console's `rooms` is not the members'.
///
/// # Errors
/// [`CommandError::Unknown`] with the nearest match.
pub fn find<'c, 'l>(
    commands: impl Iterator<Item = &'c Command> + Clone,
    line: &'l str,
) -> Result<(&'c Command, &'l str), CommandError> {
    let line = line.trim();
    let matches =
        commands.clone().filter_map(|command| Some((command, after(&command.path, line)?)));
    match matches.max_by_key(|(command, _)| (command.path.len(), command.role)) {
        Some(found) => Ok(found),
        None => {
            let words = line.split_whitespace().collect::<Vec<_>>();
            // `plugins enabel` is nearer to `plugins enable` than `plugins` alone is.
            let tries = (1..=words.len().min(3)).rev().map(|count| words[..count].join(" "));
            let paths = || commands.clone().map(|command| command.path.as_str());
            let nearest = tries.into_iter().find_map(|typed| nearest(&typed, paths()));
            let word = words.first().copied().unwrap_or_default();
            Err(CommandError::Unknown {
                word: crate::protocol::sanitize::excerpt(word, 40).into_owned(),
                nearest: nearest.map(str::to_owned),
            })
        }
    }
}

/// What follows `path` in `line`, if the line begins with these words, whatever the space between them.
pub(super) fn after<'l>(path: &str, line: &'l str) -> Option<&'l str> {
    let mut rest = line;
    for word in path.split(' ') {
        rest = rest.trim_start().strip_prefix(word)?;
        if !rest.is_empty() && !rest.starts_with(char::is_whitespace) {
            return None;
        }
    }
    Some(rest.trim_start())
}

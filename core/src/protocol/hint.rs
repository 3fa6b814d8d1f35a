//! Hints: a text names a command as whoever reads it types it, and only one that they can call.
//!
//! Who writes a text for people does not know who reads it: `!users` in chat is `users` at the console, and a moderator has no `users`. So a hint
//! travels inside the text, between characters that nothing typed by anybody can contain, until the hub knows who reads it.

use std::borrow::Cow;
use std::fmt;

const START: char = '\u{1}';
const PART: char = '\u{2}';
const END: char = '\u{3}';

/// Names a command in a reply, a refusal or a notice to one person, with what is said about it. Where the reader cannot call it, nothing stands there.
///
/// ```
/// use salotto::{CommandError, Hint};
///
/// fn no_user(name: &str) -> CommandError {
///     let hint = Hint::any(["users", "who"]).after(" lists users");
///     // For a member in chat: no user `bob`; `!who` lists users
///     CommandError::NotFound(format!("no user `{name}`{hint}"))
/// }
/// # assert!(no_user("bob").to_string().starts_with("no user `bob`"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "it is to be written into a text"]
pub struct Hint {
    before: String,
    lines: Vec<String>,
    after: String,
}

impl Hint {
    /// Names this command line, without a mark; `; ` stands before it.
    pub fn new(line: impl Into<String>) -> Self {
        Self::any([line])
    }

    /// Names the first of these command lines that the reader can call.
    pub fn any<L: Into<String>>(lines: impl IntoIterator<Item = L>) -> Self {
        let lines = lines.into_iter().map(Into::into).collect();
        Self { before: "; ".into(), lines, after: String::new() }
    }

    /// What stands before the command line, in place of `; `.
    pub fn before(mut self, text: impl Into<String>) -> Self {
        self.before = text.into();
        self
    }

    /// What stands behind the command line, and nowhere without it.
    pub fn after(mut self, text: impl Into<String>) -> Self {
        self.after = text.into();
        self
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{START}{}{PART}{}{PART}", self.before, self.after)?;
        for (index, line) in self.lines.iter().enumerate() {
            let between = if index > 0 { "\n" } else { "" };
            write!(formatter, "{between}{line}")?;
        }
        write!(formatter, "{END}")
    }
}

/// The text with its hints as one reader types them: `typed` makes a command line what they type, or nothing where they cannot call it.
pub(crate) fn resolved(text: &str, typed: impl Fn(&str) -> Option<String>) -> Cow<'_, str> {
    if !text.contains(START) {
        return Cow::Borrowed(text);
    }
    let (mut resolved, mut rest) = (String::new(), text);
    while let Some((plain, hint)) = rest.split_once(START) {
        resolved.push_str(plain);
        let Some((hint, after)) = hint.split_once(END) else {
            rest = hint;
            break;
        };
        rest = after;
        let mut parts = hint.splitn(3, PART);
        let (Some(before), Some(after), Some(lines)) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        if let Some(line) = lines.lines().find_map(&typed) {
            resolved.push_str(&format!("{before}`{line}`{after}"));
        }
    }
    resolved.push_str(rest);
    Cow::Owned(resolved)
}

/// The text as it may be kept where nobody in particular reads it: every command by its name.
pub(crate) fn unmarked(text: &str) -> Cow<'_, str> {
    resolved(text, |line| Some(line.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_names_the_first_command_that_the_reader_has_as_they_type_it() {
        let hint = Hint::any(["users", "who"]).after(" lists users");
        let text = format!("no user `bob`{hint}");
        let only = |known: &'static str, mark: &'static str| {
            move |line: &str| (line == known).then(|| format!("{mark}{line}"))
        };
        for (known, mark, expected) in [
            ("users", "", "no user `bob`; `users` lists users"),
            ("who", "!", "no user `bob`; `!who` lists users"),
            ("kick", "!", "no user `bob`"),
        ] {
            assert_eq!(resolved(&text, only(known, mark)), expected);
        }
        assert_eq!(unmarked(&text), "no user `bob`; `users` lists users");
    }

    #[test]
    fn a_text_without_hints_is_borrowed_and_a_torn_one_harms_nobody() {
        assert!(matches!(resolved("hello", |_| None), Cow::Borrowed("hello")));
        assert_eq!(resolved("a\u{1}b", |_| None), "ab");
        assert_eq!(resolved("a\u{1}b\u{3}c", |_| None), "ac");
    }
}

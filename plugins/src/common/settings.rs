//! Reads the settings of a plugin from RON.

use std::path::PathBuf;

use ron::error::{Error, Position, SpannedError};
use ron::extensions::Extensions;
use salotto::protocol::{is_secret_value, nearest};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

/// Characters of a token that an error quotes at most.
const QUOTED: usize = 24;

/// Reads the settings of a plugin from RON.
///
/// A text of nothing but white space means the defaults. An option is written as its value: `5`, not `Some(5)`, or as `None`. Types are
/// best marked `#[serde(default, deny_unknown_fields)]`, so that what is left out is the default and a
/// misspelt field is found.
///
/// # Errors
/// One line, `LINE:COLUMN: message`: the position (both from 1, the column in characters, within `text`), what was found there and what
/// was expected. A caller that took `text` from a larger file can add the position where it began.
///
/// # Examples
/// ```
/// #[derive(Debug, Default, serde::Deserialize)]
/// #[serde(default, deny_unknown_fields)]
/// struct Greeting {
///     words: String,
///     times: Option<u32>,
/// }
///
/// let greeting: Greeting = salotto_plugins::parse_settings("(words: \"hello\", times: 2)")?;
/// assert_eq!(greeting.times, Some(2));
/// let error = salotto_plugins::parse_settings::<Greeting>("(\n  word: \"hello\",\n)").unwrap_err();
/// assert_eq!(error, "2:3: unknown field `word`; did you mean `words`? known fields: `words`, `times`");
/// # Ok::<(), String>(())
/// ```
pub fn parse_settings<S: DeserializeOwned + Default>(text: &str) -> Result<S, String> {
    if text.trim().is_empty() {
        return Ok(S::default());
    }
    read(text).map_err(|error| {
        let position = where_it_is(&error);
        // A word in quotes is read once more without them: the parser then knows which words there are.
        if error.code == Error::ExpectedIdentifier
            && let Some((word, without)) = unquoted(text, offset(text, position))
        {
            let known = match read::<S>(&without).err().filter(|e| where_it_is(e) == position) {
                Some(error) => explain(&error.code, &word),
                None => format!("found `\"{word}\"`"),
            };
            return format!(
                "{}:{}: {known}; write the word without quotes",
                position.line, position.col
            );
        }
        let at = offset(text, position);
        // The parser is past the sign when it refuses a number.
        let is_signed = error.code == Error::IntegerOutOfBounds && text[..at].ends_with('-');
        let at = at - usize::from(is_signed);
        let found = &text[at..];
        // A password that was written without quotes is not quoted by the error either.
        let at = at + (found.len() - found.trim_start().len());
        let found = if is_secret_value(text, at) { "…" } else { found };
        let message = explain(&error.code, found);
        format!("{}:{}: {message}", position.line, position.col)
    })
}

fn read<S: DeserializeOwned>(text: &str) -> Result<S, SpannedError> {
    ron::Options::default().with_default_extension(Extensions::IMPLICIT_SOME).from_str(text)
}

fn where_it_is(error: &SpannedError) -> Position {
    // What was parsed and then refused begins at the start of the span; what could not be parsed, at its end.
    match was_parsed(&error.code) {
        true => error.span.start,
        false => error.span.end,
    }
}

/// The word in quotes that stands there, and the text without these quotes.
fn unquoted(text: &str, at: usize) -> Option<(String, String)> {
    let inside = text[at..].strip_prefix('"')?;
    let word = &inside[..inside.find('"')?];
    let is_word = word.starts_with(char::is_alphabetic)
        && word.chars().all(|c| c.is_alphanumeric() || c == '_');
    let without = || format!("{}{word}{}", &text[..at], &inside[word.len() + 1..]);
    is_word.then(|| (word.to_owned(), without()))
}

/// Gives an error that concerns the settings as a whole the position where they begin.
pub(crate) fn at_start(text: &str, message: &str) -> String {
    let before = &text[..text.len() - text.trim_start().len()];
    let line = 1 + before.matches('\n').count();
    let column = 1 + before.chars().rev().take_while(|&c| c != '\n').count();
    format!("{line}:{column}: {message}")
}

/// Reads a path that is not empty, for `#[serde(deserialize_with = "…")]`.
pub(crate) fn file_path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    let path = String::deserialize(deserializer)?;
    if path.trim().is_empty() {
        let text = "the path is empty; write that of a file, such as \"talk.log\"";
        return Err(serde::de::Error::custom(text));
    }
    Ok(path.into())
}

/// Whether the parser had parsed what it then refused.
fn was_parsed(error: &Error) -> bool {
    matches!(
        error,
        Error::Message(_)
            | Error::InvalidValueForType { .. }
            | Error::ExpectedDifferentLength { .. }
            | Error::ExpectedDifferentStructName { .. }
            | Error::NoSuchStructField { .. }
            | Error::NoSuchEnumVariant { .. }
            | Error::DuplicateStructField { .. }
            | Error::IntegerOutOfBounds
            | Error::InvalidEscape(_)
            | Error::ExpectedStringEnd
    )
}

/// Explains an error to people, where the message of RON is for programmers.
fn explain(error: &Error, found: &str) -> String {
    match error {
        Error::Message(message) => message.clone(),
        Error::InvalidValueForType { expected, .. } if expected.starts_with("a nonzero") => {
            format!("expected a whole number, 1 or more, found {}", token(found))
        }
        Error::InvalidValueForType { expected, found } => {
            format!("expected {expected}, found {found}")
        }
        Error::NoSuchStructField { expected, found, .. } => unknown("field", found, expected),
        Error::NoSuchEnumVariant { expected, found, .. } => unknown("choice", found, expected),
        Error::DuplicateStructField { field, .. } => format!("the field `{field}` is given twice"),
        Error::MissingStructField { field, .. } => format!("the field `{field}` is missing"),
        Error::IntegerOutOfBounds => {
            format!("the number {} is too large or too small here", token(found))
        }
        Error::ExpectedStringEnd => "the string that begins here is not closed by `\"`".into(),
        Error::ExpectedNamedStructLike(_)
        | Error::ExpectedDifferentStructName { .. }
        | Error::ExpectedStructLike => {
            format!(
                "expected the settings in parentheses, `(field: value)`, found {}",
                token(found)
            )
        }
        Error::SuggestRawIdentifier(_) => format!("expected a word, found {}", token(found)),
        Error::TrailingCharacters => {
            format!("expected nothing after the closing `)`, found {}", token(found))
        }
        Error::ExpectedComma => format!("expected `,` or `)`, found {}", token(found)),
        Error::ExpectedMapColon => format!("expected `:` after the field, found {}", token(found)),
        Error::ExpectedStructLikeEnd | Error::ExpectedOptionEnd => {
            format!("expected `)`, found {}", token(found))
        }
        Error::ExpectedArray => format!("expected a list, `[…]`, found {}", token(found)),
        Error::ExpectedBoolean => format!("expected true or false, found {}", token(found)),
        Error::ExpectedInteger => format!("expected a whole number, found {}", token(found)),
        Error::ExpectedString => {
            format!("expected a string in double quotes, found {}", token(found))
        }
        other => {
            let text = other.to_string();
            let mut letters = text.chars();
            match letters.next() {
                Some(first) => {
                    let first = first.to_lowercase();
                    format!("{first}{}, found {}", letters.as_str(), token(found))
                }
                None => text,
            }
        }
    }
}

fn unknown(what: &str, found: &str, known: &[&str]) -> String {
    let near = nearest(found, known.iter().copied());
    let near = near.map_or(String::new(), |name| format!(" did you mean `{name}`?"));
    let known: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    match known.as_slice() {
        [] => format!("unknown {what} `{found}`; there are none"),
        known => format!("unknown {what} `{found}`;{near} known {what}s: {}", known.join(", ")),
    }
}

/// The first word of `text` as an error quotes it.
fn token(text: &str) -> String {
    let text = text.trim_start();
    let mut letters = text.chars();
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '+' | '.');
    let word: String = match letters.next() {
        None => return "the end".into(),
        Some('"') => {
            let inside: String = letters.take_while(|&c| c != '"' && c != '\n').collect();
            format!("\"{inside}\"")
        }
        Some(first) if is_word(first) => text.chars().take_while(|&c| is_word(c)).collect(),
        Some(sign) => sign.to_string(),
    };
    match word.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("`{}…`", &word[..end]),
        None => format!("`{word}`"),
    }
}

/// The offset of a position in `text`, in bytes.
fn offset(text: &str, position: Position) -> usize {
    let line_start = match position.line {
        0 | 1 => 0,
        line => text.match_indices('\n').nth(line - 2).map_or(text.len(), |(at, _)| at + 1),
    };
    let line = &text[line_start..];
    line.char_indices()
        .nth(position.col.saturating_sub(1))
        .map_or(text.len(), |(at, _)| line_start + at)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Sample {
        path: String,
        keep: u8,
        size: Option<NonZeroU64>,
        form: Form,
        list: Vec<String>,
        loud: bool,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    enum Form {
        #[default]
        Text,
        Json,
    }

    #[test]
    fn nothing_means_the_defaults() {
        for text in ["", " \n\t", "()", "( )", "// none\n()"] {
            assert_eq!(parse_settings(text), Ok(Sample::default()), "{text:?}");
        }
    }

    #[test]
    fn an_option_is_written_as_its_value() {
        for (text, size) in [
            ("(size: 5)", NonZeroU64::new(5)),
            ("(size: Some(5))", NonZeroU64::new(5)),
            ("(size: None)", None),
        ] {
            assert_eq!(parse_settings::<Sample>(text).map(|s| s.size), Ok(size));
        }
    }

    #[test]
    fn an_error_says_where_what_was_found_and_what_was_expected() {
        for (text, message) in [
            (
                "(\n  path: \"ä\", kep: 3)",
                "2:14: unknown field `kep`; did you mean `keep`? known fields: `path`, `keep`, `size`, `form`, `list`, `loud`",
            ),
            ("(path: 5)", "1:8: expected a string in double quotes, found `5`"),
            ("(keep: \"many\")", "1:8: expected a whole number, found `\"many\"`"),
            ("(keep: 300)", "1:8: the number `300` is too large or too small here"),
            ("(keep: -1)", "1:9: the number `-1` is too large or too small here"),
            ("(keep: 3.5)", "1:9: expected `,` or `)`, found `.5`"),
            ("(size: 0)", "1:8: expected a whole number, 1 or more, found `0`"),
            (
                "(size: 5,\n form: Jsn)",
                "2:8: unknown choice `Jsn`; did you mean `Json`? known choices: `Text`, `Json`",
            ),
            ("(loud: maybe)", "1:8: expected true or false, found `maybe`"),
            ("(list: \"a\")", "1:8: expected a list, `[…]`, found `\"a\"`"),
            (
                "path: \"x\"",
                "1:1: expected the settings in parentheses, `(field: value)`, found `path`",
            ),
            ("(path: \"x\"", "1:11: expected `,` or `)`, found the end"),
            ("(path: \"x\" keep: 3)", "1:12: expected `,` or `)`, found `keep`"),
            ("(path \"x\")", "1:7: expected `:` after the field, found `\"x\"`"),
            ("(path: \"x\") more", "1:13: expected nothing after the closing `)`, found `more`"),
            ("(path: \"x", "1:8: the string that begins here is not closed by `\"`"),
            ("(path: \"x\", path: \"y\")", "1:13: the field `path` is given twice"),
            ("(form: 5)", "1:8: expected a word, found `5`"),
        ] {
            let error = parse_settings::<Sample>(text).unwrap_err();
            assert_eq!(error, message, "{text:?}");
        }
    }

    #[test]
    fn what_was_found_is_quoted_in_bounds() {
        let text = format!("(keep: \"{}\")", "ä".repeat(5000));
        let error = parse_settings::<Sample>(&text).unwrap_err();
        assert!(error.len() < 120, "{error}");
    }

    #[test]
    fn no_text_is_too_odd_for_an_error() {
        for text in ["(", ")", "\"", "é", "\u{2028}(", "(\n\n", "[[[", "(a:(b:(", "#![x]"] {
            assert!(parse_settings::<Sample>(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_concerns_all_settings_stands_where_they_begin() {
        assert_eq!(at_start("\n  (a: 1)", "no"), "2:3: no");
        assert_eq!(at_start("", "no"), "1:1: no");
    }
}

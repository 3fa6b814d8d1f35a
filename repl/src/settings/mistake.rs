//! The mistakes in a configuration: for each the position, the value and what was expected.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use ron::error::{Error, SpannedError};

use super::locate::{Position, is_word};

/// Why there is no configuration to use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file could not be read.
    #[error("cannot read `{}`: {source}{}", path.display(), advice(path, source))]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file has mistakes.
    #[error(transparent)]
    Wrong(Mistakes),
}

/// All mistakes in one file; one line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes {
    /// The file.
    pub path: PathBuf,
    /// In the order of the file.
    pub list: Vec<Mistake>,
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// Where, unless it lies in something that is missing from the file.
    pub position: Option<Position>,
    /// What, with the value and what was expected.
    pub text: String,
}

impl std::error::Error for Mistakes {}

impl fmt::Display for Mistakes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.list.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            write!(formatter, "{}:", self.path.display())?;
            if let Some(position) = mistake.position {
                write!(formatter, "{position}:")?;
            }
            write!(formatter, " {}", mistake.text)?;
        }
        Ok(())
    }
}

/// What to do about a file that cannot be read.
fn advice(path: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {
            format!("; `salotto init {}` creates it", path.display())
        }
        _ => String::new(),
    }
}

/// `; did you mean `x`?` if one of the known words is similar.
pub(super) fn did_you_mean<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    known
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(word, known), known))
        .filter(|(distance, known)| *distance <= 1 + known.chars().count() / 3)
        .min()
        .map(|(_, near)| format!("; did you mean `{near}`?"))
        .unwrap_or_else(|| ";".into())
}

/// Turns an error of the parser into a line for people.
pub(super) fn explain(text: &str, error: &SpannedError) -> Mistake {
    let start = Position { line: error.span.start.line, column: error.span.start.col };
    let end = Position { line: error.span.end.line, column: error.span.end.col };
    let (word_at, word) = word_around(text, end.offset(text));
    let at_word = Position::of(text, word_at);
    let (position, text) = match &error.code {
        Error::NoSuchStructField { expected, found, .. } => {
            let near = did_you_mean(found, expected.iter().copied());
            let known = expected.join(", ");
            (start, format!("unknown field `{found}`{near} known fields: {known}"))
        }
        Error::NoSuchEnumVariant { expected, found, .. } => {
            let known = expected.join(", ");
            (start, format!("found `{found}`; expected one of {known}"))
        }
        Error::MissingStructField { field, .. } => (end, format!("the field `{field}` is missing")),
        Error::DuplicateStructField { field, .. } => {
            (start, format!("the field `{field}` is given twice"))
        }
        Error::ExpectedStringEnd => (start, "this string has no closing `\"`".into()),
        Error::Message(text) => (at_word, text.clone()),
        other => match expected(other, word) {
            Some(Expected::ClosingBracket) => {
                (end, "the file ends too early; a closing bracket is missing".into())
            }
            Some(Expected::Value(what)) => {
                let found = match word {
                    "" => "the end of the file".into(),
                    word => format!("`{word}`"),
                };
                (at_word, format!("found {found}; expected {what}"))
            }
            None => {
                let text = other.to_string();
                let mut letters = text.chars();
                let first = letters.next().map(|c| c.to_lowercase().to_string());
                (end, first.unwrap_or_default() + letters.as_str())
            }
        },
    };
    Mistake { position: Some(position), text }
}

/// What the parser expected where it stopped.
enum Expected {
    Value(&'static str),
    /// At the end of the file.
    ClosingBracket,
}

fn expected(error: &Error, word: &str) -> Option<Expected> {
    Some(Expected::Value(match error {
        Error::ExpectedString => "a string in double quotes",
        Error::ExpectedBoolean => "true or false",
        Error::ExpectedInteger => "a whole number",
        Error::IntegerOutOfBounds if word.starts_with('-') => "a whole number, 0 or more",
        Error::IntegerOutOfBounds => "a smaller number",
        Error::ExpectedFloat => "a number",
        Error::ExpectedArray => "a list in `[` and `]`",
        Error::ExpectedNamedStructLike(_) | Error::ExpectedStructLike => "fields in `(` and `)`",
        Error::ExpectedMapColon => "`:` after the name of the field",
        // Where a whole number is expected, the parser stops at the point of a fraction.
        Error::ExpectedComma | Error::ExpectedStructLikeEnd
            if word.contains('.') && word.parse::<f64>().is_ok() =>
        {
            "a whole number"
        }
        Error::Eof
        | Error::ExpectedComma
        | Error::ExpectedArrayEnd
        | Error::ExpectedStructLikeEnd
            if word.is_empty() =>
        {
            return Some(Expected::ClosingBracket);
        }
        Error::ExpectedComma | Error::ExpectedArrayEnd | Error::ExpectedStructLikeEnd => {
            "a comma or the closing bracket"
        }
        Error::TrailingCharacters => "nothing after the last `)`",
        _ => return None,
    }))
}

/// The word, string or sign at or just before a byte, and where it begins.
fn word_around(text: &str, offset: usize) -> (usize, &str) {
    let before = &text[..offset];
    let word_start =
        before.char_indices().rev().take_while(|&(_, c)| is_word(c)).last().map(|(at, _)| at);
    let start = word_start.unwrap_or_else(|| offset + space(&text[offset..]));
    let rest = &text[start..];
    let length = match rest.chars().next() {
        None => 0,
        Some('"') => rest[1..].find(['"', '\n']).map_or(1, |at| at + 2),
        Some(c) if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
        Some(c) => c.len_utf8(),
    };
    (start, &rest[..length])
}

fn space(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

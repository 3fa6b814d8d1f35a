//! The mistakes in a configuration: for each the position, the value and what was expected.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use ron::error::{Error, SpannedError};
use salotto::protocol::{is_secret_value, mask_secrets, nearest, sanitize};

use super::locate::{Position, is_word};

/// Most bytes of a word that an error quotes, and of the whole error.
const QUOTED: usize = 60;
const LONGEST: usize = 2000;
/// Mistakes that are told of one file: who has more mends these first.
const TOLD: usize = 25;

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
    /// The file and the place in it, where that is not the configuration but a file that a plugin reads.
    pub elsewhere: Option<String>,
    /// What, with the value and what was expected.
    pub text: String,
}

impl Mistake {
    /// A mistake in the configuration itself.
    pub(super) fn new(position: Option<Position>, text: String) -> Self {
        Self { position, elsewhere: None, text }
    }

    /// One in another file, at this place.
    pub(super) fn elsewhere(place: &str, text: String) -> Self {
        Self { position: None, elsewhere: Some(place.into()), text }
    }

    /// One line, with the place. What was found may be a secret, or long.
    pub(super) fn in_file(&self, path: &Path) -> String {
        let masked = mask_secrets(&self.text);
        let text = sanitize::excerpt(&masked, LONGEST);
        match (&self.elsewhere, self.position) {
            (Some(place), _) => format!("{place}: {text}"),
            (None, Some(position)) => format!("{}:{position}: {text}", path.display()),
            (None, None) => format!("{}: {text}", path.display()),
        }
    }
}

/// A word of the file as an error quotes it.
pub(super) fn quoted(word: &str) -> std::borrow::Cow<'_, str> {
    sanitize::excerpt(word, QUOTED)
}

/// A word as an error names it: what cannot be seen by its number.
fn shown(word: &str) -> String {
    let mut letters = word.chars();
    match (letters.next(), letters.next()) {
        (Some(c), None) if is_unseen(c) => {
            format!("the invisible character U+{:04X}", u32::from(c))
        }
        _ => format!("`{}`", quoted(word)),
    }
}

fn is_unseen(c: char) -> bool {
    let is_format = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    c.is_control() || c.is_whitespace() || is_format
}

impl std::error::Error for Mistakes {}

impl fmt::Display for Mistakes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.list.iter().take(TOLD).enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            formatter.write_str(&mistake.in_file(&self.path))?;
        }
        match self.list.len().saturating_sub(TOLD) {
            0 => Ok(()),
            1 => write!(formatter, "\n{}: and one mistake more", self.path.display()),
            more => write!(formatter, "\n{}: and {more} mistakes more", self.path.display()),
        }
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
    match nearest(word, known) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => ";".into(),
    }
}

/// Turns an error of the parser into a line for people.
pub(super) fn explain(text: &str, error: &SpannedError) -> Mistake {
    let start = Position { line: error.span.start.line, column: error.span.start.col };
    let end = Position { line: error.span.end.line, column: error.span.end.col };
    if let Some(mistake) = of_another_notation(text, end.offset(text)) {
        return mistake;
    }
    let (word_at, word) = word_around(text, end.offset(text));
    let at_word = Position::of(text, word_at);
    let (position, text) = match &error.code {
        Error::NoSuchStructField { expected, found, .. } => {
            let found = quoted(found);
            let near = did_you_mean(&found, expected.iter().copied());
            let known = expected.join(", ");
            (start, format!("unknown field `{found}`{near} known fields: {known}"))
        }
        Error::NoSuchEnumVariant { expected, found, .. } => {
            let (known, found) = (expected.join(", "), quoted(found));
            (start, format!("found `{found}`; expected one of {known}"))
        }
        Error::MissingStructField { field, .. } => (end, format!("the field `{field}` is missing")),
        Error::ExpectedDifferentStructName { found, .. } => {
            let text = "no word stands before the first `(`";
            (at_word, format!("found `{}`; {text}", quoted(found)))
        }
        Error::DuplicateStructField { field, .. } => {
            (start, format!("the field `{}` is given twice", quoted(field)))
        }
        Error::ExpectedStringEnd => (start, "this string has no closing `\"`".into()),
        Error::Message(text) => (at_word, text.clone()),
        other => match expected(other, word) {
            Some(Expected::ClosingBracket) => {
                (end, "the file ends too early; a closing bracket is missing".into())
            }
            // The parser says only that it expected a word; which words there are it says when it is given one.
            Some(Expected::Value(_)) | None
                if word.starts_with('"') && choices(text, word_at).is_some() =>
            {
                let (choices, found) = (choices(text, word_at).unwrap_or_default(), quoted(word));
                (at_word, format!("found `{found}`; expected one of {choices}, without quotes"))
            }
            Some(Expected::Value(what)) => {
                let found = match word {
                    "" => "the end of the file".into(),
                    _ if is_secret_value(text, word_at) => "`…`".into(),
                    word => shown(word),
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
    Mistake::new(Some(position), text)
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
        Error::ExpectedIdentifier if word.starts_with('#') => {
            "a field, or a comment, which begins with `//`"
        }
        Error::ExpectedIdentifier => "a word",
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

/// The white space that the format knows; a no-break space from a web page is none.
fn space(text: &str) -> usize {
    text.len() - text.trim_start_matches(|c: char| c.is_ascii_whitespace()).len()
}

/// The words that a field takes that has no quotes around its value.
fn choices(text: &str, offset: usize) -> Option<&'static str> {
    let before = text[..offset].trim_end().strip_suffix(':')?.trim_end();
    let start = before.rfind(|c| !is_word(c)).map_or(0, |at| at + 1);
    match &before[start..] {
        "level" => Some("Error, Warn, Info, Debug, Trace"),
        "format" => Some("Human, Json"),
        "on_panic" => Some("Open, Closed"),
        _ => None,
    }
}

/// What people write who know other formats of configuration files, and at which the parser only says that it is lost.
fn of_another_notation(text: &str, stopped: usize) -> Option<Mistake> {
    let at = |offset: usize| Some(Position::of(text, offset));
    let significant = without_comments(text);
    if significant.is_empty() {
        let text =
            "the file is empty; write `()` for the defaults, or let `salotto init` write one";
        return Some(Mistake::new(at(0), text.into()));
    }
    let line_start = text[..stopped].rfind('\n').map_or(0, |at| at + 1);
    let column = line_start + space(&text[line_start..]);
    if text[column..].starts_with('#') {
        return Some(Mistake::new(at(column), "a comment begins with `//`, not with `#`".into()));
    }
    let first = text.find(significant)?;
    let word = significant.split(|c| !is_word(c)).next().unwrap_or_default();
    let rest = significant[word.len()..].trim_start();
    if !word.is_empty() && rest.starts_with([':', '=']) {
        let text = format!(
            "found `{}`; the whole file stands in `(` and `)`: `({}: …)`",
            quoted(word),
            quoted(word)
        );
        return Some(Mistake::new(at(first), text));
    }
    (significant.starts_with('{') || significant.starts_with('[')).then(|| {
        let found = &significant[..1];
        Mistake::new(at(first), format!("found `{found}`; the whole file stands in `(` and `)`"))
    })
}

/// What follows the comments at the beginning of a text.
fn without_comments(text: &str) -> &str {
    let mut rest = text.trim();
    while rest.starts_with("//") {
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
    }
    rest
}

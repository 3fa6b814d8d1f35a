//! Finds the position of a field in a RON text: `Settings::check` knows fields by their path, people look for lines.

use std::fmt;
use std::ops::Range;

/// A position in a text. Both numbers start at 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character in it.
    pub column: usize,
}

/// A field of a RON text, such as `rooms.listed.name`, and where its value is. Elements of lists have no name of their own, so such a
/// path may occur several times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) path: String,
    pub(super) value: Range<usize>,
}

impl Position {
    /// The position of a byte of `text`.
    pub(super) fn of(text: &str, offset: usize) -> Self {
        let before = &text[..floor(text, offset)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            line: 1 + before.matches('\n').count(),
            column: 1 + before[line_start..].chars().count(),
        }
    }

    /// The byte of `text` at this position.
    pub(super) fn offset(self, text: &str) -> usize {
        let line_start = match self.line {
            0 | 1 => 0,
            line => text.match_indices('\n').nth(line - 2).map_or(text.len(), |(at, _)| at + 1),
        };
        let column = self.column.saturating_sub(1);
        let rest = &text[line_start..];
        line_start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at)
    }

    /// Converts this position in a part that begins at `start` to a position in the whole.
    pub(super) fn inside(self, start: Position) -> Self {
        match self.line {
            1 => Self { line: start.line, column: start.column + self.column.saturating_sub(1) },
            line => Self { line: start.line + line - 1, column: self.column },
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.line, self.column)
    }
}

/// Every field of a RON text. In a text that is not valid RON, those before the mistake.
pub(super) fn fields(text: &str) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    // One element for each open bracket: the index of the field whose value is being read there.
    let mut open: Vec<Option<usize>> = Vec::new();
    let mut at = 0;
    while let Some((token, range)) = next_token(text, at) {
        at = range.end;
        match token {
            Token::Open => open.push(None),
            Token::Close => {
                open.pop();
            }
            Token::Comma => {
                if let Some(current) = open.last_mut() {
                    *current = None;
                }
                continue;
            }
            Token::Word => {
                let is_field = matches!(next_token(text, at), Some((Token::Colon, _)));
                if let (true, Some(None)) = (is_field, open.last()) {
                    let mut path: Vec<&str> = Vec::new();
                    let outer = open.iter().flatten().last();
                    path.extend(outer.map(|&index| fields[index].path.as_str()));
                    path.push(&text[range]);
                    let path = path.join(".");
                    if let Some((_, colon)) = next_token(text, at) {
                        at = colon.end;
                    }
                    let start = next_token(text, at).map_or(at, |(_, value)| value.start);
                    if let Some(current) = open.last_mut() {
                        *current = Some(fields.len());
                    }
                    fields.push(Field { path, value: start..start });
                    continue;
                }
            }
            Token::Colon | Token::Other => {}
        }
        for index in open.iter().flatten() {
            fields[*index].value.end = at;
        }
    }
    fields
}

/// Where the first bracket opens, comments aside.
pub(super) fn first_bracket(text: &str) -> Option<usize> {
    let mut at = 0;
    while let Some((token, range)) = next_token(text, at) {
        if token == Token::Open {
            return Some(range.start);
        }
        at = range.end;
    }
    None
}

/// The innermost brackets around a byte, with what is in them.
pub(super) fn enclosing(text: &str, offset: usize) -> Option<Range<usize>> {
    let (mut open, mut at) = (Vec::new(), 0);
    while let Some((token, range)) = next_token(text, at) {
        at = range.end;
        match token {
            Token::Open => open.push(range.start),
            Token::Close => {
                let start = open.pop()?;
                if start <= offset && offset < range.end {
                    return Some(start..range.end);
                }
            }
            Token::Comma | Token::Colon | Token::Word | Token::Other => {}
        }
    }
    None
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Comma,
    Colon,
    /// An identifier or a number.
    Word,
    /// A string, a character or anything else.
    Other,
}

/// The first token from `at` on, comments aside.
fn next_token(text: &str, at: usize) -> Option<(Token, Range<usize>)> {
    let start = skip_space(text, at);
    let rest = &text[start..];
    let first = rest.chars().next()?;
    let (token, length) = match first {
        '(' | '[' | '{' => (Token::Open, 1),
        ')' | ']' | '}' => (Token::Close, 1),
        ',' => (Token::Comma, 1),
        ':' => (Token::Colon, 1),
        '"' => (Token::Other, string(rest)),
        'r' if raw_string(rest).is_some() => (Token::Other, raw_string(rest)?),
        '\'' => (Token::Other, character(rest)),
        c if is_word(c) => {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            (Token::Word, end)
        }
        c => (Token::Other, c.len_utf8()),
    };
    Some((token, start..start + length))
}

pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '+' | '-' | '.')
}

fn skip_space(text: &str, mut at: usize) -> usize {
    loop {
        let rest = &text[at..];
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        if trimmed.starts_with("//") {
            at += trimmed.find('\n').unwrap_or(trimmed.len());
        } else if trimmed.starts_with("/*") {
            at += block_comment(trimmed);
        } else {
            return at;
        }
    }
}

/// The length of a comment, which may hold others.
fn block_comment(text: &str) -> usize {
    let mut depth = 0usize;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of `r"…"` or `r#"…"#`, if the text begins with one.
fn raw_string(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('r')?;
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    let body = rest[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = body.find(&end).map_or(body.len(), |at| at + end.len());
    Some(1 + hashes + 1 + length)
}

fn character(text: &str) -> usize {
    let body = &text[1..];
    let from = if body.starts_with('\\') { 2 } else { 0 };
    body.char_indices().find(|&(at, c)| at >= from && c == '\'').map_or(1, |(at, _)| at + 2)
}

/// The nearest start of a character at or before `offset`.
fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_found_with_its_path_and_its_value() {
        let text = r##"// a (comment: here)
(
    server: (name: "a \" (b: 1)", /* (no: 1) /* nested */ */ port: 'x'),
    raw: r#"(no: "1")"#,
    list: [(name: "one", settings: (name: 5)), (name: "two")],
    rate: Some((burst: 1)),
)"##;
        let found: Vec<_> = fields(text)
            .into_iter()
            .map(|field| (field.path, text[field.value].to_owned()))
            .collect();
        let found: Vec<_> =
            found.iter().map(|(path, value)| (path.as_str(), value.as_str())).collect();
        assert_eq!(
            found,
            [
                ("server", r#"(name: "a \" (b: 1)", /* (no: 1) /* nested */ */ port: 'x')"#),
                ("server.name", r#""a \" (b: 1)""#),
                ("server.port", "'x'"),
                ("raw", r##"r#"(no: "1")"#"##),
                ("list", r#"[(name: "one", settings: (name: 5)), (name: "two")]"#),
                ("list.name", r#""one""#),
                ("list.settings", "(name: 5)"),
                ("list.settings.name", "5"),
                ("list.name", r#""two""#),
                ("rate", "Some((burst: 1))"),
                ("rate.burst", "1"),
            ]
        );
    }

    #[test]
    fn positions_count_lines_and_characters() {
        let text = "one\nzwölf drei";
        let position = Position::of(text, text.find("drei").unwrap());
        assert_eq!(position, Position { line: 2, column: 7 });
        assert_eq!(&text[position.offset(text)..], "drei");
        let inside = Position { line: 1, column: 2 }.inside(position);
        assert_eq!(inside, Position { line: 2, column: 8 });
    }
}

//! Lines as the server writes them.

use super::numeric::Numeric;

/// A line without its tags and with its end is no longer.
pub(super) const LONGEST: usize = 512;

/// Who stands before a line that a member has brought about. The host is the same for all: nobody's address is told.
pub(super) fn source(name: &str, host: &str) -> String {
    format!("{name}!{name}@{host}")
}

/// An answer by number: `middle` are its parameters, of which the last may have spaces.
pub(super) fn numeric(
    host: &str,
    number: Numeric,
    nick: &str,
    middle: &[&str],
    last: &str,
) -> String {
    let mut line = format!(":{host} {number} {nick}");
    for parameter in middle {
        line.push(' ');
        line.push_str(parameter);
    }
    line.push_str(" :");
    line.push_str(last);
    end(line)
}

/// Several answers by number to one client, which go out together.
pub(super) struct Answers<'h> {
    host: &'h str,
    nick: String,
    lines: String,
}

impl<'h> Answers<'h> {
    pub(super) fn new(host: &'h str, nick: impl Into<String>) -> Self {
        Self { host, nick: nick.into(), lines: String::new() }
    }

    /// One whose last parameter may have spaces.
    pub(super) fn add(&mut self, number: Numeric, middle: &[&str], last: &str) -> &mut Self {
        self.lines.push_str(&numeric(self.host, number, &self.nick, middle, last));
        self
    }

    /// One without such a parameter.
    pub(super) fn add_plain(&mut self, number: Numeric, middle: &[&str]) -> &mut Self {
        let line = format!(":{} {number} {} {}", self.host, self.nick, middle.join(" "));
        self.lines.push_str(&end(line));
        self
    }

    pub(super) fn lines(&mut self) -> String {
        std::mem::take(&mut self.lines)
    }
}

/// A standard reply that something failed: `about` is what it is about, without spaces.
pub(super) fn fail(host: &str, command: &str, code: &str, about: &[&str], text: &str) -> String {
    let about: String = about.iter().map(|about| format!("{about} ")).collect();
    end(format!(":{host} FAIL {command} {code} {about}:{text}"))
}

/// A line with its end, and not longer than a line may be.
pub(super) fn end(mut line: String) -> String {
    line.truncate(line.floor_char_boundary(LONGEST - 2));
    line.push_str("\r\n");
    line
}

/// The parts of a text that fit into a line each behind what is `before` them, of which the source has so many bytes. Never none. What fits into a line without a source, as clients send it, stays one: the line
/// is longer by that much then, which clients take.
pub(super) fn parts(text: &str, before: usize, source: usize) -> Vec<&str> {
    if text.len() + before <= LONGEST - 2 + source {
        return vec![text];
    }
    let most = (LONGEST - 2).saturating_sub(before).max(64);
    let mut parts = Vec::new();
    let mut rest = text;
    while rest.len() > most {
        let (part, after) = rest.split_at(rest.floor_char_boundary(most));
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_letters_into_what_fits() {
        let text = "ä".repeat(400);
        let parts = parts(&text, 100, 0);
        assert_eq!(parts.concat(), text);
        assert!(parts.len() == 2 && parts.iter().all(|part| part.len() <= LONGEST - 102));
        assert_eq!(super::parts("", 20, 10), [""]);
        let text = "a".repeat(LONGEST - 2 - 80);
        assert_eq!(super::parts(&text, 100, 20), [&text]);
        assert_eq!(super::parts(&(text + "a"), 100, 20).len(), 2);
    }
}

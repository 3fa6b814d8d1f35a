//! What may reach another person's terminal: text without control characters, direction overrides or
//! invisible padding, and of bounded length.

use std::borrow::Cow;

use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

/// Removes from a message what could harm or deceive a terminal.
///
/// Control characters (C0, DEL, C1) and the bidirectional overrides, embeddings and isolates are
/// dropped; a tab, a line break of any kind and the Unicode line and paragraph separators become a space; white space at the end goes. The
/// joiners that emoji and some scripts need stay. Of the accents and marks that one letter carries, the first four stay. Borrows when there is
/// nothing to do.
///
/// ```
/// # use salotto::protocol::sanitize::message;
/// assert_eq!(message("hello\u{1b}[31m\t you "), "hello[31m  you");
/// ```
pub fn message(text: &str) -> Cow<'_, str> {
    let text = text.trim_end();
    let mut marks = Marks::default();
    if text
        .chars()
        .all(|c| !is_control(c) && !is_direction(c) && !is_separator(c) && marks.may_stay(c))
    {
        return Cow::Borrowed(text);
    }
    let mut marks = Marks::default();
    // A CR LF is one line break.
    let text = text.replace("\r\n", "\n");
    let cleaned: String = text
        .chars()
        .filter_map(|c| match c {
            '\t' | '\n' | '\r' => Some(' '),
            c if is_separator(c) => Some(' '),
            c if is_control(c) || is_direction(c) => None,
            c => Some(c),
        })
        .filter(|&c| marks.may_stay(c))
        .collect();
    Cow::Owned(cleaned.trim_end().to_owned())
}

/// Whether there is anything in a text that can be seen.
pub(crate) fn is_visible(text: &str) -> bool {
    let is_seen = |c: char| {
        !(c.is_whitespace()
            || is_control(c)
            || is_direction(c)
            || is_invisible(c)
            || is_combining_mark(c))
    };
    text.chars().any(is_seen)
}

/// Marks that one letter may carry in a message: no writing needs more, and a pile of them covers the lines above.
const MOST_MARKS: usize = 4;

/// Counts the marks that the present letter carries.
#[derive(Default)]
struct Marks(usize);

impl Marks {
    fn may_stay(&mut self, c: char) -> bool {
        let is_mark = !c.is_ascii() && is_combining_mark(c);
        if is_mark {
            self.0 += 1;
        } else if c.is_ascii() || !is_invisible(c) {
            // What cannot be seen does not begin another letter.
            self.0 = 0;
        }
        !is_mark || self.0 <= MOST_MARKS
    }
}

/// Several lines, each as [`message`] leaves it; empty ones are left out.
pub(crate) fn lines(text: &str) -> String {
    text.lines().map(message).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Several lines as one, cleaned as [`message`] cleans: what may have lines of its own and has to stand in a list, a report or a log.
///
/// ```
/// # use salotto::protocol::sanitize::line;
/// assert_eq!(line("one\r\n\n two\u{1b}[2J"), "one two[2J");
/// ```
pub fn line(text: &str) -> Cow<'_, str> {
    if !text.contains(['\n', '\r']) {
        return message(text);
    }
    let parts = text.split(['\n', '\r']).map(|part| message(part.trim()));
    Cow::Owned(parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "))
}

/// Removes from a name what cannot be seen: everything that [`message`] removes, and every
/// invisible or formatting character, so that two names that look alike are alike.
pub(crate) fn name(text: &str) -> String {
    text.trim()
        .chars()
        .filter(|&c| !is_control(c) && !is_direction(c) && !is_invisible(c))
        .collect::<String>()
        .trim()
        .to_owned()
}

/// The text [cleaned](message) and shortened to `bytes` at a character boundary, for echoing what somebody sent in an error.
pub fn excerpt(text: &str, bytes: usize) -> Cow<'_, str> {
    let cleaned = message(text);
    if cleaned.len() <= bytes {
        return cleaned;
    }
    let mut end = bytes;
    while !cleaned.is_char_boundary(end) {
        end -= 1;
    }
    Cow::Owned(format!("{}…", &cleaned[..end]))
}

/// Whether nobody sees it: white space, and what [`message`] or [`name`] removes.
pub(crate) fn is_unseen(c: char) -> bool {
    c.is_whitespace() || is_removed(c)
}

/// Whether it takes no space and is drawn as nothing, or harms.
pub(crate) fn is_removed(c: char) -> bool {
    !c.is_whitespace() && (is_control(c) || is_direction(c) || is_invisible(c))
}

/// What a person counts as characters.
pub(crate) fn graphemes(text: &str) -> usize {
    text.graphemes(true).count()
}

fn is_control(c: char) -> bool {
    c.is_control()
}

/// What begins another line elsewhere: a vertical tab, a form feed, NEL, and the Unicode line and paragraph separators.
fn is_separator(c: char) -> bool {
    matches!(c, '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Overrides, embeddings and isolates of the bidirectional algorithm: they reorder what follows.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters of the general category Cf and those that fonts draw as nothing.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{115f}' | '\u{1160}'
        | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}'
        | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{16fe4}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d159}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_text_is_borrowed() {
        assert!(matches!(message("grüß dich, мир 👩‍🚀"), Cow::Borrowed(_)));
    }

    #[test]
    fn escape_sequences_and_direction_overrides_do_not_pass() {
        assert_eq!(message("a\u{1b}[2Jb\u{7}c\u{9b}d\u{202e}e"), "a[2Jbcde");
        assert_eq!(message("one\u{2028}two"), "one two");
        assert_eq!(message("one\r\ntwo\nthree\rfour\n"), "one two three four");
    }

    #[test]
    fn a_letter_keeps_the_marks_that_writing_needs_and_no_pile() {
        for text in [
            "Nguyễn",
            "ढूँढ़ें",
            "שָׁלוֹם",
            "ที่รัก",
            "1\u{fe0f}\u{20e3}",
            "👩🏽\u{200d}❤\u{fe0f}\u{200d}👩",
            "🏴\u{e0067}\u{e007f}",
        ] {
            assert!(matches!(message(text), Cow::Borrowed(_)), "{text}");
        }
        let zalgo = format!("a{}b{0}", "\u{301}".repeat(30));
        assert_eq!(message(&zalgo), format!("a{}b{0}", "\u{301}".repeat(4)));
        // Nor through what cannot be seen.
        let hidden = format!("a{}", "\u{301}\u{200b}".repeat(30));
        assert_eq!(message(&hidden).matches('\u{301}').count(), 4);
    }

    #[test]
    fn what_shows_nothing_is_not_visible() {
        for text in [
            "",
            " ",
            "\u{200b}",
            "\u{3164}",
            "\u{301}\u{301}",
            "\u{e0041}\u{e0042}",
            "\u{2800}",
            "\u{fe0f}",
            "\u{202e}\u{7}",
        ] {
            assert!(!is_visible(text), "{text:?}");
        }
        for text in ["x", ".", "👩\u{200d}🚀", "\u{200b}ok", "ก็"] {
            assert!(is_visible(text), "{text:?}");
        }
    }

    #[test]
    fn invisible_characters_do_not_make_another_name() {
        assert_eq!(name(" a\u{200b}d\u{ad}a\u{feff} "), "ada");
    }

    #[test]
    fn an_excerpt_ends_at_a_character() {
        assert_eq!(excerpt("ääää", 3), "ä…");
    }
}

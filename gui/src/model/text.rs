//! Text from the network: cleaned before it is kept, searched for the own name and for links.

use std::borrow::Cow;
use std::ops::Range;

use salotto::protocol::sanitize;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// A text of the server, line by line, without control characters, direction overrides and empty lines at the end.
pub fn clean_lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(sanitize::message).collect();
    lines.join("\n").trim_end().to_owned()
}

/// The same on one line.
pub fn clean_line(text: &str) -> String {
    text.lines().map(sanitize::message).collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// A message as it is kept: cleaned, and each letter in its composed form, so that `e` with an accent of its own is found as `é`.
pub fn message(text: &str) -> Cow<'_, str> {
    composed(sanitize::message(text))
}

/// Lower case and composed, for comparing.
pub fn fold(text: &str) -> String {
    composed(text.to_lowercase().into()).into_owned()
}

fn composed(text: Cow<'_, str>) -> Cow<'_, str> {
    match is_nfc(&text) {
        true => text,
        false => text.nfc().collect(),
    }
}

/// Where `text` has the word `name`, whatever its case.
pub fn find_name(text: &str, name: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let Some(first) = name.chars().next() else { return found };
    let first = first.to_lowercase().next();
    let mut before = None;
    for (start, c) in text.char_indices() {
        if c.to_lowercase().next() == first
            && before.is_none_or(|before| !is_word(before))
            && !goes_on(text[..start].chars().rev())
            && let Some(end) = starts_with_folded(&text[start..], name)
            && text[start + end..].chars().next().is_none_or(|after| !is_word(after))
            && !goes_on(text[start + end..].chars())
        {
            found.push(start..start + end);
        }
        before = Some(c);
    }
    found
}

/// How long the part of `text` is that equals `name` but for case.
fn starts_with_folded(text: &str, name: &str) -> Option<usize> {
    let mut text = text.char_indices();
    for wanted in name.chars() {
        let (_, c) = text.next()?;
        if c != wanted && !c.to_lowercase().eq(wanted.to_lowercase()) {
            return None;
        }
    }
    Some(text.offset())
}

/// Whether a name goes on here: `ada-2` and `ada.b` are others than `ada`.
fn goes_on(mut beyond: impl Iterator<Item = char>) -> bool {
    matches!(beyond.next(), Some('-' | '.')) && beyond.next().is_some_and(is_word)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// How an address of the web begins, in any case.
const BEGINNINGS: [&str; 3] = ["https://", "http://", "www."];

/// Where `text` has addresses of the web. They end at white space and at everything invisible, so that what is seen is what is
/// opened, and without the punctuation of the sentence around them.
pub fn links(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (start, c) in text.char_indices() {
        if !matches!(c, 'h' | 'H' | 'w' | 'W') || found.last().is_some_and(|last| start < last.end)
        {
            continue;
        }
        let rest = &text[start..];
        let begins = |with: &&&str| {
            rest.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with))
        };
        let Some(beginning) = BEGINNINGS.iter().find(begins) else { continue };
        if text[..start].chars().next_back().is_some_and(char::is_alphanumeric) {
            continue;
        }
        let end = rest.find(ends_link).unwrap_or(rest.len());
        let link = without_punctuation(&rest[..end]);
        if link.len() > beginning.len() {
            found.push(start..start + link.len());
        }
    }
    found
}

/// A link without what belongs to the sentence: points at its end, and brackets that it does not open itself.
fn without_punctuation(mut link: &str) -> &str {
    loop {
        let shorter =
            link.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '"', '…', '’', '”']);
        let closed = [('(', ')'), ('[', ']'), ('{', '}')].into_iter().find(|(open, close)| {
            shorter.ends_with(*close)
                && shorter.matches(*open).count() < shorter.matches(*close).count()
        });
        let shorter = match closed {
            Some((_, close)) => shorter.strip_suffix(close).unwrap_or(shorter),
            None => shorter,
        };
        if shorter.len() == link.len() {
            return link;
        }
        link = shorter;
    }
}

fn ends_link(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '<' | '>' | '"' | '`' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}'
            | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

/// A link as it is opened and confirmed: everything that is not ASCII written out, so that no letter passes for another.
pub fn plain_link(link: &str) -> String {
    let mut plain = String::with_capacity(link.len());
    let (scheme, rest) = link.split_once("://").unwrap_or(("https", link));
    plain.push_str(&scheme.to_ascii_lowercase());
    plain.push_str("://");
    for c in rest.chars() {
        if c.is_ascii() {
            plain.push(c);
        } else {
            let mut buffer = [0; 4];
            for byte in c.encode_utf8(&mut buffer).bytes() {
                plain.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    plain
}

/// The host that a link leads to, without user, port and path.
pub fn link_host(link: &str) -> &str {
    let rest = link.split_once("://").map_or(link, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.rsplit_once(':') {
        Some((host, port)) if port.chars().all(|c| c.is_ascii_digit()) => host,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_as_a_word_in_any_case() {
        for (text, count) in [
            ("ada: hello", 1),
            ("hello ADA", 1),
            ("@Ada, adam and Canada", 1),
            ("ada_2", 0),
            ("ada-2: hello", 0),
            ("x-ada, ada.example", 0),
            ("ada - hello ada.", 2),
            ("adada", 0),
            ("ada ada", 2),
            ("", 0),
        ] {
            assert_eq!(find_name(text, "ada").len(), count, "{text:?}");
        }
        assert_eq!(find_name("привет АННА!", "Анна").len(), 1);
    }

    #[test]
    fn links_end_where_the_eye_ends_them() {
        for (text, expected) in [
            ("see http://a.example/x, please", vec!["http://a.example/x"]),
            ("(https://a.example/x)", vec!["https://a.example/x"]),
            ("https://a.example/x_(y)", vec!["https://a.example/x_(y)"]),
            ("http://a.example\u{200b}.evil.example", vec!["http://a.example"]),
            ("http://", vec![]),
            ("(see https://a.example/Foo_(bar))", vec!["https://a.example/Foo_(bar)"]),
            ("(https://a.example/x.)", vec!["https://a.example/x"]),
            ("[https://a.example/y]", vec!["https://a.example/y"]),
            ("HTTP://A.example or www.b.example.", vec!["HTTP://A.example", "www.b.example"]),
            ("www. and awww.b.example", vec![]),
            ("xhttp://a.example", vec![]),
            ("http://a.example http://b.example", vec!["http://a.example", "http://b.example"]),
        ] {
            let found: Vec<_> = links(text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, expected, "{text:?}");
        }
    }

    #[test]
    fn the_host_of_a_link_cannot_be_disguised() {
        for (link, host) in [
            ("https://a.example/x", "a.example"),
            ("https://bank.example@evil.example/", "evil.example"),
            ("http://a.example:8080/x", "a.example"),
            ("http://evil.example\\@bank.example/", "evil.example"),
        ] {
            assert_eq!(link_host(link), host);
        }
        assert_eq!(plain_link("HTTP://A.example"), "http://A.example");
        assert_eq!(plain_link("www.a.example/x"), "https://www.a.example/x");
        assert_eq!(plain_link("http://аpple.example"), "http://%D0%B0pple.example");
    }

    #[test]
    fn a_letter_with_an_accent_of_its_own_is_the_same_letter() {
        assert_eq!(message("cafe\u{301}"), "café");
        assert_eq!(find_name(&message("Rene\u{301}: hello"), "rené").len(), 1);
        assert_eq!(fold("CAFE\u{301}"), "café");
    }

    #[test]
    fn control_characters_and_overrides_do_not_come_in() {
        assert_eq!(clean_lines("a\u{1b}[2J\nb\u{202e}c\n\n"), "a[2J\nbc");
        assert_eq!(clean_line("a\nb\u{7}"), "a b");
    }
}

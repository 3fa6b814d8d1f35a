//! The marks by which clients of IRC have text drawn bold, slanted or in colours: <https://modern.ircdocs.horse/formatting>. Nobody else would know them, and of a colour the digits
//! would be left in what is said.

use std::borrow::Cow;

/// What a colour begins with, by its number and by its value.
const COLOR: char = '\u{3}';
const HEX_COLOR: char = '\u{4}';
/// Bold, slanted, underlined, struck through, of one width, reversed, and the end of all.
const SWITCHES: [char; 7] = ['\u{2}', '\u{1d}', '\u{1f}', '\u{1e}', '\u{11}', '\u{16}', '\u{f}'];

/// What is said without them.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    let is_mark = |c: char| c == COLOR || c == HEX_COLOR || SWITCHES.contains(&c);
    let Some(first) = text.find(is_mark) else { return Cow::Borrowed(text) };
    let mut plain = text[..first].to_owned();
    let mut rest = &text[first..];
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            COLOR => rest = after_color(rest, |text| digits(text, 1..=2, |b| b.is_ascii_digit())),
            HEX_COLOR => {
                rest = after_color(rest, |text| digits(text, 6..=6, |b| b.is_ascii_hexdigit()));
            }
            c if SWITCHES.contains(&c) => {}
            c => plain.push(c),
        }
    }
    Cow::Owned(plain)
}

/// What follows a colour, and, after a comma, another for the ground.
fn after_color(text: &str, color: impl Fn(&str) -> Option<&str>) -> &str {
    let Some(rest) = color(text) else { return text };
    rest.strip_prefix(',').and_then(color).unwrap_or(rest)
}

/// What follows as many digits as there may be; `None` where there are too few.
fn digits(
    text: &str,
    count: std::ops::RangeInclusive<usize>,
    is_digit: impl Fn(&u8) -> bool,
) -> Option<&str> {
    let found = text.bytes().take(*count.end()).take_while(is_digit).count();
    count.contains(&found).then(|| &text[found..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_left_out_with_the_numbers_of_colours_and_nothing_else_is() {
        for (text, said) in [
            ("nothing, 04 of it", "nothing, 04 of it"),
            ("\u{2}bold\u{2} \u{1d}slanted\u{f}", "bold slanted"),
            ("\u{3}04red\u{3} again", "red again"),
            ("\u{3}4,12on blue", "on blue"),
            ("\u{3}4, and so on", ", and so on"),
            ("\u{3}123", "3"),
            ("\u{3},5", ",5"),
            ("\u{4}ff0000red\u{4} \u{4}ff00", "red ff00"),
            ("\u{4}ff0000,00ff00red", "red"),
            ("\u{3}4é", "é"),
        ] {
            assert_eq!(plain(text), said, "{text:?}");
        }
    }
}

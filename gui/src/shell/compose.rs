//! Dead keys and the Compose key: keys that type nothing by themselves, but make something else of what is typed next. miniquad does not
//! tell of them.

use unicode_normalization::char::compose;

/// A key that begins something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Starter {
    /// An accent for the next letter, as a combining character.
    Dead(char),
    /// What is typed next belongs together.
    Compose,
}

/// What the dead keys stand for, from `dead_grave` on, in the order of their numbers in X11.
const DEAD_KEYS: [char; 32] = [
    '\u{300}', '\u{301}', '\u{302}', '\u{303}', '\u{304}', '\u{306}', '\u{307}',
    '\u{308}', // …
    '\u{30a}', '\u{30b}', '\u{30c}', '\u{327}', '\u{328}', '\u{345}', '\u{3099}', '\u{309a}',
    '\u{323}', '\u{309}', '\u{31b}', STROKE, '\u{313}', '\u{314}', '\u{30f}', '\u{325}', '\u{331}',
    '\u{32d}', '\u{330}', '\u{32e}', '\u{324}', '\u{311}', '\u{326}', CURRENCY,
];
const DEAD_GRAVE: u32 = 0xfe50;
const MULTI_KEY: u32 = 0xff20;

/// Not a combination for Unicode, but for people: what [`COMPOSED`] has under `/` and `=`.
const STROKE: char = '\u{335}';
const CURRENCY: char = '¤';

/// Accents: what they are alone, and what is typed for them after Compose.
const ACCENTS: [(char, char, &str); 14] = [
    ('\u{300}', '`', "`"),
    ('\u{301}', '\'', "'"),
    ('\u{302}', '^', "^>"),
    ('\u{303}', '~', "~"),
    ('\u{304}', '¯', "-_"),
    ('\u{306}', '˘', "bU"),
    ('\u{307}', '˙', "."),
    ('\u{308}', '"', "\""),
    ('\u{30a}', '°', "*"),
    ('\u{30b}', '˝', "="),
    ('\u{30c}', 'ˇ', "<c"),
    ('\u{327}', '¸', ","),
    ('\u{328}', '˛', ";"),
    ('\u{323}', '.', "!"),
];

/// What is typed after Compose and has no accent.
#[rustfmt::skip]
const COMPOSED: &[(&str, char)] = &[
    ("ae", 'æ'), ("AE", 'Æ'), ("oe", 'œ'), ("OE", 'Œ'), ("aa", 'å'), ("AA", 'Å'), ("ss", 'ß'), ("SS", 'ẞ'),
    ("dh", 'ð'), ("DH", 'Ð'), ("th", 'þ'), ("TH", 'Þ'), ("/o", 'ø'), ("/O", 'Ø'), ("/l", 'ł'), ("/L", 'Ł'),
    ("/d", 'đ'), ("/D", 'Đ'), ("/h", 'ħ'), ("/H", 'Ħ'), ("/t", 'ŧ'), ("/T", 'Ŧ'),
    ("!!", '¡'), ("??", '¿'), ("<<", '«'), (">>", '»'), ("<'", '‘'), (">'", '’'), ("<\"", '“'), (">\"", '”'),
    (",'", '‚'), (",\"", '„'), ("..", '…'), ("--.", '–'), ("---", '—'), ("-L", '£'), ("L-", '£'), ("=e", '€'),
    ("=c", '€'), ("=y", '¥'), ("|c", '¢'), ("oc", '©'), ("or", '®'), ("tm", '™'), ("so", '§'), ("p!", '¶'),
    ("oo", '°'), ("mu", 'µ'), ("+-", '±'), ("xx", '×'), (":-", '÷'), ("/=", '≠'), ("<=", '≤'), (">=", '≥'),
    ("12", '½'), ("14", '¼'), ("34", '¾'), ("^1", '¹'), ("^2", '²'), ("^3", '³'), ("->", '→'), ("<-", '←'),
    ("<3", '♥'), (":)", '☺'), (":(", '☹'),
];

impl Starter {
    /// What a key begins that X11 knows by this number.
    pub(super) fn of(keysym: u32) -> Option<Self> {
        if keysym == MULTI_KEY {
            return Some(Self::Compose);
        }
        let dead = usize::try_from(keysym.checked_sub(DEAD_GRAVE)?).ok()?;
        DEAD_KEYS.get(dead).copied().map(Self::Dead)
    }
}

/// What was begun and is not done.
#[derive(Debug, Default)]
pub(super) struct Compose {
    /// Accents for the next letter, the first first.
    accents: Vec<char>,
    /// What was typed since the Compose key.
    typed: Option<String>,
}

impl Compose {
    pub(super) fn begin(&mut self, starter: Starter) {
        match starter {
            Starter::Dead(accent) => self.accents.push(accent),
            Starter::Compose => self.typed = Some(String::new()),
        }
    }

    /// Forgets what was begun. Returns whether something was.
    pub(super) fn cancel(&mut self) -> bool {
        !std::mem::take(&mut self.accents).is_empty() || self.typed.take().is_some()
    }

    /// What a letter makes of what was begun; the letter itself where nothing was, nothing while it is not done.
    pub(super) fn take(&mut self, letter: char) -> String {
        if !self.accents.is_empty() {
            return accented(&std::mem::take(&mut self.accents), letter);
        }
        let Some(mut typed) = self.typed.take() else { return letter.into() };
        typed.push(letter);
        if let Some(made) = composed(&typed) {
            return made.into();
        }
        if typed.chars().count() < 2 || COMPOSED.iter().any(|(keys, _)| keys.starts_with(&typed)) {
            self.typed = Some(typed);
        }
        String::new()
    }
}

/// A letter under its accents; where there is no such letter, the accents before it.
fn accented(accents: &[char], letter: char) -> String {
    let add = |letter: char, accent: &char| combine(*accent, letter);
    let together = accents.iter().try_fold(letter, add);
    if let Some(made) = together.or_else(|| accents.iter().rev().try_fold(letter, add)) {
        return made.into();
    }
    let alone = accents.iter().map(|&accent| {
        let known = ACCENTS.iter().find(|(combining, ..)| *combining == accent);
        known.map_or(accent, |(_, alone, _)| *alone)
    });
    // A space stands for the accent alone.
    alone.chain((letter != ' ').then_some(letter)).collect()
}

fn combine(accent: char, letter: char) -> Option<char> {
    match accent {
        STROKE => composed(&format!("/{letter}")),
        CURRENCY => composed(&format!("={letter}")),
        accent => compose(letter, accent),
    }
}

/// What was typed after Compose, in either order, where it is complete.
fn composed(typed: &str) -> Option<char> {
    let known =
        |typed: &str| COMPOSED.iter().find(|(keys, _)| *keys == typed).map(|(_, made)| *made);
    let mut letters = typed.chars();
    let pair = (letters.next(), letters.next(), letters.next());
    let (Some(one), Some(other), None) = pair else { return known(typed) };
    let accent = |sign: char, letter: char| {
        let (accent, ..) = ACCENTS.iter().find(|(_, _, signs)| signs.contains(sign))?;
        compose(letter, *accent)
    };
    known(typed)
        .or_else(|| accent(one, other))
        .or_else(|| accent(other, one))
        .or_else(|| known(&format!("{other}{one}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACUTE: u32 = 0xfe51;
    const CIRCUMFLEX: u32 = 0xfe52;

    fn typed(keys: &[u32], letters: &str) -> String {
        let mut compose = Compose::default();
        for &key in keys {
            compose.begin(Starter::of(key).unwrap());
        }
        letters.chars().map(|letter| compose.take(letter)).collect()
    }

    #[test]
    fn a_dead_key_puts_its_accent_on_the_next_letter_only() {
        for (key, letters, expected) in [
            (ACUTE, "ee", "ée"),
            (CIRCUMFLEX, "O", "Ô"),
            (0xfe57, "ü", "\"ü"),
            (0xfe63, "o", "ø"),
            (0xfe6f, "e", "€"),
            (0xfe5b, "c", "ç"),
        ] {
            assert_eq!(typed(&[key], letters), expected);
        }
        assert_eq!(typed(&[CIRCUMFLEX, ACUTE], "a"), "ấ");
        assert_eq!(typed(&[ACUTE, CIRCUMFLEX], "a"), "ấ");
    }

    #[test]
    fn an_accent_that_fits_no_letter_stands_before_it() {
        assert_eq!(typed(&[ACUTE], "t"), "'t");
        assert_eq!(typed(&[ACUTE], " x"), "'x");
        assert_eq!(typed(&[CIRCUMFLEX, CIRCUMFLEX], " "), "^^");
    }

    #[test]
    fn the_compose_key_makes_one_of_two_or_three() {
        for (letters, expected) in [
            ("'e", "é"),
            ("e'", "é"),
            ("ss", "ß"),
            ("=e", "€"),
            ("e=", "€"),
            ("---x", "—x"),
            ("--.", "–"),
            ("-a", "ā"),
            ("qqx", "x"),
        ] {
            assert_eq!(typed(&[MULTI_KEY], letters), expected, "{letters}");
        }
    }

    #[test]
    fn other_keys_begin_nothing() {
        for key in [0x61, 0xff0d, 0xfe03, 0xfe70, 0] {
            assert_eq!(Starter::of(key), None);
        }
        assert_eq!(Starter::of(0xfe6e), Some(Starter::Dead('\u{326}')));
    }
}

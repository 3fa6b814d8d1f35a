//! Names of people and rooms. A [`Name`] or [`RoomName`] in hand is cleaned, bounded and comparable: there is no
//! other way to make one.

mod characters;

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton;

use crate::protocol::sanitize;

/// The name of a person, as it is shown.
///
/// Normalised to NFC, without control or invisible characters, without white space and without the ASCII punctuation that the
/// text dialect gives a meaning (`_`, `-`, `.` and `'` are fine). Where it is given to a server, it is made of letters, digits and pictures that
/// Unicode knows, with at most four marks to one. Equality is of the shown form; whether
/// two people may have two names at the same time is decided by [`Name::keys`].
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Arc<str>);

/// The name of a room, by the same rules as [`Name`].
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomName(Arc<str>);

/// How long a name may be; `None` lifts a bound. Those of a server stand in its limits: [`Limits::name_bounds`](crate::Limits::name_bounds),
/// [`Limits::room_name_bounds`](crate::Limits::room_name_bounds).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameBounds {
    /// In what a person counts as characters.
    pub graphemes: Option<usize>,
    /// In bytes of UTF-8.
    pub bytes: Option<usize>,
}

impl NameBounds {
    /// No bound at all.
    pub const NONE: Self = Self { graphemes: None, bytes: None };
}

impl Default for NameBounds {
    /// Those of a server with default limits: 24 characters, 64 bytes.
    fn default() -> Self {
        Self { graphemes: Some(24), bytes: Some(64) }
    }
}

/// Why a text is no name. Each message says what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// Nothing visible was left after cleaning.
    #[error("a name needs at least one letter or digit")]
    Empty,
    /// More than the limit, in what a person counts as characters.
    #[error("the name has {got} characters; at most {limit} are allowed")]
    TooManyCharacters {
        /// How many graphemes were offered.
        got: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// More than the limit, in bytes of UTF-8.
    #[error("the name has {got} bytes; at most {limit} are allowed")]
    TooManyBytes {
        /// How many bytes were offered.
        got: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// White space inside.
    #[error("a name cannot contain spaces{}", tried(suggestion.as_deref()))]
    Space {
        /// The same name with `_` in place of white space, or what was perhaps meant as one, where that is a name.
        suggestion: Option<String>,
    },
    /// A character that the protocols or the commands use.
    #[error("a name cannot contain `{0}`; letters, digits and _ - . ' are fine")]
    Forbidden(char),
    /// A character that cannot be seen, that fonts have no picture for, or that passes for a sign of the server's.
    #[error("a name cannot contain {shown}; letters, digits and _ - . ' are fine")]
    Unfit {
        /// The character in backticks, or its number, such as U+E000, where it cannot be shown.
        shown: String,
    },
    /// An accent, or another mark, that has no letter.
    #[error("a name cannot begin with an accent or mark; put a letter before it")]
    LoneMark,
    /// A letter with more marks than any writing has.
    #[error("a letter of the name carries too many accents or marks; leave some out")]
    TooManyMarks,
}

impl Name {
    /// Cleans `text` and checks it against the bounds of a server.
    ///
    /// # Errors
    /// Says what is wrong with the first thing found; see [`NameError`].
    ///
    /// # Examples
    /// ```
    /// # use salotto::{Limits, Name};
    /// let bounds = Limits::default().name_bounds();
    /// assert_eq!(Name::new(" ada\r", bounds).unwrap().as_str(), "ada");
    /// assert!(Name::new("ada lovelace", bounds).is_err());
    /// // With default bounds.
    /// assert!("ada".parse::<Name>().is_ok());
    /// ```
    pub fn new(text: &str, bounds: NameBounds) -> Result<Self, NameError> {
        given(text, bounds).map(Self)
    }
}

impl RoomName {
    /// Cleans `text` and checks it against the bounds of a server.
    ///
    /// # Errors
    /// Says what is wrong with the first thing found; see [`NameError`].
    pub fn new(text: &str, bounds: NameBounds) -> Result<Self, NameError> {
        given(text.trim().trim_start_matches('#'), bounds).map(Self)
    }
}

macro_rules! name_type {
    ($type:ident, $bounds:expr) => {
        impl $type {
            /// The name as it is shown.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The forms in which this name is compared: one or two. Two names of which any keys are
            /// equal pass for one another (by case, by compatibility form, by look-alike letters) and are not given at the same time.
            pub fn keys(&self) -> Vec<String> {
                keys(&self.0)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.pad(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{:?}", self.as_str())
            }
        }

        /// Sound, because equality, order and hash are those of the text.
        impl Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $type {
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }

        impl PartialEq<&str> for $type {
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }

        /// Checked against the bounds of a server with default limits.
        impl FromStr for $type {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text, $bounds)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        /// The rules of names hold; the lengths are those of the server that sent it, so they are not checked again.
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                checked(&text, NameBounds::NONE).map(Self).map_err(serde::de::Error::custom)
            }
        }
    };
}

name_type!(Name, NameBounds::default());
name_type!(RoomName, NameBounds { graphemes: None, ..NameBounds::default() });

/// The colon and what looks like it, by the skeletons of Unicode. Written out, so that a program that only reads names carries no
/// table of look-alikes, which is a third of a megabyte.
const COLONS: &str = ":\
    \u{2d0}\u{2f8}\u{589}\u{5c3}\u{703}\u{704}\u{831}\u{903}\u{a83}\u{1361}\u{1393}\
    \u{16ec}\u{1803}\u{1809}\u{205a}\u{2236}\u{2237}\u{2254}\u{2255}\u{29f4}\u{2a74}\
    \u{2e2c}\u{a4fd}\u{a789}\u{fe13}\u{fe30}\u{fe55}\u{ff1a}\u{1015b}\u{10af5}\u{11002}\
    \u{11082}\u{11182}\u{1123a}\u{115be}\u{116ac}\u{11838}\u{11dd9}\u{1d108}";

/// The keys under which a text would be looked up, whether or not it is a good name.
pub(crate) fn keys(text: &str) -> Vec<String> {
    let compatible: String = text.nfkc().map(plain).collect();
    let folded = fold(&compatible);
    let seen = |text: &str| fold(&skeleton(text).map(plain).collect::<String>());
    // Folding first finds `ADA` in `ada`; not folding first finds the capital I in `llya`, which folded is a plain i.
    let mut keys = vec![seen(&folded)];
    let as_written = seen(&compatible);
    if as_written != keys[0] {
        keys.push(as_written);
    }
    keys
}

/// The letter that a small capital or a letter in a square or a circle is drawn like, which Unicode counts as other letters.
fn plain(c: char) -> char {
    let letter = |first: u32| char::from_u32(u32::from('a') + u32::from(c) - first).unwrap_or(c);
    match c {
        '\u{1f150}'..='\u{1f169}' => letter(0x1f150),
        '\u{1f170}'..='\u{1f189}' => letter(0x1f170),
        '\u{1f1e6}'..='\u{1f1ff}' => letter(0x1f1e6),
        _ => SMALL_CAPITALS.iter().find(|(small, _)| *small == c).map_or(c, |(_, plain)| *plain),
    }
}

/// Small capitals, and the letters that they are drawn like.
const SMALL_CAPITALS: [(char, char); 25] = [
    ('ᴀ', 'a'),
    ('ʙ', 'b'),
    ('ᴄ', 'c'),
    ('ᴅ', 'd'),
    ('ᴇ', 'e'),
    ('ꜰ', 'f'),
    ('ɢ', 'g'),
    ('ʜ', 'h'),
    ('ɪ', 'i'),
    ('ᴊ', 'j'),
    ('ᴋ', 'k'),
    ('ʟ', 'l'),
    ('ᴍ', 'm'),
    ('ɴ', 'n'),
    ('ᴏ', 'o'),
    ('ᴘ', 'p'),
    ('ꞯ', 'q'),
    ('ʀ', 'r'),
    ('ꜱ', 's'),
    ('ᴛ', 't'),
    ('ᴜ', 'u'),
    ('ᴠ', 'v'),
    ('ᴡ', 'w'),
    ('ʏ', 'y'),
    ('ᴢ', 'z'),
];

fn fold(text: &str) -> String {
    caseless::default_case_fold_str(text)
}

/// Checks a name that is given here, by all rules.
fn given(text: &str, bounds: NameBounds) -> Result<Arc<str>, NameError> {
    let name = match checked(text, bounds) {
        Err(NameError::Space { .. }) => {
            return Err(NameError::Space { suggestion: suggestion(text, bounds) });
        }
        checked => checked?,
    };
    characters::check(&name)?;
    Ok(name)
}

/// What somebody perhaps meant who wrote several words: the name in `/nick ada`, or the words as one. Nothing, where that is no name.
fn suggestion(text: &str, bounds: NameBounds) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let asks = |word: &str| {
        let word = word.trim_start_matches(['/', '!']);
        ["nick", "name", "user", "login", "join"]
            .iter()
            .any(|known| word.eq_ignore_ascii_case(known))
    };
    let meant = match words[..] {
        [first, name] if asks(first) => name.to_owned(),
        _ => words.join("_"),
    };
    given(&meant, bounds).ok().map(|name| name.to_string())
}

fn tried(suggestion: Option<&str>) -> String {
    suggestion.map(|suggestion| format!("; try `{suggestion}`")).unwrap_or_default()
}

/// Checks a name by the rules that hold wherever it comes from.
fn checked(text: &str, bounds: NameBounds) -> Result<Arc<str>, NameError> {
    let text = sanitize::name(text);
    let too_long = |got, most| match bounds.bytes {
        Some(limit) if got > limit.saturating_mul(most) => {
            Err(NameError::TooManyBytes { got, limit })
        }
        _ => Ok(()),
    };
    // Composing makes a text no shorter than a quarter; what is longer is not composed in vain.
    too_long(text.len(), 4)?;
    let text: String = text.nfc().collect();
    too_long(text.len(), 1)?;
    if text.contains(char::is_whitespace) {
        return Err(NameError::Space { suggestion: None });
    }
    if let Some(found) = text.chars().chain(text.nfkc()).find(|&c| is_forbidden(c)) {
        return Err(NameError::Forbidden(found));
    }
    // A look-alike of the colon ends a name on the screen just as well.
    if text.contains(|c| COLONS.contains(c)) {
        return Err(NameError::Forbidden(':'));
    }
    if !text.contains(char::is_alphanumeric) {
        return Err(NameError::Empty);
    }
    let got = sanitize::graphemes(&text);
    if let Some(limit) = bounds.graphemes.filter(|&limit| got > limit) {
        return Err(NameError::TooManyCharacters { got, limit });
    }
    Ok(text.into())
}

fn is_forbidden(c: char) -> bool {
    c.is_whitespace() || c.is_ascii_punctuation() && !matches!(c, '_' | '-' | '.' | '\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        text.parse::<Name>().unwrap()
    }

    fn alike(one: &str, other: &str) -> bool {
        let keys = name(other).keys();
        name(one).keys().iter().any(|key| keys.contains(key))
    }

    #[test]
    fn names_that_pass_for_one_another_share_a_key() {
        for (one, other) in [
            ("ada", "ADA"),
            ("ada", "аda"), // Cyrillic а
            ("straße", "STRASSE"),
            ("Ilya", "llya"),
            ("b0b", "bob"),
            ("ａｄａ", "ada"), // full width
            ("é", "e\u{301}"),
            ("ᴀᴅᴍɪɴ", "admin"),
            ("hosτ", "host"),
            ("🅰da", "ada"),
            ("🅐da", "ada"),
        ] {
            assert!(alike(one, other), "{one} and {other}");
        }
        assert!(!alike("ada", "eve"));
        assert!(!alike("ada", "adá"));
    }

    #[test]
    fn what_the_dialects_give_a_meaning_is_refused() {
        for (text, error) in [
            ("ada:", NameError::Forbidden(':')),
            ("ada：", NameError::Forbidden(':')),
            ("*", NameError::Forbidden('*')),
            ("", NameError::Empty),
            ("\u{200b}", NameError::Empty),
            ("...", NameError::Empty),
            ("ada b", NameError::Space { suggestion: Some("ada_b".into()) }),
            ("/nick fred", NameError::Space { suggestion: Some("fred".into()) }),
            ("NICK fred", NameError::Space { suggestion: Some("fred".into()) }),
            ("/nick fred smith", NameError::Space { suggestion: None }),
            ("/msg bob hi", NameError::Space { suggestion: None }),
            ("- -", NameError::Space { suggestion: None }),
            ("abcdefghijklm nopqrstuvwxyz", NameError::Space { suggestion: None }),
            ("\u{301}ada", NameError::LoneMark),
            ("abcdefghijklmnopqrstuvwxyz", NameError::TooManyCharacters { got: 26, limit: 24 }),
            (&"ä".repeat(33), NameError::TooManyBytes { got: 66, limit: 64 }),
        ] {
            assert_eq!(text.parse::<Name>(), Err(error), "{text:?}");
        }
    }

    #[test]
    fn every_look_alike_of_the_colon_is_known() {
        // Beyond these planes Unicode has no look-alikes.
        for c in '\0'..='\u{2ffff}' {
            let looks_alike = skeleton(c.encode_utf8(&mut [0; 4])).any(|part| part == ':');
            assert_eq!(COLONS.contains(c), looks_alike, "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn ordinary_names_of_the_world_are_fine() {
        for text in [
            "ada", "O'Brien", "jean-luc", "Łukasz", "анна", "李雷", "محمد", "🦊fox", "m_1.2", "Zoë",
        ] {
            assert_eq!(name(text).as_str(), text);
        }
    }

    #[test]
    fn lifted_limits_do_not_limit() {
        assert!(Name::new(&"x".repeat(5000), NameBounds::NONE).is_ok());
    }
}

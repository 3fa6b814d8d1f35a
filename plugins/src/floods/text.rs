//! Offences of a text by itself: that it is repeated, or in capitals.

use std::hash::{BuildHasher, RandomState};

use serde::{Deserialize, Deserializer};

use super::bucket::Moment;
use crate::common::duration::HumanDuration;

/// When a text is repeated too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeats {
    /// How many times in a row are allowed; at least 1.
    #[serde(deserialize_with = "times")]
    pub times: u32,
    /// Messages that are older than this do not count.
    pub within: HumanDuration,
}

/// When a text has too many capital letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capitals {
    /// More than so many of a hundred letters are capitals; 0 to 99.
    #[serde(deserialize_with = "percent")]
    pub percent: u8,
    /// Texts with fewer letters than this are not checked.
    pub from: usize,
}

fn times<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        0 => {
            Err(serde::de::Error::custom("a text can be sent at least once; `None` allows repeats"))
        }
        times => Ok(times),
    }
}

fn percent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    match u8::deserialize(deserializer)? {
        percent @ 0..100 => Ok(percent),
        percent => Err(serde::de::Error::custom(format!(
            "`{percent}` percent is never reached; write 0 to 99, or `None`"
        ))),
    }
}

/// The last message of a member.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LastSaid {
    hash: u64,
    times: u32,
    at: Moment,
}

impl LastSaid {
    /// Notes a text, and returns whether it came too often. Case and white space make no difference.
    pub(super) fn is_too_often(
        &mut self,
        text: &str,
        repeats: Repeats,
        now: Moment,
        hasher: &RandomState,
    ) -> bool {
        let hash = hash(text, hasher);
        let is_recent = now.since(self.at) < repeats.within.microseconds();
        let is_same = self.times > 0 && self.hash == hash && is_recent;
        self.times = if is_same { self.times.saturating_add(1) } else { 1 };
        (self.hash, self.at) = (hash, now);
        self.times > repeats.times
    }
}

fn hash(text: &str, hasher: &RandomState) -> u64 {
    use std::hash::Hasher;

    let mut state = hasher.build_hasher();
    let letters = text.chars().filter(|c| !c.is_whitespace());
    letters.flat_map(char::to_lowercase).for_each(|c| state.write_u32(u32::from(c)));
    state.finish()
}

impl Capitals {
    /// Whether a text has too many capitals. Letters without case, as most of the world's, do not count.
    pub(super) fn are_too_many(self, text: &str) -> bool {
        let cased = text.chars().filter(|c| c.is_uppercase() || c.is_lowercase()).count();
        let capitals = text.chars().filter(|c| c.is_uppercase()).count();
        cased >= self.from.max(1) && capitals * 100 > cased * usize::from(self.percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_is_recognised_in_any_case_and_spacing() {
        let (hasher, mut said) = (RandomState::new(), LastSaid::default());
        let repeats = Repeats { times: 2, within: HumanDuration::seconds(30) };
        let mut say = |text, second: u64| {
            said.is_too_often(text, repeats, Moment(second * 1_000_000), &hasher)
        };
        assert!(!say("Buy my pills", 0));
        assert!(!say("buy  my PILLS", 1));
        assert!(say("BUYMYPILLS ", 2));
        assert!(say("buy my pills", 3));
        assert!(!say("I am sorry", 4));
        assert!(!say("buy my pills", 5));
        assert!(!say("buy my pills", 6));
        // A long time after, it is said for the first time.
        assert!(!say("buy my pills", 36));
    }

    #[test]
    fn capitals_are_counted_among_the_letters_that_have_a_case() {
        let capitals = Capitals { percent: 70, from: 8 };
        for (text, is_shouted) in [
            ("WHAT IS THIS", true),
            ("what is this", false),
            ("NASA, OK", false),
            ("HTTP is a protocol", false),
            ("12345678 !!!!!!!!", false),
            ("これは何ですかこれは", false),
            ("ÄÖÜÄÖÜÄÖÜ", true),
            ("", false),
        ] {
            assert_eq!(capitals.are_too_many(text), is_shouted, "{text}");
        }
    }
}

//! How long something lasts, as people write it: `30m`, `2h`, `7d`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use salotto::protocol::Timestamp;
use serde::{Deserialize, Deserializer};

/// Longer ones are refused: whoever means for good says so.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// A length of time from a millisecond to a hundred years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(Duration);

/// Why a text is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpanError {
    /// It is no number with a unit.
    #[error("`{0}` is no length of time; write one such as 30m, 2h or 7d")]
    Unreadable(String),
    /// It is no time at all.
    #[error("`{0}` is too short; write a length of time such as 30m, 2h or 7d")]
    TooShort(String),
    /// It is more than a hundred years.
    #[error("`{0}` is more than a hundred years; write a shorter time")]
    TooLong(String),
}

impl Span {
    /// So many seconds, from 1 to what a hundred years have.
    pub(crate) const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// As a duration.
    pub fn duration(self) -> Duration {
        self.0
    }

    /// In microseconds.
    pub(crate) fn microseconds(self) -> u64 {
        // A hundred years are far from the largest number.
        self.0.as_micros() as u64
    }

    /// The moment that is so long after `start`.
    pub(crate) fn after(self, start: Timestamp) -> Timestamp {
        // A clock that is wrong by ages is no reason to fail.
        start.system_time().checked_add(self.0).unwrap_or(start.system_time()).into()
    }
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        match humantime::parse_duration(text) {
            Err(_) => Err(SpanError::Unreadable(text.into())),
            Ok(span) if span < Duration::from_millis(1) => Err(SpanError::TooShort(text.into())),
            Ok(span) if span > LONGEST => Err(SpanError::TooLong(text.into())),
            Ok(span) => Ok(Self(span)),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_duration(self.0).fmt(formatter)
    }
}

impl<'de> Deserialize<'de> for Span {
    /// From a text, as in `"2h"`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// How long it is from `now` until `then`, in words that are as exact as people want them: `45s`, `1h 59m`, `6days 23h`.
pub(crate) fn left(then: Timestamp, now: Timestamp) -> String {
    let left = then.system_time().duration_since(now.system_time()).unwrap_or_default();
    let seconds = left.as_millis().div_ceil(1000) as u64;
    let step = match seconds {
        0..60 => 1,
        60..86_400 => 60,
        _ => 3600,
    };
    humantime::format_duration(Duration::from_secs(seconds.div_ceil(step) * step)).to_string()
}

/// A moment as people read it, in UTC: `2026-01-02 03:04 UTC`.
pub(crate) fn moment(time: Timestamp) -> String {
    let text = time.to_string();
    // What a timestamp writes has the minutes before its sixteenth character.
    format!("{} UTC", text.get(..16).unwrap_or(&text).replace('T', " "))
}

/// How long ago `earlier` was; nothing where a clock was set back.
pub(crate) fn since(earlier: Timestamp, now: Timestamp) -> Duration {
    now.system_time().duration_since(earlier.system_time()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        (SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).into()
    }

    #[test]
    fn a_length_of_time_is_a_number_with_a_unit() {
        for (text, seconds) in
            [("45s", 45), ("30m", 1800), ("2h", 7200), ("7d", 604_800), ("1h30m", 5400)]
        {
            assert_eq!(text.parse(), Ok(Span::seconds(seconds)), "{text}");
        }
        for text in ["", "2", "h", "-2h", "2 x", "soon", "2h!"] {
            assert_eq!(text.parse::<Span>(), Err(SpanError::Unreadable(text.into())));
        }
        assert_eq!("0s".parse::<Span>(), Err(SpanError::TooShort("0s".into())));
        for text in ["101years", "18446744073709551615s"] {
            assert_eq!(text.parse::<Span>(), Err(SpanError::TooLong(text.into())));
        }
    }

    #[test]
    fn what_is_left_is_told_as_exactly_as_people_want_it() {
        for (seconds, text) in [
            (45, "45s"),
            (60, "1m"),
            (61, "2m"),
            (7199, "2h"),
            (7140, "1h 59m"),
            (604_799, "7days"),
        ] {
            assert_eq!(left(at(1000 + seconds), at(1000)), text);
        }
        assert_eq!(left(at(1), at(1000)), "0s");
        assert_eq!(left((SystemTime::UNIX_EPOCH + Duration::from_millis(1)).into(), at(0)), "1s");
    }

    #[test]
    fn a_moment_is_shown_to_the_minute() {
        assert_eq!(moment(at(1_767_323_045)), "2026-01-02 03:04 UTC");
    }
}

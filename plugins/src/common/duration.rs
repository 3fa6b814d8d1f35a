//! Durations as people write them (`30m`, `2h`, `7d`), and the times at which they end.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use salotto::protocol::{Timestamp, in_short};
use serde::{Deserialize, Deserializer, Serializer};

/// The longest that is accepted.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

const MINUTE: u64 = 60;

/// A duration from a millisecond to a hundred years. It is printed as one word, `1h30m`, and read from what it prints.
///
/// ```
/// use salotto_plugins::HumanDuration;
///
/// let duration: HumanDuration = "90 minutes".parse()?;
/// assert_eq!(duration.to_string(), "1h30m");
/// assert_eq!("1h30m".parse(), Ok(duration));
/// # Ok::<(), salotto_plugins::HumanDurationError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct HumanDuration(Duration);

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HumanDurationError {
    /// It is not a number with a unit.
    #[error("`{0}` is not a duration; write one such as 30m, 2h or 7d")]
    Unreadable(String),
    /// It is less than a millisecond.
    #[error("`{0}` is too short; write a duration such as 30m, 2h or 7d")]
    TooShort(String),
    /// It is more than a hundred years.
    #[error("`{0}` is more than a hundred years; write a shorter duration")]
    TooLong(String),
}

impl HumanDuration {
    /// So many seconds, from 1 to those of a hundred years.
    pub(crate) const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// The time between two timestamps, rounded to seconds; at least one second.
    pub fn between(start: Timestamp, end: Timestamp) -> Self {
        let time = end.system_time().duration_since(start.system_time()).unwrap_or_default();
        let seconds = (time + Duration::from_millis(500)).as_secs();
        Self(Duration::from_secs(seconds.max(1)).min(LONGEST))
    }

    /// As a [`Duration`].
    pub fn duration(self) -> Duration {
        self.0
    }

    /// In microseconds.
    pub(crate) fn microseconds(self) -> u64 {
        // A hundred years are far from the largest number.
        self.0.as_micros() as u64
    }

    /// The time that is so long after `start`, rounded up to the second, in which times are written.
    pub(crate) fn after(self, start: Timestamp) -> Timestamp {
        let end = start.system_time().checked_add(self.0);
        let end = end.and_then(|end| {
            let since = end.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
            let part = Duration::from_nanos(u64::from(since.subsec_nanos()));
            match part.is_zero() {
                true => Some(end),
                false => end.checked_add(Duration::from_secs(1) - part),
            }
        });
        // A clock that is wrong by ages is no reason to fail.
        end.unwrap_or(start.system_time()).into()
    }
}

impl FromStr for HumanDuration {
    type Err = HumanDurationError;

    fn from_str(text: &str) -> Result<Self, HumanDurationError> {
        match humantime::parse_duration(text) {
            Err(_) => Err(HumanDurationError::Unreadable(text.into())),
            Ok(duration) if duration < Duration::from_millis(1) => {
                Err(HumanDurationError::TooShort(text.into()))
            }
            Ok(duration) if duration > LONGEST => Err(HumanDurationError::TooLong(text.into())),
            Ok(duration) => Ok(Self(duration)),
        }
    }
}

impl fmt::Display for HumanDuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = self.0.subsec_millis();
        if self.0.as_secs() > 0 {
            formatter.write_str(&in_short(self.0))?;
        }
        if milliseconds > 0 {
            write!(formatter, "{milliseconds}ms")?;
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for HumanDuration {
    /// From a text, as in `"2h"`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// How much longer something lasts, in words: `45 more seconds`, `1 more hour`. Seconds and minutes are rounded up, so that nobody
/// comes back too early; hours and days, of which there are several, are rounded to the nearest.
pub(crate) fn remaining(left: Duration) -> String {
    // An end is a whole second, so a ban of an hour may have a part of a second more to go when it begins.
    let seconds = match left.as_secs() {
        0..MINUTE => left.as_millis().div_ceil(1000) as u64,
        seconds => seconds,
    };
    let minutes = seconds.div_ceil(MINUTE);
    let hours = (minutes + 30) / 60;
    let (count, unit) = if seconds < MINUTE {
        (seconds, "second")
    } else if minutes < 120 && minutes != 60 {
        (minutes, "minute")
    } else if hours < 48 && hours != 24 {
        (hours, "hour")
    } else {
        ((hours + 12) / 24, "day")
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} more {unit}{plural}")
}

/// How long it is from one time until another; nothing, where that is before it.
pub(crate) fn until(end: Timestamp, now: Timestamp) -> Duration {
    end.system_time().duration_since(now.system_time()).unwrap_or_default()
}

/// A time as people read and write it, in UTC: `2026-01-02T03:04:05Z`.
pub(crate) fn moment(time: Timestamp) -> String {
    let text = time.to_string();
    // A timestamp has nineteen characters up to the second.
    format!("{}Z", text.get(..19).unwrap_or(&text))
}

/// Reads a time as [`moment`] writes it, or as `2026-01-02 03:04:05`.
pub(crate) fn parse_moment(text: &str) -> Option<Timestamp> {
    // The parser passes over whatever follows the seconds.
    let behind = text.get(19..)?;
    let behind = behind.strip_suffix('Z').unwrap_or(behind);
    let is_fraction =
        |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if !behind.is_empty() && !behind.strip_prefix('.').is_some_and(is_fraction) {
        return None;
    }
    humantime::parse_rfc3339_weak(text).ok().map(Timestamp::from)
}

/// Writes a time as [`moment`] does, for `#[serde(serialize_with = "…")]`.
pub(crate) fn serialize_moment<S: Serializer>(
    time: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.serialize_some(&moment(*time)),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        (SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).into()
    }

    #[test]
    fn a_duration_is_a_number_with_a_unit() {
        for (text, seconds) in
            [("45s", 45), ("30m", 1800), ("2h", 7200), ("7d", 604_800), ("1h30m", 5400)]
        {
            assert_eq!(text.parse(), Ok(HumanDuration::seconds(seconds)), "{text}");
            assert_eq!(HumanDuration::seconds(seconds).to_string(), text);
        }
        assert_eq!("90s".parse::<HumanDuration>().unwrap().to_string(), "1m30s");
        assert_eq!("1500ms".parse::<HumanDuration>().unwrap().to_string(), "1s500ms");
        for text in ["", "2", "h", "-2h", "2 x", "soon", "2h!"] {
            assert_eq!(
                text.parse::<HumanDuration>(),
                Err(HumanDurationError::Unreadable(text.into()))
            );
        }
        assert_eq!("0s".parse::<HumanDuration>(), Err(HumanDurationError::TooShort("0s".into())));
        for text in ["101years", "18446744073709551615s"] {
            assert_eq!(
                text.parse::<HumanDuration>(),
                Err(HumanDurationError::TooLong(text.into()))
            );
        }
    }

    #[test]
    fn what_remains_is_said_in_one_unit() {
        for (seconds, text) in [
            (1, "1 more second"),
            (45, "45 more seconds"),
            (60, "1 more minute"),
            (61, "2 more minutes"),
            (600, "10 more minutes"),
            (3600, "1 more hour"),
            (5400, "90 more minutes"),
            (7199, "2 more hours"),
            (8100, "2 more hours"),
            (86_400, "1 more day"),
            (90_000, "25 more hours"),
            (604_799, "7 more days"),
        ] {
            assert_eq!(remaining(Duration::from_secs(seconds)), text);
        }
        assert_eq!(remaining(until(at(1), at(1000))), "0 more seconds");
        assert_eq!(remaining(Duration::from_millis(1)), "1 more second");
        let began = (SystemTime::UNIX_EPOCH + Duration::from_millis(300)).into();
        assert_eq!(remaining(until(at(3601), began)), "1 more hour");
    }

    #[test]
    fn a_moment_is_written_to_the_second_and_read_back() {
        assert_eq!(moment(at(1_767_323_045)), "2026-01-02T03:04:05Z");
        assert_eq!(parse_moment("2026-01-02T03:04:05Z"), Some(at(1_767_323_045)));
        assert_eq!(parse_moment("2026-01-02 03:04:05"), Some(at(1_767_323_045)));
        for text in ["2026-01-02T03:04:05Z spam", "2026-01-02T03:04:05+02:00", "2026-01-02", "é"] {
            assert_eq!(parse_moment(text), None, "{text}");
        }
        let start = (SystemTime::UNIX_EPOCH + Duration::from_millis(1_000_001)).into();
        assert_eq!(HumanDuration::seconds(1).after(start), at(1002));
    }
}

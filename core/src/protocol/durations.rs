//! How durations are written in files and on wires.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A duration in whole seconds as it is printed everywhere, and read where one is typed: `1d2h`, `1m30s`, `0s`.
///
/// ```
/// use std::time::Duration;
/// assert_eq!(salotto::protocol::in_short(Duration::from_secs(93_601)), "1d2h1s");
/// ```
pub fn in_short(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3600 % 24, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
    ];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let text: String = parts.map(|(count, unit)| format!("{count}{unit}")).collect();
    if text.is_empty() { "0s".into() } else { text }
}

/// A number as an error quotes it: `1e300` without its zeros.
fn short(number: f64) -> String {
    match number.is_finite() && number.abs() >= 1e15 {
        true => format!("{number:e}, which is too much"),
        false => number.to_string(),
    }
}

/// A duration as a number of seconds.
pub(crate) mod seconds {
    use super::*;
    use serde::{Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(
        value: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(value.as_secs_f64())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        Duration::try_from_secs_f64(seconds).map_err(|_| {
            D::Error::custom(format!("expected seconds, 0 or more, not {}", short(seconds)))
        })
    }
}

/// A duration that may be lifted, as a number of seconds.
pub(crate) mod optional_seconds {
    use super::*;
    use serde::{Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(
        value: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.map(|value| value.as_secs_f64()).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        match Option::<f64>::deserialize(deserializer)? {
            None => Ok(None),
            Some(seconds) if seconds > 0.0 => Duration::try_from_secs_f64(seconds)
                .map(Some)
                .map_err(|_| D::Error::custom(format!("expected seconds, not {}", short(seconds)))),
            Some(seconds) => Err(D::Error::custom(format!(
                "expected seconds, more than 0, or None, not {}",
                short(seconds)
            ))),
        }
    }
}

/// A duration as a number of milliseconds.
pub(crate) mod milliseconds {
    use super::*;
    use serde::{Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(
        value: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(value.as_secs_f64() * 1000.0)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        let milliseconds = f64::deserialize(deserializer)?;
        Duration::try_from_secs_f64(milliseconds / 1000.0).map_err(|_| {
            D::Error::custom(format!("expected milliseconds, not {}", short(milliseconds)))
        })
    }
}

//! For how long, and why: what `ban` and `mute` are told. What looks like a duration or a time is one, or a mistake: nobody is banned permanently
//! because a number was written in another way.

use std::fmt;
use std::time::Duration;

use salotto::protocol::Timestamp;
use salotto::{CommandError, Invocation};

use crate::common::duration::{HumanDuration, HumanDurationError, moment, parse_moment, until};

/// Words that count.
const NUMBERS: &[&str] = &[
    "a", "an", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "half", "few", "some", "several",
];
/// What they count, without the `s` of several.
const UNITS: &[&str] =
    &["s", "sec", "second", "m", "min", "minute", "h", "hour", "d", "day", "week", "month", "year"];
/// Days that have no number.
const DAYS: &[&str] = &["today", "tonight", "tomorrow"];

/// How long a ban or a mute lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    Permanent,
    For(HumanDuration),
    Until(Timestamp),
}

impl Length {
    /// When it ends, if it begins now.
    pub(crate) fn end(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Permanent => None,
            Self::For(duration) => Some(duration.after(now)),
            Self::Until(end) => Some(end),
        }
    }

    /// How long it lasts, if it begins now.
    pub(crate) fn lasts(self, now: Timestamp) -> Option<Duration> {
        match self {
            Self::Permanent => None,
            Self::For(duration) => Some(duration.duration()),
            Self::Until(end) => Some(until(end, now)),
        }
    }
}

impl fmt::Display for Length {
    /// As it is read back before a reason.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Permanent => formatter.write_str("permanently"),
            Self::For(duration) => write!(formatter, "for {duration}"),
            Self::Until(end) => write!(formatter, "until {}", moment(*end)),
        }
    }
}

/// For how long, and why: `2h flooding`, `for 2h flooding`, `until 2026-07-01T18:00:00Z`, `flooding`, or `permanently 3 warnings`.
pub(crate) fn terms(
    invocation: &Invocation,
    now: Timestamp,
) -> Result<(Length, String), CommandError> {
    let Some(word) = invocation.get("duration") else {
        return Ok((Length::Permanent, invocation.text("reason").to_owned()));
    };
    read(&format!("{word} {}", invocation.text("reason")), now).map_err(CommandError::Refused)
}

fn read(text: &str, now: Timestamp) -> Result<(Length, String), String> {
    let whole = text.trim();
    let whole =
        after_word(whole, &["banned", "muted"]).filter(|rest| is_timed(rest)).unwrap_or(whole);
    if let Some(reason) = permanently(whole) {
        return Ok((Length::Permanent, reason.to_owned()));
    }
    let until = after_word(whole, &["until", "till"]);
    let after = until.or_else(|| after_word(whole, &["for", "in"]));
    let rest = after.filter(|rest| until.is_some() || looks_like_time(rest)).unwrap_or(whole);
    if until.is_none() && !looks_like_time(rest) {
        return Ok((Length::Permanent, rest.to_owned()));
    }
    if let Some((end, reason)) = leading_moment(rest) {
        if end <= now {
            return Err(format!("{} has passed already; write a time in the future", moment(end)));
        }
        return Ok((Length::Until(end), reason.to_owned()));
    }
    if until.is_some() {
        let (word, _) = first_word(rest);
        return Err(format!(
            "`{word}` is not a time; write one such as {}, or `permanently` before the reason",
            moment(HumanDuration::seconds(60 * 60).after(now))
        ));
    }
    match leading_duration(rest) {
        Ok((duration, reason)) => Ok((Length::For(duration), reason.to_owned())),
        Err(error) => Err(format!("{error}, or `permanently` before the reason")),
    }
}

/// The reason behind a word that means that there is no end.
fn permanently(text: &str) -> Option<&str> {
    after_word(text, &["permanently", "permanent", "forever"])
        .or_else(|| after_word(after_word(text, &["for"])?, &["ever"]))
}

fn is_timed(text: &str) -> bool {
    after_word(text, &["for", "until"]).is_some() || permanently(text).is_some()
}

/// What stands after the first word, if that is one of these, in upper or lower case.
fn after_word<'t>(text: &'t str, words: &[&str]) -> Option<&'t str> {
    let (first, rest) = first_word(text);
    words.iter().any(|word| word.eq_ignore_ascii_case(first)).then_some(rest)
}

fn first_word(text: &str) -> (&str, &str) {
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (first, rest.trim_start())
}

/// Whether a text begins like a duration or a time: with a number, whatever signs stand before it, or with one in words.
fn looks_like_time(text: &str) -> bool {
    is_numeric(text) || is_in_words(text) || after_word(text, DAYS).is_some()
}

/// Whether a text begins with a number of whatever script, with or without signs.
fn is_numeric(text: &str) -> bool {
    text.trim_start_matches(|c: char| !c.is_alphanumeric()).starts_with(char::is_numeric)
}

/// Whether a text begins like `two hours`, `half an hour` or `a few days`.
fn is_in_words(text: &str) -> bool {
    let mut rest = text;
    while let Some(after) = after_word(rest, NUMBERS) {
        rest = after;
    }
    rest.len() < text.len() && is_unit(first_word(rest).0)
}

fn is_unit(word: &str) -> bool {
    let word = word.trim_end_matches(|c: char| !c.is_alphanumeric()).to_ascii_lowercase();
    UNITS.contains(&word.as_str()) || word.strip_suffix('s').is_some_and(|one| UNITS.contains(&one))
}

/// A time at the beginning, written as one word or as day and time, and what follows.
fn leading_moment(text: &str) -> Option<(Timestamp, &str)> {
    let (first, after_first) = first_word(text);
    let (second, after_both) = first_word(after_first);
    let both = parse_moment(&format!("{first} {second}")).map(|end| (end, after_both));
    both.or_else(|| parse_moment(first).map(|end| (end, after_first)))
}

/// A duration at the beginning, in one word or several (`1h 30m`, `10 minutes`, `2 hours and 10 more minutes`), and what follows.
fn leading_duration(text: &str) -> Result<(HumanDuration, &str), HumanDurationError> {
    let (first, _) = first_word(text);
    let unreadable = || HumanDurationError::Unreadable(first.to_owned());
    let (mut written, mut rest) = leading_part(text).ok_or_else(|| {
        // It may say more than that it cannot be read.
        first.parse::<HumanDuration>().err().unwrap_or_else(unreadable)
    })?;
    // What follows may be the reason. Nobody writes more parts than there are units.
    let mut more = UNITS.len();
    while more > 0
        && let Some((part, after)) = leading_part(after_word(rest, &["and"]).unwrap_or(rest))
    {
        written.push_str(&part);
        rest = after;
        more -= 1;
    }
    Ok((written.parse()?, rest))
}

/// One number with its unit, together or apart.
fn leading_part(text: &str) -> Option<(String, &str)> {
    let (word, mut rest) = first_word(text);
    let mut part = word.to_owned();
    if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()) {
        rest = after_word(rest, &["more"]).unwrap_or(rest);
        let (unit, after_unit) = first_word(rest);
        part.push_str(unit);
        rest = after_unit;
    }
    part.parse::<HumanDuration>().is_ok().then_some((part, rest))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn now() -> Timestamp {
        (SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_323_045)).into()
    }

    fn length(text: &str) -> String {
        match read(text, now()) {
            Ok((length, reason)) => format!("{length}|{reason}"),
            Err(error) => format!("! {error}"),
        }
    }

    #[test]
    fn a_duration_or_a_time_comes_before_the_reason() {
        for (text, expected) in [
            ("2h flooding", "for 2h|flooding"),
            ("2099-01-01 00:00:00 spam", "until 2099-01-01T00:00:00Z|spam"),
            ("For 2h flooding", "for 2h|flooding"),
            ("FOR 2 hours and 30 minutes spam", "for 2h30m|spam"),
            ("in 2h", "for 2h|"),
            ("1h 30m 2 much", "for 1h30m|2 much"),
            ("2 hours and out", "for 2h|and out"),
            (
                "banned for 1h: spam",
                "! `1h:` is not a duration; write one such as 30m, 2h or 7d, or `permanently` before the reason",
            ),
            ("banned for 1h", "for 1h|"),
            ("10 more minutes (spam)", "for 10m|(spam)"),
            ("until 2099-01-01T00:00:00Z spam", "until 2099-01-01T00:00:00Z|spam"),
            ("Permanently 3 warnings", "permanently|3 warnings"),
            ("for ever", "permanently|"),
            ("for spamming", "permanently|for spamming"),
            ("a bad joke", "permanently|a bad joke"),
            ("half of it was spam", "permanently|half of it was spam"),
            ("in the wrong room", "permanently|in the wrong room"),
            ("(spam)", "permanently|(spam)"),
        ] {
            assert_eq!(length(text), expected, "{text}");
        }
    }

    #[test]
    fn what_looks_like_one_and_is_none_is_a_mistake() {
        for text in [
            "\u{2212}5m",
            "–5m spam",
            "for -5m",
            "２h",
            "٢h",
            "½h",
            "~2h",
            "(2h)",
            "<2h",
            "for two hours",
            "an hour",
            "half an hour",
            "a few days, please",
            "one day",
            "today",
            "for tonight",
            "until tomorrow",
            "until 18:00",
            "until",
            "until he is nice",
            "until 2099-01-01",
            "2:30",
            "30",
        ] {
            assert!(length(text).starts_with("! "), "{text}: {}", length(text));
        }
    }
}

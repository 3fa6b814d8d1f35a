//! What is typed after `search`: words, and where, when and by whom they were said.

use std::time::SystemTime;

use salotto::store::SearchQuery;
use salotto::{CommandError, RoomName, Timestamp};

use crate::common::duration::HumanDuration;

/// Most words of one search; each costs a look into the index.
const MOST_WORDS: usize = 16;

/// What is looked for, and in which room if in one.
#[derive(Debug, PartialEq)]
pub(super) struct Asked {
    pub(super) query: SearchQuery,
    pub(super) room: Option<RoomName>,
}

/// Reads what was typed.
pub(super) fn parse(text: &str, now: Timestamp) -> Result<Asked, CommandError> {
    let mut asked = Asked { query: SearchQuery::words::<String>([]), room: None };
    for word in text.split_whitespace() {
        let value = |prefix: &str| {
            let begins = word.get(..prefix.len())?;
            begins.eq_ignore_ascii_case(prefix).then(|| &word[prefix.len()..])
        };
        if let Some(name) = value("from:") {
            asked.query.from = Some(name.to_owned());
        } else if let Some(room) = value("room:") {
            let room = room.parse::<RoomName>();
            asked.room = Some(room.map_err(|error| problem(error.to_string()))?);
        } else if let Some(time) = value("before:") {
            asked.query.before = Some(moment(time, now)?);
        } else if let Some(time) = value("after:") {
            asked.query.after = Some(moment(time, now)?);
        } else {
            asked.query.words.push(word.to_owned());
        }
    }
    let is_word = |word: &String| word.chars().any(char::is_alphanumeric);
    if !asked.query.words.iter().any(is_word) && asked.query.from.is_none() {
        return Err(problem("give a word to look for, or a name as `from:NAME`".into()));
    }
    if asked.query.words.len() > MOST_WORDS {
        let count = asked.query.words.len();
        return Err(problem(format!(
            "these are {count} words; at most {MOST_WORDS} are looked for"
        )));
    }
    Ok(asked)
}

/// A day, or how long ago.
fn moment(text: &str, now: Timestamp) -> Result<Timestamp, CommandError> {
    if let Ok(ago) = text.parse::<HumanDuration>() {
        let then = now.system_time().checked_sub(ago.duration());
        return Ok(Timestamp::from(then.unwrap_or(SystemTime::UNIX_EPOCH)));
    }
    let day = humantime::parse_rfc3339_weak(&format!("{text} 00:00:00"));
    let moment = day.or_else(|_| humantime::parse_rfc3339_weak(text));
    moment.map(Timestamp::from).map_err(|_| {
        problem(format!("`{text}` is no time; write a day as 2026-01-31, or how long ago, as 3d"))
    })
}

fn problem(problem: String) -> CommandError {
    CommandError::Usage { problem, usage: "search WORDS".into() }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn parsed(text: &str) -> Asked {
        parse(text, now()).unwrap()
    }

    fn now() -> Timestamp {
        (SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)).into()
    }

    #[test]
    fn words_and_where_when_and_by_whom_may_stand_in_any_order() {
        let Asked { query, room } =
            parsed("dinner FROM:Ada tonight room:#dev after:1d before:2027-01-31");
        assert_eq!(query.words, ["dinner", "tonight"]);
        assert_eq!(
            (query.from.as_deref(), room.as_ref().map(RoomName::as_str)),
            (Some("Ada"), Some("dev"))
        );
        assert_eq!(query.after.unwrap().to_string(), "2027-01-14T08:00:00.000Z");
        assert_eq!(query.before.unwrap().to_string(), "2027-01-31T00:00:00.000Z");
    }

    #[test]
    fn what_cannot_be_looked_for_is_said() {
        for (text, part) in [
            ("***", "give a word"),
            ("room:dev", "give a word"),
            ("x before:soon", "`soon` is no time"),
            ("x room:a:b", "cannot contain"),
            (&"x ".repeat(17), "at most 16"),
        ] {
            let error = parse(text, now()).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
        assert_eq!(parsed("\"NEAR( a: OR *").query.words, ["\"NEAR(", "a:", "OR", "*"]);
    }
}

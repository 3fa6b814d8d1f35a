//! Which part of a room a client means: from where, up to where, and how much.

use salotto::{Entry, EntryId, Timestamp};

use crate::irc::commands::markread::moment;

/// No more than this at once.
pub(in crate::irc) const MOST: usize = salotto::store::PAGE;

/// A place in a room.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Mark {
    Entry(EntryId),
    Time(Timestamp),
}

/// From where it is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum From {
    Last,
    Before(Mark),
    After(Mark),
    Around(Mark),
}

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    pub(super) from: From,
    /// Only what comes after this.
    after: Option<Mark>,
    /// Only what comes before this.
    before: Option<Mark>,
    pub(super) limit: usize,
}

/// What is wrong with what a client asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Problem {
    UnknownCommand,
    TooFew,
    BadMark,
    BadLimit,
}

impl Problem {
    /// Its code, and what is said about it.
    pub(super) fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::UnknownCommand => ("INVALID_PARAMS", "there is no such part of a history"),
            Self::TooFew => ("NEED_MORE_PARAMS", "say from where, and how many"),
            Self::BadMark => (
                "INVALID_PARAMS",
                "give msgid=ID of a message of that channel, or timestamp=2026-01-31T12:00:00.000Z",
            ),
            Self::BadLimit => ("INVALID_PARAMS", "say how many messages, as a number above 0"),
        }
    }
}

impl Span {
    /// Reads what follows the channel; `entry` knows the ids of messages.
    pub(super) fn read(
        command: &str,
        parameters: &[String],
        entry: impl Fn(&str) -> Option<EntryId>,
    ) -> Result<Self, Problem> {
        let mark = |text: &str| match text.split_once('=') {
            Some(("msgid", id)) => entry(id).map(Mark::Entry).ok_or(Problem::BadMark),
            Some(("timestamp", time)) => moment(time).map(Mark::Time).ok_or(Problem::BadMark),
            _ => Err(Problem::BadMark),
        };
        let limit = |text: &str| match text.parse::<usize>() {
            Ok(limit) if limit > 0 => Ok(limit.min(MOST)),
            _ => Err(Problem::BadLimit),
        };
        let (mut after, mut before) = (None, None);
        let (from, many) = match (command, parameters) {
            ("LATEST", [star, many, ..]) if star == "*" => (From::Last, many),
            ("LATEST", [one, many, ..]) => {
                after = Some(mark(one)?);
                (From::Last, many)
            }
            ("BEFORE", [one, many, ..]) => (From::Before(mark(one)?), many),
            ("AFTER", [one, many, ..]) => (From::After(mark(one)?), many),
            ("AROUND", [one, many, ..]) => (From::Around(mark(one)?), many),
            ("BETWEEN", [one, other, many, ..]) => {
                let (one, other) = (mark(one)?, mark(other)?);
                match is_before(one, other) {
                    true => {
                        before = Some(other);
                        (From::After(one), many)
                    }
                    false => {
                        after = Some(other);
                        (From::Before(one), many)
                    }
                }
            }
            ("LATEST" | "BEFORE" | "AFTER" | "AROUND" | "BETWEEN", _) => {
                return Err(Problem::TooFew);
            }
            _ => return Err(Problem::UnknownCommand),
        };
        Ok(Self { from, after, before, limit: limit(many)? })
    }

    /// Whether an entry that was read lies in it.
    pub(super) fn has(&self, entry: &Entry) -> bool {
        let is_after = |mark: Mark| match mark {
            Mark::Entry(id) => entry.id > id,
            Mark::Time(time) => entry.time > time,
        };
        let is_before = |mark: Mark| match mark {
            Mark::Entry(id) => entry.id < id,
            Mark::Time(time) => entry.time < time,
        };
        self.after.is_none_or(is_after) && self.before.is_none_or(is_before)
    }

    /// Whether it is the newest that counts, where there are more than wanted.
    pub(super) fn is_from_the_end(&self) -> bool {
        matches!(self.from, From::Last | From::Before(_))
    }
}

/// Whether the first of two places comes first. Of an id and a time nobody knows; it is taken as given.
fn is_before(one: Mark, other: Mark) -> bool {
    match (one, other) {
        (Mark::Entry(one), Mark::Entry(other)) => one < other,
        (Mark::Time(one), Mark::Time(other)) => one < other,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Span, Problem> {
        let mut words = line.split(' ').map(str::to_owned);
        let command = words.next().unwrap();
        Span::read(&command, &words.collect::<Vec<_>>(), |text| text.parse().ok())
    }

    #[test]
    fn a_part_is_read_from_one_end_and_ends_at_the_other() {
        let span = |from, after, before, limit| Ok(Span { from, after, before, limit });
        let id = Mark::Entry;
        assert_eq!(read("LATEST * 1000"), span(From::Last, None, None, MOST));
        assert_eq!(read("LATEST msgid=4 5"), span(From::Last, Some(id(4)), None, 5));
        assert_eq!(
            read("BETWEEN msgid=4 msgid=9 5"),
            span(From::After(id(4)), None, Some(id(9)), 5)
        );
        assert_eq!(
            read("BETWEEN msgid=9 msgid=4 5"),
            span(From::Before(id(9)), Some(id(4)), None, 5)
        );
    }

    #[test]
    fn what_cannot_be_meant_is_said() {
        for (line, problem) in [
            ("SOON * 5", Problem::UnknownCommand),
            ("BEFORE msgid=4", Problem::TooFew),
            ("BEFORE * 5", Problem::BadMark),
            ("BEFORE msgid=x 5", Problem::BadMark),
            ("BEFORE timestamp=today 5", Problem::BadMark),
            ("LATEST * none", Problem::BadLimit),
            ("LATEST * 0", Problem::BadLimit),
        ] {
            assert_eq!(read(line), Err(problem), "{line}");
        }
    }
}

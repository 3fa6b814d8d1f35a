//! The lines of one conversation, in an arena that is cut at the front when there are too many.
//!
//! A line costs 32 bytes beside its text and its share of the table of names, and no allocation of its own. Lines have numbers that follow on. Where some are put
//! between others, those before them get lower numbers, and those after them keep theirs.

mod names;

use std::collections::VecDeque;

use salotto::EntryId;

use super::time::Zone;

use names::Names;

/// Lines that are kept in one conversation.
pub const MAX_LINES: usize = 100_000;
/// How many more may gather before the oldest are cut off, so that cutting is rare.
const SLACK: usize = 4_096;
/// Texts are stored together in pieces of this size.
const CHUNK: usize = 64 * 1024;
/// So many arrivals one after the other are shown as one line.
pub const FOLD_FROM: u16 = 4;

/// Longer runs of arrivals are begun anew, so that looking along one stays cheap.
const MAX_RUN: u16 = 5_000;

/// Messages of one author that follow on are shown as a group, for so many seconds from the first.
const GROUP: u16 = 300;

/// The number of the first line, far enough from 0 for all that is put before it.
const FIRST: u64 = 1 << 32;

/// What stands in the place of a message that was deleted.
pub const REMOVED: &str = "a message was removed";
const MISSING: &str = "more is on the server";
const LOADING: &str = "loading …";

/// What kind of line it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// `ada: hello`.
    Say,
    /// `* ada waves`.
    Act,
    /// The server tells something.
    Notice,
    /// Somebody joined.
    Came,
    /// Somebody left.
    Went,
    /// Somebody has another name.
    Renamed,
    /// For this person alone.
    DirectNotice,
    /// A message that was deleted.
    Removed,
    /// The answer to a command, in columns.
    Reply,
    /// Something did not work.
    Error,
    /// Lines are missing here, and may be asked for.
    Missing,
    /// They are asked for.
    Loading,
    /// There are none before this, or none that can be had; the text says why.
    Edge,
}

impl LineKind {
    /// Whether it is about a join, a leave or another name.
    pub fn is_arrival(self) -> bool {
        matches!(self, Self::Came | Self::Went | Self::Renamed)
    }

    /// Whether it is a message of a user.
    pub fn is_talk(self) -> bool {
        matches!(self, Self::Say | Self::Act)
    }

    /// Whether it is about what can be read of the conversation, and no part of it.
    pub fn is_edge(self) -> bool {
        matches!(self, Self::Missing | Self::Loading | Self::Edge)
    }
}

/// What is to be written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewLine<'a> {
    /// What kind of line it is.
    pub kind: LineKind,
    /// The author; empty if it is not a message.
    pub author: &'a str,
    /// Cleaned text, with `\n` only in texts of the server.
    pub text: &'a str,
    /// Seconds since 1970.
    pub time: u32,
    /// Whether the person is named in it.
    pub mention: bool,
    /// Whether it is a message of this user.
    pub own: bool,
}

/// One line, as it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Follows on from line to line.
    pub seq: u64,
    /// What was written down.
    pub what: NewLine<'a>,
    /// Whether it is the first of its day.
    pub new_day: bool,
    /// Whether it belongs to the message before: the same author said it, within five minutes of the first.
    pub follows: bool,
    /// How many arrivals stand directly before this one; 0 for everything else.
    pub run: u16,
}

/// Before which line something is, whatever is put between lines since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    line: u64,
    insertions: usize,
}

/// The lines of a conversation.
#[derive(Debug)]
pub struct Log {
    lines: VecDeque<Stored>,
    first_seq: u64,
    /// What was put between others: before which line, and how much.
    insertions: Vec<(u64, u64)>,
    chunks: VecDeque<String>,
    first_chunk: u32,
    names: Names,
}

#[derive(Debug, Clone, Copy)]
struct Stored {
    /// The entry that it shows; 0 for none.
    id: EntryId,
    chunk: u32,
    start: u32,
    len: u32,
    author: u32,
    time: u32,
    /// How many arrivals stand directly before; of a message how many seconds after the first of its group it was said.
    run: u16,
    kind: LineKind,
    flags: u8,
}

impl Stored {
    /// How many seconds after the first of the group of this line the next was said, where it belongs to it.
    fn seconds_of_group(&self, next: &Self) -> Option<u16> {
        if (self.kind, self.author) != (next.kind, next.author) {
            return None;
        }
        let since = next.time.checked_sub(self.time)?.saturating_add(self.run.into());
        u16::try_from(since).ok().filter(|since| *since < GROUP)
    }
}

const NEW_DAY: u8 = 1;
const MENTION: u8 = 2;
const OWN: u8 = 4;
const FOLLOWS: u8 = 8;

impl Default for Log {
    fn default() -> Self {
        let (lines, insertions, chunks) = Default::default();
        Self {
            lines,
            first_seq: FIRST,
            insertions,
            chunks,
            first_chunk: 0,
            names: Names::default(),
        }
    }
}

impl Log {
    /// Writes a line down. `zone` decides where days end.
    pub fn push(&mut self, line: NewLine<'_>, zone: &Zone) {
        let stored = self.stored(0, &line);
        self.lines.push_back(stored);
        self.recount(self.lines.len() - 1, 1, zone);
        self.keep_bound(zone);
    }

    /// The line that was written down last shows this entry.
    pub(super) fn name_last(&mut self, id: EntryId) {
        if let Some(last) = self.lines.back_mut() {
            last.id = id;
        }
    }

    /// Puts lines, each with the entry that it shows, before the line `at`, which keeps its number.
    pub(super) fn insert(&mut self, at: u64, lines: &[(EntryId, NewLine<'_>)], zone: &Zone) {
        let Some(index) = self.index(at).filter(|_| !lines.is_empty()) else { return };
        let stored: Vec<Stored> = lines.iter().map(|(id, line)| self.stored(*id, line)).collect();
        let head: Vec<Stored> = self.lines.drain(..index).collect();
        for line in head.into_iter().chain(stored).rev() {
            self.lines.push_front(line);
        }
        self.first_seq -= lines.len() as u64;
        self.insertions.push((at, lines.len() as u64));
        self.recount(index, lines.len() + 1, zone);
        self.keep_bound(zone);
    }

    /// Puts another line in the place of one.
    pub(super) fn replace(&mut self, seq: u64, id: EntryId, line: &NewLine<'_>, zone: &Zone) {
        let Some(index) = self.index(seq) else { return };
        self.lines[index] = self.stored(id, line);
        self.recount(index, 2, zone);
    }

    /// Says something else of what is missing.
    pub(super) fn mark(&mut self, seq: u64, kind: LineKind) {
        if let Some(index) = self.index(seq) {
            self.lines[index].kind = kind;
        }
    }

    /// How often lines were put between others, for [`moved`](Self::moved).
    pub fn insertions(&self) -> usize {
        self.insertions.len()
    }

    /// What was put between others last: before which line, and how much.
    pub fn last_insertion(&self) -> Option<(u64, u64)> {
        self.insertions.last().copied()
    }

    /// The number of the line that had `seq` when lines had been put between others so many times.
    pub fn moved(&self, seq: u64, since: usize) -> u64 {
        let later = self.insertions.iter().skip(since);
        later.fold(seq, |seq, (at, count)| if seq < *at { seq.saturating_sub(*count) } else { seq })
    }

    /// The place after the last line, which is before the next.
    pub(super) fn end(&self) -> Place {
        Place { line: self.end_seq(), insertions: self.insertions.len() }
    }

    /// The number of the line that is, or will be, behind a place.
    pub(super) fn line_after(&self, place: Place) -> u64 {
        self.moved(place.line, place.insertions)
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The number of the oldest line that is kept.
    pub fn first_seq(&self) -> u64 {
        self.first_seq
    }

    /// The number that the next line will have.
    pub fn end_seq(&self) -> u64 {
        self.first_seq + self.lines.len() as u64
    }

    /// The line of this number, unless it was cut off or is not there yet.
    pub fn get(&self, seq: u64) -> Option<Line<'_>> {
        self.index(seq).map(|index| self.line(seq, &self.lines[index]))
    }

    /// All lines from this number on.
    pub fn iter_from(&self, seq: u64) -> impl Iterator<Item = Line<'_>> {
        let skip = usize::try_from(seq.saturating_sub(self.first_seq)).unwrap_or(usize::MAX);
        let first = self.first_seq;
        self.lines
            .iter()
            .enumerate()
            .skip(skip)
            .map(move |(index, stored)| self.line(first + index as u64, stored))
    }

    /// The arrivals that stand together with the line of this number: the first and one past the last, where there are
    /// enough to be folded.
    pub fn folded(&self, seq: u64) -> Option<(u64, u64)> {
        let index = self.index(seq)?;
        let stored = self.lines[index];
        if !stored.kind.is_arrival() {
            return None;
        }
        let first = index.saturating_sub(usize::from(stored.run));
        let mut end = index + 1;
        while self.lines.get(end).is_some_and(|next| next.kind.is_arrival() && next.run > 0) {
            end += 1;
        }
        (end - first >= usize::from(FOLD_FROM))
            .then(|| (self.first_seq + first as u64, self.first_seq + end as u64))
    }

    fn line<'a>(&'a self, seq: u64, stored: &'a Stored) -> Line<'a> {
        let chunk = &self.chunks[(stored.chunk - self.first_chunk) as usize];
        let start = stored.start as usize;
        let (author, text) = match stored.kind {
            LineKind::Removed => ("", REMOVED),
            LineKind::Missing => ("", MISSING),
            LineKind::Loading => ("", LOADING),
            _ => {
                let text = &chunk[start..start + stored.len as usize];
                (self.names.get(stored.author), text)
            }
        };
        let what = NewLine {
            kind: stored.kind,
            author,
            text,
            time: stored.time,
            mention: stored.flags & MENTION != 0,
            own: stored.flags & OWN != 0,
        };
        let (new_day, follows) = (stored.flags & NEW_DAY != 0, stored.flags & FOLLOWS != 0);
        let run = if stored.kind.is_arrival() { stored.run } else { 0 };
        Line { seq, what, new_day, follows, run }
    }

    /// A message was deleted: a mark stands in its place.
    pub(super) fn remove(&mut self, id: EntryId, zone: &Zone) {
        let is_it = |line: &Stored| line.id == id && line.kind.is_talk();
        if let Some(index) = self.lines.iter().rposition(is_it) {
            let line = &mut self.lines[index];
            (line.kind, line.len) = (LineKind::Removed, 0);
            line.flags &= NEW_DAY;
            // Whose name and time it had has them with the next.
            self.recount(index, 2, zone);
        }
    }

    /// Ids mean nothing any more.
    pub(super) fn forget_ids(&mut self) {
        self.lines.iter_mut().for_each(|line| line.id = 0);
    }

    fn index(&self, seq: u64) -> Option<usize> {
        let index = usize::try_from(seq.checked_sub(self.first_seq)?).ok()?;
        (index < self.lines.len()).then_some(index)
    }

    fn stored(&mut self, id: EntryId, line: &NewLine<'_>) -> Stored {
        let mut flags = 0;
        for (set, flag) in [(line.mention, MENTION), (line.own, OWN)] {
            flags |= if set { flag } else { 0 };
        }
        let author = self.names.intern(line.author);
        let (chunk, start) = self.store(line.text);
        let len = line.text.len() as u32;
        let (kind, time) = (line.kind, line.time);
        Stored { id, chunk, start, len, author, time, run: 0, kind, flags }
    }

    /// Finds out anew where days begin and which arrivals stand together: in so many lines, and after them for as long as something changes.
    fn recount(&mut self, from: usize, count: usize, zone: &Zone) {
        let day = |line: Stored| super::time::day(line.time, zone);
        let mut said = self.lines.range(..from).rev().find(|line| !line.kind.is_edge()).copied();
        let mut before = from.checked_sub(1).map(|index| self.lines[index]);
        for (index, line) in self.lines.iter_mut().enumerate().skip(from) {
            let new_day = !line.kind.is_edge() && said.is_none_or(|said| day(said) != day(*line));
            let mut run = match before {
                Some(before)
                    if !new_day
                        && line.kind.is_arrival()
                        && before.kind.is_arrival()
                        && before.run < MAX_RUN =>
                {
                    before.run + 1
                }
                _ => 0,
            };
            let since = before.filter(|_| !new_day && line.kind == LineKind::Say);
            let since = since.and_then(|before| before.seconds_of_group(line));
            let follows = since.is_some();
            run = since.unwrap_or(run);
            let day = if new_day { NEW_DAY } else { 0 };
            let group = if follows { FOLLOWS } else { 0 };
            let flags = line.flags & !(NEW_DAY | FOLLOWS) | day | group;
            if index >= from + count && (flags, run) == (line.flags, line.run) {
                break;
            }
            (line.flags, line.run) = (flags, run);
            before = Some(*line);
            if !line.kind.is_edge() {
                said = before;
            }
        }
    }

    fn keep_bound(&mut self, zone: &Zone) {
        if self.lines.len() >= MAX_LINES + SLACK {
            self.cut(self.lines.len() - MAX_LINES, zone);
        }
    }

    fn store(&mut self, text: &str) -> (u32, u32) {
        let fits = self.chunks.back().is_some_and(|chunk| chunk.len() + text.len() <= CHUNK);
        if !fits {
            // The first one grows as needed: most conversations are short.
            let space = if self.chunks.is_empty() { 0 } else { CHUNK.max(text.len()) };
            self.chunks.push_back(String::with_capacity(space));
        }
        let number = self.first_chunk + (self.chunks.len() - 1) as u32;
        let chunk = self.chunks.back_mut().expect("one was just pushed if there was none");
        let start = chunk.len() as u32;
        chunk.push_str(text);
        (number, start)
    }

    /// Forgets the oldest lines, the texts that only they used, and the names that nobody left has.
    fn cut(&mut self, count: usize, zone: &Zone) {
        self.lines.drain(..count);
        self.first_seq += count as u64;
        // What was put before others is written down behind them.
        let oldest = self.lines.iter().map(|line| line.chunk).min().unwrap_or(self.first_chunk);
        while self.first_chunk < oldest {
            self.chunks.pop_front();
            self.first_chunk += 1;
        }
        self.recount(0, 1, zone);
        let old = std::mem::take(&mut self.names);
        for line in &mut self.lines {
            line.author = self.names.intern(old.get(line.author));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(text: &str) -> NewLine<'_> {
        NewLine {
            kind: LineKind::Say,
            author: "ada",
            text,
            time: 1_000_000,
            mention: false,
            own: false,
        }
    }

    fn at(log: &Log, index: u64) -> Option<Line<'_>> {
        log.get(log.first_seq() + index)
    }

    #[test]
    fn lines_come_back_as_they_were_written() {
        let mut log = Log::default();
        log.push(say("hello"), &Zone::fixed(0));
        log.push(NewLine { author: "bob", mention: true, ..say("grüß dich") }, &Zone::fixed(0));
        let line = at(&log, 1).unwrap();
        assert_eq!((line.what.author, line.what.text), ("bob", "grüß dich"));
        assert!(line.what.mention && !line.new_day && at(&log, 0).unwrap().new_day);
        assert_eq!(at(&log, 2), None);
    }

    #[test]
    fn the_oldest_lines_go_when_there_are_too_many() {
        let mut log = Log::default();
        for number in 0..MAX_LINES + SLACK {
            log.push(say(&format!("line {number} {}", "x".repeat(60))), &Zone::fixed(0));
        }
        assert_eq!(log.len(), MAX_LINES);
        assert_eq!(log.first_seq(), FIRST + SLACK as u64);
        assert_eq!(log.get(FIRST), None);
        let first = log.get(log.first_seq()).unwrap();
        assert!(first.what.text.starts_with("line 4096 ") && first.new_day);
        let kept: usize = log.chunks.iter().map(String::len).sum();
        assert!(kept < MAX_LINES * 73 + 2 * CHUNK, "{kept}");
    }

    #[test]
    fn a_run_that_is_cut_is_counted_from_its_new_beginning() {
        let mut log = Log::default();
        for _ in 0..MAX_LINES + SLACK {
            log.push(NewLine { kind: LineKind::Came, ..say("ada came") }, &Zone::fixed(0));
        }
        let first = log.first_seq();
        assert_eq!(log.get(first).unwrap().run, 0);
        assert_eq!(log.get(first + 5).unwrap().run, 5);
    }

    #[test]
    fn messages_of_one_author_are_a_group_for_five_minutes() {
        let mut log = Log::default();
        let said = |log: &mut Log, author, time| {
            log.push(NewLine { author, time, ..say("x") }, &Zone::fixed(0));
        };
        for (author, time) in [("ada", 0), ("ada", 100), ("ada", 299), ("ada", 300), ("bob", 301)] {
            said(&mut log, author, 1_000_000 + time);
        }
        let follows = |log: &Log| log.iter_from(0).map(|line| line.follows).collect::<Vec<_>>();
        assert_eq!(follows(&log), [false, true, true, false, false]);
        log.lines[0].id = 7;
        log.remove(7, &Zone::fixed(0));
        assert_eq!(follows(&log), [false, false, true, true, false]);
        log.insert(FIRST + 2, &[(8, NewLine { author: "eve", ..say("y") })], &Zone::fixed(0));
        assert_eq!(follows(&log), [false, false, false, false, true, false]);
    }

    #[test]
    fn many_arrivals_are_one_fold_and_few_are_none() {
        let mut log = Log::default();
        for kind in [LineKind::Came, LineKind::Went, LineKind::Came] {
            log.push(NewLine { kind, ..say("x") }, &Zone::fixed(0));
        }
        assert_eq!(log.folded(FIRST + 1), None);
        log.push(NewLine { kind: LineKind::Went, ..say("x") }, &Zone::fixed(0));
        log.push(say("hello"), &Zone::fixed(0));
        assert_eq!(log.folded(FIRST + 1), Some((FIRST, FIRST + 4)));
        assert_eq!(log.folded(FIRST + 4), None);
    }

    #[test]
    fn what_is_put_between_moves_the_numbers_before_it_alone() {
        let mut log = Log::default();
        for number in 0..10 {
            log.push(say(&format!("line {number}")), &Zone::fixed(0));
        }
        let (before, after) = (log.first_seq() + 3, log.first_seq() + 4);
        let since = log.insertions();
        log.insert(after, &[(7, say("seven")), (8, say("eight"))], &Zone::fixed(0));
        log.insert(log.first_seq(), &[(1, say("one"))], &Zone::fixed(0));
        let texts: Vec<_> = log.iter_from(0).map(|line| line.what.text.to_owned()).collect();
        assert_eq!(texts[..2], ["one", "line 0"]);
        assert_eq!(texts[4..8], ["line 3", "seven", "eight", "line 4"]);
        for (seq, text) in [(before, "line 3"), (after, "line 4"), (FIRST + 9, "line 9")] {
            let seq = log.moved(seq, since);
            assert_eq!(log.get(seq).unwrap().what.text, text);
        }
        log.remove(8, &Zone::fixed(0));
        assert_eq!(at(&log, 6).unwrap().what.text, REMOVED);
        // The day is said once, by the line that is now the first of it.
        let days = log.iter_from(0).filter(|line| line.new_day).map(|line| line.seq);
        assert_eq!(days.collect::<Vec<_>>(), [log.first_seq()]);
    }

    #[test]
    fn arrivals_on_both_sides_of_what_is_put_between_are_counted_together() {
        let mut log = Log::default();
        let came = || NewLine { kind: LineKind::Came, ..say("x") };
        log.push(NewLine { kind: LineKind::Missing, ..say("") }, &Zone::fixed(0));
        (0..3).for_each(|_| log.push(came(), &Zone::fixed(0)));
        log.insert(FIRST + 1, &[(1, say("hello")), (2, came()), (3, came())], &Zone::fixed(0));
        assert_eq!(log.folded(FIRST + 2), Some((FIRST - 1, FIRST + 4)));
        assert!(!at(&log, 0).unwrap().new_day && at(&log, 1).unwrap().new_day);
    }

    #[test]
    fn what_was_put_before_others_survives_when_the_oldest_go() {
        let mut log = Log::default();
        (0..50_000).for_each(|number| log.push(say(&format!("late {number}")), &Zone::fixed(0)));
        let early: Vec<String> = (0..50_000).map(|number| format!("early {number}")).collect();
        let lines: Vec<_> = early.iter().map(|text| (1, say(text))).collect();
        log.insert(FIRST, &lines, &Zone::fixed(0));
        (0..SLACK).for_each(|number| log.push(say(&format!("last {number}")), &Zone::fixed(0)));
        assert_eq!(log.len(), MAX_LINES);
        assert_eq!(at(&log, 0).unwrap().what.text, "early 4096");
        assert_eq!(log.get(FIRST).unwrap().what.text, "late 0");
        assert_eq!(log.iter_from(0).last().unwrap().what.text, "last 4095");
    }
}

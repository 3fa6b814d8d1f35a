//! The lines of one conversation, in an arena that is cut at the front when there are too many.
//!
//! A line costs 24 bytes beside its text and its share of the table of names, and no allocation of its own.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

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

/// What stands in the place of a message that was deleted.
pub const REMOVED: &str = "a message was removed";

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
    /// Counts from 0 since the conversation began, also over what was cut off.
    pub seq: u64,
    /// What was written down.
    pub what: NewLine<'a>,
    /// Whether it is the first of its day.
    pub new_day: bool,
    /// How many arrivals stand directly before this one; 0 for everything else.
    pub run: u16,
}

/// The lines of a conversation.
#[derive(Debug, Default)]
pub struct Log {
    lines: VecDeque<Stored>,
    first_seq: u64,
    chunks: VecDeque<String>,
    first_chunk: u32,
    names: Names,
}

#[derive(Debug, Clone, Copy)]
struct Stored {
    chunk: u32,
    start: u32,
    len: u32,
    author: u32,
    time: u32,
    run: u16,
    kind: LineKind,
    flags: u8,
}

const NEW_DAY: u8 = 1;
const MENTION: u8 = 2;
const OWN: u8 = 4;

/// Each name once.
#[derive(Debug, Default)]
struct Names {
    all: Vec<Arc<str>>,
    index: HashMap<Arc<str>, u32>,
}

impl Names {
    fn intern(&mut self, name: &str) -> u32 {
        if let Some(&index) = self.index.get(name) {
            return index;
        }
        let name: Arc<str> = name.into();
        let index = self.all.len() as u32;
        self.all.push(name.clone());
        self.index.insert(name, index);
        index
    }
}

impl Log {
    /// Writes a line down. `zone` decides where days end.
    pub fn push(&mut self, line: NewLine<'_>, zone: i32) {
        let day = |time: u32| super::time::day(time, zone);
        let last = self.lines.back();
        let new_day = last.is_none_or(|last| day(last.time) != day(line.time));
        let run = match last {
            Some(last)
                if !new_day
                    && line.kind.is_arrival()
                    && last.kind.is_arrival()
                    && last.run < MAX_RUN =>
            {
                last.run + 1
            }
            _ => 0,
        };
        let mut flags = 0;
        for (set, flag) in [(new_day, NEW_DAY), (line.mention, MENTION), (line.own, OWN)] {
            flags |= if set { flag } else { 0 };
        }
        let author = self.names.intern(line.author);
        let (chunk, start) = self.store(line.text);
        let len = line.text.len() as u32;
        let (kind, time) = (line.kind, line.time);
        self.lines.push_back(Stored { chunk, start, len, author, time, run, kind, flags });
        if self.lines.len() >= MAX_LINES + SLACK {
            self.cut(SLACK);
        }
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
        let stored = self.lines.get(usize::try_from(seq.checked_sub(self.first_seq)?).ok()?)?;
        Some(self.line(seq, stored))
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
        let index = usize::try_from(seq.checked_sub(self.first_seq)?).ok()?;
        let stored = self.lines.get(index)?;
        if !stored.kind.is_arrival() {
            return None;
        }
        let first = index.saturating_sub(usize::from(stored.run));
        let mut end = index + 1;
        while self.lines.get(end).is_some_and(|next| next.run > 0) {
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
            _ => {
                let text = &chunk[start..start + stored.len as usize];
                (&*self.names.all[stored.author as usize], text)
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
        Line { seq, what, new_day: stored.flags & NEW_DAY != 0, run: stored.run }
    }

    /// A message was deleted: a mark stands in its place.
    pub(super) fn remove(&mut self, seq: u64) {
        let index = seq.checked_sub(self.first_seq).and_then(|index| usize::try_from(index).ok());
        if let Some(line) = index.and_then(|index| self.lines.get_mut(index)) {
            (line.kind, line.len) = (LineKind::Removed, 0);
            line.flags &= NEW_DAY;
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
    fn cut(&mut self, count: usize) {
        self.lines.drain(..count);
        self.first_seq += count as u64;
        let Some(front) = self.lines.front_mut() else { return };
        front.flags |= NEW_DAY;
        let oldest = front.chunk;
        while self.first_chunk < oldest {
            self.chunks.pop_front();
            self.first_chunk += 1;
        }
        // A run that lost its beginning is counted anew.
        let lost = self.lines.front().map_or(0, |front| front.run);
        for (index, line) in self.lines.iter_mut().enumerate() {
            if lost == 0 || index > 0 && line.run == 0 {
                break;
            }
            line.run -= lost;
        }
        let old = std::mem::take(&mut self.names);
        for line in &mut self.lines {
            line.author = self.names.intern(&old.all[line.author as usize]);
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

    #[test]
    fn lines_come_back_as_they_were_written() {
        let mut log = Log::default();
        log.push(say("hello"), 0);
        log.push(NewLine { author: "bob", mention: true, ..say("grüß dich") }, 0);
        let line = log.get(1).unwrap();
        assert_eq!((line.what.author, line.what.text), ("bob", "grüß dich"));
        assert!(line.what.mention && !line.new_day && log.get(0).unwrap().new_day);
        assert_eq!(log.get(2), None);
    }

    #[test]
    fn the_oldest_lines_go_when_there_are_too_many() {
        let mut log = Log::default();
        for number in 0..MAX_LINES + SLACK {
            log.push(say(&format!("line {number} {}", "x".repeat(60))), 0);
        }
        assert_eq!(log.len(), MAX_LINES);
        assert_eq!(log.first_seq(), SLACK as u64);
        assert_eq!(log.get(0), None);
        let first = log.get(log.first_seq()).unwrap();
        assert!(first.what.text.starts_with("line 4096 ") && first.new_day);
        let kept: usize = log.chunks.iter().map(String::len).sum();
        assert!(kept < MAX_LINES * 73 + 2 * CHUNK, "{kept}");
    }

    #[test]
    fn a_run_that_is_cut_is_counted_from_its_new_beginning() {
        let mut log = Log::default();
        for _ in 0..MAX_LINES + SLACK {
            log.push(NewLine { kind: LineKind::Came, ..say("ada came") }, 0);
        }
        let first = log.first_seq();
        assert_eq!(log.get(first).unwrap().run, 0);
        assert_eq!(log.get(first + 5).unwrap().run, 5);
    }

    #[test]
    fn many_arrivals_are_one_fold_and_few_are_none() {
        let mut log = Log::default();
        for kind in [LineKind::Came, LineKind::Went, LineKind::Came] {
            log.push(NewLine { kind, ..say("x") }, 0);
        }
        assert_eq!(log.folded(1), None);
        log.push(NewLine { kind: LineKind::Went, ..say("x") }, 0);
        log.push(say("hello"), 0);
        assert_eq!(log.folded(1), Some((0, 4)));
        assert_eq!(log.folded(4), None);
    }
}

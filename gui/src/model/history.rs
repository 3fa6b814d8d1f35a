//! What was said before and is not shown: where it is missing, and how pages of the server's history come to stand there.
//!
//! A [`Gap`] is a line of its own in the log. Before the first entry that was told, pages are asked for when somebody looks there, each before the one above; in a
//! gap that a break of the connection left, one after the other from the last entry that was seen.

use std::ops::RangeInclusive;

use salotto::client::NoPage;
use salotto::protocol::{ErrorCode, Page, Place};
use salotto::{Entry, EntryId, EntryKind};

use super::effect::Ticket;
use super::entry::{Reader, Shown, line};
use super::log::{LineKind, MAX_LINES, NewLine};
use super::text::clean_line;
use super::time::{Zone, seconds};
use super::{Connection, Conversation, ConversationId, Effect, Kind, Model};

/// So many pages of what was missed are asked for by themselves, 5,000 entries; the rest when somebody looks there.
const UNASKED: u32 = 50;

const BEGINNING: &str = "this is where the history begins";
const LOST: &str = "Some messages are missing here: the server does not have them any more.";
const GONE: &str = "what was before is not on the server any more";
const NOTHING: &str = "nothing was said meanwhile";
const FULL: &str = "a window shows no more than 100,000 lines; what was before is on the server";

/// Where the server may have more than what is shown.
#[derive(Debug, Clone)]
pub struct Gap {
    /// The line that stands there.
    pub(super) seq: u64,
    /// The entry before it; 0 where none was ever shown.
    pub(super) after: EntryId,
    /// The entry after it.
    pub(super) before: EntryId,
    /// How many pages are still asked for by themselves.
    pub(super) unasked: u32,
}

/// A page that is under way. There is one at a time in a conversation.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub(super) ticket: Ticket,
    pub(super) nonce: Option<String>,
    /// The line of the gap.
    seq: u64,
}

impl Gap {
    /// The line that stands there.
    pub fn line(&self) -> u64 {
        self.seq
    }

    /// The entry beside it, which changes with each page.
    pub fn edge(&self) -> EntryId {
        if self.is_past() { self.before } else { self.after }
    }

    /// Whether it is what was said before the user came, and not something that was missed.
    fn is_past(&self) -> bool {
        self.after == 0
    }

    fn place(&self) -> Place {
        if self.is_past() { Place::Before(self.before) } else { Place::After(self.after) }
    }
}

impl Conversation {
    /// The last gap whose line is one of these.
    pub fn gap_in(&self, lines: RangeInclusive<u64>) -> Option<&Gap> {
        self.gaps.iter().rev().find(|gap| lines.contains(&gap.seq))
    }

    /// Whether a page is under way.
    pub fn is_reading(&self) -> bool {
        self.reading.is_some()
    }

    /// Entries between these two may be on the server.
    pub(super) fn open_gap(&mut self, after: EntryId, before: EntryId, now: u32, zone: &Zone) {
        self.push(line(LineKind::Missing, "", now), zone);
        let seq = self.log.end_seq() - 1;
        let unasked = if after == 0 { 0 } else { UNASKED };
        self.gaps.push(Gap { seq, after, before, unasked });
    }

    /// Nothing more is heard of the page that is under way.
    pub(super) fn stop_reading(&mut self) {
        if let Some(reading) = self.reading.take() {
            self.log.mark(reading.seq, LineKind::Missing);
        }
    }

    /// Ids mean nothing any more, and what is missing will not come.
    pub(super) fn forget_ids(&mut self, zone: &Zone) {
        self.last_id = 0;
        self.reading = None;
        self.log.forget_ids();
        while let Some(gap) = self.gaps.first() {
            let text = if gap.is_past() { GONE } else { LOST };
            self.close_gap(gap.seq, text, zone);
        }
    }

    /// What is missing there is all there is to know of it.
    fn close_gap(&mut self, seq: u64, text: &str, zone: &Zone) {
        let kind = if text == LOST { LineKind::Error } else { LineKind::Edge };
        let time = self.log.get(seq).map_or(0, |line| line.what.time);
        self.log.replace(seq, 0, &line(kind, text, time), zone);
        self.gaps.retain(|gap| gap.seq != seq);
        self.settle_doubts();
    }

    /// Puts lines before the one at `at`. What is known by the number of its line moves along.
    fn insert(&mut self, at: u64, lines: &[(EntryId, NewLine<'_>)], zone: &Zone) {
        let since = self.log.insertions();
        self.log.insert(at, lines, zone);
        let gaps = self.gaps.iter_mut().map(|gap| &mut gap.seq);
        for seq in gaps.chain(&mut self.first_unread) {
            *seq = self.log.moved(*seq, since);
        }
        self.forget_lost_gaps();
    }

    /// Gaps whose line was cut off with the oldest.
    pub(super) fn forget_lost_gaps(&mut self) {
        let first = self.log.first_seq();
        if self.gaps.first().is_some_and(|gap| gap.seq < first) {
            self.gaps.retain(|gap| gap.seq >= first);
        }
    }

    /// Fills a gap with a page. Returns whether something in it asks for the attention of the reader.
    fn take_page(&mut self, gap: &Gap, page: Page, reader: &Reader<'_>) -> bool {
        let zone = reader.zone;
        // Beyond the entries at both ends everything is there already.
        let mut last = gap.after;
        let is_missing = |entry: &&Entry| {
            let is_it = (last + 1..gap.before).contains(&entry.id);
            last = if is_it { entry.id } else { last };
            is_it
        };
        let entries: Vec<&Entry> = page.entries.iter().filter(is_missing).collect();
        let shown: Vec<(&Entry, Shown<'_>)> = entries
            .iter()
            .filter_map(|entry| Some((*entry, Shown::of(&entry.what, reader)?)))
            .collect();
        let mut lines: Vec<(EntryId, NewLine<'_>)> = shown
            .iter()
            .map(|(entry, shown)| (entry.id, shown.line(seconds(entry.time.system_time()))))
            .collect();
        let (first, last) = (entries.first().map(|entry| entry.id), entries.last());
        if gap.is_past() {
            self.insert(gap.seq + 1, &lines, zone);
            let seq = gap.seq - lines.len() as u64;
            match first.filter(|_| page.older) {
                Some(first) => self.set_gap(seq, |gap| gap.before = first),
                None => self.close_gap(seq, BEGINNING, zone),
            }
            return false;
        }
        let is_filled = page.entries.last().is_none_or(|last| last.id + 1 >= gap.before);
        let next = last.map(|last| last.id).filter(|_| page.newer && !is_filled);
        // The last line takes the place of the one that stood for them all.
        let closing = if next.is_none() { lines.pop() } else { None };
        self.insert(gap.seq, &lines, zone);
        let begin = gap.seq - lines.len() as u64;
        match (next, closing) {
            (Some(last), _) => self.set_gap(gap.seq, |gap| {
                (gap.after, gap.unasked) = (last, gap.unasked.saturating_sub(1));
            }),
            (None, Some((id, line))) => {
                self.close_gap(gap.seq, NOTHING, zone);
                self.log.replace(gap.seq, id, &line, zone);
            }
            (None, None) if entries.is_empty() => self.close_gap(gap.seq, LOST, zone),
            (None, None) => self.close_gap(gap.seq, NOTHING, zone),
        }
        let asks = self.count_missed(&shown, begin, reader);
        self.settle_doubts();
        asks
    }

    fn set_gap(&mut self, seq: u64, change: impl FnOnce(&mut Gap)) {
        self.log.mark(seq, LineKind::Missing);
        if let Some(gap) = self.gaps.iter_mut().find(|gap| gap.seq == seq) {
            change(gap);
        }
    }

    /// Counts what was missed, from the line `begin` on, as if it had just come. Returns whether it asks for attention.
    fn count_missed(
        &mut self,
        shown: &[(&Entry, Shown<'_>)],
        begin: u64,
        reader: &Reader<'_>,
    ) -> bool {
        let mut asks = false;
        for ((entry, shown), seq) in shown.iter().zip(begin..) {
            let EntryKind::Message { nonce, .. } = &entry.what else { continue };
            if shown.own {
                self.confirm(nonce.as_deref(), &shown.text, true);
            } else if !(reader.is_focused && reader.is_shown) {
                self.unread += 1;
                self.mentions += usize::from(shown.mention);
                self.first_unread = Some(self.first_unread.map_or(seq, |first| first.min(seq)));
                asks |= shown.mention && !reader.is_focused;
            }
        }
        asks
    }
}

impl Model {
    /// Asks for a page for the gap at this line, or without one for what was missed, unless one is under way.
    pub(super) fn read_back(
        &mut self,
        id: ConversationId,
        line: Option<u64>,
        effects: &mut Vec<Effect>,
    ) {
        let (ticket, zone) = (self.ticket(), self.zone.clone());
        let is_online = self.connection == Connection::Online;
        let Some(conversation) = self.conversations.get_mut(id) else { return };
        let Kind::Room(room) = &conversation.kind else { return };
        if !is_online || !conversation.joined || conversation.reading.is_some() {
            return;
        }
        let is_wanted = |gap: &&Gap| line.map_or(gap.unasked > 0, |line| gap.seq == line);
        let Some(gap) = conversation.gaps.iter().find(is_wanted).cloned() else { return };
        if gap.is_past() && conversation.log.len() >= MAX_LINES {
            return conversation.close_gap(gap.seq, FULL, &zone);
        }
        effects.push(Effect::ReadBack { ticket, room: room.to_string(), place: gap.place() });
        conversation.log.mark(gap.seq, LineKind::Loading);
        conversation.reading = Some(Reading { ticket, nonce: None, seq: gap.seq });
    }

    /// The answer to a question for a page.
    pub(super) fn take_page(
        &mut self,
        nonce: &str,
        page: Result<Page, NoPage>,
        effects: &mut Vec<Effect>,
    ) {
        let front = self.conversations.active_id();
        let asked = |conversation: &&mut Conversation| {
            let reading = conversation.reading.as_ref();
            reading.is_some_and(|reading| reading.nonce.as_deref() == Some(nonce))
        };
        let Some(conversation) = self.conversations.all_mut().find(asked) else { return };
        let Some(reading) = conversation.reading.take() else { return };
        let gap = conversation.gaps.iter().find(|gap| gap.seq == reading.seq);
        // Its line may have been cut off meanwhile.
        let Some(gap) = gap.cloned() else { return };
        let id = conversation.id;
        match page {
            Ok(page) => {
                let reader = Reader {
                    name: self.server.name.as_ref(),
                    keywords: &self.preferences.keywords,
                    ignored: &self.ignored,
                    is_focused: self.focused,
                    is_shown: front == Some(id),
                    zone: &self.zone,
                };
                if conversation.take_page(&gap, page, &reader) {
                    effects.push(Effect::Urgent);
                }
            }
            Err(NoPage::Refused { code, text })
                if !matches!(code, ErrorCode::Limit | ErrorCode::NotInRoom) =>
            {
                let reason = clean_line(&text);
                let text = if gap.is_past() { &reason } else { LOST };
                conversation.close_gap(gap.seq, text, &self.zone);
            }
            // Whoever looks there again asks again; and what was missed is asked for after coming back.
            Err(reason) => {
                if reason == NoPage::NoConnection {
                    conversation.set_gap(gap.seq, |_| {});
                } else {
                    conversation.set_gap(gap.seq, |gap| gap.unasked = 0);
                    conversation.settle_doubts();
                }
                return;
            }
        }
        self.read_back(id, None, effects);
    }
}

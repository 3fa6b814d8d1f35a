//! A conversation: a room, private messages with one user, or notices of the server while neither is open; and the list of them.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

use salotto::{Name, RoomName};

use super::effect::Ticket;
use super::history::{Gap, Reading};
use super::log::{Log, NewLine, Place};
use super::sending::Queue;
use super::text::fold;
use super::time::Zone;

/// How many of the last authors are remembered for completion.
const SPEAKERS: usize = 100;
/// Conversations that strangers can open by writing to the person; more go to the one of the server.
pub(super) const MAX_CONVERSATIONS: usize = 200;

/// Which conversation; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConversationId(pub(super) u32);

/// With whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Everybody in a room.
    Room(RoomName),
    /// One person.
    Direct(Name),
    /// The server itself.
    ServerInfo,
}

/// A conversation with its lines.
#[derive(Debug)]
pub struct Conversation {
    pub(super) id: ConversationId,
    pub(super) kind: Kind,
    pub(super) log: Log,
    pub(super) topic: String,
    /// By folded name.
    pub(super) members: Vec<(String, Name)>,
    pub(super) member_count: usize,
    /// Whether the server counts the person in.
    pub(super) joined: bool,
    /// The id of the last entry.
    pub(super) last_id: u64,
    /// What the ids belong to, where that is not the epoch of the server.
    pub(super) epoch: Option<String>,
    /// Where entries are missing, from the oldest on.
    pub(super) gaps: Vec<Gap>,
    pub(super) reading: Option<Reading>,
    /// Entries of history that are still to come.
    pub(super) history: u64,
    /// Whether that history was missed, and not sent before the user joined.
    pub(super) missed: bool,
    pub(super) unread: usize,
    pub(super) mentions: usize,
    /// The first line that was not read when it came.
    pub(super) first_unread: Option<u64>,
    pub(super) pending: Vec<Pending>,
    pub(super) queue: Queue,
    /// Whether the other one of a private talk is known to have left.
    pub(super) gone: bool,
    /// The last first.
    pub(super) speakers: VecDeque<Name>,
}

/// A message of the user that the server has not confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Which request it is.
    pub ticket: Ticket,
    /// The text.
    pub text: String,
    /// Why it was not sent, where that is known.
    pub failed: Option<String>,
    /// Where it was said.
    pub(super) place: Place,
    pub(super) nonce: Option<String>,
    /// Whether the connection broke after it was sent.
    pub(super) in_doubt: bool,
}

impl Conversation {
    fn new(id: ConversationId, kind: Kind) -> Self {
        Self {
            id,
            kind,
            log: Log::default(),
            topic: String::new(),
            members: Vec::new(),
            member_count: 0,
            joined: false,
            last_id: 0,
            gaps: Vec::new(),
            reading: None,
            history: 0,
            missed: false,
            epoch: None,
            unread: 0,
            mentions: 0,
            first_unread: None,
            pending: Vec::new(),
            queue: Queue::default(),
            gone: false,
            speakers: VecDeque::new(),
        }
    }

    /// Which one it is.
    pub fn id(&self) -> ConversationId {
        self.id
    }

    /// With whom.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// What it is called in the list.
    pub fn title(&self) -> &str {
        match &self.kind {
            Kind::Room(room) => room.as_str(),
            Kind::Direct(name) => name.as_str(),
            Kind::ServerInfo => "server",
        }
    }

    /// The room, if it is one.
    pub fn room(&self) -> Option<&RoomName> {
        match &self.kind {
            Kind::Room(room) => Some(room),
            _ => None,
        }
    }

    /// The lines.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// What the room is about; may be empty.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// The people in the room that are known, by name.
    pub fn members(&self) -> impl ExactSizeIterator<Item = &Name> {
        self.members.iter().map(|(_, name)| name)
    }

    /// How many are in the room; may be more than are known.
    pub fn member_count(&self) -> usize {
        self.member_count.max(self.members.len())
    }

    /// Whether messages can be sent here.
    pub fn is_open(&self) -> bool {
        match self.kind {
            Kind::Room(_) => self.joined,
            Kind::Direct(_) => true,
            Kind::ServerInfo => false,
        }
    }

    /// How many messages were not read.
    pub fn unread(&self) -> usize {
        self.unread
    }

    /// How many of them name the person.
    pub fn mentions(&self) -> usize {
        self.mentions
    }

    /// The first line that was not read when it came.
    pub fn first_unread(&self) -> Option<u64> {
        self.first_unread
    }

    /// The messages that are not confirmed yet, in the order in which they were sent.
    pub fn pending(&self) -> &[Pending] {
        &self.pending
    }

    /// The messages that failed and were said before one of these lines, or, where none is given, after the last.
    pub fn failed_before(&self, lines: Option<RangeInclusive<u64>>) -> Vec<&Pending> {
        let end = self.log.end_seq();
        let lines = lines.unwrap_or(end..=u64::MAX);
        let failed = self.pending.iter().filter(|pending| pending.failed.is_some());
        failed.filter(|pending| lines.contains(&self.log.line_after(pending.place))).collect()
    }

    /// Lines that are sent one after the other, and have not been yet.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// The last authors, the latest first.
    pub fn speakers(&self) -> impl Iterator<Item = &Name> {
        self.speakers.iter()
    }

    pub(super) fn push(&mut self, line: NewLine<'_>, zone: &Zone) {
        self.log.push(line, zone);
        self.forget_lost_gaps();
    }

    pub(super) fn count_unread(&mut self, mention: bool) {
        self.unread += 1;
        self.mentions += usize::from(mention);
        if self.first_unread.is_none() {
            self.first_unread = Some(self.log.end_seq().saturating_sub(1));
        }
    }

    pub(super) fn spoke(&mut self, name: &Name) {
        if self.speakers.front() == Some(name) {
            return;
        }
        if let Some(at) = self.speakers.iter().position(|other| other == name) {
            self.speakers.remove(at);
        }
        self.speakers.push_front(name.clone());
        self.speakers.truncate(SPEAKERS);
    }

    pub(super) fn set_members(&mut self, members: Vec<Name>, count: usize) {
        self.members = members.into_iter().map(|name| (fold(name.as_str()), name)).collect();
        self.members.sort_unstable();
        self.members.dedup();
        self.member_count = count;
    }

    pub(super) fn add_member(&mut self, name: Name) -> bool {
        let member = (fold(name.as_str()), name);
        match self.members.binary_search(&member) {
            Ok(_) => false,
            Err(at) => {
                self.members.insert(at, member);
                true
            }
        }
    }

    pub(super) fn remove_member(&mut self, name: &Name) -> bool {
        let member = (fold(name.as_str()), name.clone());
        let found = self.members.binary_search(&member);
        if let Ok(at) = found {
            self.members.remove(at);
        }
        found.is_ok()
    }

    pub(super) fn rename_member(&mut self, from: &Name, to: &Name) {
        if self.remove_member(from) {
            self.add_member(to.clone());
        }
        for speaker in &mut self.speakers {
            if speaker == from {
                *speaker = to.clone();
            }
        }
    }

    /// The own message with this nonce has arrived. In the history, another run of this program may have used
    /// the same nonce, so the text has to be the same too.
    pub(super) fn confirm(&mut self, nonce: Option<&str>, text: &str, from_history: bool) {
        if nonce.is_none() {
            return;
        }
        let is_it = |pending: &Pending| {
            pending.nonce.as_deref() == nonce && !(from_history && pending.text != text)
        };
        let Some(at) = self.pending.iter().position(is_it) else { return };
        self.pending.remove(at);
        // What was said after it stands after it.
        let place = self.log.end();
        let later = self.pending[at..].iter_mut().filter(|pending| pending.failed.is_none());
        later.for_each(|pending| pending.place = place);
    }

    /// What was sent before the connection broke, and is not among what was missed, did not arrive.
    pub(super) fn settle_doubts(&mut self) {
        if self.gaps.iter().any(|gap| gap.unasked > 0) {
            // It may be on a page that is still to come.
            return;
        }
        for pending in self.pending.iter_mut().filter(|pending| pending.in_doubt) {
            pending.in_doubt = false;
            pending.failed.get_or_insert_with(|| {
                "the connection broke before the server had it; send it again".to_owned()
            });
        }
    }
}

/// All conversations, rooms first, and which one is in front.
#[derive(Debug, Default)]
pub(super) struct Conversations {
    all: Vec<Conversation>,
    active: Option<ConversationId>,
    next: u32,
}

impl Conversations {
    /// Ids are those of the server with this number, so that no two of the window are the same.
    pub(super) fn number_from(&mut self, server: u32) {
        self.next = server << 20;
    }

    pub(super) fn all(&self) -> &[Conversation] {
        &self.all
    }

    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut Conversation> {
        self.all.iter_mut()
    }

    pub(super) fn get_mut(&mut self, id: ConversationId) -> Option<&mut Conversation> {
        self.all.iter_mut().find(|conversation| conversation.id == id)
    }

    pub(super) fn get(&self, id: ConversationId) -> Option<&Conversation> {
        self.all.iter().find(|conversation| conversation.id == id)
    }

    pub(super) fn active(&self) -> Option<&Conversation> {
        self.all.iter().find(|conversation| Some(conversation.id) == self.active)
    }

    pub(super) fn active_id(&self) -> Option<ConversationId> {
        self.active().map(Conversation::id)
    }

    pub(super) fn room_mut(&mut self, room: &str) -> Option<&mut Conversation> {
        self.all.iter_mut().find(
            |conversation| matches!(&conversation.kind, Kind::Room(name) if name.as_str() == room),
        )
    }

    pub(super) fn direct_mut(&mut self, name: &str) -> Option<&mut Conversation> {
        self.all.iter_mut().find(|conversation| {
            matches!(&conversation.kind, Kind::Direct(other) if other.as_str() == name)
        })
    }

    /// The one with this kind, opened if need be: rooms stand before people, and the server first.
    pub(super) fn open(&mut self, kind: Kind) -> &mut Conversation {
        if let Some(at) = self.all.iter().position(|conversation| conversation.kind == kind) {
            return &mut self.all[at];
        }
        let rank = |kind: &Kind| match kind {
            Kind::ServerInfo => 0,
            Kind::Room(_) => 1,
            Kind::Direct(_) => 2,
        };
        let at = self.all.partition_point(|other| rank(&other.kind) <= rank(&kind));
        let id = ConversationId(self.next);
        self.next += 1;
        self.all.insert(at, Conversation::new(id, kind));
        &mut self.all[at]
    }

    /// Brings one to the front; the one before is read from then on.
    pub(super) fn show(&mut self, id: ConversationId) {
        if self.active != Some(id)
            && let Some(before) = self.active.and_then(|before| self.get_mut(before))
            && before.unread == 0
        {
            before.first_unread = None;
        }
        self.active = Some(id);
        self.read_active();
    }

    pub(super) fn remove(&mut self, id: ConversationId) {
        let Some(at) = self.all.iter().position(|conversation| conversation.id == id) else {
            return;
        };
        self.all.remove(at);
        if self.active == Some(id) {
            self.active = None;
            let neighbour = self.all.get(at).or_else(|| self.all.last()).map(Conversation::id);
            if let Some(neighbour) = neighbour {
                self.show(neighbour);
            }
        }
    }

    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.active = None;
    }

    pub(super) fn read_active(&mut self) {
        if let Some(active) = self.active.and_then(|id| self.get_mut(id)) {
            active.unread = 0;
            active.mentions = 0;
        }
    }

    /// The window is not looked at any more: what was read stays read, and what comes is new.
    pub(super) fn forget_read_marks(&mut self) {
        if let Some(active) = self.active.and_then(|id| self.get_mut(id))
            && active.unread == 0
        {
            active.first_unread = None;
        }
    }

    pub(super) fn unread(&self) -> usize {
        self.all.iter().map(Conversation::unread).sum()
    }
}

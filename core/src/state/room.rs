//! A room: who is in it, what it is about and what happened there. Plain state, changed by the hub alone.

mod sharing;

use crate::protocol::ids::RoomId;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use crate::delivery::fanout::Amount;
use crate::delivery::outbox::Outbox;
use crate::delivery::timeline::{Committed, Slice, Stamp, Timeline};
use crate::dialect::RoomRole;
use crate::protocol::entry::{Entry, EntryKind};
use crate::protocol::ids::EntryId;
use crate::protocol::ids::MemberId;
use crate::protocol::ids::SlotId;
use crate::protocol::info::RoomInfo;
use crate::protocol::name::{Name, RoomName};
use crate::protocol::network::Network;
use crate::protocol::settings::RoomSettings;
use crate::protocol::timestamp::Timestamp;
use crate::state::remembered_rooms::LeftRoom;
use crate::state::rights::Rights;
use crate::state::store::Opened;

pub(crate) use sharing::{Occupant, Sharing};

/// So many removed messages of a room are remembered.
const REMEMBERED_REMOVALS: usize = 256;

#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) id: RoomId,
    pub(crate) name: RoomName,
    pub(crate) topic: String,
    /// What it was about when it was opened.
    pub(crate) given_topic: String,
    /// Whether the operator opened it, so that it is opened again when the server starts.
    pub(crate) reopens: bool,
    /// By name, so that a roster is in order and can be given in pages.
    pub(crate) members: BTreeMap<Name, Occupant>,
    /// How many of them each shard has.
    pub(crate) readers: Vec<usize>,
    pub(crate) timeline: Arc<Timeline>,
    /// Whether it stays when the last member leaves.
    pub(crate) permanent: bool,
    /// What plugins have given members here; of most nothing.
    pub(crate) rights: HashMap<MemberId, Rights>,
    /// The plugins that hide its members and topic from those outside.
    pub(crate) hidden_by: Vec<SlotId>,
    /// The plugin that lets only those join who were let in.
    pub(crate) locked_by: Option<SlotId>,
    /// The plugin that lets only moderators speak.
    pub(crate) hushed_by: Option<SlotId>,
    /// Whether a count of members is owed to those who are here, because the room is too large to announce everybody.
    pub(crate) owes_count: bool,
    /// Which messages were removed, for those who come back and have read them; the latest.
    pub(crate) removed: VecDeque<EntryId>,
    /// From where somebody joined it first, where that counts.
    pub(crate) opened_from: Option<Network>,
    /// What this turn of the hub brought; appended to the timeline at its end.
    fresh: Vec<Committed>,
    next_id: EntryId,
    /// Whether what happens here is kept, where there is a store.
    pub(crate) is_kept: bool,
    /// What it has more of if other servers share it.
    pub(crate) sharing: Option<Box<Sharing>>,
    /// The first entry that newcomers may read; see [`sealed`](crate::state::sealed).
    pub(crate) readable_from: EntryId,
}

impl Room {
    pub(crate) fn new(
        id: RoomId,
        name: RoomName,
        permanent: bool,
        role: RoomRole,
        settings: &RoomSettings,
    ) -> Self {
        let timeline = Timeline::new(role, settings.timeline_entries, settings.timeline_bytes);
        Self {
            id,
            name,
            topic: String::new(),
            given_topic: String::new(),
            reopens: false,
            members: BTreeMap::new(),
            readers: Vec::new(),
            timeline: Arc::new(timeline),
            permanent,
            rights: HashMap::new(),
            hidden_by: Vec::new(),
            locked_by: None,
            hushed_by: None,
            removed: VecDeque::new(),
            owes_count: false,
            opened_from: None,
            fresh: Vec::new(),
            next_id: 1,
            is_kept: false,
            sharing: None,
            readable_from: 0,
        }
    }

    /// Is about this from here on, or about what was set the last time that it was opened as being about this.
    pub(crate) fn open(&mut self, topic: &str, left: LeftRoom) {
        let holds = left.given == topic;
        self.topic = if holds { left.topic } else { topic.to_owned() };
        self.given_topic = topic.to_owned();
        self.removed = left.removed;
    }

    /// Goes on where a room of this name was left. Called before anything happens in it.
    pub(crate) fn resume(&mut self, opened: Opened) {
        self.next_id = opened.last + 1;
        self.timeline.resume(opened.last, opened.tail);
    }

    /// The last entries, at most this many, for whoever opens it again.
    pub(crate) fn tail(&self, most: usize) -> Vec<Entry> {
        let first = self.next_id.saturating_sub(most as u64).max(self.timeline.first());
        let (slices, _) = self.timeline.since(first);
        slices.iter().flat_map(|slice| slice.entries().cloned()).collect()
    }

    /// What is in memory after an id, also what this turn brought.
    pub(crate) fn tail_after(&self, id: EntryId) -> Vec<Entry> {
        let (slices, _) = self.timeline.since((id + 1).max(self.timeline.first()));
        let published = slices.iter().flat_map(|slice| slice.entries());
        let fresh = self.fresh.iter().map(|committed| &committed.entry);
        published.chain(fresh).filter(|entry| entry.id > id).cloned().collect()
    }

    /// Gives what happened its id. Everybody sees it once the hub's turn ends.
    pub(crate) fn commit(
        &mut self,
        stamp: Stamp,
        author: Option<MemberId>,
        time: Timestamp,
        what: EntryKind,
    ) {
        let entry = Entry { room: self.name.clone(), id: self.next_id, time, what };
        self.next_id += 1;
        self.fresh.push(Committed { stamp, author, entry });
    }

    /// The ids mean something else from here on: it goes on after `last`, with these entries before it, and whoever reads it begins anew.
    pub(crate) fn begin_anew(&mut self, last: EntryId, tail: Vec<Entry>, settings: &RoomSettings) {
        let (entries, bytes) = (settings.timeline_entries, settings.timeline_bytes);
        self.timeline = Arc::new(Timeline::new(self.timeline.role(), entries, bytes));
        self.fresh.clear();
        self.removed.clear();
        self.readable_from = 0;
        self.resume(Opened { last, tail });
    }

    /// Puts a mark in the place of a message. Returns whether there was one.
    pub(crate) fn remove_message(&mut self, id: EntryId) -> bool {
        let is_message = |what: &EntryKind| matches!(what, EntryKind::Message { .. });
        // This turn may have brought it.
        let fresh = self.fresh.iter_mut().map(|committed| &mut committed.entry);
        match fresh.into_iter().find(|entry| entry.id == id) {
            Some(entry) if is_message(&entry.what) => {
                entry.what = EntryKind::Removed;
                true
            }
            Some(_) => false,
            None => self.timeline.replace(id, EntryKind::Removed, is_message),
        }
    }

    /// Remembers that a message was removed, here or where older ones are kept.
    pub(crate) fn note_removed(&mut self, id: EntryId) {
        if !self.removed.contains(&id) {
            self.removed.push_back(id);
        }
        if self.removed.len() > REMEMBERED_REMOVALS {
            self.removed.pop_front();
        }
    }

    /// The connections that are in it.
    pub(crate) fn here(&self) -> impl Iterator<Item = MemberId> {
        self.members.values().filter_map(Occupant::here)
    }

    /// Whether nobody of this server is in it.
    pub(crate) fn is_empty_here(&self) -> bool {
        self.readers.iter().all(|readers| *readers == 0)
    }

    /// Whether nobody can enter yet, because the engine has not told what is in it.
    pub(crate) fn is_opening(&self) -> bool {
        self.sharing.as_ref().is_some_and(|sharing| !sharing.is_open)
    }

    /// An outbox follows the room from now on.
    pub(crate) fn add_reader(&mut self, outbox: &Outbox) {
        let shard = outbox.shard();
        if self.readers.len() <= shard {
            self.readers.resize(shard + 1, 0);
        }
        self.readers[shard] += 1;
    }

    /// An outbox does not follow the room any more.
    pub(crate) fn remove_reader(&mut self, outbox: &Outbox) {
        if let Some(readers) = self.readers.get_mut(outbox.shard()) {
            *readers = readers.saturating_sub(1);
        }
    }

    /// What was committed last in this turn of the hub, if anything was.
    pub(crate) fn latest(&self) -> Option<&Entry> {
        self.fresh.last().map(|committed| &committed.entry)
    }

    /// Appends what the turn brought to the timeline. Returns it, and how many entries and bytes that was.
    pub(crate) fn append_fresh(&mut self) -> Option<(Slice, Amount)> {
        let entries = self.fresh.len() as u64;
        let (slice, bytes) = self.timeline.append(std::mem::take(&mut self.fresh))?;
        Some((slice, Amount { entries, bytes: bytes as u64 }))
    }

    /// The id from which on so many entries are told to a newcomer, who is told nothing of who came and went. Not further back than eight times as many.
    pub(crate) fn past_from(&self, told: usize) -> EntryId {
        let next = self.next_id();
        let mut ids = Vec::new();
        let furthest = next.saturating_sub(8 * told as u64).max(self.timeline.first());
        let _ = self.timeline.collect(furthest, Stamp::MAX, usize::MAX, |slice| {
            let told = slice.entries().filter(|entry| !entry.what.is_presence());
            ids.extend(told.map(|entry| entry.id));
        });
        let from = ids.len().saturating_sub(told);
        ids.get(from).copied().unwrap_or(next)
    }

    /// How many entries from this id on are something that people read; `with_presence` where they are told who came and went.
    pub(crate) fn shown_since(&self, id: EntryId, with_presence: bool) -> usize {
        let mut shown = 0;
        let is_told = |what: &EntryKind| what.is_shown() && (with_presence || !what.is_presence());
        let mut count = |entry: &Entry| shown += usize::from(is_told(&entry.what));
        // The rest has not been published yet.
        let _ = self
            .timeline
            .collect(id, Stamp::MAX, usize::MAX, |slice| slice.entries().for_each(&mut count));
        self.fresh
            .iter()
            .map(|committed| &committed.entry)
            .filter(|entry| entry.id >= id)
            .for_each(&mut count);
        shown
    }

    /// What plugins have given a member here.
    pub(crate) fn rights(&self, member: MemberId) -> Rights {
        self.rights.get(&member).copied().unwrap_or_default()
    }

    /// Changes that; only of who is here.
    pub(crate) fn change_rights(&mut self, member: MemberId, change: impl FnOnce(&mut Rights)) {
        let mut rights = self.rights(member);
        change(&mut rights);
        match rights.is_nothing() {
            true => drop(self.rights.remove(&member)),
            false => drop(self.rights.insert(member, rights)),
        }
    }

    /// A plugin is over, and all that it made of the room.
    pub(crate) fn forget_plugin(&mut self, slot: SlotId) {
        self.hidden_by.retain(|by| *by != slot);
        self.locked_by.take_if(|by| *by == slot);
        self.hushed_by.take_if(|by| *by == slot);
        self.rights.retain(|_, rights| {
            rights.forget_plugin(slot);
            !rights.is_nothing()
        });
    }

    /// The id that the next entry will have.
    pub(crate) fn next_id(&self) -> EntryId {
        self.next_id
    }

    pub(crate) fn info(&self) -> RoomInfo {
        RoomInfo {
            room: self.name.clone(),
            topic: self.topic.clone(),
            members: self.members.len(),
            hidden: !self.hidden_by.is_empty(),
            locked: self.locked_by.is_some(),
            hushed: self.hushed_by.is_some(),
        }
    }
}

//! The state of a server: who is here, which rooms there are. Plain state, changed by the hub alone; what it brings about is
//! stamped, so that everybody sees it in one order.

mod returning;
mod sharing;

use crate::protocol::authentication::Mechanism;
use crate::protocol::fingerprint::Fingerprint;
use crate::protocol::plugin_info::PluginInfo;
use crate::protocol::status::Status;
use crate::state::rooms::Rooms;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::delivery::fanout::{Amount, Work};
use crate::delivery::outbox::{Mail, Outbox, Post};
use crate::delivery::timeline::{Stamp, weight};
use crate::dialect::RoomRole;
use crate::protocol::entry::EntryKind;
use crate::protocol::event::Event;
use crate::protocol::ids::RoomId;
use crate::protocol::ids::SlotId;
use crate::protocol::ids::{EntryId, MemberId};
use crate::protocol::info::MemberInfo;
use crate::protocol::name::{Name, RoomName};
use crate::protocol::role::Role;
use crate::protocol::settings::{Announce, Settings};
use crate::protocol::timestamp::Timestamp;
use crate::state::clock::Clock;
use crate::state::handle::Handle;
use crate::state::keeping::Keeping;
use crate::state::member::Member;
use crate::state::name_index::NameIndex;
use crate::state::order::Given;
use crate::state::plugin_stats::PluginStats;
use crate::state::remembered_rooms::{LeftRoom, RememberedRooms};
use crate::state::report::Reports;
use crate::state::room::Room;
use crate::state::roster::Roster;
use crate::state::sealed;
use crate::state::shared::Shared;
use crate::state::shared_values::SharedValues;
use crate::state::stays::{FormerMembers, KeptStays};
use crate::state::store::{Acknowledge, RoomEntries, Store, Turn};
use crate::state::unpublished::{Concerned, Unpublished};

/// So many entries of a room that closes are kept for whoever opens it again.
const MOST_LEFT: usize = 512;

/// See the module.
#[derive(Debug)]
pub(crate) struct ServerState {
    /// A handle to this very server, for those who have something for the hub later.
    pub(crate) handle: Handle,
    pub(crate) shared: Arc<Shared>,
    pub(crate) clock: Clock,
    pub(crate) roster: Roster,
    pub(crate) rooms: Rooms,
    pub(crate) reports: Reports,
    /// The name under which the operator speaks.
    pub(crate) operator_name: Name,
    /// Changes with each start.
    pub(crate) epoch: String,
    /// What the ids of this server's own rooms belong to, where it shares others.
    pub(crate) own_epoch: Option<String>,
    pub(crate) since: Timestamp,
    /// The same, by a clock that is never set.
    pub(crate) started: Instant,
    /// `server.slow_hook`, kept here because every hook call looks at it.
    pub(crate) slow_hook: Duration,
    /// The plugins in the order of their hooks; kept by the hub.
    pub(crate) plugins: Vec<Arc<PluginStats>>,
    pub(crate) former_members: FormerMembers,
    /// The accounts that plugins keep, with their roles.
    pub(crate) accounts: HashMap<SlotId, NameIndex<Role>>,
    /// How one can prove to plugins who one is.
    pub(crate) mechanisms: Vec<(SlotId, Mechanism)>,
    /// Connections that ended, by reason.
    pub(crate) left: BTreeMap<&'static str, u64>,
    /// Resident memory, during a command of the operator; the hub waits for no system call, so whoever asks has looked.
    pub(crate) memory_bytes: Option<u64>,
    /// The last stamp given out.
    stamp: Stamp,
    /// Rooms in which this turn brought something, each once.
    touched: Vec<RoomId>,
    /// Entries and bytes that this turn brought to all rooms.
    fresh_entries: usize,
    fresh_bytes: usize,
    /// Outboxes that something was put into in this turn.
    mailed: Vec<Arc<Outbox>>,
    /// Where what must survive a restart is kept, and what it has said.
    pub(crate) store: Option<Arc<dyn Store>>,
    pub(crate) acknowledge: Acknowledge,
    /// Who orders what happens in shared rooms, where other servers share them.
    pub(crate) order: Option<Given>,
    /// What of the history is kept, and the plugin that says so.
    pub(crate) keeping: Option<(SlotId, Keeping)>,
    pub(crate) values: SharedValues,
    /// Rooms as they were left, where there is a store.
    pub(crate) remembered: RememberedRooms,
    /// Turns that the store has yet to keep.
    pub(crate) unpublished: Unpublished,
    /// What this turn brought to rooms that it closed, or began anew.
    closed: Vec<RoomEntries>,
    /// Members whose mailbox was full; the hub disconnects them.
    pub(crate) overfull: Vec<MemberId>,
}

impl ServerState {
    pub(crate) fn new(handle: Handle, clock: Clock, operator_name: Name) -> Self {
        let (shared, reports) = (handle.shared.clone(), handle.reports.clone());
        let mut roster = Roster::default();
        roster.set_operator(&operator_name);
        roster.reserve(shared.settings().server.names_kept());
        Self {
            since: clock.timestamp(),
            started: clock.now(),
            slow_hook: shared.settings().server.slow_hook,
            epoch: format!("{:016x}", fastrand::u64(..)),
            own_epoch: None,
            handle,
            shared,
            clock,
            roster,
            rooms: Rooms::default(),
            reports,
            operator_name,
            plugins: Vec::new(),
            former_members: FormerMembers::default(),
            accounts: HashMap::new(),
            mechanisms: Vec::new(),
            left: BTreeMap::new(),
            memory_bytes: None,
            stamp: 0,
            touched: Vec::new(),
            fresh_entries: 0,
            fresh_bytes: 0,
            mailed: Vec::new(),
            store: None,
            acknowledge: Acknowledge::default(),
            order: None,
            keeping: None,
            values: SharedValues::new(None),
            remembered: RememberedRooms::default(),
            unpublished: Unpublished::default(),
            closed: Vec::new(),
            overfull: Vec::new(),
        }
    }

    /// From here on what happens is kept. Called before the hub runs; reads what was kept before.
    pub(crate) fn keep_in(&mut self, store: Arc<dyn Store>) {
        store.attach(self.acknowledge.clone());
        self.epoch = store.epoch();
        self.values = SharedValues::new(Some(store.clone()));
        KeptStays::tidy(&self.values, self.clock.timestamp());
        self.remembered = RememberedRooms::load(&self.values, self.clock.timestamp());
        self.store = Some(store);
    }

    pub(crate) fn settings(&self) -> Arc<Settings> {
        self.shared.settings()
    }

    /// Something happened in a room, for everybody in it.
    pub(crate) fn commit(&mut self, room: RoomId, author: Option<MemberId>, what: EntryKind) {
        let time = self.clock.timestamp();
        self.commit_at(time, room, author, what);
    }

    /// The same, at a time that somebody else has given.
    pub(crate) fn commit_at(
        &mut self,
        time: Timestamp,
        room: RoomId,
        author: Option<MemberId>,
        what: EntryKind,
    ) {
        let stamp = self.next_stamp();
        if let Some(room) = self.rooms.get_mut(room) {
            if room.latest().is_none() {
                self.touched.push(room.id);
            }
            room.commit(stamp, author, time, what);
            self.fresh_entries += 1;
            self.fresh_bytes += room.latest().map_or(0, weight);
        }
    }

    /// Tells one member something.
    pub(crate) fn send(&mut self, member: MemberId, event: Event) {
        if let Some(outbox) = self.roster.get(member).map(|member| member.outbox.clone()) {
            self.post(&outbox, Mail::Event(Box::new(event)));
        }
    }

    /// Sends one member bytes that are in their final form.
    pub(crate) fn answer(&mut self, member: MemberId, bytes: Vec<u8>) {
        if let Some(outbox) = self.roster.get(member).map(|member| member.outbox.clone()) {
            self.post(&outbox, Mail::Bytes(bytes));
        }
    }

    /// Puts something into a connection's mailbox and tells its shard.
    pub(crate) fn post(&mut self, outbox: &Arc<Outbox>, mail: Mail) {
        let stamp = self.next_stamp();
        match outbox.post(stamp, mail, self.shared.settings().limits.mailbox) {
            Post::Full => self.overfull.push(outbox.id()),
            Post::Waits if self.mailed.last().is_some_and(|last| last.id() == outbox.id()) => {}
            Post::Waits => self.mailed.push(outbox.clone()),
        }
    }

    /// Ends a turn: what it brought is seen from here on, whole and by everybody; with a store, once that has kept it and all before it.
    pub(crate) fn publish(&mut self) {
        let mut brought = std::mem::take(&mut self.closed);
        for id in &self.touched {
            if let Some(room) = self.rooms.get_mut(*id)
                && let Some((entries, amount)) = room.append_fresh()
            {
                self.shared.fanout.appended(amount);
                if self.store.is_some() {
                    let (room, kept) = (room.name.clone(), room.is_kept);
                    brought.push(RoomEntries { room, kept, entries });
                }
            }
        }
        let amount = Amount { entries: self.fresh_entries as u64, bytes: self.fresh_bytes as u64 };
        (self.fresh_entries, self.fresh_bytes) = (0, 0);
        let needs = self.hand_over(brought, amount);
        let (mailed, touched) =
            (std::mem::take(&mut self.mailed), std::mem::take(&mut self.touched));
        self.unpublished.push(Concerned { stamp: self.stamp, needs, mailed, touched });
        self.release();
    }

    /// Gives what a turn brought to the store. Returns what it has to acknowledge before anybody is shown the turn.
    fn hand_over(&mut self, rooms: Vec<RoomEntries>, amount: Amount) -> Stamp {
        let Some(store) = self.store.clone() else { return 0 };
        if rooms.is_empty() && !self.values.take_changed() {
            return 0;
        }
        self.values.take_changed();
        // What changed a value alone has a place in the order too.
        let number = self.next_stamp();
        let waits = store.append(Turn { number, rooms });
        self.unpublished.handed(number, amount);
        if waits { number } else { 0 }
    }

    /// Lets everybody see the turns that they may.
    ///
    /// The shards are told last. One that looked earlier would find nothing that it may show, and would not look again.
    pub(crate) fn release(&mut self) {
        if self.store.is_some() {
            self.unpublished.acknowledge(self.acknowledge.last_committed());
        }
        let fanout = &self.shared.fanout;
        let mut is_released = false;
        while let Some(mut turn) = self.unpublished.pop_visible() {
            self.shared.published.advance(turn.stamp);
            for outbox in turn.mailed.drain(..) {
                fanout.push(outbox.shard(), Work::Mail(outbox));
            }
            for id in turn.touched.drain(..) {
                if let Some(room) = self.rooms.get(id) {
                    fanout.happened(id, &room.readers);
                }
            }
            if self.mailed.is_empty() && self.touched.is_empty() {
                // Their space is for the next turn.
                (self.mailed, self.touched) = (turn.mailed, turn.touched);
            }
            is_released = true;
        }
        if is_released {
            fanout.wake();
        }
    }

    /// Opens a room, where it was left and as it was left if it was open before.
    pub(crate) fn open_room(&mut self, name: RoomName, topic: &str, permanent: bool) -> RoomId {
        let settings = self.settings();
        let left = self.remembered.find(name.as_str()).map(|(_, left)| left.clone());
        let role = if self.rooms.len() == 0 { RoomRole::Main } else { RoomRole::Other };
        let opened = self.store.as_ref().map(|store| store.opened(&name));
        let is_kept = self.keeps(&name);
        let id = self.rooms.open(name, permanent, role, &settings);
        if let Some(room) = self.rooms.get_mut(id) {
            room.is_kept = is_kept;
            room.open(topic, left.unwrap_or_default());
            if let Some(opened) = opened {
                room.readable_from = sealed::first_readable(&self.values, &room.name, opened.last);
                room.resume(opened);
            }
        }
        self.open_shared(id);
        id
    }

    /// A room is about this from here on.
    pub(crate) fn set_topic(&mut self, id: RoomId, topic: &str) {
        if let Some(room) = self.rooms.get_mut(id) {
            topic.clone_into(&mut room.topic);
        }
        self.remember_room(id);
    }

    /// Remembers a room as it is now, for when it or the server is opened again.
    pub(crate) fn remember_room(&mut self, id: RoomId) {
        let Some(room) = self.rooms.get(id).filter(|_| self.store.is_some()) else { return };
        let (name, left) = (room.name.clone(), LeftRoom::of(room, self.clock.timestamp()));
        self.remembered.put(&self.values, &name, left);
    }

    /// Closes a room. Who was in it still reads what this turn brought, and what is left of it is handed to the store.
    pub(crate) fn close_room(&mut self, id: RoomId) -> Option<Room> {
        let mut room = self.rooms.close(id)?;
        let fresh = room.append_fresh();
        if let Some((_, amount)) = &fresh {
            self.shared.fanout.appended(*amount);
        }
        if let Some(store) = &self.store {
            let (name, kept) = (room.name.clone(), room.is_kept);
            if let Some((entries, _)) = fresh {
                self.closed.push(RoomEntries { room: name, kept, entries });
            }
            // As far back as somebody looks who is shown only what was said.
            let most = 8 * self.shared.settings().rooms.history;
            let tail = if kept { room.tail(most.min(MOST_LEFT)) } else { Vec::new() };
            store.closed(&room.name, room.next_id() - 1, tail);
        }
        Some(room)
    }

    /// Whether what happens in a room is kept.
    pub(crate) fn keeps(&self, room: &RoomName) -> bool {
        self.store.is_some()
            && self.keeping.as_ref().is_some_and(|(_, keeping)| keeping.keeps(room))
    }

    /// Has other rooms kept from here on, or none.
    pub(crate) fn set_keeping(&mut self, keeping: Option<(SlotId, Keeping)>) {
        self.keeping = keeping;
        let ids: Vec<RoomId> = self.rooms.iter().map(|room| room.id).collect();
        for id in ids {
            let Some(name) = self.rooms.get(id).map(|room| room.name.clone()) else { continue };
            let is_kept = self.keeps(&name);
            if let Some(room) = self.rooms.get_mut(id) {
                room.is_kept = is_kept;
            }
        }
    }

    /// Whether a turn has brought as much as may be seen at once: a part of a timeline that is far from all of it.
    pub(crate) fn is_turn_full(&self) -> bool {
        let rooms = &self.shared.settings().rooms;
        self.fresh_entries > rooms.timeline_entries / 8
            || self.fresh_bytes > rooms.timeline_bytes / 8
    }

    /// Whether those in a room are not told of everybody who comes and goes: it is too large, or the settings say so.
    pub(crate) fn is_quiet(&self, room: &Room) -> bool {
        let announced = self.shared.settings().presence.announce_up_to;
        announced.is_some_and(|announced| room.members.len() > announced) || self.is_silent(room)
    }

    /// Whether those in a room are not even told how many they are.
    pub(crate) fn is_silent(&self, room: &Room) -> bool {
        let settings = self.shared.settings();
        let listed = settings.rooms.listed_as(room.name.as_str());
        listed.is_some_and(|listed| listed.announce == Announce::Never)
    }

    /// Whether a member may know who is in a room and what it is about: of a hidden one those inside and moderators.
    pub(crate) fn sees(&self, member: MemberId, room: &Room) -> bool {
        let may = |member: &Member| member.is_in(room.id) || member.role >= Role::Moderator;
        room.hidden_by.is_empty() || self.roster.get(member).is_some_and(may)
    }

    /// Whether somebody watches hook calls.
    pub(crate) fn is_traced(&self) -> bool {
        self.handle.tracers.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn plugin_name(&self, slot: SlotId) -> String {
        let stats = self.plugins.iter().find(|stats| stats.id == slot);
        stats.map(|stats| stats.setup.name.clone()).unwrap_or_default()
    }

    /// The room where a line of this member goes that names none.
    pub(crate) fn current_room(&self, member: MemberId) -> Option<&Room> {
        self.rooms.get(self.roster.get(member)?.current?)
    }

    /// The rooms a member is in, in the order of entering.
    pub(crate) fn rooms_of(&self, member: MemberId) -> Vec<RoomId> {
        self.roster.get(member).map(|member| member.rooms().collect()).unwrap_or_default()
    }

    /// Where a member may read back, and from which entry on: in the rooms it is in, as far as they are kept.
    pub(crate) fn readable(&self, member: MemberId) -> Vec<(RoomName, EntryId)> {
        let since_join = self.keeping.as_ref().is_some_and(|(_, keeping)| keeping.since_join);
        let stays = self.roster.get(member).into_iter().flat_map(|member| &member.stays);
        let kept = stays.filter_map(|stay| Some((stay, self.rooms.get(stay.room)?)));
        kept.filter(|(_, room)| room.is_kept)
            .map(|(stay, room)| {
                let since = if since_join { stay.since } else { room.readable_from };
                (room.name.clone(), since)
            })
            .collect()
    }

    pub(crate) fn member_info(&self, member: &Member) -> MemberInfo {
        let name_of = |id: RoomId| self.rooms.get(id).map(|room| room.name.clone());
        let now = self.clock.now();
        MemberInfo {
            id: member.id,
            name: member.name.clone(),
            role: member.role,
            account: member.account.clone(),
            peer: member.peer,
            encrypted: member.outbox.wire.is_encrypted(),
            certificate: member.outbox.wire.transport().certificate().map(Fingerprint::from),
            since: member.since,
            messages: member.messages,
            idle: member.last_asked.map_or(Duration::ZERO, |asked| now.duration_since(asked)),
            rooms: member.rooms().filter_map(name_of).collect(),
            current: member.current.and_then(name_of),
        }
    }

    /// The role of the account with this name, or one that looks like it.
    pub(crate) fn account_role(&self, name: &str) -> Option<Role> {
        self.accounts.values().filter_map(|accounts| accounts.find(name)).max()
    }

    pub(crate) fn plugin_infos(&self) -> Vec<PluginInfo> {
        self.plugins.iter().map(|stats| stats.info()).collect()
    }

    fn next_stamp(&mut self) -> Stamp {
        self.stamp += 1;
        self.stamp
    }
}

impl ServerState {
    /// How it is doing, but for the memory that only the system knows.
    pub(crate) fn status(&self) -> Status {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counters = &self.shared.counters;
        let is_encrypted = |member: &&Member| member.outbox.wire.is_encrypted();
        Status {
            name: self.shared.settings().server.name.clone(),
            since: self.since,
            addresses: self.shared.addresses(),
            connected: self.roster.connected(),
            members: self.roster.named(),
            encrypted: self.roster.iter().filter(is_encrypted).count(),
            rooms: self.rooms.len(),
            messages: count(&counters.messages),
            deliveries: count(&counters.deliveries),
            bytes_sent: count(&counters.bytes_sent),
            bytes_received: count(&counters.bytes_received),
            connections: count(&counters.connections),
            left: self.left.iter().map(|(why, count)| ((*why).to_owned(), *count)).collect(),
            limit_hits: counters.limit_hits(),
            queue: self.handle.inbox.len(),
            plugins: self.plugin_infos(),
            #[cfg(feature = "tls")]
            certificate: {
                let protocols = self.shared.protocols();
                protocols.iter().find_map(|added| added.protocol.certificate())
            },
            store: self.store.as_ref().map(|store| store.status()),
            order: self.order.as_ref().map(|order| order.status()),
            memory_bytes: self.memory_bytes,
        }
    }
}

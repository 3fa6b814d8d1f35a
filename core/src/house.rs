//! The state of a house: who is here, which rooms there are. Plain state, changed by the hub alone; what it brings about is
//! stamped, so that everybody sees it in one order.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::clock::Clock;
use crate::config::Settings;
use crate::dialect::Place;
use crate::event::{Event, Happening, Timestamp};
use crate::fanout::Work;
use crate::hooks::{Card, SlotId};
use crate::host::MemberInfo;
use crate::hub::inbox::InboxSender;
use crate::member::{Member, MemberId};
use crate::name::{self, Name, RoomName};
use crate::outlet::{Mail, Outlet, Post};
use crate::report::Reports;
use crate::room::{Room, RoomId};
use crate::roster::Roster;
use crate::shared::Shared;
use crate::timeline::{Stamp, weight};

/// See the module.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) shared: Arc<Shared>,
    pub(crate) clock: Clock,
    pub(crate) roster: Roster,
    pub(crate) rooms: Rooms,
    pub(crate) reports: Reports,
    pub(crate) inbox: InboxSender,
    /// The name under which the operator speaks.
    pub(crate) host_name: Name,
    /// Changes with each start.
    pub(crate) run: String,
    pub(crate) since: Timestamp,
    /// `server.slow_hook`, kept here because every hook call looks at it.
    pub(crate) slow_hook: Duration,
    /// How many watch hook calls.
    pub(crate) tracers: Arc<AtomicUsize>,
    /// The plugins in the order of their hooks; kept by the hub.
    pub(crate) plugins: Vec<Arc<Card>>,
    /// Connections that ended, by reason.
    pub(crate) left: BTreeMap<&'static str, u64>,
    /// Resident memory, while somebody asks who has looked.
    pub(crate) memory_bytes: Option<u64>,
    /// The last stamp given out.
    stamp: Stamp,
    /// Rooms in which this turn brought something.
    touched: Vec<RoomId>,
    /// What this turn brought to all rooms.
    fresh_bytes: usize,
    /// Outlets that were put something into in this turn.
    mailed: Vec<Arc<Outlet>>,
    /// Members whose mailbox was full; the hub sends them out.
    pub(crate) overfull: Vec<MemberId>,
}

/// The rooms there are.
#[derive(Debug, Default)]
pub(crate) struct Rooms {
    /// In the order of their opening.
    list: Vec<RoomId>,
    by_id: HashMap<RoomId, Room>,
    by_name: HashMap<RoomName, RoomId>,
    by_key: HashMap<String, RoomId>,
    next: u64,
}

impl House {
    pub(crate) fn new(
        shared: Arc<Shared>,
        clock: Clock,
        reports: Reports,
        inbox: InboxSender,
        host_name: Name,
        tracers: Arc<AtomicUsize>,
    ) -> Self {
        let mut roster = Roster::default();
        roster.reserve(&host_name);
        Self {
            since: clock.timestamp(),
            slow_hook: shared.settings().server.slow_hook,
            run: format!("{:016x}", fastrand::u64(..)),
            shared,
            clock,
            roster,
            rooms: Rooms::default(),
            reports,
            inbox,
            host_name,
            tracers,
            plugins: Vec::new(),
            left: BTreeMap::new(),
            memory_bytes: None,
            stamp: 0,
            touched: Vec::new(),
            fresh_bytes: 0,
            mailed: Vec::new(),
            overfull: Vec::new(),
        }
    }

    pub(crate) fn settings(&self) -> Arc<Settings> {
        self.shared.settings()
    }

    /// Something happened in a room, for everybody in it.
    pub(crate) fn commit(&mut self, room: RoomId, what: Happening) {
        let stamp = self.next_stamp();
        let time = self.clock.timestamp();
        if let Some(room) = self.rooms.get_mut(room) {
            room.commit(stamp, time, what);
            self.fresh_bytes += room.latest().map_or(0, weight);
            if !self.touched.contains(&room.id) {
                self.touched.push(room.id);
            }
        }
    }

    /// Tells one member something.
    pub(crate) fn tell(&mut self, member: MemberId, event: Event) {
        if let Some(outlet) = self.roster.get(member).map(|member| member.outlet.clone()) {
            self.post(&outlet, Mail::Tell(Box::new(event)));
        }
    }

    /// Puts something into a connection's mailbox and tells its worker.
    pub(crate) fn post(&mut self, outlet: &Arc<Outlet>, mail: Mail) {
        let stamp = self.next_stamp();
        match outlet.post(stamp, mail, self.shared.settings().limits.mailbox) {
            Post::Full => self.overfull.push(outlet.id()),
            Post::Waits if self.mailed.last().is_some_and(|last| last.id() == outlet.id()) => {}
            Post::Waits => self.mailed.push(outlet.clone()),
        }
    }

    /// Ends a turn: what it brought is seen from here on, whole and by everybody.
    ///
    /// The workers are told last. One that looked earlier would find nothing that it may show, and would not look again.
    pub(crate) fn publish(&mut self) {
        let fanout = &self.shared.fanout;
        for id in &self.touched {
            if let Some(room) = self.rooms.get_mut(*id) {
                fanout.appended(room.publish());
            }
        }
        self.fresh_bytes = 0;
        self.shared.published.advance(self.stamp);
        for outlet in self.mailed.drain(..) {
            fanout.tell(outlet.shard(), Work::Mail(outlet));
        }
        for id in self.touched.drain(..) {
            fanout.happened(id);
        }
        fanout.wake();
    }

    /// Whether a turn has brought as much as may be seen at once: a part of a timeline that is far from all of it.
    pub(crate) fn is_turn_full(&self) -> bool {
        self.fresh_bytes > self.shared.settings().rooms.timeline_bytes / 8
    }

    /// Whether a room is too large to announce everybody who comes and goes.
    pub(crate) fn is_quiet(&self, room: &Room) -> bool {
        let announced = self.shared.settings().presence.announce_up_to;
        announced.is_some_and(|announced| room.members.len() > announced)
    }

    /// Whether somebody watches hook calls.
    pub(crate) fn is_traced(&self) -> bool {
        self.tracers.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn plugin_name(&self, slot: SlotId) -> String {
        let card = self.plugins.iter().find(|card| card.id == slot);
        card.map(|card| card.setup.name.clone()).unwrap_or_default()
    }

    /// The room where a line of this member goes that names none.
    pub(crate) fn current_room(&self, member: MemberId) -> Option<&Room> {
        self.rooms.get(self.roster.get(member)?.current?)
    }

    pub(crate) fn member_info(&self, member: &Member) -> MemberInfo {
        let name_of = |id: &RoomId| self.rooms.get(*id).map(|room| room.name.clone());
        let now = self.clock.now();
        MemberInfo {
            id: member.id,
            name: member.name.clone(),
            role: member.role,
            account: member.account.clone(),
            peer: member.peer,
            since: member.since,
            messages: member.messages,
            idle: member.last_asked.map_or(Duration::ZERO, |asked| now.duration_since(asked)),
            rooms: member.rooms.iter().filter_map(name_of).collect(),
            current: member.current.as_ref().and_then(name_of),
        }
    }

    fn next_stamp(&mut self) -> Stamp {
        self.stamp += 1;
        self.stamp
    }
}

impl Rooms {
    /// Opens a room. Its name must not be taken.
    pub(crate) fn open(
        &mut self,
        name: RoomName,
        permanent: bool,
        place: Place,
        settings: &Settings,
    ) -> RoomId {
        self.next += 1;
        let id = RoomId(self.next);
        self.by_name.insert(name.clone(), id);
        self.by_key.extend(name.keys().into_iter().map(|key| (key, id)));
        self.by_id.insert(id, Room::new(id, name, permanent, place, &settings.rooms));
        self.list.push(id);
        id
    }

    pub(crate) fn close(&mut self, id: RoomId) -> Option<Room> {
        let room = self.by_id.remove(&id)?;
        self.by_name.remove(&room.name);
        self.by_key.retain(|_, owner| *owner != id);
        self.list.retain(|listed| *listed != id);
        Some(room)
    }

    pub(crate) fn get(&self, id: RoomId) -> Option<&Room> {
        self.by_id.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: RoomId) -> Option<&mut Room> {
        self.by_id.get_mut(&id)
    }

    /// The room that answers to this name, by case or look-alike letters too.
    pub(crate) fn find(&self, name: &str) -> Option<&Room> {
        let name = name.trim().trim_start_matches('#');
        // Most names are written as they are; only others pay for being folded.
        let exact = self.by_name.get(name).copied();
        let find = || name::keys(name).iter().find_map(|key| self.by_key.get(key).copied());
        self.get(exact.or_else(find)?)
    }

    /// Says whether a room stays when it is empty.
    pub(crate) fn set_permanent(&mut self, id: RoomId, permanent: bool) {
        if let Some(room) = self.by_id.get_mut(&id) {
            room.permanent = permanent;
        }
    }

    /// Gives every timeline other bounds.
    pub(crate) fn resize(&mut self, max_entries: usize, max_bytes: usize) {
        for room in self.by_id.values() {
            room.timeline.resize(max_entries, max_bytes);
        }
    }

    /// In the order of their opening; the default room is the first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Room> {
        self.list.iter().filter_map(|id| self.by_id.get(id))
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }
}

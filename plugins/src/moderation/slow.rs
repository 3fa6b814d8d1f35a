//! Rooms in slow mode, in which each member must wait between two messages. The wait is a person's: it hangs on the connection, on the name and on
//! the address, so that neither another name nor coming back helps.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use salotto::{MemberId, MemberInfo, Name, NameBounds, Network, RoomName};
use serde_json::Value;

use super::kept::{Changes, Kept};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct SlowRooms {
    rooms: HashMap<RoomName, Slow>,
    /// Those whose delay was set since they were last kept.
    changed: HashSet<RoomName>,
}

#[derive(Debug)]
struct Slow {
    delay: Duration,
    /// When each sent the last message, as far as that still counts.
    said: HashMap<Trait, Duration>,
    /// How many are remembered before those that no longer count are removed.
    forget_at: usize,
}

/// By what somebody is known again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Trait {
    Member(MemberId),
    /// A form of the name.
    Name(String),
    Network(Network),
}

/// What is remembered in a room before the first check whether it still counts.
const REMEMBERED: usize = 64;

impl SlowRooms {
    /// Sets the delay of a room; zero ends its slow mode.
    pub(super) fn set(&mut self, room: &RoomName, delay: Duration) {
        if delay.is_zero() {
            return self.forget(room);
        }
        self.rooms.entry(room.clone()).or_insert_with(|| Slow::new(delay)).delay = delay;
        self.changed.insert(room.clone());
    }

    /// Whether any room is in slow mode.
    pub(super) fn any(&self) -> bool {
        !self.rooms.is_empty()
    }

    /// How long a member still has to wait in a room. `is_alone` says whether its address stands for it. `now` is the server's uptime.
    pub(super) fn wait(
        &self,
        room: &RoomName,
        member: &MemberInfo,
        is_alone: impl FnOnce() -> bool,
        now: Duration,
    ) -> Option<Duration> {
        let slow = self.rooms.get(room)?;
        let last =
            |traits: &[Trait]| traits.iter().filter_map(|one| slow.said.get(one)).max().copied();
        let of_address = || {
            let said = slow.said.get(&Trait::Network(member.peer.network()?)).copied()?;
            (slow.left(said, now).is_some() && is_alone()).then_some(said)
        };
        let said = last(&own_traits(member.id, member.name.as_ref())).max(of_address())?;
        slow.left(said, now)
    }

    /// A member has sent a message in a room.
    pub(super) fn said(&mut self, room: &RoomName, member: &MemberInfo, now: Duration) {
        let Some(slow) = self.rooms.get_mut(room) else { return };
        if slow.said.len() >= slow.forget_at {
            let delay = slow.delay;
            slow.said.retain(|_, said| now.saturating_sub(*said) < delay);
            slow.forget_at = REMEMBERED.max(slow.said.len() * 2);
        }
        let network = member.peer.network().map(Trait::Network);
        let traits = own_traits(member.id, member.name.as_ref()).into_iter().chain(network);
        slow.said.extend(traits.map(|one| (one, now)));
    }

    /// A room is in slow mode no more.
    pub(super) fn forget(&mut self, room: &RoomName) {
        if self.rooms.remove(room).is_some() {
            self.changed.insert(room.clone());
        }
    }

    /// Forgets the rooms of which this is not true.
    pub(super) fn retain(&mut self, is_there: impl Fn(&RoomName) -> bool) {
        let gone: Vec<RoomName> =
            self.rooms.keys().filter(|room| !is_there(room)).cloned().collect();
        gone.iter().for_each(|room| self.forget(room));
    }
}

impl Kept for SlowRooms {
    const NAMESPACE: &str = "slow";

    fn take_changes(&mut self) -> Changes {
        let seconds = |room: &RoomName| Some(self.rooms.get(room)?.delay.as_secs().into());
        std::mem::take(&mut self.changed)
            .into_iter()
            .map(|room| (room.to_string(), seconds(&room)))
            .collect()
    }

    fn restore(&mut self, kept: Vec<(String, Value)>) {
        let read = |(room, seconds): (String, Value)| {
            let delay = Duration::from_secs(seconds.as_u64()?);
            Some((RoomName::new(&room, NameBounds::NONE).ok()?, Slow::new(delay)))
        };
        self.rooms.extend(kept.into_iter().filter_map(read));
    }
}

impl Slow {
    fn new(delay: Duration) -> Self {
        Self { delay, said: HashMap::new(), forget_at: REMEMBERED }
    }

    fn left(&self, said: Duration, now: Duration) -> Option<Duration> {
        self.delay.checked_sub(now.saturating_sub(said)).filter(|left| !left.is_zero())
    }
}

fn own_traits(member: MemberId, name: Option<&Name>) -> Vec<Trait> {
    let names = name.into_iter().flat_map(|name| name.keys()).map(Trait::Name);
    std::iter::once(Trait::Member(member)).chain(names).collect()
}

//! Rooms in slow mode, in which each member must wait between two messages.

use std::collections::HashMap;
use std::time::Duration;

use salotto::protocol::Timestamp;
use salotto::{MemberId, RoomName};

use crate::common::duration::since;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct SlowRooms(HashMap<RoomName, Slow>);

#[derive(Debug)]
struct Slow {
    delay: Duration,
    /// When each member sent the last message, as far as that still counts.
    said: HashMap<MemberId, Timestamp>,
    /// How many are remembered before those that no longer count are removed.
    forget_at: usize,
}

/// Members that are remembered in a room before the first check whether they still count.
const REMEMBERED: usize = 64;

impl SlowRooms {
    /// Sets the delay of a room; zero ends its slow mode.
    pub(super) fn set(&mut self, room: &RoomName, delay: Duration) {
        if delay.is_zero() {
            self.0.remove(room);
            return;
        }
        let fresh = || Slow { delay, said: HashMap::new(), forget_at: REMEMBERED };
        self.0.entry(room.clone()).or_insert_with(fresh).delay = delay;
    }

    /// Whether any room is in slow mode.
    pub(super) fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// How long a member still has to wait in a room.
    pub(super) fn wait(
        &self,
        room: &RoomName,
        member: MemberId,
        now: Timestamp,
    ) -> Option<Duration> {
        let slow = self.0.get(room)?;
        // After a clock was set back nobody waits for it to catch up.
        let said = *slow.said.get(&member).filter(|said| **said <= now)?;
        slow.delay.checked_sub(since(said, now)).filter(|left| !left.is_zero())
    }

    /// A member has sent a message in a room.
    pub(super) fn said(&mut self, room: &RoomName, member: MemberId, now: Timestamp) {
        if let Some(slow) = self.0.get_mut(room) {
            if slow.said.len() >= slow.forget_at {
                let delay = slow.delay;
                slow.said.retain(|_, said| since(*said, now) < delay);
                slow.forget_at = REMEMBERED.max(slow.said.len() * 2);
            }
            slow.said.insert(member, now);
        }
    }

    /// A room has closed.
    pub(super) fn forget(&mut self, room: &RoomName) {
        self.0.remove(room);
    }
}

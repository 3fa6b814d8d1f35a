//! Rooms in which each member pauses between two messages.

use std::collections::HashMap;
use std::time::Duration;

use salotto::protocol::Timestamp;
use salotto::{MemberId, RoomName};

use crate::common::span::since;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct SlowRooms(HashMap<RoomName, Slow>);

#[derive(Debug)]
struct Slow {
    pause: Duration,
    /// When each member said something last, as far as that still counts.
    said: HashMap<MemberId, Timestamp>,
    /// How many may be remembered before those that count no more are forgotten.
    forget_at: usize,
}

/// Members that are remembered in a room before it is looked whether they still count.
const REMEMBERED: usize = 64;

impl SlowRooms {
    /// Sets the pause of a room; none makes it a room like any other.
    pub(super) fn set(&mut self, room: &RoomName, pause: Duration) {
        if pause.is_zero() {
            self.0.remove(room);
            return;
        }
        let fresh = || Slow { pause, said: HashMap::new(), forget_at: REMEMBERED };
        self.0.entry(room.clone()).or_insert_with(fresh).pause = pause;
    }

    /// Whether any room is slow.
    pub(super) fn are_there(&self) -> bool {
        !self.0.is_empty()
    }

    /// How long somebody has to wait in a room.
    pub(super) fn wait(
        &self,
        room: &RoomName,
        member: MemberId,
        now: Timestamp,
    ) -> Option<Duration> {
        let slow = self.0.get(room)?;
        // After a clock was set back nobody waits for it to come round.
        let said = *slow.said.get(&member).filter(|said| **said <= now)?;
        slow.pause.checked_sub(since(said, now)).filter(|left| !left.is_zero())
    }

    /// Somebody has said something in a room.
    pub(super) fn said(&mut self, room: &RoomName, member: MemberId, now: Timestamp) {
        if let Some(slow) = self.0.get_mut(room) {
            if slow.said.len() >= slow.forget_at {
                let pause = slow.pause;
                slow.said.retain(|_, said| since(*said, now) < pause);
                slow.forget_at = REMEMBERED.max(slow.said.len() * 2);
            }
            slow.said.insert(member, now);
        }
    }

    /// A room is no more.
    pub(super) fn forget(&mut self, room: &RoomName) {
        self.0.remove(room);
    }
}

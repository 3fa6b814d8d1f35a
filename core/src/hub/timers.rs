//! Timers of plugins and of the hub itself, all in one list.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::Hub;
use crate::protocol::entry::EntryKind;
use crate::protocol::hook::Hook;
use crate::protocol::ids::{RoomId, SlotId};

/// How often a quiet room may be told how many are in it.
const COUNT_EVERY: Duration = Duration::from_secs(1);

/// What is due at some time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// A plugin's timer.
    Plugin(SlotId, String),
    /// Quiet rooms are owed a count.
    Counts,
}

#[derive(Debug, Default)]
pub(super) struct Timers {
    /// By time, then in the order in which they were set.
    list: BTreeMap<(Instant, u64), Due>,
    next: u64,
}

impl Timers {
    /// When the next one is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.list.keys().next().map(|(at, _)| *at)
    }

    /// Sets a timer in place of an equal one.
    pub(super) fn set(&mut self, at: Instant, due: Due) {
        self.cancel(&due);
        self.next += 1;
        self.list.insert((at, self.next), due);
    }

    pub(super) fn cancel(&mut self, due: &Due) {
        self.list.retain(|_, listed| listed != due);
    }

    pub(super) fn cancel_all(&mut self, slot: SlotId) {
        self.list.retain(|_, due| !matches!(due, Due::Plugin(owner, _) if *owner == slot));
    }

    fn is_set(&self, due: &Due) -> bool {
        self.list.values().any(|listed| listed == due)
    }

    fn take_due(&mut self, now: Instant) -> Option<Due> {
        let first = self.list.first_entry().filter(|first| first.key().0 <= now)?;
        Some(first.remove())
    }
}

impl Hub {
    pub(super) fn run_timers(&mut self) {
        let now = self.state.clock.now();
        while let Some(due) = self.timers.take_due(now) {
            match due {
                Due::Plugin(slot, key) => {
                    let (state, effects) = (&self.state, &mut self.effects);
                    let _ = self.hooks.call(
                        slot,
                        Hook::AfterTimer,
                        state,
                        effects,
                        |plugin, context| {
                            plugin.after_timer(context, &key);
                        },
                    );
                    self.apply_effects();
                }
                Due::Counts => self.announce_counts(),
            }
        }
    }

    /// A quiet room's members changed: they are told the count, within a second and once.
    pub(super) fn owe_count(&mut self, room: RoomId) {
        if let Some(room) = self.state.rooms.get_mut(room) {
            room.owes_count = true;
        }
        if !self.timers.is_set(&Due::Counts) {
            self.timers.set(self.state.clock.now() + COUNT_EVERY, Due::Counts);
        }
    }

    fn announce_counts(&mut self) {
        let owed: Vec<_> = self
            .state
            .rooms
            .iter()
            .filter(|room| room.owes_count)
            .map(|room| (room.id, room.members.len()))
            .collect();
        for (id, members) in owed {
            if let Some(room) = self.state.rooms.get_mut(id) {
                room.owes_count = false;
            }
            self.commit(id, EntryKind::Presence { members });
        }
    }
}

//! Timers of plugins and of the hub itself, all in one list.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use super::Hub;
use crate::protocol::entry::EntryKind;
use crate::protocol::hook::Hook;
use crate::protocol::ids::{MemberId, RoomId, SlotId};

/// How often a quiet room may be told how many are in it.
const COUNT_EVERY: Duration = Duration::from_secs(1);

/// What is due at some time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Due {
    /// A plugin's timer.
    Plugin(SlotId, String),
    /// Quiet rooms are owed a count.
    Counts,
    /// Who has said goodbye has waited long enough for an answer.
    Goodbye(MemberId),
    /// Somebody has waited long enough for the engine.
    Order,
    /// Wrong passwords are to be summed.
    #[cfg(feature = "password")]
    WrongPasswords,
}

/// The time of a timer, then the order in which it was set.
type Place = (Instant, u64);

#[derive(Debug, Default)]
pub(super) struct Timers {
    list: BTreeMap<Place, Due>,
    /// Where in the list each one is.
    places: HashMap<Due, Place>,
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
        self.places.insert(due.clone(), (at, self.next));
        self.list.insert((at, self.next), due);
    }

    pub(super) fn cancel(&mut self, due: &Due) {
        if let Some(place) = self.places.remove(due) {
            self.list.remove(&place);
        }
    }

    pub(super) fn cancel_all(&mut self, slot: SlotId) {
        let stays = |due: &Due| !matches!(due, Due::Plugin(owner, _) if *owner == slot);
        self.list.retain(|_, due| stays(due));
        self.places.retain(|due, _| stays(due));
    }

    pub(super) fn is_set(&self, due: &Due) -> bool {
        self.places.contains_key(due)
    }

    fn take_due(&mut self, now: Instant) -> Option<Due> {
        let first = self.list.first_entry().filter(|first| first.key().0 <= now)?;
        let due = first.remove();
        self.places.remove(&due);
        Some(due)
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
                Due::Order => self.give_up_waiting(),
                Due::Goodbye(member) => self.finish_goodbye(member),
                #[cfg(feature = "password")]
                Due::WrongPasswords => self.record_sums_of_wrong_passwords(),
            }
        }
    }

    /// A quiet room's members changed: they are told the count, within a second and once.
    pub(super) fn owe_count(&mut self, room: RoomId) {
        if self.state.rooms.get(room).is_none_or(|room| self.state.is_silent(room)) {
            return;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn timer(slot: u64, key: &str) -> Due {
        Due::Plugin(SlotId(slot), key.to_owned())
    }

    #[test]
    fn timers_are_due_in_order_once_and_not_when_they_were_cancelled_or_set_again() {
        let (mut timers, start) = (Timers::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        timers.set(at(3), timer(1, "late"));
        timers.set(at(1), timer(1, "moved"));
        timers.set(at(1), timer(1, "cancelled"));
        timers.set(at(1), timer(2, "of another"));
        timers.set(at(2), timer(1, "moved"));
        timers.set(at(2), timer(1, "second"));
        timers.cancel(&timer(1, "cancelled"));
        timers.cancel(&timer(1, "never set"));
        timers.set(at(2), Due::Counts);
        timers.cancel_all(SlotId(2));
        assert_eq!(timers.next(), Some(at(2)));
        assert_eq!(timers.take_due(at(1)), None);
        let due: Vec<Due> = std::iter::from_fn(|| timers.take_due(at(3))).collect();
        let expected = [timer(1, "moved"), timer(1, "second"), Due::Counts, timer(1, "late")];
        assert_eq!(due, expected);
        assert!(timers.places.is_empty() && timers.list.is_empty());
    }

    #[test]
    fn a_timer_may_be_set_again_once_it_was_due() {
        let (mut timers, now) = (Timers::default(), Instant::now());
        for _ in 0..2 {
            assert!(!timers.is_set(&Due::Counts));
            timers.set(now, Due::Counts);
            assert!(timers.is_set(&Due::Counts));
            assert_eq!(timers.take_due(now), Some(Due::Counts));
        }
    }
}

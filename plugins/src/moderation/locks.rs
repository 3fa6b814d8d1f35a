//! Rooms that only moderators and invited users may join. An invitation is a person's, not a name's: it stays with a connection through all its
//! names, and with an account.

use std::collections::VecDeque;

use salotto::{Context, RoomName};

use super::identity::Identity;

/// Most invitations to a room; the oldest make way.
const MAX_INVITED: usize = 1000;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Locks(Vec<Lock>);

#[derive(Debug)]
struct Lock {
    /// Every form of the room's name.
    room: Vec<String>,
    invited: VecDeque<Invited>,
    /// Whether it comes from the settings: it then stays when the room closes.
    from_settings: bool,
}

/// Somebody who may join.
pub(super) type Invited = Identity;

impl Locks {
    /// Rooms that are locked from the start.
    pub(super) fn from_settings(rooms: &[RoomName]) -> Self {
        let mut locks = Self::default();
        for room in rooms {
            locks.lock(room, []);
            locks.0.iter_mut().for_each(|lock| lock.from_settings = true);
        }
        locks
    }

    /// Locks a room and invites those who are in it, so that they may come back. Returns whether it was unlocked before.
    pub(super) fn lock(
        &mut self,
        room: &RoomName,
        inside: impl IntoIterator<Item = Invited>,
    ) -> bool {
        let was_open = self.find(room).is_none();
        if was_open {
            let (room, invited) = (room.keys(), VecDeque::new());
            self.0.push(Lock { room, invited, from_settings: false });
        }
        inside.into_iter().for_each(|invited| self.invite(room, invited));
        was_open
    }

    /// Unlocks a room. Returns whether it was locked.
    pub(super) fn unlock(&mut self, room: &RoomName) -> bool {
        let found = self.find(room);
        found.map(|position| self.0.remove(position)).is_some()
    }

    /// Invites somebody to a room.
    pub(super) fn invite(&mut self, room: &RoomName, invited: Invited) {
        if let Some(position) = self.find(room) {
            let list = &mut self.0[position].invited;
            list.retain(|other| !other.is_same(&invited));
            list.push_back(invited);
            if list.len() > MAX_INVITED {
                list.pop_front();
            }
        }
    }

    /// Revokes every invitation of somebody, whatever they are called now.
    pub(super) fn revoke_invitations(&mut self, invited: &Invited) {
        for lock in &mut self.0 {
            lock.invited.retain(|other| !other.is_same(invited));
        }
    }

    /// Hides what is locked from those outside, where it is open.
    pub(super) fn hide(&self, context: &mut Context<'_>) {
        for room in context.rooms() {
            if self.is_locked(&room.room) {
                context.hide_room(&room.room, true);
            }
        }
    }

    pub(super) fn is_locked(&self, room: &RoomName) -> bool {
        self.find(room).is_some()
    }

    /// Whether somebody who is not a moderator may join. Costs nothing while no room is locked.
    pub(super) fn can_join(&self, room: &RoomName, who: impl FnOnce() -> Option<Invited>) -> bool {
        self.find(room).is_none_or(|position| {
            let is_invited =
                |who: Invited| self.0[position].invited.iter().any(|i| i.is_same(&who));
            who().is_some_and(is_invited)
        })
    }

    /// A room has closed; a later one of its name is another room.
    pub(super) fn forget(&mut self, room: &RoomName) {
        if let Some(position) = self.find(room).filter(|position| !self.0[*position].from_settings)
        {
            self.0.remove(position);
        }
    }

    /// Takes over the locks from before a change of the settings, of which these are.
    pub(super) fn take_over(&mut self, before: Self) {
        for lock in before.0 {
            let same = |other: &&mut Lock| other.room.iter().any(|key| lock.room.contains(key));
            match self.0.iter_mut().find(same) {
                Some(same) => same.invited = lock.invited,
                None if lock.from_settings => {}
                None => self.0.push(lock),
            }
        }
    }

    fn find(&self, room: &RoomName) -> Option<usize> {
        if self.0.is_empty() {
            return None;
        }
        let keys = room.keys();
        self.0.iter().position(|lock| lock.room.iter().any(|key| keys.contains(key)))
    }
}

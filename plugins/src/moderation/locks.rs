//! Rooms that only moderators and invited users may join.

use std::collections::HashSet;

use salotto::{Name, RoomName};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Locks(Vec<Lock>);

#[derive(Debug)]
struct Lock {
    /// Every form of the room's name.
    room: Vec<String>,
    /// Every form of the names of the invited users.
    invited: HashSet<String>,
    /// Whether it comes from the settings: it then stays when the room closes.
    from_settings: bool,
}

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
    pub(super) fn lock<'n>(
        &mut self,
        room: &RoomName,
        inside: impl IntoIterator<Item = &'n Name>,
    ) -> bool {
        let was_open = self.find(room).is_none();
        if was_open {
            let (room, invited) = (room.keys(), HashSet::new());
            self.0.push(Lock { room, invited, from_settings: false });
        }
        inside.into_iter().for_each(|name| self.invite(room, name));
        was_open
    }

    /// Unlocks a room. Returns whether it was locked.
    pub(super) fn unlock(&mut self, room: &RoomName) -> bool {
        let found = self.find(room);
        found.map(|position| self.0.remove(position)).is_some()
    }

    /// Invites a user to a room.
    pub(super) fn invite(&mut self, room: &RoomName, name: &Name) {
        if let Some(position) = self.find(room) {
            self.0[position].invited.extend(name.keys());
        }
    }

    /// Revokes every invitation of a user.
    pub(super) fn revoke_invitations(&mut self, name: &Name) {
        let keys = name.keys();
        for lock in &mut self.0 {
            lock.invited.retain(|key| !keys.contains(key));
        }
    }

    pub(super) fn is_locked(&self, room: &RoomName) -> bool {
        self.find(room).is_some()
    }

    /// Whether somebody who is not a moderator may join. Costs nothing while no room is locked.
    pub(super) fn can_join(&self, room: &RoomName, name: &Name) -> bool {
        self.find(room).is_none_or(|position| {
            name.keys().iter().any(|key| self.0[position].invited.contains(key))
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

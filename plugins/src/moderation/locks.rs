//! Rooms that only moderators and the invited may enter.

use std::collections::HashSet;

use salotto::{Name, RoomName};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Locks(Vec<Lock>);

#[derive(Debug)]
struct Lock {
    /// Every form of the room's name.
    room: Vec<String>,
    /// Every form of the names of the invited.
    invited: HashSet<String>,
    /// Whether the settings say so: it then stays when the room closes.
    standing: bool,
}

impl Locks {
    /// Rooms that are locked from the start.
    pub(super) fn standing(rooms: &[RoomName]) -> Self {
        let mut locks = Self::default();
        for room in rooms {
            locks.lock(room, []);
            locks.0.iter_mut().for_each(|lock| lock.standing = true);
        }
        locks
    }

    /// Locks a room, to which these are invited: whoever is in it may come back. Says whether it was open.
    pub(super) fn lock<'n>(
        &mut self,
        room: &RoomName,
        inside: impl IntoIterator<Item = &'n Name>,
    ) -> bool {
        let was_open = self.find(room).is_none();
        if was_open {
            let (room, invited) = (room.keys(), HashSet::new());
            self.0.push(Lock { room, invited, standing: false });
        }
        inside.into_iter().for_each(|name| self.invite(room, name));
        was_open
    }

    /// Opens a room. Says whether it was locked.
    pub(super) fn unlock(&mut self, room: &RoomName) -> bool {
        let found = self.find(room);
        found.map(|position| self.0.remove(position)).is_some()
    }

    /// Lets somebody into a room from now on.
    pub(super) fn invite(&mut self, room: &RoomName, name: &Name) {
        if let Some(position) = self.find(room) {
            self.0[position].invited.extend(name.keys());
        }
    }

    /// Takes back every invitation of somebody.
    pub(super) fn disinvite(&mut self, name: &Name) {
        let keys = name.keys();
        for lock in &mut self.0 {
            lock.invited.retain(|key| !keys.contains(key));
        }
    }

    pub(super) fn is_locked(&self, room: &RoomName) -> bool {
        self.find(room).is_some()
    }

    /// Whether somebody who is no moderator may enter. Costs nothing while no room is locked.
    pub(super) fn lets_in(&self, room: &RoomName, name: &Name) -> bool {
        self.find(room).is_none_or(|position| {
            name.keys().iter().any(|key| self.0[position].invited.contains(key))
        })
    }

    /// A room is no more; another of its name is another room.
    pub(super) fn forget(&mut self, room: &RoomName) {
        if let Some(position) = self.find(room).filter(|position| !self.0[*position].standing) {
            self.0.remove(position);
        }
    }

    /// Takes over what was locked before the settings changed to those that these standing locks are from.
    pub(super) fn take_over(&mut self, before: Self) {
        for lock in before.0 {
            let same = |other: &&mut Lock| other.room.iter().any(|key| lock.room.contains(key));
            match self.0.iter_mut().find(same) {
                Some(standing) => standing.invited = lock.invited,
                None if lock.standing => {}
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

//! Rooms that only moderators and invited users may join. An invitation is a person's, not a name's: it stays with a connection through all its
//! names, and with an account.

use std::collections::VecDeque;

use salotto::protocol::Timestamp;
use salotto::{Context, NameBounds, RoomName};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::kept::{Changes, Kept, json};
use crate::common::identity::Identity;

/// Most invitations to a room; the oldest make way.
const MAX_INVITED: usize = 1000;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Locks {
    locks: Vec<Lock>,
    /// Rooms whose lock or invitations changed since they were last kept.
    changed: Vec<RoomName>,
}

#[derive(Debug)]
struct Lock {
    room: RoomName,
    /// Every form of the room's name.
    keys: Vec<String>,
    invited: VecDeque<Invited>,
    /// Whether it comes from the settings: it then stays when the room closes.
    from_settings: bool,
    /// When it was locked; `None` where it is from the start.
    since: Option<Timestamp>,
    /// Whether it ends with the room, however that is remembered: who has locked it cannot come back as the same.
    is_passing: bool,
}

/// A lock as it outlives the server: of invitations those of accounts. Connections that come back to where they were are known by their token.
#[derive(Debug, Serialize, Deserialize)]
struct KeptLock {
    #[serde(default)]
    accounts: Vec<String>,
    #[serde(default)]
    from_settings: bool,
    since: Option<Timestamp>,
    #[serde(default)]
    is_passing: bool,
}

/// Somebody who may join.
pub(super) type Invited = Identity;

impl Locks {
    /// Rooms that are locked from the start.
    pub(super) fn from_settings(rooms: &[RoomName]) -> Self {
        let mut locks = Self::default();
        for room in rooms {
            locks.lock(room, [], None);
        }
        locks.locks.iter_mut().for_each(|lock| lock.from_settings = true);
        locks.changed.clear();
        locks
    }

    /// Locks a room and invites those who are in it, so that they may come back. Returns whether it was unlocked before.
    pub(super) fn lock(
        &mut self,
        room: &RoomName,
        inside: impl IntoIterator<Item = Invited>,
        since: Option<Timestamp>,
    ) -> bool {
        let was_open = self.find(room).is_none();
        if was_open {
            self.locks.push(Lock::new(room.clone(), since));
            self.changed.push(room.clone());
        }
        inside.into_iter().for_each(|invited| self.invite(room, invited));
        was_open
    }

    /// The lock of a room ends with the room.
    pub(super) fn pass_with(&mut self, room: &RoomName) {
        if let Some(position) = self.find(room) {
            self.locks[position].is_passing = true;
        }
    }

    /// A room has closed behind the last one, and is remembered.
    pub(super) fn left(&mut self, room: &RoomName) {
        let found = self.find(room).filter(|position| self.locks[*position].is_passing);
        if let Some(position) = found {
            self.remove(position);
        }
    }

    /// Unlocks a room. Returns whether it was locked.
    pub(super) fn unlock(&mut self, room: &RoomName) -> bool {
        let found = self.find(room);
        found.map(|position| self.remove(position)).is_some()
    }

    /// Invites somebody to a room.
    pub(super) fn invite(&mut self, room: &RoomName, invited: Invited) {
        if let Some(position) = self.find(room) {
            let lock = &mut self.locks[position];
            if invited.account_name().is_some() {
                self.changed.push(lock.room.clone());
            }
            let list = &mut lock.invited;
            list.retain(|other| !other.is_same(&invited));
            list.push_back(invited);
            if list.len() > MAX_INVITED {
                list.pop_front();
            }
        }
    }

    /// Revokes the invitations of somebody, whatever they are called now: to one room, or to all.
    pub(super) fn revoke_invitations(&mut self, invited: &Invited, room: Option<&RoomName>) {
        let keys = room.map(RoomName::keys);
        let is_meant = |lock: &&mut Lock| keys.as_ref().is_none_or(|keys| lock.has_key(keys));
        for lock in self.locks.iter_mut().filter(is_meant) {
            let before = lock.invited.len();
            lock.invited.retain(|other| !other.is_same(invited));
            if lock.invited.len() < before {
                self.changed.push(lock.room.clone());
            }
        }
    }

    /// Hides what is locked from those outside, where it is open.
    pub(super) fn hide(&self, context: &mut Context<'_>) {
        for room in context.rooms() {
            if self.is_locked(&room.room) {
                show(context, &room.room, true);
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
                |who: Invited| self.locks[position].invited.iter().any(|i| i.is_same(&who));
            who().is_some_and(is_invited)
        })
    }

    /// Whether somebody who was in a room until then, and comes back, was in it when it was locked or joined it since.
    pub(super) fn was_inside(&self, room: &RoomName, until: Timestamp) -> bool {
        let lock = self.find(room).map(|position| &self.locks[position]);
        lock.is_some_and(|lock| lock.since.is_none_or(|since| since <= until))
    }

    /// A room has closed; a later one of its name is another room.
    pub(super) fn forget(&mut self, room: &RoomName) {
        let found = self.find(room).filter(|position| !self.locks[*position].from_settings);
        if let Some(position) = found {
            self.remove(position);
        }
    }

    /// Forgets the rooms of which this is not true.
    pub(super) fn retain(&mut self, is_there: impl Fn(&RoomName) -> bool) {
        let rooms = self.locks.iter().map(|lock| &lock.room);
        let gone: Vec<RoomName> = rooms.filter(|room| !is_there(room)).cloned().collect();
        gone.iter().for_each(|room| self.forget(room));
    }

    /// Takes over the locks from before a change of the settings, of which these are.
    pub(super) fn take_over(&mut self, before: Self) {
        for lock in before.locks {
            match self.find(&lock.room) {
                Some(same) => self.locks[same].invited = lock.invited,
                // What is kept of it goes too.
                None if lock.from_settings => self.changed.push(lock.room),
                None => self.locks.push(lock),
            }
        }
    }

    /// Takes what other servers say of locks in place of what they said before. Returns the rooms that are not locked any more. Those who were invited as connections are known here alone, and stay so.
    pub(super) fn heed(&mut self, kept: Vec<(String, Value)>) -> Vec<RoomName> {
        let (from_settings, others) = std::mem::take(&mut self.locks)
            .into_iter()
            .partition::<Vec<_>, _>(|lock| lock.from_settings);
        self.locks = from_settings;
        let unkept = std::mem::take(&mut self.changed);
        self.restore(kept);
        self.changed = unkept;
        let mut gone = Vec::new();
        for lock in others {
            match self.find(&lock.room) {
                Some(same) => {
                    let here = lock.invited.into_iter();
                    let here = here.filter(|invited| invited.account_name().is_none());
                    self.locks[same].invited.extend(here);
                }
                None => gone.push(lock.room),
            }
        }
        gone
    }

    fn find(&self, room: &RoomName) -> Option<usize> {
        if self.locks.is_empty() {
            return None;
        }
        let keys = room.keys();
        self.locks.iter().position(|lock| lock.has_key(&keys))
    }

    fn remove(&mut self, position: usize) {
        self.changed.push(self.locks.remove(position).room);
    }
}

/// Lets clients show that a room is locked, and those outside see nothing of it; or takes that back.
pub(super) fn show(context: &mut Context<'_>, room: &RoomName, is_locked: bool) {
    context.hide_room(room, is_locked);
    context.show_locked(room, is_locked);
}

impl Lock {
    fn has_key(&self, keys: &[String]) -> bool {
        self.keys.iter().any(|key| keys.contains(key))
    }

    fn new(room: RoomName, since: Option<Timestamp>) -> Self {
        let (keys, invited) = (room.keys(), VecDeque::new());
        Self { room, keys, invited, from_settings: false, since, is_passing: false }
    }
}

impl Kept for Locks {
    const NAMESPACE: &str = "locks";

    fn take_changes(&mut self) -> Changes {
        let mut changed = std::mem::take(&mut self.changed);
        changed.sort();
        changed.dedup();
        let kept = |room: &RoomName| {
            let lock = self.locks.iter().find(|lock| lock.room == *room)?;
            let accounts =
                lock.invited.iter().filter_map(|invited| Some(invited.account_name()?.to_owned()));
            let Lock { from_settings, since, is_passing, .. } = *lock;
            json(&KeptLock { accounts: accounts.collect(), from_settings, since, is_passing })
        };
        changed.into_iter().map(|room| (room.to_string(), kept(&room))).collect()
    }

    /// What the settings lock is locked already, and what they do not lock any more is not.
    fn restore(&mut self, kept: Vec<(String, Value)>) {
        for (room, value) in kept {
            let (Ok(room), Ok(kept)) =
                (RoomName::new(&room, NameBounds::NONE), serde_json::from_value(value))
            else {
                continue;
            };
            let KeptLock { accounts, from_settings, since, is_passing } = kept;
            if self.find(&room).is_none() {
                if from_settings {
                    self.changed.push(room);
                    continue;
                }
                self.locks.push(Lock::new(room.clone(), since));
            }
            if let Some(position) = self.find(&room) {
                self.locks[position].is_passing = is_passing;
                self.locks[position].invited.extend(accounts.into_iter().map(Invited::account));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(text: &str) -> RoomName {
        RoomName::new(text, NameBounds::NONE).unwrap()
    }

    /// What is kept of these locks, as a later server finds it.
    fn kept(locks: &mut Locks) -> Vec<(String, Value)> {
        let changes = locks.take_changes().into_iter();
        changes.filter_map(|(room, value)| Some((room, value?))).collect()
    }

    fn may_join(locks: &Locks, name: &str, account: &str) -> bool {
        locks.can_join(&room(name), || Some(Invited::account(account)))
    }

    #[test]
    fn locks_and_invitations_of_accounts_go_on_and_those_of_the_settings_as_they_say_now() {
        let mut before = Locks::from_settings(&[room("staff"), room("old")]);
        before.lock(&room("dev"), [], Some(Timestamp::now()));
        for name in ["staff", "old", "dev"] {
            before.invite(&room(name), Invited::account("ada"));
        }
        let kept = kept(&mut before);
        assert_eq!(kept.len(), 3);
        let mut after = Locks::from_settings(&[room("staff"), room("new")]);
        after.restore(kept);
        for (name, ada, eve) in [
            ("staff", true, false),
            ("dev", true, false),
            ("DEV", true, false),
            ("new", false, false),
            ("old", true, true),
        ] {
            let joins = (may_join(&after, name, "ada"), may_join(&after, name, "eve"));
            assert_eq!(joins, (ada, eve), "{name}");
        }
        // What the settings do not lock any more is not kept either, nor what was unlocked.
        after.unlock(&room("dev"));
        let gone: Vec<String> = after
            .take_changes()
            .into_iter()
            .filter(|(_, value)| value.is_none())
            .map(|(room, _)| room)
            .collect();
        assert_eq!(gone, ["dev", "old"]);
    }
}

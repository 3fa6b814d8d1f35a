//! Who is here: look-up by id and by every form of a name that would pass for it.

use std::collections::HashMap;

use crate::protocol::ids::MemberId;
use crate::protocol::name::{self, Name};
use crate::state::member::Member;

/// Everybody who is connected, with or without a name.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    /// Boxed, because a map keeps up to as many places free as it has taken.
    members: HashMap<MemberId, Box<Member>>,
    /// Every key of every name; a key has one owner.
    by_key: HashMap<String, MemberId>,
    /// Names that nobody can take.
    reserved: Vec<String>,
    named: usize,
}

impl Roster {
    /// Reserves a name, and all that look like it, so that nobody can take them.
    pub(crate) fn reserve(&mut self, name: &Name) {
        self.reserved.extend(name.keys());
    }

    pub(crate) fn insert(&mut self, member: Member) {
        self.members.insert(member.id, Box::new(member));
    }

    /// Forgets a connection and frees its name.
    pub(crate) fn remove(&mut self, id: MemberId) -> Option<Member> {
        let member = self.members.remove(&id)?;
        if let Some(name) = &member.name {
            self.named -= 1;
            self.free(name);
        }
        Some(*member)
    }

    pub(crate) fn get(&self, id: MemberId) -> Option<&Member> {
        self.members.get(&id).map(Box::as_ref)
    }

    pub(crate) fn get_mut(&mut self, id: MemberId) -> Option<&mut Member> {
        self.members.get_mut(&id).map(Box::as_mut)
    }

    /// The member that answers to this name, by case or look-alike letters too.
    pub(crate) fn find(&self, name: &str) -> Option<&Member> {
        let id = name::keys(name.trim()).iter().find_map(|key| self.by_key.get(key))?;
        self.members.get(id).map(Box::as_ref)
    }

    /// Whether somebody other than `id` has this name or one that passes for it.
    pub(crate) fn is_taken(&self, name: &Name, id: MemberId) -> bool {
        name.keys().iter().any(|key| {
            self.reserved.contains(key) || self.by_key.get(key).is_some_and(|&owner| owner != id)
        })
    }

    /// Gives a connection its name, which must not be taken, and returns the one it had.
    pub(crate) fn set_name(&mut self, id: MemberId, name: Name) -> Option<Name> {
        let member = self.members.get_mut(&id)?;
        let old = member.name.replace(name.clone());
        match &old {
            Some(old) => self.free(old),
            None => self.named += 1,
        }
        self.by_key.extend(name.keys().into_iter().map(|key| (key, id)));
        old
    }

    /// Everybody who is connected, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Member> {
        self.members.values().map(Box::as_ref)
    }

    /// How many are connected.
    pub(crate) fn connected(&self) -> usize {
        self.members.len()
    }

    /// How many have a name.
    pub(crate) fn named(&self) -> usize {
        self.named
    }

    fn free(&mut self, name: &Name) {
        for key in name.keys() {
            self.by_key.remove(&key);
        }
    }
}

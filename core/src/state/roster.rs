//! Who is here: look-up by id and by every form of a name that would pass for it.

use std::collections::HashMap;

use crate::protocol::ids::MemberId;
use crate::protocol::name::Name;
use crate::state::member::Member;
use crate::state::name_index::NameIndex;

/// Everybody who is connected, with or without a name.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    /// Boxed, because a map keeps up to as many places free as it has taken.
    members: HashMap<MemberId, Box<Member>>,
    by_name: NameIndex<MemberId>,
    /// Names that nobody can take.
    reserved: NameIndex<()>,
    named: usize,
}

impl Roster {
    /// Reserves a name, and all that look like it, so that nobody can take them.
    pub(crate) fn reserve(&mut self, name: &Name) {
        self.reserved.insert(name.as_str(), ());
    }

    pub(crate) fn insert(&mut self, member: Member) {
        self.members.insert(member.id, Box::new(member));
    }

    /// Forgets a connection and frees its name.
    pub(crate) fn remove(&mut self, id: MemberId) -> Option<Member> {
        let member = self.members.remove(&id)?;
        if let Some(name) = &member.name {
            self.named -= 1;
            self.by_name.remove(name.as_str());
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
        self.get(self.by_name.find(name)?)
    }

    /// Whether a text is a name that nobody can take, or passes for one.
    pub(crate) fn is_reserved(&self, name: &str) -> bool {
        self.reserved.find(name).is_some()
    }

    /// Whether somebody other than `id` has this name or one that passes for it.
    pub(crate) fn is_taken(&self, name: &Name, id: MemberId) -> bool {
        self.is_reserved(name.as_str())
            || self.by_name.owners(name.as_str()).any(|owner| owner != id)
    }

    /// Gives a connection its name, which must not be taken, and returns the one it had.
    pub(crate) fn set_name(&mut self, id: MemberId, name: Name) -> Option<Name> {
        let member = self.members.get_mut(&id)?;
        let old = member.name.replace(name.clone());
        match &old {
            Some(old) => self.by_name.remove(old.as_str()),
            None => self.named += 1,
        }
        self.by_name.insert(name.as_str(), id);
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
}

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
    /// The name under which the operator speaks.
    operator: NameIndex<()>,
    /// Names that would pass for the server's or its operator's, which nobody can take who is nobody special.
    reserved: NameIndex<()>,
    named: usize,
}

impl Roster {
    /// Keeps a name, and all that look like it, for the operator.
    pub(crate) fn set_operator(&mut self, name: &Name) {
        self.operator.insert(name.as_str(), ());
    }

    /// Reserves names, and all that look like them, instead of those that were reserved before.
    pub(crate) fn reserve(&mut self, names: impl IntoIterator<Item = String>) {
        self.reserved = NameIndex::default();
        for name in names {
            self.reserved.insert(&name, ());
        }
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

    /// Whether a text is the name of the operator, or passes for it.
    pub(crate) fn is_operator(&self, name: &str) -> bool {
        self.operator.find(name).is_some()
    }

    /// Whether a text is a reserved name, or passes for one.
    pub(crate) fn is_reserved(&self, name: &str) -> bool {
        self.reserved.find(name).is_some()
    }

    /// Somebody other than `id` who has this name or one that passes for it.
    pub(crate) fn holder(&self, name: &Name, id: MemberId) -> Option<&Member> {
        self.get(self.by_name.owners(name.as_str()).find(|&owner| owner != id)?)
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

//! Whom a member does not want to read.

use std::sync::Arc;

use super::Hub;
use crate::delivery::outbox::{IgnoredPerson, Mail};
use crate::plugin::MOST_IGNORED;
use crate::protocol::ids::MemberId;
use crate::protocol::name::Name;

impl Hub {
    /// A member is given no more messages of another.
    pub(super) fn ignore(&mut self, id: MemberId, who: MemberId) {
        let Some(name) = self.state.roster.get(who).and_then(|who| who.name.clone()) else {
            return;
        };
        self.change_ignored(id, |list| {
            list.retain(|other| !other.is(Some(who), &name));
            if list.len() < MOST_IGNORED {
                list.push(IgnoredPerson::new(who, name));
            }
        });
    }

    /// A member is given the messages of somebody again.
    pub(super) fn unignore(&mut self, id: MemberId, name: &Name) {
        let who = self.state.roster.find(name.as_str()).map(|member| member.id);
        self.change_ignored(id, |list| list.retain(|other| !other.is(who, name)));
    }

    /// Somebody has this name from now on. Whoever ignores somebody of a name that it would pass for ignores this member too, unless that somebody is
    /// still here under another.
    pub(super) fn recognise_ignored(&mut self, id: MemberId, name: &Name) {
        if self.ignoring.is_empty() {
            return;
        }
        let keys = name.keys();
        let roster = &self.state.roster;
        self.ignoring.retain(|member| roster.get(*member).is_some());
        let is_meant =
            |who: &IgnoredPerson| who.resembles(&keys) && roster.get(who.member).is_none();
        let readers: Vec<MemberId> = (self.ignoring.iter().copied())
            .filter(|reader| {
                let list = roster.get(*reader).and_then(|reader| reader.ignored.as_deref());
                list.is_some_and(|list| list.iter().any(is_meant))
            })
            .collect();
        for reader in readers {
            self.change_ignored(reader, |list| {
                let same = list.iter_mut().filter(|who| who.resembles(&keys));
                same.for_each(|who| who.member = id);
            });
        }
    }

    fn change_ignored(&mut self, id: MemberId, change: impl FnOnce(&mut Vec<IgnoredPerson>)) {
        let Some(member) = self.state.roster.get_mut(id) else { return };
        let mut list = member.ignored.as_deref().cloned().unwrap_or_default();
        change(&mut list);
        match list.is_empty() {
            true => self.ignoring.remove(&id),
            false => self.ignoring.insert(id),
        };
        let list = Arc::new(list);
        member.ignored = (!list.is_empty()).then(|| list.clone());
        let outbox = member.outbox.clone();
        self.state.post(&outbox, Mail::Ignore(list));
    }
}

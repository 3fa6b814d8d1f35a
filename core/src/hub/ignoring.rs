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
        self.ignore_name(id, Some(who), name);
    }

    /// The same of whoever has a name, now or later.
    pub(super) fn ignore_name(&mut self, id: MemberId, who: Option<MemberId>, name: Name) {
        self.change_ignored(id, |list| {
            list.retain(|other| !other.is(who, &name));
            if list.len() < MOST_IGNORED {
                list.push(IgnoredPerson { member: who, name });
            }
        });
    }

    /// A member is given the messages of somebody again.
    pub(super) fn unignore(&mut self, id: MemberId, name: &Name) {
        let who = self.state.roster.find(name.as_str()).map(|member| member.id);
        self.change_ignored(id, |list| list.retain(|other| !other.is(who, name)));
    }

    fn change_ignored(&mut self, id: MemberId, change: impl FnOnce(&mut Vec<IgnoredPerson>)) {
        let Some(member) = self.state.roster.get_mut(id) else { return };
        let mut list = member.ignored.as_deref().cloned().unwrap_or_default();
        change(&mut list);
        let list = Arc::new(list);
        member.ignored = (!list.is_empty()).then(|| list.clone());
        let outbox = member.outbox.clone();
        self.state.post(&outbox, Mail::Ignore(list));
    }
}

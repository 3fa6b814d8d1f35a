//! Whom a member does not want to read. For whoever is logged in to an account that holds until they take it back.

use std::sync::Arc;

use super::Hub;
use crate::delivery::outbox::{IgnoredPerson, Mail};
use crate::plugin::MOST_IGNORED;
use crate::protocol::ids::MemberId;
use crate::protocol::name::{Name, NameBounds};

/// The namespace of the values in which the names that an account ignores are kept.
const NAMESPACE: &str = "ignored";

impl Hub {
    /// A member is given no more messages of another.
    pub(super) fn ignore(&mut self, id: MemberId, who: MemberId) {
        let Some(name) = self.state.roster.get(who).and_then(|who| who.name.clone()) else {
            return;
        };
        self.change_ignored(id, |list| add(list, Some(who), name));
    }

    /// A member is given the messages of somebody again.
    pub(super) fn unignore(&mut self, id: MemberId, name: &Name) {
        let who = self.state.roster.find(name.as_str()).map(|member| member.id);
        self.change_ignored(id, |list| list.retain(|other| !other.is(who, name)));
    }

    /// Somebody has logged in to an account, and ignores whom it ignores, beside whom they do already.
    pub(super) fn recall_ignored(&mut self, id: MemberId) {
        let account = self.state.roster.get(id).and_then(|member| member.account.clone());
        let kept = account.and_then(|account| self.state.values.get(NAMESPACE, &account));
        let names: Vec<String> =
            kept.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let names = names.iter().filter_map(|name| Name::new(name, NameBounds::NONE).ok());
        let names: Vec<_> = names
            .map(|name| (self.state.roster.find(name.as_str()).map(|here| here.id), name))
            .collect();
        let ignores_some = self.state.roster.get(id).is_some_and(|member| member.ignored.is_some());
        if !names.is_empty() || ignores_some {
            self.change_ignored(id, |list| {
                names.into_iter().for_each(|(who, name)| add(list, who, name));
            });
        }
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
        let is_meant = |who: &IgnoredPerson| {
            let is_gone = who.member.is_none_or(|member| roster.get(member).is_none());
            is_gone && who.resembles(&keys)
        };
        let readers: Vec<MemberId> = (self.ignoring.iter().copied())
            .filter(|reader| {
                let list = roster.get(*reader).and_then(|reader| reader.ignored.as_deref());
                list.is_some_and(|list| list.iter().any(is_meant))
            })
            .collect();
        for reader in readers {
            self.change_ignored(reader, |list| {
                let same = list.iter_mut().filter(|who| who.resembles(&keys));
                same.for_each(|who| who.member = Some(id));
            });
        }
    }

    /// An account is no more.
    pub(super) fn forget_ignored(&mut self, account: &str) {
        self.state.values.remove(NAMESPACE, account);
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
        let (outbox, account) = (member.outbox.clone(), member.account.clone());
        if let Some(account) = account {
            let names: Vec<&str> = list.iter().map(|who| who.name.as_str()).collect();
            match names.is_empty() {
                true => self.forget_ignored(&account),
                // So few names are not too long to be kept.
                false => drop(
                    serde_json::to_string(&names)
                        .map(|text| self.state.values.put(NAMESPACE, &account, &text)),
                ),
            }
        }
        self.state.post(&outbox, Mail::Ignore(list));
    }
}

fn add(list: &mut Vec<IgnoredPerson>, member: Option<MemberId>, name: Name) {
    list.retain(|other| !other.is(member, &name));
    if list.len() < MOST_IGNORED {
        list.push(IgnoredPerson::new(member, name));
    }
}

//! Mutes: of a name, of the connection that had it, whatever its name is now, and of those who connect from its address later. Times are the server's
//! uptime.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::IpAddr;
use std::time::Duration;

use salotto::protocol::Timestamp;
use salotto::{MemberId, Name, Network, Role};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ban::terms;
use super::kept::{Changes, Kept, json, numbered};
use crate::common::arguments::look_alike;
use crate::common::duration::until;

/// So many mutes are entry at most; who is muted by one is found at once, a newcomer's mute by looking at all.
pub(super) const MAX_MUTES: usize = 1000;

/// One mute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Mute {
    /// Who was muted.
    pub(super) name: Name,
    /// Their address; `None` where many share it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) address: Option<Network>,
    /// When it ends, in the uptime of the server, whatever becomes of the time of day; `None` if it is permanent.
    #[serde(skip)]
    pub(super) ends: Option<Duration>,
    /// How long it lasts in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) lasts: Option<Duration>,
    /// When that is by the clock, as it was when the mute began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) until: Option<Timestamp>,
    /// Who muted them.
    pub(super) by: String,
    /// The reason; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) why: String,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Mutes {
    mutes: BTreeMap<u64, Entry>,
    next: u64,
    /// The members who are muted, and by which mute.
    muted: HashMap<MemberId, u64>,
    /// Those that were added, changed or removed since they were last kept.
    changed: BTreeSet<u64>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    #[serde(flatten)]
    mute: Mute,
    /// Every form of its name.
    keys: Vec<String>,
    /// Every form of the names from its address that are exempt.
    #[serde(default, skip_serializing_if = "HashSet::is_empty")]
    exempt: HashSet<String>,
}

impl Kept for Mutes {
    const NAMESPACE: &str = "mutes";

    fn take_changes(&mut self) -> Changes {
        let changed = std::mem::take(&mut self.changed);
        changed.into_iter().map(|id| (numbered(id), self.mutes.get(&id).and_then(json))).collect()
    }

    fn restore(&mut self, kept: Vec<(String, Value)>) {
        let read = |(key, value): (String, Value)| {
            Some((key.parse().ok()?, serde_json::from_value(value).ok()?))
        };
        self.mutes.extend(kept.into_iter().filter_map(read));
        self.next = self.mutes.last_key_value().map_or(0, |(id, _)| id + 1);
    }
}

impl Mute {
    /// For how much longer, and why.
    pub(super) fn terms(&self, now: Duration) -> String {
        terms(self.ends.map(|ends| ends.saturating_sub(now)), &self.why)
    }

    /// Whether it does not apply to a member: a moderator who only shares the address.
    pub(super) fn exempts(&self, name: &Name, role: Role) -> bool {
        role >= Role::Moderator && !look_alike(&self.name, name)
    }

    pub(super) fn is_in_force(&self, now: Duration) -> bool {
        self.ends.is_none_or(|ends| ends > now)
    }
}

impl Mutes {
    /// The server has started: mutes of before go on for what is left of them by the clock, and for no longer than they were to last in all.
    pub(super) fn go_on(&mut self, now: Timestamp, uptime: Duration) {
        for Entry { mute, .. } in self.mutes.values_mut() {
            let left = mute.until.map(|end| until(end, now));
            let left = left.map(|left| mute.lasts.map_or(left, |lasts| left.min(lasts)));
            mute.ends = left.map(|left| uptime + left);
        }
    }

    /// Whether any connected member is muted.
    pub(super) fn any_online(&self) -> bool {
        !self.muted.is_empty()
    }

    /// The mute of a member.
    pub(super) fn of(&self, member: MemberId, now: Duration) -> Option<&Mute> {
        let entry = self.mutes.get(self.muted.get(&member)?)?;
        entry.mute.is_in_force(now).then_some(&entry.mute)
    }

    /// Adds a mute, which replaces one of the same name, and mutes these members.
    pub(super) fn add(&mut self, mute: Mute, here: impl IntoIterator<Item = MemberId>) {
        let keys = mute.name.keys();
        let same = self.mutes.iter().find(|(_, entry)| entry.is_of_name(&keys)).map(|(id, _)| *id);
        let id = same.unwrap_or(self.next);
        self.next = self.next.max(id + 1);
        self.mutes.insert(id, Entry { mute, keys, exempt: HashSet::new() });
        self.changed.insert(id);
        self.muted.extend(here.into_iter().map(|member| (member, id)));
    }

    /// A member has this name from now on.
    pub(super) fn named(&mut self, member: MemberId, name: &Name, address: Option<IpAddr>) {
        if self.mutes.is_empty() || self.muted.contains_key(&member) {
            return;
        }
        let keys = name.keys();
        let applies = |entry: &Entry| entry.is_of_name(&keys) || entry.covers(address, &keys);
        if let Some((id, _)) = self.mutes.iter().find(|(_, entry)| applies(entry)) {
            self.muted.insert(member, *id);
        }
    }

    /// Whether there is a mute of somebody who came from this address.
    pub(super) fn cover(&self, address: IpAddr) -> bool {
        self.iter().filter_map(|mute| mute.address).any(|network| network.contains(address))
    }

    /// Removes the mute of a name, or exempts a member from the mute of another. Returns the name of the mute.
    pub(super) fn release(&mut self, name: &Name, here: Option<MemberId>) -> Option<Name> {
        let keys = name.keys();
        let own = self.mutes.iter().find(|(_, entry)| entry.is_of_name(&keys)).map(|(id, _)| *id);
        if let Some(id) = own {
            return self.remove(id);
        }
        let id = self.muted.remove(&here?)?;
        let entry = self.mutes.get_mut(&id)?;
        entry.exempt.extend(keys);
        self.changed.insert(id);
        Some(entry.mute.name.clone())
    }

    /// A member has left.
    pub(super) fn forget(&mut self, member: MemberId) {
        self.muted.remove(&member);
    }

    /// Drops those that have ended.
    pub(super) fn tidy(&mut self, now: Duration) {
        let over = self.mutes.iter().filter(|(_, entry)| !entry.mute.is_in_force(now));
        for id in over.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.remove(id);
        }
    }

    /// All of them, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Mute> {
        self.mutes.values().map(|entry| &entry.mute)
    }

    pub(super) fn len(&self) -> usize {
        self.mutes.len()
    }

    /// When the next of them ends.
    pub(super) fn next_end(&self) -> Option<Duration> {
        self.iter().filter_map(|mute| mute.ends).min()
    }

    fn remove(&mut self, id: u64) -> Option<Name> {
        self.muted.retain(|_, muted_by| *muted_by != id);
        self.changed.insert(id);
        self.mutes.remove(&id).map(|entry| entry.mute.name)
    }
}

impl Entry {
    fn is_of_name(&self, keys: &[String]) -> bool {
        self.keys.iter().any(|key| keys.contains(key))
    }

    fn covers(&self, address: Option<IpAddr>, keys: &[String]) -> bool {
        let (Some(network), Some(address)) = (self.mute.address, address) else {
            return false;
        };
        network.contains(address) && !keys.iter().any(|key| self.exempt.contains(key))
    }
}

//! Who may not speak: a name, the connection that had it, whatever it calls itself now, and who comes from its address later.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;

use salotto::protocol::Timestamp;
use salotto::{MemberId, Name, Role};

use super::ban::{pass_for_one_another, terms};
use crate::common::network::Network;

/// So many mutes are kept at most; who is held by one is found at once, a newcomer's mute by looking at all.
pub(super) const MOST: usize = 1000;

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mute {
    /// Whom it was aimed at.
    pub(super) name: Name,
    /// Where they came from; `None` where that tells nobody apart.
    pub(super) address: Option<Network>,
    /// When it is over; `None` for good.
    pub(super) until: Option<Timestamp>,
    /// Who said so.
    pub(super) by: String,
    /// The reason; may be empty.
    pub(super) why: String,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Mutes {
    mutes: BTreeMap<u64, Kept>,
    next: u64,
    /// Who of those who are here is held by which.
    held: HashMap<MemberId, u64>,
}

#[derive(Debug)]
struct Kept {
    mute: Mute,
    /// Every form of its name.
    keys: Vec<String>,
    /// Every form of the names that come from its address and may speak.
    spared: HashSet<String>,
}

impl Mute {
    /// For how much longer, and why.
    pub(super) fn terms(&self, now: Timestamp) -> String {
        terms(self.until, &self.why, now)
    }

    /// Whether somebody whom it holds may speak all the same: a moderator who only shares the address.
    pub(super) fn spares(&self, name: &Name, role: Role) -> bool {
        role >= Role::Moderator && !pass_for_one_another(&self.name, name)
    }

    pub(super) fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}

impl Mutes {
    /// Whether anybody who is here is muted.
    pub(super) fn hold_anybody(&self) -> bool {
        !self.held.is_empty()
    }

    /// What holds somebody who is here.
    pub(super) fn of(&self, member: MemberId, now: Timestamp) -> Option<&Mute> {
        let kept = self.mutes.get(self.held.get(&member)?)?;
        kept.mute.holds(now).then_some(&kept.mute)
    }

    /// Adds one, which takes the place of one of the same name, and holds those who are here of that name.
    pub(super) fn add(&mut self, mute: Mute, here: impl IntoIterator<Item = MemberId>) {
        let keys = mute.name.keys();
        let same = self.mutes.iter().find(|(_, kept)| kept.answers_to(&keys)).map(|(id, _)| *id);
        let id = same.unwrap_or(self.next);
        self.next = self.next.max(id + 1);
        self.mutes.insert(id, Kept { mute, keys, spared: HashSet::new() });
        self.held.extend(here.into_iter().map(|member| (member, id)));
    }

    /// Somebody who is here has this name from now on.
    pub(super) fn meet(&mut self, member: MemberId, name: &Name, address: Option<IpAddr>) {
        if self.mutes.is_empty() || self.held.contains_key(&member) {
            return;
        }
        let keys = name.keys();
        let is_meant = |kept: &Kept| kept.answers_to(&keys) || kept.covers(address, &keys);
        if let Some((id, _)) = self.mutes.iter().find(|(_, kept)| is_meant(kept)) {
            self.held.insert(member, *id);
        }
    }

    /// Takes a mute back by the name it was aimed at, or lets somebody speak who is held by the mute of another. Returns whom the
    /// mute was aimed at.
    pub(super) fn release(&mut self, name: &Name, here: Option<MemberId>) -> Option<Name> {
        let keys = name.keys();
        let own = self.mutes.iter().find(|(_, kept)| kept.answers_to(&keys)).map(|(id, _)| *id);
        if let Some(id) = own {
            return self.remove(id);
        }
        let id = self.held.remove(&here?)?;
        let kept = self.mutes.get_mut(&id)?;
        kept.spared.extend(keys);
        Some(kept.mute.name.clone())
    }

    /// Somebody is not here any more.
    pub(super) fn forget(&mut self, member: MemberId) {
        self.held.remove(&member);
    }

    /// Drops those that are over.
    pub(super) fn tidy(&mut self, now: Timestamp) {
        let over = self.mutes.iter().filter(|(_, kept)| !kept.mute.holds(now));
        for id in over.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.remove(id);
        }
    }

    /// All of them, in the order of their making.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Mute> {
        self.mutes.values().map(|kept| &kept.mute)
    }

    pub(super) fn len(&self) -> usize {
        self.mutes.len()
    }

    /// When the next of them is over.
    pub(super) fn next_end(&self) -> Option<Timestamp> {
        self.iter().filter_map(|mute| mute.until).min()
    }

    fn remove(&mut self, id: u64) -> Option<Name> {
        self.held.retain(|_, held_by| *held_by != id);
        self.mutes.remove(&id).map(|kept| kept.mute.name)
    }
}

impl Kept {
    fn answers_to(&self, keys: &[String]) -> bool {
        self.keys.iter().any(|key| keys.contains(key))
    }

    fn covers(&self, address: Option<IpAddr>, keys: &[String]) -> bool {
        let (Some(network), Some(address)) = (self.mute.address, address) else {
            return false;
        };
        network.contains(address) && !keys.iter().any(|key| self.spared.contains(key))
    }
}

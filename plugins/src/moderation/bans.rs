//! The bans in force, found by name and by address in a time that does not grow with their number.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use salotto::protocol::Timestamp;
use salotto::{Name, Network};
use serde_json::Value;

use super::ban::Ban;
use super::kept::{Changes, Kept, json, numbered};

/// Most bans that are kept, so that the list stays bounded on a server that is attacked for months.
pub(super) const MAX_BANS: usize = 10_000;

/// See the module.
#[derive(Debug, Clone, Default)]
pub(super) struct Bans {
    /// Oldest first.
    bans: BTreeMap<u64, Ban>,
    next: u64,
    /// Every form of every name; a form may have several bans.
    by_key: HashMap<String, Vec<u64>>,
    by_network: HashMap<Network, Vec<u64>>,
    /// How many bans there are of networks of each kind and size: an address is looked up in each size once.
    sizes: BTreeMap<(bool, u8), usize>,
    /// Those that were added or removed since they were last kept; only counted where they are.
    changed: BTreeSet<u64>,
}

/// The target of bans that are removed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Banned {
    Name(Name),
    Network(Network),
}

/// A change of the bans.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Change {
    /// Adds a ban, which replaces one of the same target.
    Add(Ban),
    /// Removes every ban of a target.
    Remove(Banned),
    /// Drops those that have ended.
    Tidy(Timestamp),
}

impl Change {
    /// Who is banned by a new ban.
    pub(super) fn whom(&self) -> Option<String> {
        match self {
            Self::Add(ban) => Some(ban.whom()),
            _ => None,
        }
    }
}

impl Bans {
    /// These bans, oldest first.
    pub(super) fn of(bans: impl IntoIterator<Item = Ban>) -> Self {
        let mut all = Self::default();
        bans.into_iter().for_each(|ban| all.add(ban));
        all
    }

    /// Applies a change.
    pub(super) fn apply(&mut self, change: &Change) {
        match change {
            Change::Add(ban) => self.add(ban.clone()),
            Change::Remove(banned) => {
                for id in self.ids_of(banned) {
                    self.remove(id);
                }
            }
            Change::Tidy(now) => {
                let over = self.bans.iter().filter(|(_, ban)| !ban.is_in_force(*now));
                for id in over.map(|(id, _)| *id).collect::<Vec<_>>() {
                    self.remove(id);
                }
            }
        }
    }

    /// The ban of a name that lasts longest.
    pub(super) fn of_name(&self, name: &Name, now: Timestamp) -> Option<&Ban> {
        if self.by_key.is_empty() {
            return None;
        }
        let ids = name.keys().into_iter().filter_map(|key| self.by_key.get(&key)).flatten();
        self.longest(ids, now)
    }

    /// The ban of an address, or of a network that it belongs to, that lasts longest.
    pub(super) fn of_address(&self, address: IpAddr, now: Timestamp) -> Option<&Ban> {
        let sizes = self.sizes.keys().filter(|(is_v4, _)| *is_v4 == address.is_ipv4());
        let networks = sizes.filter_map(|(_, bits)| Network::around(address, *bits));
        let ids = networks.filter_map(|network| self.by_network.get(&network)).flatten();
        self.longest(ids, now)
    }

    /// The bans of a target.
    pub(super) fn of_banned(&self, banned: &Banned) -> impl Iterator<Item = &Ban> {
        self.ids_of(banned).into_iter().filter_map(|id| self.bans.get(&id))
    }

    /// All of them, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Ban> {
        self.bans.values()
    }

    pub(super) fn len(&self) -> usize {
        self.bans.len()
    }

    /// When the next of them ends.
    pub(super) fn next_end(&self) -> Option<Timestamp> {
        self.bans.values().filter_map(|ban| ban.until).min()
    }

    fn add(&mut self, ban: Ban) {
        let of_name = ban.name.clone().map(Banned::Name);
        let like = of_name.or(ban.address.map(Banned::Network));
        for id in like.map(|like| self.ids_of(&like)).unwrap_or_default() {
            if self.bans.get(&id).is_some_and(|other| other.has_same_target(&ban)) {
                self.remove(id);
            }
        }
        self.insert(self.next, ban);
    }

    /// Nobody keeps what changed.
    pub(super) fn forget_changes(&mut self) {
        self.changed.clear();
    }

    fn insert(&mut self, id: u64, ban: Ban) {
        self.next = self.next.max(id + 1);
        self.changed.insert(id);
        for key in ban.name.iter().flat_map(Name::keys) {
            self.by_key.entry(key).or_default().push(id);
        }
        if let Some(network) = ban.address {
            self.by_network.entry(network).or_default().push(id);
            *self.sizes.entry((network.is_v4(), network.bits())).or_default() += 1;
        }
        self.bans.insert(id, ban);
    }

    fn remove(&mut self, id: u64) {
        let Some(ban) = self.bans.remove(&id) else {
            return;
        };
        self.changed.insert(id);
        for key in ban.name.iter().flat_map(Name::keys) {
            forget(&mut self.by_key, &key, id);
        }
        if let Some(network) = ban.address {
            forget(&mut self.by_network, &network, id);
            let size = (network.is_v4(), network.bits());
            if let Some(count) = self.sizes.get_mut(&size) {
                *count -= 1;
                if *count == 0 {
                    self.sizes.remove(&size);
                }
            }
        }
    }

    fn ids_of(&self, banned: &Banned) -> Vec<u64> {
        let mut ids: Vec<u64> = match banned {
            Banned::Name(name) => name
                .keys()
                .iter()
                .filter_map(|key| self.by_key.get(key))
                .flatten()
                .copied()
                .collect(),
            Banned::Network(network) => {
                self.by_network.get(network).into_iter().flatten().copied().collect()
            }
        };
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    fn longest<'b>(
        &'b self,
        ids: impl Iterator<Item = &'b u64>,
        now: Timestamp,
    ) -> Option<&'b Ban> {
        let bans = ids.filter_map(|id| self.bans.get(id)).filter(|ban| ban.is_in_force(now));
        bans.max_by_key(|ban| (ban.until.is_none(), ban.until))
    }
}

impl Kept for Bans {
    const NAMESPACE: &str = "bans";

    fn take_changes(&mut self) -> Changes {
        std::mem::take(&mut self.changed)
            .into_iter()
            .map(|id| (numbered(id), self.bans.get(&id).and_then(json)))
            .collect()
    }

    fn restore(&mut self, kept: Vec<(String, Value)>) {
        for (key, value) in kept {
            if let (Ok(id), Ok(ban)) = (key.parse(), serde_json::from_value(value)) {
                self.insert(id, ban);
            }
        }
        self.changed.clear();
    }
}

/// Removes an id from an index.
fn forget<K, Q>(index: &mut HashMap<K, Vec<u64>>, key: &Q, id: u64)
where
    K: std::borrow::Borrow<Q> + Eq + std::hash::Hash,
    Q: Eq + std::hash::Hash + ?Sized,
{
    if let Some(ids) = index.get_mut(key) {
        ids.retain(|other| *other != id);
        if ids.is_empty() {
            index.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        (SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).into()
    }

    fn name(text: &str) -> Name {
        text.parse::<Name>().unwrap()
    }

    fn network(text: &str) -> Network {
        text.parse().unwrap()
    }

    /// A ban of a name, an address or, apart by a space, both.
    fn ban(whom: &str, until: Option<u64>) -> Ban {
        let (name_text, address) = match whom.split_once(' ') {
            Some((name, address)) => (Some(name), Some(network(address))),
            None => match whom.parse() {
                Ok(network) => (None, Some(network)),
                Err(_) => (Some(whom), None),
            },
        };
        let until = until.map(at);
        let (by, why) = ("ada".into(), String::new());
        Ban { name: name_text.map(name), address, until, by, why }
    }

    fn bans(bans: &[(&str, Option<u64>)]) -> Bans {
        Bans::of(bans.iter().map(|(whom, until)| ban(whom, *until)))
    }

    fn shown(bans: &Bans) -> Vec<String> {
        bans.iter().map(Ban::whom).collect()
    }

    #[test]
    fn a_name_is_banned_in_every_form_that_looks_like_it() {
        let bans = bans(&[("bob", None)]);
        for text in ["bob", "BOB", "b0b", "ｂｏｂ", "bоb"] {
            assert!(bans.of_name(&name(text), at(1)).is_some(), "{text}");
        }
        assert_eq!(bans.of_name(&name("bobby"), at(1)), None);
    }

    #[test]
    fn an_address_is_banned_by_itself_and_by_each_network_around_it() {
        let bans = bans(&[("10.0.0.7", None), ("192.0.2.0/24", None), ("2001:db8::/32", None)]);
        for text in ["10.0.0.7", "192.0.2.1", "192.0.2.255", "2001:db8:1::1", "::ffff:10.0.0.7"] {
            assert!(bans.of_address(text.parse().unwrap(), at(1)).is_some(), "{text}");
        }
        for text in ["10.0.0.8", "192.0.3.1", "2001:db9::1", "::a00:7"] {
            assert_eq!(bans.of_address(text.parse().unwrap(), at(1)), None, "{text}");
        }
    }

    #[test]
    fn of_several_the_one_that_lasts_longest_counts() {
        let mut bans =
            bans(&[("10.0.0.0/8", Some(50)), ("10.0.0.7", Some(20)), ("10.0.0.0/16", None)]);
        let until = |bans: &Bans, now| {
            bans.of_address("10.0.0.7".parse().unwrap(), at(now)).map(|ban| ban.until)
        };
        assert_eq!(until(&bans, 1), Some(None));
        bans.apply(&Change::Remove(Banned::Network(network("10.0.0.0/16"))));
        assert_eq!(until(&bans, 1), Some(Some(at(50))));
        assert_eq!(until(&bans, 50), None);
    }

    #[test]
    fn a_ban_that_has_ended_is_not_in_force_and_is_dropped() {
        let mut bans = bans(&[("bob", Some(10)), ("eve", Some(5)), ("carl", None)]);
        assert_eq!(bans.next_end(), Some(at(5)));
        assert!(bans.of_name(&name("eve"), at(4)).is_some());
        assert_eq!(bans.of_name(&name("eve"), at(5)), None);
        bans.apply(&Change::Tidy(at(5)));
        assert_eq!(shown(&bans), ["bob", "carl"]);
        assert_eq!(bans.next_end(), Some(at(10)));
    }

    #[test]
    fn a_ban_replaces_one_of_the_same_target() {
        let mut bans = bans(&[("bob", Some(10)), ("bob 10.0.0.7", None), ("10.0.0.7", None)]);
        bans.apply(&Change::Add(ban("B0B", None)));
        assert_eq!(shown(&bans), ["bob (10.0.0.7)", "10.0.0.7", "B0B"]);
        bans.apply(&Change::Add(ban("10.0.0.7", Some(3))));
        assert_eq!(shown(&bans), ["bob (10.0.0.7)", "B0B", "10.0.0.7"]);
    }

    #[test]
    fn what_is_removed_leaves_nothing_behind() {
        let mut bans =
            bans(&[("bob", None), ("bob 10.0.0.7", None), ("10.0.0.0/8", None), ("eve", None)]);
        bans.apply(&Change::Remove(Banned::Name(name("b0b"))));
        assert_eq!(shown(&bans), ["10.0.0.0/8", "eve"]);
        bans.apply(&Change::Remove(Banned::Name(name("bob"))));
        bans.apply(&Change::Remove(Banned::Network(network("10.0.0.0/8"))));
        bans.apply(&Change::Remove(Banned::Name(name("eve"))));
        assert_eq!(bans.len(), 0);
        assert!(bans.by_key.is_empty() && bans.by_network.is_empty() && bans.sizes.is_empty());
    }

    #[test]
    fn thousands_are_looked_up_as_fast_as_one() {
        let many = (0..MAX_BANS as u32).map(|number| {
            let address = std::net::Ipv4Addr::from(0x0a00_0000 + number);
            Ban { address: Some(Network::of(address.into())), name: None, ..ban("x", None) }
        });
        let bans = Bans::of(many);
        assert_eq!(bans.len(), MAX_BANS);
        // What a look-up costs is the number of sizes.
        assert_eq!(bans.sizes.len(), 1);
        assert!(bans.of_address("10.0.39.15".parse().unwrap(), at(1)).is_some());
        assert!(bans.of_address("10.0.39.16".parse().unwrap(), at(1)).is_none());
    }
}

//! Who wants to be told when somebody comes and goes: <https://ircv3.net/specs/extensions/monitor>.

use std::collections::{BTreeMap, HashMap, HashSet};

use salotto::{MemberId, Name};

/// So many names a client may watch.
pub(super) const MOST: usize = 100;

/// See the module. Bounded by how many clients there are.
#[derive(Debug, Default)]
pub(super) struct Watched {
    /// By whom a name is watched, in its folded form.
    by_name: HashMap<String, HashSet<MemberId>>,
    /// What each watches: the folded form, and the name as it was given.
    by_member: HashMap<MemberId, BTreeMap<String, String>>,
}

impl Watched {
    /// Lets a member watch a name. Says no where it watches as many as it may.
    pub(super) fn add(&mut self, member: MemberId, name: &str) -> bool {
        let names = self.by_member.entry(member).or_default();
        let form = folded(name);
        if names.len() >= MOST && !names.contains_key(&form) {
            return false;
        }
        names.entry(form.clone()).or_insert_with(|| name.to_owned());
        self.by_name.entry(form).or_default().insert(member);
        true
    }

    pub(super) fn remove(&mut self, member: MemberId, name: &str) {
        let form = folded(name);
        if let Some(names) = self.by_member.get_mut(&member) {
            names.remove(&form);
        }
        self.unwatch(member, &form);
    }

    /// A member watches nobody any more.
    pub(super) fn forget(&mut self, member: MemberId) {
        for form in self.by_member.remove(&member).unwrap_or_default().into_keys() {
            self.unwatch(member, &form);
        }
    }

    /// What a member watches, as it was given.
    pub(super) fn names(&self, member: MemberId) -> Vec<String> {
        self.by_member
            .get(&member)
            .map(|names| names.values().cloned().collect())
            .unwrap_or_default()
    }

    /// By whom a name is watched.
    pub(super) fn watchers(&self, name: &Name) -> impl Iterator<Item = MemberId> {
        self.by_name.get(&folded(name.as_str())).into_iter().flatten().copied()
    }

    fn unwatch(&mut self, member: MemberId, form: &str) {
        if let Some(watchers) = self.by_name.get_mut(form) {
            watchers.remove(&member);
            if watchers.is_empty() {
                self.by_name.remove(form);
            }
        }
    }
}

/// Whether two names are one for whoever watches it.
pub(super) fn is_same(one: &Name, other: &Name) -> bool {
    folded(one.as_str()) == folded(other.as_str())
}

fn folded(name: &str) -> String {
    name.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_watches_takes_no_space() {
        let member: MemberId = serde_json::from_str("1").unwrap();
        let ada: Name = "Ada".parse().unwrap();
        let mut watched = Watched::default();
        for number in 0..MOST {
            assert!(watched.add(member, &format!("bob{number}")));
        }
        assert!(!watched.add(member, "ada") && watched.add(member, "BOB1"));
        watched.remove(member, "Bob1");
        assert!(watched.add(member, "ADA"));
        assert_eq!(watched.watchers(&ada).collect::<Vec<_>>(), [member]);
        watched.forget(member);
        assert!(watched.by_name.is_empty() && watched.by_member.is_empty());
    }
}

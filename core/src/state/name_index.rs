//! From every form of a name that would pass for it to whom or what it names.

use std::collections::HashMap;

use crate::protocol::name;

/// The longest form that is compared has so many bytes for each of the name it stands for: a letter of four bytes can pass for one of one.
const WIDEST: usize = 4;

/// See the module. A key has one owner.
#[derive(Debug)]
pub(crate) struct NameIndex<Id> {
    by_key: HashMap<String, Id>,
    /// Bytes of the longest name that was ever in here. What is far longer is nobody's, and folding it would cost who asks nothing and the
    /// hub much.
    longest: usize,
}

impl<Id: Copy> NameIndex<Id> {
    /// Enters a name of which no key is taken.
    pub(crate) fn insert(&mut self, name: &str, id: Id) {
        self.longest = self.longest.max(name.len());
        self.by_key.extend(name::keys(name).into_iter().map(|key| (key, id)));
    }

    /// Frees a name.
    pub(crate) fn remove(&mut self, name: &str) {
        for key in name::keys(name) {
            self.by_key.remove(&key);
        }
    }

    /// What answers to this text, by case or look-alike letters too.
    pub(crate) fn find(&self, text: &str) -> Option<Id> {
        let text = text.trim();
        if text.len() > WIDEST * self.longest {
            return None;
        }
        self.owners(text).next()
    }

    /// Whatever has a form of this text as a key.
    pub(crate) fn owners(&self, text: &str) -> impl Iterator<Item = Id> {
        name::keys(text).into_iter().filter_map(|key| self.by_key.get(&key).copied())
    }
}

impl<Id> Default for NameIndex<Id> {
    fn default() -> Self {
        Self { by_key: HashMap::new(), longest: 0 }
    }
}

//! Small values that plugins keep beyond a restart, and beyond their own lives.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::state::order::Given;
use crate::state::store::Store;

/// The namespaces that stay with a server, where several share the others.
const OWN: [&str; 2] = ["rooms", "room-epochs"];
/// Longest key, and longest value, in bytes.
const LONGEST_KEY: usize = 512;
const LONGEST_VALUE: usize = 64 * 1024;

/// Small values by namespace and key: who is muted, which rooms people opened, who has an account. From [`Context::shared`](crate::Context::shared).
///
/// A namespace is a word that its users agree on, the name of a plugin most often. Values are JSON text, so that a later version can read what an earlier
/// one wrote. All of it is in memory, so reading never waits, in a hook or on a thread; how many there are is for their owner to bound. With a store they are written
/// through to it, in the order of the calls, and are on the disk when what the same turn brought is shown; without one they last as long as the server.
///
/// Clones are the same values.
///
/// ```
/// use salotto::{Context, MemberId, Plugin};
///
/// /// Counts how often everybody was here, over restarts.
/// struct Visits;
///
/// impl Plugin for Visits {
///     fn after_named(&mut self, context: &mut Context<'_>, member: MemberId) {
///         let Some(name) = context.name(member).map(ToString::to_string) else { return };
///         let visits = context.shared().get("visits", &name);
///         let visits: u32 = visits.and_then(|text| text.parse().ok()).unwrap_or(0);
///         // What is too long is refused; this is not.
///         let _ = context.shared().put("visits", &name, &(visits + 1).to_string());
///     }
/// }
/// ```
#[derive(Clone)]
pub struct SharedValues(Arc<Values>);

struct Values {
    /// By namespace and key. The lock guards single steps, and calls of the store and of the order, which wait for nothing, so that all have one order.
    map: Mutex<BTreeMap<String, BTreeMap<String, String>>>,
    store: Option<Arc<dyn Store>>,
    /// Who gives them to the other servers, where several share them.
    order: OnceLock<Given>,
    /// What was set here while the others could not be heard.
    unheard: Mutex<Option<BTreeSet<(String, String)>>>,
    /// Namespaces that plugins keep with this server.
    own: Mutex<BTreeSet<String>>,
    /// Whether something was changed since this was last asked.
    changed: AtomicBool,
}

/// Why a value is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// The namespace and the key together are too long.
    #[error("the key has {0} bytes; at most {LONGEST_KEY} are allowed")]
    LongKey(usize),
    /// The value is too long.
    #[error("the value has {0} bytes; at most {LONGEST_VALUE} are allowed")]
    LongValue(usize),
}

impl SharedValues {
    pub(crate) fn new(store: Option<Arc<dyn Store>>) -> Self {
        let mut map: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for (namespace, key, value) in store.iter().flat_map(|store| store.values()) {
            map.entry(namespace).or_default().insert(key, value);
        }
        Self(Arc::new(Values {
            map: Mutex::new(map),
            store,
            order: OnceLock::new(),
            unheard: Mutex::default(),
            own: Mutex::default(),
            changed: AtomicBool::new(false),
        }))
    }

    /// Other servers have them too from here on.
    #[cfg(feature = "nodes")]
    pub(crate) fn share_by(&self, order: Given) {
        let _ = self.0.order.set(order);
        self.wait_for_others();
    }

    /// Another server has set a value, or with `None` removed it. Says whether it was another here.
    pub(crate) fn apply(&self, namespace: &str, key: &str, value: Option<&str>) -> bool {
        if !self.is_shared(namespace) {
            return false;
        }
        let mut map = self.map();
        let values = map.entry(namespace.to_owned()).or_default();
        let before = match value {
            Some(value) => values.insert(key.to_owned(), value.to_owned()),
            None => values.remove(key),
        };
        if values.is_empty() {
            map.remove(namespace);
        }
        let is_new = before.as_deref() != value;
        if is_new {
            self.keep(namespace, key, value);
        }
        is_new
    }

    /// What the servers have in common takes the place of what is shared here, but for what was set here since they could last be heard. Returns the keys of what was another, by namespace.
    pub(crate) fn take_over(
        &self,
        values: Vec<(String, String, String)>,
    ) -> BTreeMap<String, Vec<String>> {
        let unheard = self.unheard().take().unwrap_or_default();
        let is_ours =
            |namespace: &str, key: &str| unheard.contains(&(namespace.to_owned(), key.to_owned()));
        let there: BTreeSet<(&str, &str)> =
            values.iter().map(|(namespace, key, _)| (&**namespace, &**key)).collect();
        let mut news: Vec<(String, String, Option<String>)> = self.shared();
        news.retain(|(namespace, key, _)| !there.contains(&(&**namespace, &**key)));
        news.iter_mut().for_each(|(_, _, value)| *value = None);
        let set = values.into_iter().map(|(namespace, key, value)| (namespace, key, Some(value)));
        news.extend(set);
        let mut changed: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (namespace, key, value) in news {
            if !is_ours(&namespace, &key) && self.apply(&namespace, &key, value.as_deref()) {
                changed.entry(namespace).or_default().push(key);
            }
        }
        changed
    }

    /// The others cannot be heard: what is set from here on is newer than what they will say.
    pub(crate) fn wait_for_others(&self) {
        self.unheard().get_or_insert_default();
    }

    /// Values of a namespace stay with this server, also where several share the others: because they are about something that is on this machine. Called when a plugin starts.
    pub fn keep_here(&self, namespace: &str) {
        let mut own = self.0.own.lock().unwrap_or_else(PoisonError::into_inner);
        own.insert(namespace.to_owned());
    }

    fn unheard(&self) -> MutexGuard<'_, Option<BTreeSet<(String, String)>>> {
        self.0.unheard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether other servers are to have what is in a namespace: all but how this one left its rooms, what it has of them, and what plugins keep here.
    fn is_shared(&self, namespace: &str) -> bool {
        let own = self.0.own.lock().unwrap_or_else(PoisonError::into_inner);
        !OWN.contains(&namespace) && !own.contains(namespace)
    }

    /// Gives the other servers all that they are to have.
    pub(crate) fn give_all(&self) {
        let Some(order) = self.0.order.get() else { return };
        *self.unheard() = None;
        for (namespace, key, value) in self.shared() {
            order.set(&namespace, &key, value.as_deref());
        }
    }

    fn shared(&self) -> Vec<(String, String, Option<String>)> {
        let map = self.map();
        let shared = map.iter().filter(|(namespace, _)| self.is_shared(namespace));
        let flat = shared.flat_map(|(namespace, values)| {
            values.iter().map(|(key, value)| (namespace.clone(), key.clone(), Some(value.clone())))
        });
        flat.collect()
    }

    /// A value.
    pub fn get(&self, namespace: &str, key: &str) -> Option<String> {
        self.map().get(namespace)?.get(key).cloned()
    }

    /// All values of a namespace, by key.
    pub fn all(&self, namespace: &str) -> Vec<(String, String)> {
        let map = self.map();
        let values = map.get(namespace).into_iter().flatten();
        values.map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Keeps a value in place of what was there.
    ///
    /// # Errors
    /// When key or value are too long: 512 bytes with the namespace, and 64 KiB.
    pub fn put(&self, namespace: &str, key: &str, value: &str) -> Result<(), ValueError> {
        let length = namespace.len() + key.len();
        if length > LONGEST_KEY {
            return Err(ValueError::LongKey(length));
        }
        if value.len() > LONGEST_VALUE {
            return Err(ValueError::LongValue(value.len()));
        }
        let mut map = self.map();
        let values = map.entry(namespace.to_owned()).or_default();
        if values.get(key).is_some_and(|before| before == value) {
            return Ok(());
        }
        values.insert(key.to_owned(), value.to_owned());
        self.write_through(namespace, key, Some(value));
        Ok(())
    }

    /// Forgets a value. Says whether there was one.
    pub fn remove(&self, namespace: &str, key: &str) -> bool {
        let mut map = self.map();
        let Some(values) = map.get_mut(namespace) else { return false };
        let was_there = values.remove(key).is_some();
        if values.is_empty() {
            map.remove(namespace);
        }
        if was_there {
            self.write_through(namespace, key, None);
        }
        was_there
    }

    /// How many values a namespace has.
    pub fn count(&self, namespace: &str) -> usize {
        self.map().get(namespace).map_or(0, BTreeMap::len)
    }

    /// Whether something was put or removed since this was last asked, and is on its way to a store.
    pub(crate) fn take_changed(&self) -> bool {
        self.0.changed.swap(false, Ordering::SeqCst)
    }

    fn write_through(&self, namespace: &str, key: &str, value: Option<&str>) {
        self.keep(namespace, key, value);
        if let Some(order) = self.0.order.get().filter(|_| self.is_shared(namespace)) {
            if let Some(unheard) = &mut *self.unheard() {
                unheard.insert((namespace.to_owned(), key.to_owned()));
            }
            order.set(namespace, key, value);
        }
    }

    fn keep(&self, namespace: &str, key: &str, value: Option<&str>) {
        if let Some(store) = &self.0.store {
            store.set(namespace, key, value);
            self.0.changed.store(true, Ordering::SeqCst);
        }
    }

    fn map(&self) -> MutexGuard<'_, BTreeMap<String, BTreeMap<String, String>>> {
        self.0.map.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SharedValues {
    /// Values may be secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let namespaces: BTreeSet<String> = self.map().keys().cloned().collect();
        formatter.debug_struct("SharedValues").field("namespaces", &namespaces).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_what_was_put_last_in_its_namespace_alone() {
        let values = SharedValues::new(None);
        values.put("mutes", "bob", "1").unwrap();
        values.put("mutes", "bob", "2").unwrap();
        values.put("locks", "bob", "3").unwrap();
        values.put("mutes", "ada", "4").unwrap();
        assert_eq!(values.get("mutes", "bob").as_deref(), Some("2"));
        assert_eq!(values.all("mutes"), [("ada".into(), "4".into()), ("bob".into(), "2".into())]);
        assert!(values.remove("mutes", "bob") && !values.remove("mutes", "bob"));
        assert_eq!((values.get("mutes", "bob"), values.count("mutes")), (None, 1));
        assert_eq!(values.get("locks", "bob").as_deref(), Some("3"));
    }

    #[test]
    fn what_is_too_long_is_refused_and_changes_nothing() {
        let values = SharedValues::new(None);
        values.put("notes", "x", "1").unwrap();
        let long = "x".repeat(LONGEST_VALUE + 1);
        assert_eq!(values.put("notes", "x", &long), Err(ValueError::LongValue(long.len())));
        assert_eq!(values.put("notes", &long, ""), Err(ValueError::LongKey(long.len() + 5)));
        assert_eq!(values.all("notes"), [("x".into(), "1".into())]);
    }
}

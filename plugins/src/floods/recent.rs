//! A bounded map that forgets what was not used for a while.
//!
//! It has two generations. An entry that is used is in the young one; when that is too old or full it becomes the old one, and the
//! entries of the former old one are dropped. Nothing is ever scanned.

use std::collections::HashMap;
use std::hash::Hash;

use super::bucket::Moment;

/// See the module.
#[derive(Debug)]
pub(super) struct Recent<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    /// When the young generation began.
    since: Moment,
    /// How many one generation holds.
    capacity: usize,
}

impl<K: Eq + Hash + Copy, V: Default> Recent<K, V> {
    /// A map of at most so many entries.
    pub(super) fn new(most: usize) -> Self {
        let (young, old) = (HashMap::new(), HashMap::new());
        Self { young, old, since: Moment::default(), capacity: most / 2 }
    }

    /// The entry of a key, which is the default for a new one. It is kept for at least `span` microseconds from now, unless there are too many
    /// others.
    pub(super) fn of(&mut self, key: K, now: Moment, span: u64) -> &mut V {
        if now.since(self.since) >= span || self.young.len() >= self.capacity {
            if now.since(self.since) >= span.saturating_mul(2) {
                self.young.clear();
            }
            self.old = std::mem::take(&mut self.young);
            self.since = now;
        }
        let old = &mut self.old;
        self.young.entry(key).or_insert_with(|| old.remove(&key).unwrap_or_default())
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: u64 = 1000;

    #[test]
    fn what_is_touched_stays_and_the_rest_is_forgotten() {
        let mut memory = Recent::<u32, u32>::new(100);
        *memory.of(1, Moment(0), SPAN) = 10;
        *memory.of(2, Moment(0), SPAN) = 20;
        for now in [900, 1800, 2700, 3600] {
            assert_eq!(*memory.of(1, Moment(now), SPAN), 10, "{now}");
        }
        assert_eq!(*memory.of(2, Moment(3600), SPAN), 0);
    }

    #[test]
    fn after_a_long_silence_nothing_is_known() {
        let mut memory = Recent::<u32, u32>::new(100);
        *memory.of(1, Moment(0), SPAN) = 10;
        assert_eq!(*memory.of(1, Moment(5000), SPAN), 0);
    }

    #[test]
    fn there_is_a_bound_however_many_come() {
        let mut memory = Recent::<u32, u32>::new(100);
        for key in 0..10_000 {
            *memory.of(key, Moment(0), SPAN) = key;
            assert!(memory.len() <= 100);
        }
        // The last ones are known, the first are not.
        assert_eq!(*memory.of(9_990, Moment(0), SPAN), 9_990);
        assert_eq!(*memory.of(1, Moment(0), SPAN), 0);
    }
}

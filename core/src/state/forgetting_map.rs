//! A map for what is known of strangers, who may be without number.

use std::collections::HashMap;
use std::hash::Hash;
use std::mem;

/// A map that forgets: of what is of no more use it keeps what was used lately, in a bounded space.
///
/// There are two generations. What is [used](Self::get_or_insert_with) is in the young one. When that is full it becomes the old one, and
/// what was in the old one until then is gone through, once: what is still needed stays, the rest is forgotten. So a key costs a constant
/// amount of work, however many come, and one that was used lately outlives those that were not.
///
/// ```
/// use salotto::ForgettingMap;
///
/// // Who knocked how often; whoever has knocked twice is never forgotten.
/// let mut knocks = ForgettingMap::new(100);
/// for visitor in [1, 1].into_iter().chain(2..10_000) {
///     *knocks.get_or_insert_with(visitor, || 0, |&knocks| knocks > 1) += 1;
/// }
/// assert_eq!(knocks.get(&1), Some(&2));
/// assert_eq!(knocks.get(&2), None);
/// assert_eq!(knocks.get(&9_999), Some(&1));
/// assert!(knocks.len() <= 101);
/// ```
#[derive(Debug)]
pub struct ForgettingMap<K, V> {
    young: HashMap<K, V>,
    /// Has no key that is in `young`.
    old: HashMap<K, V>,
    /// How many may be in `young` before it is the old one.
    full_at: usize,
    /// Half of what may be kept without need.
    spare: usize,
}

impl<K: Eq + Hash, V> ForgettingMap<K, V> {
    /// An empty map, which keeps at most `spare` values that are not needed.
    pub fn new(spare: usize) -> Self {
        let spare = (spare / 2).max(1);
        Self { young: HashMap::new(), old: HashMap::new(), full_at: spare, spare }
    }

    /// What is known of a key. It does not count as a use.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    /// What is known of a key, to be changed. It does not count as a use.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.young.get_mut(key).or_else(|| self.old.get_mut(key))
    }

    /// What is known of a key, or what is `fresh` where nothing is. Before that, what was not used for long is forgotten, unless it is
    /// `needed`; that is asked from time to time only, and must not depend on the key.
    pub fn get_or_insert_with(
        &mut self,
        key: K,
        fresh: impl FnOnce() -> V,
        needed: impl FnMut(&V) -> bool,
    ) -> &mut V {
        // Taken out first, so that what is used now is not forgotten now.
        let old = self.old.remove(&key);
        if self.young.len() >= self.full_at && !self.young.contains_key(&key) {
            self.grow_old(needed);
        }
        self.young.entry(key).or_insert_with(|| old.unwrap_or_else(fresh))
    }

    /// How many keys are known.
    pub fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn grow_old(&mut self, mut needed: impl FnMut(&V) -> bool) {
        let before = mem::replace(&mut self.old, mem::take(&mut self.young));
        let needed: Vec<(K, V)> = before.into_iter().filter(|(_, value)| needed(value)).collect();
        // However many stay, going through them stays in proportion to the newcomers.
        self.full_at = needed.len().max(self.spare);
        self.old.extend(needed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Uses a key and says how often it was used, as far as that is known.
    fn used(map: &mut ForgettingMap<u32, u32>, key: u32, needed: fn(&u32) -> bool) -> u32 {
        let times = map.get_or_insert_with(key, || 0, needed);
        *times += 1;
        *times
    }

    #[test]
    fn there_is_a_bound_for_what_is_not_needed_however_many_come() {
        let mut map = ForgettingMap::new(100);
        for key in 0..10_000 {
            used(&mut map, key, |_| false);
            assert!(map.len() <= 100);
        }
        assert_eq!((map.get(&9_990), map.get(&1)), (Some(&1), None));
    }

    #[test]
    fn what_is_used_outlives_what_is_not() {
        let mut map = ForgettingMap::new(100);
        for key in 1..1000 {
            assert_eq!(used(&mut map, 0, |_| false), key);
            used(&mut map, key, |_| false);
        }
        assert_eq!(map.get(&1), None);
    }

    #[test]
    fn what_is_needed_stays_without_being_used_until_it_is_not_needed_any_more() {
        let mut map = ForgettingMap::new(10);
        for key in 0..5000 {
            used(&mut map, key, |&times| times == 7);
            if key % 10 == 0 {
                *map.get_mut(&key).unwrap() = 7;
            }
        }
        assert!((0..5000).step_by(10).all(|key| map.get(&key) == Some(&7)));
        assert!(map.len() < 500 * 3, "few without need beside them: {}", map.len());
        for key in 5000..15_000 {
            used(&mut map, key, |_| false);
        }
        assert!(map.len() <= 10, "{}", map.len());
    }

    #[test]
    fn going_through_what_stays_costs_no_more_than_the_newcomers() {
        let (mut map, mut asked) = (ForgettingMap::new(10), 0_u32);
        for key in 0..100_000 {
            map.get_or_insert_with(
                key,
                || (),
                |()| {
                    asked += 1;
                    true
                },
            );
        }
        assert_eq!(map.len(), 100_000);
        assert!(asked < 400_000, "{asked}");
    }
}

//! Who was here, for `WHOWAS`.

use std::collections::VecDeque;

use salotto::Timestamp;

use super::mask;

/// So many are remembered; the oldest make way.
const MOST: usize = 500;

/// See the module. The latest is the first.
#[derive(Debug, Default)]
pub(super) struct Former(VecDeque<Person>);

/// Somebody who left, or was called so.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) nick: String,
    pub(super) user: String,
    pub(super) real_name: String,
    /// Until when.
    pub(super) until: Timestamp,
}

impl Former {
    pub(super) fn add(&mut self, person: Person) {
        self.0.truncate(MOST - 1);
        self.0.push_front(person);
    }

    /// Those whose nick one of the masks fits, the latest first.
    pub(super) fn find<'f>(&'f self, masks: &'f [&str]) -> impl Iterator<Item = &'f Person> {
        self.0.iter().filter(|person| masks.iter().any(|mask| mask::fits(mask, &person.nick)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_remembered_and_no_more_than_so_many() {
        let mut former = Former::default();
        for number in 0..MOST + 10 {
            let nick = format!("guest{number}");
            let (user, real_name, until) = (nick.clone(), nick.clone(), Timestamp::now());
            former.add(Person { nick, user, real_name, until });
        }
        let found: Vec<_> = former.find(&["GUEST*"]).map(|person| &*person.nick).collect();
        assert_eq!((found.len(), found[0]), (MOST, "guest509"));
        assert_eq!(former.find(&["guest9"]).count(), 0);
    }
}

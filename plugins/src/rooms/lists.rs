//! The lists of a room: who is banned from it, who is not although a ban would mean them, and who joins it although it is locked.

use std::collections::HashMap;

use salotto::protocol::Timestamp;
use salotto::{Context, MemberInfo, RoomName};
use serde::{Deserialize, Serialize};

use super::mask::Mask;
use crate::common::identity::Identity;
use crate::common::values;

/// Most entries of one list of a room.
pub(super) const MOST: usize = 60;

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum List {
    Bans,
    Exceptions,
    Invitations,
}

/// Somebody on a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Listed {
    pub(super) mask: Mask,
    /// Whom it meant when it was made, whatever they are called later.
    #[serde(default)]
    pub(super) who: Vec<Identity>,
    pub(super) until: Option<Timestamp>,
    pub(super) by: String,
    pub(super) at: Timestamp,
    #[serde(default)]
    pub(super) why: String,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Lists(HashMap<(RoomName, List), Vec<Listed>>);

impl List {
    const ALL: [Self; 3] = [Self::Bans, Self::Exceptions, Self::Invitations];

    /// The word that the commands for it have, and how they are recorded.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Bans => "ban",
            Self::Exceptions => "except",
            Self::Invitations => "admit",
        }
    }

    /// Which one a word is of.
    pub(super) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|list| list.word() == word)
    }

    fn namespace(self) -> &'static str {
        match self {
            Self::Bans => "room-bans",
            Self::Exceptions => "room-exceptions",
            Self::Invitations => "room-invitations",
        }
    }
}

impl Listed {
    fn means(&self, info: &MemberInfo, me: &Identity, keys: &[String]) -> bool {
        self.mask.fits(info, keys) || self.who.iter().any(|who| who.is_same(me))
    }

    fn is_in_force(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}

impl Lists {
    /// What was kept, of rooms for which this is true.
    pub(super) fn load(&mut self, context: &Context<'_>, is_there: impl Fn(&RoomName) -> bool) {
        for list in List::ALL {
            for (name, listed) in values::all::<Vec<Listed>>(context, list.namespace()) {
                match name.parse::<RoomName>().ok().filter(&is_there) {
                    Some(room) => drop(self.0.insert((room, list), listed)),
                    None => values::remove(context, list.namespace(), &name),
                }
            }
        }
    }

    /// Whether nobody is banned from any room.
    pub(super) fn ban_nobody(&self) -> bool {
        !self.0.keys().any(|(_, list)| *list == List::Bans)
    }

    /// Whether somebody is banned from a room.
    pub(super) fn ban_somebody(&self, room: &RoomName) -> bool {
        !self.0.is_empty() && self.0.contains_key(&(room.clone(), List::Bans))
    }

    /// Those on a list whose time is not over, in the order in which they came there.
    pub(super) fn all(&self, room: &RoomName, list: List, now: Timestamp) -> Vec<&Listed> {
        let listed = self.0.get(&(room.clone(), list)).into_iter().flatten();
        listed.filter(|listed| listed.is_in_force(now)).collect()
    }

    /// The entry of a list that means somebody.
    pub(super) fn find(
        &self,
        room: &RoomName,
        list: List,
        info: &MemberInfo,
        now: Timestamp,
    ) -> Option<&Listed> {
        if self.0.is_empty() {
            return None;
        }
        let listed = self.0.get(&(room.clone(), list))?;
        let keys = info.name.as_ref().map(|name| name.keys()).unwrap_or_default();
        let me = Identity::member(info);
        listed.iter().find(|listed| listed.is_in_force(now) && listed.means(info, &me, &keys))
    }

    /// The ban that keeps somebody out of a room, unless they are excepted.
    pub(super) fn ban(
        &self,
        room: &RoomName,
        info: &MemberInfo,
        now: Timestamp,
    ) -> Option<&Listed> {
        let ban = self.find(room, List::Bans, info, now)?;
        self.find(room, List::Exceptions, info, now).is_none().then_some(ban)
    }

    /// Puts somebody on a list, in place of an entry that means the same. Says whether there was place.
    pub(super) fn add(
        &mut self,
        context: &mut Context<'_>,
        room: &RoomName,
        list: List,
        entry: Listed,
    ) -> bool {
        let now = context.now();
        let listed = self.0.entry((room.clone(), list)).or_default();
        listed.retain(|other| other.is_in_force(now) && !other.mask.is_same(&entry.mask));
        let has_place = listed.len() < MOST;
        if has_place {
            listed.push(entry);
        }
        self.keep(context, room, list);
        has_place
    }

    /// Takes an entry from a list, and says whether it was there.
    pub(super) fn remove(
        &mut self,
        context: &mut Context<'_>,
        room: &RoomName,
        list: List,
        mask: &Mask,
    ) -> bool {
        let Some(listed) = self.0.get_mut(&(room.clone(), list)) else { return false };
        let before = listed.len();
        listed.retain(|other| !other.mask.is_same(mask));
        let was_there = listed.len() < before;
        self.keep(context, room, list);
        was_there
    }

    /// A later room of this name is another one.
    pub(super) fn forget(&mut self, context: &Context<'_>, room: &RoomName) {
        for list in List::ALL {
            if self.0.remove(&(room.clone(), list)).is_some() {
                values::remove(context, list.namespace(), room.as_str());
            }
        }
    }

    fn keep(&mut self, context: &mut Context<'_>, room: &RoomName, list: List) {
        let key = (room.clone(), list);
        match self.0.get(&key).filter(|listed| !listed.is_empty()) {
            Some(listed) => values::put(context, list.namespace(), room.as_str(), listed),
            None => {
                values::remove(context, list.namespace(), room.as_str());
                self.0.remove(&key);
            }
        }
    }
}

//! Who moderates which room, and who has a voice in it: connections, whatever they are called, and accounts. What accounts are is kept for as long as the room is remembered.

use std::collections::HashMap;

use salotto::{Context, MemberId, MemberInfo, RoomName};
use serde::{Deserialize, Serialize};

use crate::common::identity::Identity;
use crate::common::values;

/// Where it is kept which accounts have what, by the name of the room.
const NAMESPACE: &str = "room-people";
/// Most people of a room who have something; who got it first makes way.
const MOST: usize = 100;

/// What somebody has in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Right {
    /// Moderates it.
    Moderator,
    /// Speaks while others may not.
    Voice,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct People(HashMap<RoomName, Vec<Holder>>);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Holder {
    right: Right,
    who: Identity,
}

impl People {
    /// What was kept, of rooms for which this is true.
    pub(super) fn load(&mut self, context: &Context<'_>, is_there: impl Fn(&RoomName) -> bool) {
        for (name, holders) in values::all::<Vec<Holder>>(context, NAMESPACE) {
            match name.parse::<RoomName>().ok().filter(&is_there) {
                Some(room) => drop(self.0.insert(room, holders)),
                None => values::remove(context, NAMESPACE, &name),
            }
        }
    }

    pub(super) fn has(&self, room: &RoomName, right: Right, who: &Identity) -> bool {
        let holders = self.0.get(room).into_iter().flatten();
        holders.filter(|holder| holder.right == right).any(|holder| holder.who.is_same(who))
    }

    /// Whether somebody moderates a room who can come back at any time.
    pub(super) fn have_moderator(&self, room: &RoomName) -> bool {
        let mut holders = self.0.get(room).into_iter().flatten();
        holders
            .any(|holder| holder.right == Right::Moderator && holder.who.account_name().is_some())
    }

    /// Those who have something, as they are shown: members by name, who is not here by account.
    pub(super) fn shown(
        &self,
        context: &Context<'_>,
        room: &RoomName,
        right: Right,
    ) -> Vec<String> {
        let holders = self.0.get(room).into_iter().flatten();
        let of_right = holders.filter(|holder| holder.right == right);
        of_right
            .filter_map(|holder| {
                let name = holder.who.connection_id().and_then(|id| context.name(id));
                let name = name.map(ToString::to_string);
                name.or_else(|| Some(holder.who.account_name()?.to_owned()))
            })
            .collect()
    }

    pub(super) fn give(
        &mut self,
        context: &mut Context<'_>,
        room: &RoomName,
        right: Right,
        who: Identity,
    ) {
        let holders = self.0.entry(room.clone()).or_default();
        holders.retain(|holder| holder.right != right || !holder.who.is_same(&who));
        if holders.len() == MOST {
            holders.remove(0);
        }
        holders.push(Holder { right, who });
        self.keep(context, room);
    }

    pub(super) fn take(
        &mut self,
        context: &mut Context<'_>,
        room: &RoomName,
        right: Right,
        who: &Identity,
    ) -> bool {
        let Some(holders) = self.0.get_mut(room) else { return false };
        let before = holders.len();
        holders.retain(|holder| holder.right != right || !holder.who.is_same(who));
        let is_taken = holders.len() < before;
        if is_taken {
            self.keep(context, room);
        }
        is_taken
    }

    /// Somebody is here, under another connection or logged in to an account now: what they had they have as who they are now.
    pub(super) fn recognise(
        &mut self,
        context: &mut Context<'_>,
        room: &RoomName,
        was: &Identity,
        info: &MemberInfo,
    ) {
        let Some(holders) = self.0.get_mut(room) else { return };
        let mut is_changed = false;
        for holder in holders.iter_mut().filter(|holder| holder.who.is_same(was)) {
            holder.who = Identity::member(info);
            is_changed = true;
        }
        if is_changed {
            self.keep(context, room);
        }
    }

    /// A connection means nothing any more in a room; what its account has stays.
    pub(super) fn forget_connection(
        &mut self,
        context: &mut Context<'_>,
        room: &RoomName,
        member: MemberId,
    ) {
        let Some(holders) = self.0.get_mut(room) else { return };
        if !holders.iter().any(|holder| holder.who.is_of(member)) {
            return;
        }
        holders.retain_mut(|holder| {
            if !holder.who.is_of(member) {
                return true;
            }
            let account = holder.who.without_connection();
            account.map(|account| holder.who = account).is_some()
        });
        self.keep(context, room);
    }

    /// The next account of this name is somebody else's.
    pub(super) fn forget_account(&mut self, context: &mut Context<'_>, account: &str) {
        let account = Identity::account(account);
        let rooms: Vec<RoomName> = self.0.keys().cloned().collect();
        for room in rooms {
            self.take(context, &room, Right::Moderator, &account);
            self.take(context, &room, Right::Voice, &account);
        }
    }

    /// A later room of this name is another one.
    pub(super) fn forget(&mut self, context: &Context<'_>, room: &RoomName) {
        if self.0.remove(room).is_some() {
            values::remove(context, NAMESPACE, room.as_str());
        }
    }

    /// Keeps what accounts have.
    fn keep(&mut self, context: &mut Context<'_>, room: &RoomName) {
        let holders = self.0.get(room).into_iter().flatten();
        let kept: Vec<&Holder> =
            holders.filter(|holder| holder.who.account_name().is_some()).collect();
        match kept.is_empty() {
            true => values::remove(context, NAMESPACE, room.as_str()),
            false => values::put(context, NAMESPACE, room.as_str(), &kept),
        }
        if self.0.get(room).is_some_and(Vec::is_empty) {
            self.0.remove(room);
        }
    }
}

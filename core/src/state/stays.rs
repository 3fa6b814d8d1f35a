//! Which rooms somebody is in and since which entry; kept for a while when they leave, for those who come back.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::protocol::digest::digest;
use crate::protocol::ids::{EntryId, MemberId, RoomId};
use crate::protocol::timestamp::Timestamp;
use crate::state::forgetting_map::ForgettingMap;
use crate::state::shared_values::SharedValues;

/// So many of those who left are remembered.
const REMEMBERED: usize = 10_000;

/// That somebody is in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stay {
    pub(crate) room: RoomId,
    /// The first entry that they were shown there.
    pub(crate) since: EntryId,
}

/// Who was here and may come back, by the token that only they know. Bounded: those who left first are forgotten first.
#[derive(Debug)]
pub(crate) struct FormerMembers(ForgettingMap<u128, (MemberId, Vec<Stay>)>);

impl FormerMembers {
    pub(crate) fn remember(&mut self, token: u128, member: MemberId, stays: Vec<Stay>) {
        *self.0.get_or_insert_with(token, || (member, Vec::new()), |_| false) = (member, stays);
    }

    /// In which rooms somebody was who left.
    pub(crate) fn find(&self, token: u128) -> Option<&[Stay]> {
        self.0.get(&token).map(|(_, stays)| stays.as_slice())
    }

    /// Which member somebody was who left.
    pub(crate) fn member(&self, token: u128) -> Option<MemberId> {
        self.0.get(&token).map(|(member, _)| *member)
    }
}

impl Default for FormerMembers {
    fn default() -> Self {
        Self(ForgettingMap::new(REMEMBERED))
    }
}

/// The namespace of the values in which stays outlive the server, by the digests of tokens: who reads them cannot come back as anybody.
const NAMESPACE: &str = "resume";
/// For so long somebody may come back after a restart.
const KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// For so long somebody who lost the connection, or whose server was restarted, is still logged in.
const LOGIN_KEPT_FOR: Duration = Duration::from_secs(10 * 60);
/// So many stays are kept at most; when there are more, the older half goes.
const MOST_KEPT: usize = 2 * REMEMBERED;

/// Where somebody was, as it outlives the server: rooms by name, because their ids go on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeptStays {
    at: Timestamp,
    rooms: BTreeMap<String, EntryId>,
    /// Under which account they were logged in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<String>,
}

impl KeptStays {
    pub(crate) fn new(
        at: Timestamp,
        rooms: BTreeMap<String, EntryId>,
        account: Option<String>,
    ) -> Self {
        Self { at, rooms, account }
    }

    /// When they were in a room last, if their connection ended there.
    pub(crate) fn left(&self, room: &str) -> Option<Timestamp> {
        self.rooms.contains_key(room).then_some(self.at)
    }

    /// The account to which whoever comes back so soon is logged in still.
    pub(crate) fn account(&self, now: Timestamp) -> Option<&str> {
        let is_soon = now.seconds_since(self.at) <= LOGIN_KEPT_FOR.as_secs();
        self.account.as_deref().filter(|_| is_soon)
    }

    /// The first entry that they were shown in a room.
    pub(crate) fn since(&self, room: &str) -> Option<EntryId> {
        self.rooms.get(room).copied()
    }

    /// Keeps it for whoever has the token.
    pub(crate) fn put(&self, values: &SharedValues, token: &str) {
        self.put_at(values, &digest(token));
        if values.count(NAMESPACE) > MOST_KEPT {
            let mut all = Self::all(values);
            all.sort_by_key(|(_, stays)| stays.at);
            for (key, _) in all.drain(..all.len() / 2) {
                values.remove(NAMESPACE, &key);
            }
        }
    }

    fn put_at(&self, values: &SharedValues, key: &str) {
        // A few rooms: what is too long is that of nobody who could come back, and is not kept.
        let _ = serde_json::to_string(self).map(|text| values.put(NAMESPACE, key, &text));
    }

    pub(crate) fn find(values: &SharedValues, token: &str) -> Option<Self> {
        serde_json::from_str(&values.get(NAMESPACE, &digest(token))?).ok()
    }

    /// Nobody comes back with this token.
    pub(crate) fn remove(values: &SharedValues, token: &str) {
        values.remove(NAMESPACE, &digest(token));
    }

    /// Nobody comes back logged in to an account.
    pub(crate) fn log_out(values: &SharedValues, account: &str) {
        for (key, mut stays) in Self::all(values) {
            if stays.account.as_deref() == Some(account) {
                stays.account = None;
                stays.put_at(values, &key);
            }
        }
    }

    /// Forgets those who were here too long ago.
    pub(crate) fn tidy(values: &SharedValues, now: Timestamp) {
        for (key, stays) in Self::all(values) {
            if now.seconds_since(stays.at) > KEPT_FOR.as_secs() {
                values.remove(NAMESPACE, &key);
            }
        }
    }

    fn all(values: &SharedValues) -> Vec<(String, Self)> {
        let all = values.all(NAMESPACE).into_iter();
        all.filter_map(|(key, text)| Some((key, serde_json::from_str(&text).ok()?))).collect()
    }
}

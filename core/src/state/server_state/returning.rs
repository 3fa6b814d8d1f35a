//! Where people were, for when they come back.

use super::ServerState;
use crate::protocol::ids::{EntryId, MemberId};
use crate::state::member::token_text;
use crate::state::stays::{KeptStays, Stay};

impl ServerState {
    /// Keeps where a member is, for when it comes back after a restart.
    pub(crate) fn keep_stays(&self, member: MemberId) {
        let named = self.roster.get(member).filter(|member| member.name.is_some());
        let Some(member) = named.filter(|_| self.keeps_where_people_were()) else { return };
        let room = |stay: &Stay| Some((self.rooms.get(stay.room)?.name.to_string(), stay.since));
        let rooms = member.stays.iter().filter_map(room).collect();
        let account = member.account.clone();
        KeptStays::new(self.clock.timestamp(), rooms, account)
            .put(&self.values, &member.token_text());
    }

    /// Where whoever has this token was, as far as that is kept.
    pub(crate) fn kept_stays(&self, token: &str) -> Option<KeptStays> {
        let token = u128::from_str_radix(token, 16).ok()?;
        self.keeps_where_people_were().then_some(())?;
        KeptStays::find(&self.values, &token_text(token))
    }

    /// Which member whoever has this token was, since the server started.
    pub(crate) fn former_member(&self, token: &str) -> Option<MemberId> {
        self.former_members.member(u128::from_str_radix(token, 16).ok()?)
    }

    /// The first entry that whoever has this token was shown in a room, which may not be open.
    pub(crate) fn shown_since(&self, token: &str, room: &str) -> Option<EntryId> {
        let token = u128::from_str_radix(token, 16).ok()?;
        let former = self.former_members.find(token).zip(self.rooms.find(room));
        let stay = former.and_then(|(stays, room)| stays.iter().find(|stay| stay.room == room.id));
        stay.map(|stay| stay.since).or_else(|| self.kept_stays(&token_text(token))?.since(room))
    }
}

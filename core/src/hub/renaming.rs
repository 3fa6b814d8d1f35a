//! A member takes another name.

use super::Hub;
use super::admission::FirstRooms;
use super::not_done::NotDone;
use super::ordering::Naming;
use crate::plugin::draft::Renamed;
use crate::protocol::entry::EntryKind;
use crate::protocol::event::Event;
use crate::protocol::hook::Hook;
use crate::protocol::ids::MemberId;
use crate::protocol::name::Name;
use crate::state::room::Occupant;

impl Hub {
    /// A member takes another name.
    pub(super) fn rename(
        &mut self,
        id: MemberId,
        text: &str,
        nonce: Option<String>,
    ) -> Result<(), NotDone> {
        match self.state.roster.get(id) {
            None => return Err(NotDone::Gone),
            Some(member) if member.name.is_none() => {
                self.offer_first_name(id, text, FirstRooms::DEFAULT, None, nonce);
                return Ok(());
            }
            Some(_) => {}
        }
        let name = self.check_name(id, text)?;
        if self.ordering.is_some() {
            self.claim(id, name, Naming::Other { nonce });
            return Ok(());
        }
        self.take_name(id, name, nonce)
    }

    /// A member has another name, which is free.
    pub(super) fn take_name(
        &mut self,
        id: MemberId,
        name: Name,
        nonce: Option<String>,
    ) -> Result<(), NotDone> {
        let Some(from) = self.state.roster.set_name(id, name.clone()) else {
            return Err(NotDone::Gone);
        };
        self.state.shared.directory.remove_member(&from);
        self.state.shared.directory.add_member(name.clone());
        self.state.send(id, Event::Named { name: name.clone(), nonce });
        if from == name {
            return Ok(());
        }
        for room_id in self.state.rooms_of(id) {
            if let Some(room) = self.state.rooms.get_mut(room_id) {
                room.members.remove(&from);
                room.members.insert(name.clone(), Occupant::Here(id));
            }
            self.is_absent(room_id, &from);
            self.is_present(room_id, &name);
            self.commit(room_id, EntryKind::Renamed { from: from.clone(), who: name.clone() });
        }
        self.release_former_name(id, &from, &name);
        self.recognise_ignored(id, &name);
        let renamed = Renamed { member: id, from, name };
        self.observe(Hook::AfterRenamed, |plugin, context| plugin.after_renamed(context, &renamed));
        Ok(())
    }
}

//! What a plugin asks for rooms.

use super::{Context, Effect};
use crate::protocol::name::{Name, RoomName};

impl Context<'_> {
    /// Sets what a room is about; empty clears it.
    pub fn set_topic(&mut self, room: &RoomName, topic: impl Into<String>, by: Option<&Name>) {
        self.push(Effect::SetTopic { room: room.clone(), topic: topic.into(), by: by.cloned() });
    }

    /// Opens a room that stays when it is empty. Does nothing when it is there.
    pub fn open_room(&mut self, room: &RoomName, topic: impl Into<String>) {
        self.push(Effect::OpenRoom { room: room.clone(), topic: topic.into() });
    }

    /// Closes a room; its members leave it. The default room stays.
    pub fn close_room(&mut self, room: &RoomName) {
        self.push(Effect::CloseRoom { room: room.clone() });
    }

    /// Hides who is in a room and what it is about from those outside, but for moderators and the operator; or shows it again. Holds for as long
    /// as the room is open and this plugin enabled.
    pub fn hide_room(&mut self, room: &RoomName, hidden: bool) {
        self.push(Effect::HideRoom { room: room.clone(), hidden });
    }

    /// Says that only moderators speak in a room at the moment, or that all do again, so that clients can show it ([`RoomInfo::hushed`](crate::RoomInfo)). To refuse what others
    /// say is for the plugin. Holds for as long as the room is open and this plugin enabled.
    pub fn show_hushed(&mut self, room: &RoomName, hushed: bool) {
        self.push(Effect::ShowHushed { room: room.clone(), hushed });
    }
}

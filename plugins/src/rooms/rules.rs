//! Keeps the rules of rooms, which other plugins only read.

use salotto::{Context, RoomName};

use crate::common::rules::{NAMESPACE, Rules};
use crate::common::values;

impl Rules {
    /// Keeps them as those of a room.
    pub(crate) fn keep(&self, context: &mut Context<'_>, room: &RoomName) {
        match *self == Self::default() {
            true => Self::forget(context, room),
            false => values::put(context, NAMESPACE, room.as_str(), self),
        }
    }

    /// A later room of this name is another one.
    pub(crate) fn forget(context: &Context<'_>, room: &RoomName) {
        values::remove(context, NAMESPACE, room.as_str());
    }

    /// The rooms of which something is kept.
    pub(crate) fn rooms(context: &Context<'_>) -> Vec<RoomName> {
        let all = values::all::<Self>(context, NAMESPACE).into_iter();
        all.filter_map(|(room, _)| room.parse().ok()).collect()
    }
}

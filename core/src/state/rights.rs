//! What somebody is in one room, as plugins say it.

use crate::protocol::ids::SlotId;
use crate::protocol::role::Role;

/// What plugins have given one member in one room. Each part is gone with the plugin that gave it, all of it when the member leaves the room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Rights {
    /// What it may do there, and the plugin that says so.
    role: Option<(SlotId, Role)>,
    /// The plugin that lets it speak where not all may.
    voiced_by: Option<SlotId>,
}

impl Rights {
    /// What it may do there, where that was said.
    pub(crate) fn role(&self) -> Option<Role> {
        self.role.map(|(_, role)| role)
    }

    pub(crate) fn is_voiced(&self) -> bool {
        self.voiced_by.is_some()
    }

    /// Gives a role, or takes it away.
    pub(crate) fn set_role(&mut self, slot: SlotId, role: Option<Role>) {
        self.role = role.map(|role| (slot, role));
    }

    pub(crate) fn set_voiced(&mut self, slot: SlotId, is_voiced: bool) {
        self.voiced_by = is_voiced.then_some(slot);
    }

    /// A plugin is over.
    pub(crate) fn forget_plugin(&mut self, slot: SlotId) {
        self.role.take_if(|(by, _)| *by == slot);
        self.voiced_by.take_if(|by| *by == slot);
    }

    /// Whether nothing is left of it.
    pub(crate) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

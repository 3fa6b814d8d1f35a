//! Which symbols stand on which key, as XKB knows it.

use x11rb::connection::Connection;
use x11rb::errors::ReplyError;
use x11rb::protocol::xkb::{
    ConnectionExt, EventType, ID, KeySymMap, KeyType, MapPart, SelectEventsAux, VMod,
};
use x11rb::protocol::xproto::KeyButMask;

/// The keyboard as it was last read.
pub(super) struct Keyboard {
    first: u8,
    keys: Vec<KeySymMap>,
    /// How modifiers choose among the symbols of a key.
    types: Vec<KeyType>,
}

impl Keyboard {
    /// Asks the X server to tell when the keyboard becomes another, and which layouts are in use with each press.
    pub(super) fn watch(connection: &impl Connection) -> Result<(), ReplyError> {
        connection.xkb_use_extension(1, 0)?.reply()?;
        let (device, all) = (ID::USE_CORE_KBD.into(), wanted());
        let events = EventType::NEW_KEYBOARD_NOTIFY | EventType::MAP_NOTIFY;
        let (none, details) = (EventType::default(), SelectEventsAux::new());
        connection.xkb_select_events(device, none, events, all, all, &details)?;
        Ok(())
    }

    /// Asks the X server for it as it is now. After [`watch`](Self::watch).
    pub(super) fn read(connection: &impl Connection) -> Result<Self, ReplyError> {
        let (device, none) = (ID::USE_CORE_KBD.into(), MapPart::default());
        let reply = connection.xkb_get_map(
            device,
            wanted(),
            none,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            VMod::default(),
            0,
            0,
            0,
            0,
            0,
            0,
        )?;
        let reply = reply.reply()?;
        let keys = reply.map.syms_rtrn.unwrap_or_default();
        let types = reply.map.types_rtrn.unwrap_or_default();
        Ok(Self { first: reply.first_key_sym, keys, types })
    }

    /// The symbol that a key makes with these modifiers and in the layout that they tell of.
    pub(super) fn symbol(&self, code: u8, state: KeyButMask) -> Option<u32> {
        let state = u16::from(state);
        self.at(code, usize::from(state >> 13 & 3), state & 0xff)
    }

    /// The symbol that it makes in the first layout, without any modifier.
    pub(super) fn first_symbol(&self, code: u8) -> Option<u32> {
        self.at(code, 0, 0)
    }

    fn at(&self, code: u8, group: usize, held: u16) -> Option<u32> {
        let key = self.keys.get(usize::from(code.checked_sub(self.first)?))?;
        // A layout that has fewer keys than another begins anew.
        let groups = usize::from(key.group_info & 0x0f);
        let group = group.checked_rem(groups)?;
        let kind = self.types.get(usize::from(*key.kt_index.get(group)?))?;
        let held = held & u16::from(kind.mods_mask);
        let chosen =
            kind.map.iter().find(|entry| entry.active && u16::from(entry.mods_mask) == held);
        let level = chosen.map_or(0, |entry| usize::from(entry.level));
        key.syms.get(group * usize::from(key.width) + level).copied()
    }
}

/// What has to be known of the keyboard.
fn wanted() -> MapPart {
    MapPart::KEY_TYPES | MapPart::KEY_SYMS
}

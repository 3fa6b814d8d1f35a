//! What miniquad does not say of a key that types nothing: the second connection sees each press too, and says whether it begins
//! something. One word a press, in the same order.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use x11rb::connection::Connection;
use x11rb::errors::ReplyError;
use x11rb::protocol::xkb::{
    ConnectionExt, EventType, ID, KeySymMap, KeyType, MapPart, SelectEventsAux, VMod,
};
use x11rb::protocol::xproto::KeyPressEvent;

use super::compose::Starter;

/// The word on a press is there at once; more is not waited for.
const PATIENCE: Duration = Duration::from_millis(20);
/// After so long without a press every word has come.
const BALANCED: Duration = Duration::from_secs(1);

/// What was pressed, as the second connection tells it.
pub(super) struct Press {
    at: Instant,
    starter: Option<Starter>,
}

/// The words on the presses that miniquad has told of or will tell of.
pub(super) struct Presses {
    words: mpsc::Receiver<Press>,
    /// Words that have not come yet on presses that are over.
    owed: usize,
    last: Option<Instant>,
}

impl Presses {
    /// And where the words come from.
    pub(super) fn new() -> (Self, mpsc::Sender<Press>) {
        let (sender, words) = mpsc::channel();
        (Self { words, owed: 0, last: None }, sender)
    }

    /// A key was pressed, and typed something or not. Returns what it begins.
    pub(super) fn take(&mut self, typed: bool) -> Option<Starter> {
        let now = Instant::now();
        if self.last.replace(now).is_none_or(|last| now - last > BALANCED) {
            // Before the second connection listened there was a press without a word, or it heard one that miniquad did not.
            self.owed = 0;
        }
        self.owed += 1;
        let mut starter = None;
        while self.owed > 0 {
            // What typed something begins nothing; its word may come later.
            let patience = if typed { Duration::ZERO } else { PATIENCE };
            let Ok(word) = self.words.recv_timeout(patience) else { return None };
            if now.saturating_duration_since(word.at) < BALANCED {
                self.owed -= 1;
                starter = word.starter;
            }
        }
        starter
    }
}

/// Which symbols stand on which key, as XKB knows it.
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

    /// What is said of a press.
    pub(super) fn word(&self, event: &KeyPressEvent) -> Press {
        let starter = self.symbol(event.detail, event.state.into()).and_then(Starter::of);
        Press { at: Instant::now(), starter }
    }

    fn symbol(&self, code: u8, state: u16) -> Option<u32> {
        let key = self.keys.get(usize::from(code.checked_sub(self.first)?))?;
        // A layout that has fewer keys than another begins anew.
        let groups = usize::from(key.group_info & 0x0f);
        let group = usize::from(state >> 13 & 3).checked_rem(groups)?;
        let kind = self.types.get(usize::from(key.kt_index[group]))?;
        let held = state & 0xff & u16::from(kind.mods_mask);
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

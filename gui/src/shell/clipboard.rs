//! The clipboard of X11. miniquad's own answers one kind of question only, and waits for ever for an owner that does not answer.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use x11rb::connection::{Connection, RequestConnection};
use x11rb::errors::{ConnectionError, ReplyError, ReplyOrIdError};
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ConnectionExt as _, CreateWindowAux, EventMask, PropMode, Property,
    SELECTION_NOTIFY_EVENT, SelectionNotifyEvent, SelectionRequestEvent, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use super::atoms::Atoms;

/// A person who asked to paste and saw nothing happen for so long has gone on.
const PATIENCE: Duration = Duration::from_secs(3);
/// More is not pasted: nobody means to say it.
const MAX_PASTE: usize = 1024 * 1024;

/// The two that X11 has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Selection {
    /// What was copied.
    Clipboard,
    /// What is selected; pasted with the middle button.
    Primary,
}

impl Selection {
    fn atom(self, atoms: &Atoms) -> Atom {
        match self {
            Self::Clipboard => atoms.CLIPBOARD,
            Self::Primary => AtomEnum::PRIMARY.into(),
        }
    }
}

/// What we offer, and what we are being given.
pub(super) struct Clipboard {
    /// Owns the selection and receives what others have; never shown.
    window: Window,
    /// Guards a few assignments; never held while the X server is asked for something.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What we copied or selected, as long as nobody else did after us.
    offered: BTreeMap<Atom, String>,
    /// When a paste was asked for that has not come yet.
    asked: Option<Instant>,
    /// What has come of a paste that comes in pieces.
    pieces: Option<Vec<u8>>,
}

impl Clipboard {
    pub(super) fn new(
        connection: &RustConnection,
        root: Window,
        atoms: &Atoms,
    ) -> Result<Self, ReplyOrIdError> {
        let window = connection.generate_id()?;
        let class = WindowClass::INPUT_OUTPUT;
        let aux = CreateWindowAux::new().event_mask(EventMask::PROPERTY_CHANGE);
        let (depth, visual) = (x11rb::COPY_DEPTH_FROM_PARENT, x11rb::COPY_FROM_PARENT);
        connection.create_window(depth, window, root, 0, 0, 1, 1, 0, class, visual, &aux)?;
        let title = b"Salotto's clipboard";
        let (replace, name) = (PropMode::REPLACE, atoms._NET_WM_NAME);
        connection.change_property8(replace, window, name, atoms.UTF8_STRING, title)?;
        Ok(Self { window, state: Mutex::default() })
    }

    pub(super) fn offer(
        &self,
        connection: &RustConnection,
        atoms: &Atoms,
        selection: Selection,
        text: String,
    ) -> Result<(), ConnectionError> {
        let selection = selection.atom(atoms);
        self.with(|state| state.offered.insert(selection, text));
        connection.set_selection_owner(self.window, selection, x11rb::CURRENT_TIME)?;
        Ok(())
    }

    pub(super) fn ask(
        &self,
        connection: &RustConnection,
        atoms: &Atoms,
        selection: Selection,
    ) -> Result<(), ConnectionError> {
        self.with(|state| {
            state.asked = Some(Instant::now());
            state.pieces = None;
        });
        // Also where we are the owner ourselves: the X server then asks us, on the listener's thread.
        let (target, property, now) = (atoms.UTF8_STRING, atoms.SALOTTO_PASTE, x11rb::CURRENT_TIME);
        let selection = selection.atom(atoms);
        connection.convert_selection(self.window, selection, target, property, now)?;
        Ok(())
    }

    /// Takes an event of the second connection. Returns what was pasted, when it is complete.
    pub(super) fn take(
        &self,
        connection: &RustConnection,
        atoms: &Atoms,
        event: &Event,
    ) -> Result<Option<String>, ReplyError> {
        match event {
            Event::SelectionRequest(request) => {
                self.answer(connection, atoms, request)?;
                Ok(None)
            }
            Event::SelectionClear(clear) => {
                self.with(|state| state.offered.remove(&clear.selection));
                Ok(None)
            }
            Event::SelectionNotify(notify) if notify.property == atoms.SALOTTO_PASTE => {
                self.receive(connection, atoms)
            }
            Event::PropertyNotify(notify)
                if notify.window == self.window
                    && notify.atom == atoms.SALOTTO_PASTE
                    && notify.state == Property::NEW_VALUE
                    && self.with(|state| state.pieces.is_some()) =>
            {
                self.receive_piece(connection, atoms)
            }
            _ => Ok(None),
        }
    }

    fn receive(
        &self,
        connection: &RustConnection,
        atoms: &Atoms,
    ) -> Result<Option<String>, ReplyError> {
        let (kind, bytes) = self.read(connection, atoms)?;
        if kind == atoms.INCR {
            self.with(|state| state.pieces = Some(Vec::new()));
            return Ok(None);
        }
        Ok(self.finish(bytes))
    }

    fn receive_piece(
        &self,
        connection: &RustConnection,
        atoms: &Atoms,
    ) -> Result<Option<String>, ReplyError> {
        let (_, bytes) = self.read(connection, atoms)?;
        let whole = self.with(|state| {
            let mut pieces = state.pieces.take()?;
            if bytes.is_empty() {
                return Some(pieces);
            }
            pieces.extend(bytes);
            // The rest of too much is read, so that its owner can finish, and forgotten.
            pieces.truncate(MAX_PASTE);
            state.pieces = Some(pieces);
            None
        });
        Ok(whole.and_then(|bytes| self.finish(bytes)))
    }

    fn finish(&self, mut bytes: Vec<u8>) -> Option<String> {
        let asked = self.with(|state| state.asked.take())?;
        bytes.truncate(MAX_PASTE);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        (asked.elapsed() < PATIENCE && !text.is_empty()).then_some(text)
    }

    /// Reads and deletes the property in which pastes come.
    fn read(
        &self,
        connection: &RustConnection,
        atoms: &Atoms,
    ) -> Result<(u32, Vec<u8>), ReplyError> {
        let (name, words) = (atoms.SALOTTO_PASTE, (MAX_PASTE / 4) as u32);
        let any = AtomEnum::ANY;
        let reply = connection.get_property(false, self.window, name, any, 0, words)?.reply()?;
        connection.delete_property(self.window, name)?;
        connection.flush()?;
        Ok((reply.type_, reply.value))
    }

    /// Gives what we offer to somebody who pastes.
    fn answer(
        &self,
        connection: &RustConnection,
        atoms: &Atoms,
        request: &SelectionRequestEvent,
    ) -> Result<(), ConnectionError> {
        let offered = self.with(|state| state.offered.get(&request.selection).cloned());
        // Clients of before ICCCM name no property and mean the target.
        let property =
            if request.property == x11rb::NONE { request.target } else { request.property };
        let string = u32::from(AtomEnum::STRING);
        let texts = [atoms.UTF8_STRING, atoms.PLAIN_UTF8, atoms.TEXT, string];
        let (to, replace) = (request.requestor, PropMode::REPLACE);
        let given = match offered {
            Some(_) if request.target == atoms.TARGETS => {
                let mut targets = vec![atoms.TARGETS];
                targets.extend(texts);
                connection.change_property32(replace, to, property, AtomEnum::ATOM, &targets)?;
                true
            }
            Some(text)
                if texts.contains(&request.target)
                    && text.len() + 64 < connection.maximum_request_bytes() =>
            {
                let kind =
                    if request.target == atoms.TEXT { atoms.UTF8_STRING } else { request.target };
                connection.change_property8(replace, to, property, kind, text.as_bytes())?;
                true
            }
            _ => false,
        };
        let notify = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: request.requestor,
            selection: request.selection,
            target: request.target,
            property: if given { property } else { x11rb::NONE },
        };
        connection.send_event(false, request.requestor, EventMask::NO_EVENT, notify)?;
        connection.flush()
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

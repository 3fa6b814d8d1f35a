//! How messages travel to an input method and back: in events between two windows that nobody sees, and longer ones in properties of those.

use x11rb::connection::Connection;
use x11rb::errors::ReplyError;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, ClientMessageEvent, ConnectionExt as _,
    CreateWindowAux, EventMask, KeyPressEvent, PropMode, Window, WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;
use xim_parser::{ReadError, Request, XEvent, read, write_to_vec};

use crate::shell::desktop::Desktop;
use crate::shell::server::ServerError;

/// What fits into an event.
const SHORT: usize = 20;
/// Longer messages are not read to their end, which is no message then.
const LONGEST: u32 = 64 * 1024;
/// Long messages go through these properties in turn; the server removes what it has read.
const PROPERTIES: usize = 16;

/// What came.
pub(super) enum Message {
    /// The server has made a window for us: it can be sent to from here on.
    Connected,
    Request(Request),
    /// It is no message as far as we understand it.
    Unknown(String),
    /// It was for somebody else.
    Other,
}

/// Two windows, ours and the server's.
pub(super) struct Wire {
    ours: Window,
    /// Where everybody finds the server, and where it takes what we send.
    owner: Window,
    server: Window,
    properties: Vec<Atom>,
    /// Which of them is next.
    turn: std::cell::Cell<usize>,
}

/// The window of the input method `name`, if it runs.
pub(super) fn owner(desktop: &Desktop, name: &str) -> Result<Option<Window>, ServerError> {
    let (connection, name) = (&desktop.connection, format!("@server={name}"));
    let atom = connection.intern_atom(true, name.as_bytes())?.reply()?.atom;
    if atom == x11rb::NONE {
        return Ok(None);
    }
    let owner = connection.get_selection_owner(atom)?.reply()?.owner;
    Ok((owner != x11rb::NONE).then_some(owner))
}

impl Wire {
    /// Asks the server for a window to send to. Ours is within `window`, and nobody sees it.
    pub(super) fn open(
        desktop: &Desktop,
        owner: Window,
        window: Window,
    ) -> Result<Self, ServerError> {
        let connection = &desktop.connection;
        let names = (0..PROPERTIES).map(|number| format!("SALOTTO_XIM_{number}"));
        let asked: Result<Vec<_>, _> =
            names.map(|name| connection.intern_atom(false, name.as_bytes())).collect();
        let properties: Result<Vec<Atom>, _> =
            asked?.into_iter().map(|asked| asked.reply().map(|reply| reply.atom)).collect();
        let ours = connection.generate_id()?;
        let (class, aux) = (WindowClass::INPUT_ONLY, CreateWindowAux::new());
        connection.create_window(0, ours, window, 0, 0, 1, 1, 0, class, 0, &aux)?;
        let connect =
            ClientMessageEvent::new(32, owner, desktop.atoms._XIM_XCONNECT, [ours, 0, 0, 0, 0]);
        connection.send_event(false, owner, EventMask::NO_EVENT, connect)?;
        let (properties, turn) = (properties?, std::cell::Cell::new(0));
        Ok(Self { ours, owner, server: x11rb::NONE, properties, turn })
    }

    pub(super) fn close(&self, desktop: &Desktop) -> Result<(), ServerError> {
        desktop.connection.destroy_window(self.ours)?;
        Ok(())
    }

    pub(super) fn owner(&self) -> Window {
        self.owner
    }

    /// Whether a window is the server's, so that it has ended where the window has.
    pub(super) fn is_server(&self, window: Window) -> bool {
        window != x11rb::NONE && (window == self.server || window == self.owner)
    }

    pub(super) fn is_for_us(&self, message: &ClientMessageEvent) -> bool {
        message.window == self.ours
    }

    pub(super) fn send(&self, desktop: &Desktop, request: Request) -> Result<(), ServerError> {
        let (connection, kind) = (&desktop.connection, desktop.atoms._XIM_PROTOCOL);
        tracing::trace!(name = request.name(), "to the input method");
        let mut bytes = write_to_vec(&request);
        let event = if bytes.len() <= SHORT {
            bytes.resize(SHORT, 0);
            let mut data = [0; SHORT];
            data.copy_from_slice(&bytes);
            ClientMessageEvent::new(8, self.server, kind, data)
        } else {
            let turn = self.turn.get();
            self.turn.set((turn + 1) % PROPERTIES);
            let (append, property) = (PropMode::APPEND, self.properties[turn]);
            let string = AtomEnum::STRING;
            connection.change_property8(append, self.server, property, string, &bytes)?;
            let data = [bytes.len() as u32, property, 0, 0, 0];
            ClientMessageEvent::new(32, self.server, kind, data)
        };
        connection.send_event(false, self.server, EventMask::NO_EVENT, event)?;
        Ok(())
    }

    pub(super) fn read(
        &mut self,
        desktop: &Desktop,
        message: &ClientMessageEvent,
    ) -> Result<Message, ServerError> {
        let connection = &desktop.connection;
        if message.type_ == desktop.atoms._XIM_XCONNECT {
            self.server = message.data.as_data32()[0];
            // So we hear of its end.
            let aux = ChangeWindowAttributesAux::new().event_mask(EventMask::STRUCTURE_NOTIFY);
            connection.change_window_attributes(self.server, &aux)?;
            return Ok(Message::Connected);
        }
        if message.type_ != desktop.atoms._XIM_PROTOCOL {
            return Ok(Message::Other);
        }
        let request = if message.format == 32 {
            let [length, property, ..] = message.data.as_data32();
            let (words, any) = (length.min(LONGEST).div_ceil(4), AtomEnum::ANY);
            let asked = connection.get_property(true, self.ours, property, any, 0, words)?;
            match asked.reply() {
                Ok(reply) => read(&reply.value),
                // It named no property.
                Err(ReplyError::X11Error(error)) => {
                    return Ok(Message::Unknown(format!("{:?}", error.error_kind)));
                }
                Err(error) => return Err(error.into()),
            }
        } else {
            read(&message.data.as_data8())
        };
        let unknown = |problem: ReadError| Message::Unknown(problem.to_string());
        Ok(request.map_or_else(unknown, Message::Request))
    }
}

/// A key as it is sent.
pub(super) fn sent(key: &KeyPressEvent) -> XEvent {
    XEvent {
        response_type: key.response_type,
        detail: key.detail,
        sequence: key.sequence,
        time: key.time,
        root: key.root,
        event: key.event,
        child: key.child,
        root_x: key.root_x,
        root_y: key.root_y,
        event_x: key.event_x,
        event_y: key.event_y,
        state: key.state.into(),
        same_screen: key.same_screen,
    }
}

/// A key as it came back, for our window whatever it says.
pub(super) fn received(key: &XEvent, window: Window) -> KeyPressEvent {
    KeyPressEvent {
        response_type: key.response_type,
        detail: key.detail,
        sequence: key.sequence,
        time: key.time,
        root: key.root,
        event: window,
        child: key.child,
        root_x: key.root_x,
        root_y: key.root_y,
        event_x: key.event_x,
        event_y: key.event_y,
        state: key.state.into(),
        same_screen: key.same_screen,
    }
}

//! Our window among the others: its title, icon and state, what it copies and pastes, and what the X server and the window manager tell of it.
//! Both windows have one. Any thread may use it.

use x11rb::connection::Connection;
use x11rb::errors::ConnectionError;
use x11rb::properties::WmSizeHints;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt as _, EventMask, PropMode, Visibility, Window,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use super::atoms::Atoms;
use super::clipboard::{Clipboard, Selection};
use super::server::{Server, ServerError};

/// "Somebody should look here", in WM_HINTS (ICCCM 4.1.2.4).
const URGENCY_HINT: u32 = 1 << 8;
/// Words in WM_HINTS.
const HINTS: usize = 9;
/// In a message to the window manager: put this state on, and it comes from a program.
const STATE_ADD: u32 = 1;
const FROM_PROGRAM: u32 = 1;

/// What has to be selected on the window for [`Watch`].
pub(super) fn watched() -> EventMask {
    EventMask::EXPOSURE
        | EventMask::STRUCTURE_NOTIFY
        | EventMask::VISIBILITY_CHANGE
        | EventMask::PROPERTY_CHANGE
}

/// Our window, seen from a connection.
pub(super) struct Desktop {
    pub(super) connection: RustConnection,
    root: Window,
    /// `None` where it was not found: the clipboard works all the same.
    window: Option<Window>,
    pub(super) atoms: Atoms,
    clipboard: Clipboard,
}

/// What the X server has told of the window.
pub(super) enum Notice {
    /// Something that we showed is gone.
    Uncovered,
    /// Nothing of it can be seen, or something can.
    Hidden(bool),
    /// It fills the screen, or no longer.
    Maximized(bool),
    /// What was asked for with [`Desktop::ask_paste`].
    Pasted(String),
}

impl Desktop {
    pub(super) fn new(server: Server, window: Option<Window>) -> Result<Self, ServerError> {
        let root = server.root();
        let connection = server.connection;
        let atoms = Atoms::new(&connection)?.reply()?;
        let clipboard = Clipboard::new(&connection, root, &atoms)?;
        let desktop = Self { connection, root, window, atoms, clipboard };
        desktop.set_property(desktop.atoms._NET_WM_PID, &[std::process::id()]);
        Ok(desktop)
    }

    pub(super) fn window(&self) -> Option<Window> {
        self.window
    }

    /// Writes on the window's frame.
    pub(super) fn set_title(&self, title: &str) {
        self.with_window(|window| {
            for (name, kind) in [
                (self.atoms._NET_WM_NAME, self.atoms.UTF8_STRING),
                (AtomEnum::WM_NAME.into(), self.atoms.UTF8_STRING),
            ] {
                let (replace, bytes) = (PropMode::REPLACE, title.as_bytes());
                self.connection.change_property8(replace, window, name, kind, bytes)?;
            }
            self.connection.flush()
        });
    }

    /// Gives the window manager a picture: width, height, then ARGB by rows.
    pub(super) fn set_icon(&self, icon: &[u32]) {
        self.set_property(self.atoms._NET_WM_ICON, icon);
    }

    /// Asks the window manager not to make it smaller, in pixels.
    pub(super) fn set_smallest(&self, width: i32, height: i32) {
        self.with_window(|window| {
            let hints = WmSizeHints { min_size: Some((width, height)), ..WmSizeHints::new() };
            hints.set_normal_hints(&self.connection, window)?;
            self.connection.flush()
        });
    }

    fn set_property(&self, name: Atom, words: &[u32]) {
        self.with_window(|window| {
            let (replace, kind) = (PropMode::REPLACE, AtomEnum::CARDINAL);
            self.connection.change_property32(replace, window, name, kind, words)?;
            self.connection.flush()
        });
    }

    /// Asks the window manager to let it fill the screen. It has to be on it.
    pub(super) fn maximize(&self) {
        self.with_window(|window| {
            let (x, y) =
                (self.atoms._NET_WM_STATE_MAXIMIZED_HORZ, self.atoms._NET_WM_STATE_MAXIMIZED_VERT);
            let words = [STATE_ADD, x, y, FROM_PROGRAM, 0];
            let event = ClientMessageEvent::new(32, window, self.atoms._NET_WM_STATE, words);
            let manager = EventMask::SUBSTRUCTURE_NOTIFY | EventMask::SUBSTRUCTURE_REDIRECT;
            self.connection.send_event(false, self.root, manager, event)?;
            self.connection.flush()
        });
    }

    /// Asks for the person's eye, or no longer.
    pub(super) fn set_urgent(&self, urgent: bool) {
        self.with_window(|window| {
            let (name, kind) = (AtomEnum::WM_HINTS, AtomEnum::WM_HINTS);
            let old = self.connection.get_property(false, window, name, kind, 0, HINTS as u32)?;
            let old = old.reply().ok();
            let mut hints: Vec<u32> = old
                .as_ref()
                .and_then(|old| old.value32())
                .map(Iterator::collect)
                .unwrap_or_default();
            hints.resize(HINTS, 0);
            hints[0] = if urgent { hints[0] | URGENCY_HINT } else { hints[0] & !URGENCY_HINT };
            let replace = PropMode::REPLACE;
            self.connection.change_property32(replace, window, name, kind, &hints)?;
            self.connection.flush()
        });
    }

    /// Offers `text` to whoever pastes.
    pub(super) fn copy(&self, selection: Selection, text: String) {
        self.attempt(|| {
            self.clipboard.offer(&self.connection, &self.atoms, selection, text)?;
            self.connection.flush()
        });
    }

    /// Asks for what somebody copied or selected; it comes as [`Notice::Pasted`], if its owner answers at all.
    pub(super) fn ask_paste(&self, selection: Selection) {
        self.attempt(|| {
            self.clipboard.ask(&self.connection, &self.atoms, selection)?;
            self.connection.flush()
        });
    }

    /// Answers the window manager that asks whether we are still there, by sending its message back to it.
    pub(super) fn answer_ping(&self, mut message: ClientMessageEvent) {
        self.attempt(|| {
            message.window = self.root;
            let manager = EventMask::SUBSTRUCTURE_NOTIFY | EventMask::SUBSTRUCTURE_REDIRECT;
            self.connection.send_event(false, self.root, manager, message)?;
            self.connection.flush()
        });
    }

    fn with_window(&self, send: impl FnOnce(Window) -> Result<(), ConnectionError>) {
        if let Some(window) = self.window {
            self.attempt(|| send(window));
        }
    }

    /// A broken connection is noticed by whoever reads from it, and nothing that is sent here is worth ending for.
    pub(super) fn attempt(&self, send: impl FnOnce() -> Result<(), ConnectionError>) {
        if let Err(error) = send() {
            tracing::debug!(%error, "the connection to the X server is broken");
        }
    }
}

/// Makes of what the X server tells what the shell has to know.
#[derive(Default)]
pub(super) struct Watch {
    unmapped: bool,
    covered: bool,
    /// Minimised, for a window manager that leaves the window where it was.
    put_away: bool,
    hidden: bool,
    maximized: bool,
}

impl Watch {
    /// Takes an event. Answers who pastes on the way.
    pub(super) fn take(&mut self, desktop: &Desktop, event: &Event) -> Vec<Notice> {
        let is_ours = |window: Window| Some(window) == desktop.window;
        match event {
            Event::Expose(expose) if expose.count == 0 => return vec![Notice::Uncovered],
            Event::MapNotify(map) if is_ours(map.window) => self.unmapped = false,
            Event::UnmapNotify(unmap) if is_ours(unmap.window) => self.unmapped = true,
            Event::VisibilityNotify(visibility) => {
                self.covered = visibility.state == Visibility::FULLY_OBSCURED;
            }
            Event::PropertyNotify(property)
                if is_ours(property.window) && property.atom == desktop.atoms._NET_WM_STATE =>
            {
                return self.read_state(desktop);
            }
            event => match desktop.clipboard.take(&desktop.connection, &desktop.atoms, event) {
                Ok(Some(text)) => return vec![Notice::Pasted(text)],
                Ok(None) => {}
                Err(error) => tracing::debug!(%error, "the clipboard did not work"),
            },
        }
        self.hidden_notice().into_iter().collect()
    }

    fn read_state(&mut self, desktop: &Desktop) -> Vec<Notice> {
        let (atoms, Some(window)) = (&desktop.atoms, desktop.window) else { return Vec::new() };
        let kind = AtomEnum::ATOM;
        let asked =
            desktop.connection.get_property(false, window, atoms._NET_WM_STATE, kind, 0, 64);
        // It is gone if the window is.
        let Some(reply) = asked.ok().and_then(|asked| asked.reply().ok()) else {
            return Vec::new();
        };
        let states: Vec<Atom> = reply.value32().map(Iterator::collect).unwrap_or_default();
        self.put_away = states.contains(&atoms._NET_WM_STATE_HIDDEN);
        let maximized = states.contains(&atoms._NET_WM_STATE_MAXIMIZED_HORZ)
            && states.contains(&atoms._NET_WM_STATE_MAXIMIZED_VERT);
        let changed = std::mem::replace(&mut self.maximized, maximized) != maximized;
        let maximized = changed.then_some(Notice::Maximized(maximized));
        maximized.into_iter().chain(self.hidden_notice()).collect()
    }

    fn hidden_notice(&mut self) -> Option<Notice> {
        let hidden = self.unmapped || self.covered || self.put_away;
        let changed = std::mem::replace(&mut self.hidden, hidden) != hidden;
        changed.then_some(Notice::Hidden(hidden))
    }
}

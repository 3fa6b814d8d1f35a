//! A second connection to the X server, beside miniquad's: it finds our window, wakes it, hears when it is uncovered and which keys are
//! pressed, names it and keeps the clipboard. Any thread may use it.

use std::io;
use std::sync::{Arc, mpsc};
use std::thread;

use x11rb::connection::Connection;
use x11rb::errors::{ConnectError, ConnectionError, ReplyError, ReplyOrIdError};
use x11rb::protocol::Event;
use x11rb::protocol::res::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{
    AtomEnum, ChangeWindowAttributesAux, ClientMessageEvent, ConnectionExt as _,
    ENTER_NOTIFY_EVENT, EnterNotifyEvent, EventMask, NotifyDetail, NotifyMode, PropMode, Window,
};
use x11rb::resource_manager;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use super::atoms::Atoms;
use super::clipboard::{Clipboard, Selection};
use super::presses::{Keyboard, Press};

/// How deep below the root a window manager may put our window: frame, decoration, client.
const DEPTH: usize = 4;
/// "Somebody should look here", in WM_HINTS (ICCCM 4.1.2.4).
const URGENCY_HINT: u32 = 1 << 8;
/// Words in WM_HINTS.
const HINTS: usize = 9;

/// Our window, seen from the second connection.
pub(super) struct Desktop {
    connection: RustConnection,
    root: Window,
    window: Window,
    atoms: Atoms,
    clipboard: Clipboard,
}

/// What the thread of the second connection has to tell the shell.
pub(super) enum Notice {
    /// Something that we showed is gone.
    Uncovered,
    /// What was asked for with [`Desktop::ask_paste`].
    Pasted(String),
}

/// Why there is no second connection, or why it ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum DesktopError {
    #[error("no X server to show the window on: {0}; is DISPLAY set?")]
    Connect(#[from] ConnectError),
    #[error("the connection to the X server broke: {0}")]
    Connection(#[from] ConnectionError),
    #[error("the X server refuses: {0}")]
    Reply(#[from] ReplyError),
    #[error("the X server refuses: {0}")]
    ReplyOrId(#[from] ReplyOrIdError),
    #[error("{0} windows of class `{1}` may be ours")]
    NotFound(usize, String),
    #[error("cannot start a thread: {0}")]
    Thread(#[from] io::Error),
}

/// The connection before there is a window.
pub(super) struct Server {
    connection: RustConnection,
    root: Window,
    /// Pixels.
    size: (u16, u16),
}

impl Server {
    pub(super) fn connect() -> Result<Self, DesktopError> {
        let (connection, screen) = RustConnection::connect(None)?;
        let screen = &connection.setup().roots[screen];
        let root = screen.root;
        let size = (screen.width_in_pixels, screen.height_in_pixels);
        Ok(Self { connection, root, size })
    }

    /// Width and height of the screen, in pixels.
    pub(super) fn size(&self) -> (f32, f32) {
        (f32::from(self.size.0), f32::from(self.size.1))
    }

    /// Pixels a point, where the person has set it; what miniquad reads, too.
    pub(super) fn scale(&self) -> f32 {
        let dpi = resource_manager::new_from_default(&self.connection)
            .ok()
            .and_then(|resources| resources.get_value::<f32>("Xft.dpi", "Xft.Dpi").ok().flatten());
        dpi.map_or(1.0, |dpi| (dpi / 96.0).clamp(0.5, 4.0))
    }

    /// Finds the window of this process with the class `class`, and listens on a thread of its own for what concerns it.
    pub(super) fn find(
        self,
        class: &str,
        presses: mpsc::Sender<Press>,
        notify: impl Fn(Notice) + Send + 'static,
    ) -> Result<Arc<Desktop>, DesktopError> {
        let Self { connection, root, .. } = self;
        let atoms = Atoms::new(&connection)?.reply()?;
        let window = find(&connection, root, class)?;
        let events = EventMask::EXPOSURE | EventMask::KEY_PRESS;
        let select = ChangeWindowAttributesAux::new().event_mask(events);
        connection.change_window_attributes(window, &select)?;
        let clipboard = Clipboard::new(&connection, root, &atoms)?;
        let (replace, number) = (PropMode::REPLACE, AtomEnum::CARDINAL);
        let pid = [std::process::id()];
        connection.change_property32(replace, window, atoms._NET_WM_PID, number, &pid)?;
        connection.flush()?;
        let desktop = Arc::new(Desktop { connection, root, window, atoms, clipboard });
        let keyboard = Keyboard::watch(&desktop.connection)
            .and_then(|()| Keyboard::read(&desktop.connection))
            .inspect_err(|error| tracing::warn!(%error, "dead keys will not work"));
        // Without one nobody waits for a word on a press.
        let presses = keyboard.ok().map(|keyboard| (keyboard, presses));
        let listener = Arc::clone(&desktop);
        thread::Builder::new()
            .name("desktop".into())
            .spawn(move || listener.listen(presses, notify))?;
        Ok(desktop)
    }
}

impl Desktop {
    /// Sends our window an event that miniquad hands on, so that its loop looks up and draws.
    pub(super) fn wake(&self) {
        let event = EnterNotifyEvent {
            response_type: ENTER_NOTIFY_EVENT,
            detail: NotifyDetail::ANCESTOR,
            sequence: 0,
            time: x11rb::CURRENT_TIME,
            root: self.root,
            event: self.window,
            child: x11rb::NONE,
            root_x: 0,
            root_y: 0,
            event_x: 0,
            event_y: 0,
            state: 0_u16.into(),
            mode: NotifyMode::NORMAL,
            same_screen_focus: 0,
        };
        self.attempt(|| {
            self.connection.send_event(false, self.window, EventMask::NO_EVENT, event)?;
            self.connection.flush()
        });
    }

    /// Sends our window an event that means nothing: a loop that waits for one more event than there is goes round once more.
    pub(super) fn kick(&self) {
        let event = ClientMessageEvent::new(32, self.window, self.atoms.SALOTTO_KICK, [0; 5]);
        self.attempt(|| {
            self.connection.send_event(false, self.window, EventMask::NO_EVENT, event)?;
            self.connection.flush()
        });
    }

    /// Writes on the window's frame.
    pub(super) fn set_title(&self, title: &str) {
        self.attempt(|| {
            for (name, kind) in [
                (self.atoms._NET_WM_NAME, self.atoms.UTF8_STRING),
                (AtomEnum::WM_NAME.into(), self.atoms.UTF8_STRING),
            ] {
                let (replace, bytes) = (PropMode::REPLACE, title.as_bytes());
                self.connection.change_property8(replace, self.window, name, kind, bytes)?;
            }
            self.connection.flush()
        });
    }

    /// Gives the window manager a picture: width, height, then ARGB by rows.
    pub(super) fn set_icon(&self, icon: &[u32]) {
        self.attempt(|| {
            let (name, kind) = (self.atoms._NET_WM_ICON, AtomEnum::CARDINAL);
            self.connection.change_property32(PropMode::REPLACE, self.window, name, kind, icon)?;
            self.connection.flush()
        });
    }

    /// Asks for the person's eye, or no longer.
    pub(super) fn set_urgent(&self, urgent: bool) {
        self.attempt(|| {
            let (name, kind) = (AtomEnum::WM_HINTS, AtomEnum::WM_HINTS);
            let old =
                self.connection.get_property(false, self.window, name, kind, 0, HINTS as u32)?;
            let old = old.reply().ok();
            let mut hints: Vec<u32> = old
                .as_ref()
                .and_then(|old| old.value32())
                .map(Iterator::collect)
                .unwrap_or_default();
            hints.resize(HINTS, 0);
            hints[0] = if urgent { hints[0] | URGENCY_HINT } else { hints[0] & !URGENCY_HINT };
            self.connection.change_property32(
                PropMode::REPLACE,
                self.window,
                name,
                kind,
                &hints,
            )?;
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

    fn listen(
        &self,
        mut presses: Option<(Keyboard, mpsc::Sender<Press>)>,
        notify: impl Fn(Notice),
    ) {
        loop {
            let event = match self.connection.wait_for_event() {
                Ok(event) => event,
                Err(error) => {
                    // miniquad's connection to the same server is gone then, too, and with it the program.
                    tracing::debug!(%error, "the second connection to the X server ended");
                    return;
                }
            };
            match event {
                Event::Expose(expose) if expose.count == 0 => notify(Notice::Uncovered),
                Event::KeyPress(press) => {
                    if let Some((keyboard, presses)) = &presses {
                        // The window may have ended meanwhile.
                        let _ = presses.send(keyboard.word(&press));
                    }
                }
                Event::XkbNewKeyboardNotify(_) | Event::XkbMapNotify(_) => {
                    if let Some((keyboard, _)) = &mut presses {
                        match Keyboard::read(&self.connection) {
                            Ok(read) => *keyboard = read,
                            Err(error) => tracing::debug!(%error, "cannot read the new keyboard"),
                        }
                    }
                }
                Event::Error(error) => tracing::debug!(?error, "the X server refused a request"),
                event => match self.clipboard.take(&self.connection, &self.atoms, &event) {
                    Ok(Some(text)) => notify(Notice::Pasted(text)),
                    Ok(None) => {}
                    Err(error) => tracing::debug!(%error, "the clipboard did not work"),
                },
            }
        }
    }

    /// A broken connection is noticed by the listener, and nothing that is sent here is worth ending for.
    fn attempt(&self, send: impl FnOnce() -> Result<(), ConnectionError>) {
        if let Err(error) = send() {
            tracing::debug!(%error, "the second connection to the X server is broken");
        }
    }
}

/// Looks through the tree of windows for the one of our class and our process.
fn find(connection: &RustConnection, root: Window, class: &str) -> Result<Window, DesktopError> {
    let mut level = vec![root];
    let mut ours = Vec::new();
    for _ in 0..DEPTH {
        // All questions of a level first, then all answers: one round trip each instead of one a window.
        let asked: Result<Vec<_>, _> =
            level.iter().map(|&window| connection.query_tree(window)).collect();
        // A window may be gone before its turn comes.
        let children: Vec<Window> = asked?
            .into_iter()
            .filter_map(|tree| tree.reply().ok())
            .flat_map(|tree| tree.children)
            .collect();
        let asked: Result<Vec<_>, _> = children
            .iter()
            .map(|&window| {
                let (name, kind) = (AtomEnum::WM_CLASS, AtomEnum::STRING);
                connection.get_property(false, window, name, kind, 0, 64)
            })
            .collect();
        for (&window, property) in children.iter().zip(asked?) {
            let Ok(property) = property.reply() else { continue };
            if property.value.split(|&byte| byte == 0).any(|part| part == class.as_bytes()) {
                ours.push(window);
            }
        }
        level = children;
    }
    let proven =
        ours.iter().find(|&&window| pid_of(connection, window) == Some(std::process::id()));
    match (proven, ours.as_slice()) {
        (Some(&window), _) => Ok(window),
        // The X server may run elsewhere and not know our process.
        (None, &[window]) if pid_of(connection, window).is_none() => Ok(window),
        _ => Err(DesktopError::NotFound(ours.len(), class.to_owned())),
    }
}

/// The process that the X server knows to be behind a window.
fn pid_of(connection: &RustConnection, window: Window) -> Option<u32> {
    let mask = res::ClientIdMask::LOCAL_CLIENT_PID;
    let wanted = res::ClientIdSpec { client: window, mask };
    let reply = connection.res_query_client_ids(&[wanted]).ok()?.reply().ok()?;
    reply.ids.iter().find_map(|id| id.value.first().copied())
}

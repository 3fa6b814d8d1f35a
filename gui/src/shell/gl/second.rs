//! A second connection to the X server, beside miniquad's: it finds our window, wakes it, and hears what miniquad does not tell of it.

use std::sync::{Arc, mpsc};
use std::thread;

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::res::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{
    AtomEnum, ChangeWindowAttributesAux, ClientMessageEvent, ConnectionExt as _,
    ENTER_NOTIFY_EVENT, EnterNotifyEvent, EventMask, NotifyDetail, NotifyMode, Window,
};
use x11rb::rust_connection::RustConnection;

use super::presses::Press;
use crate::shell::desktop::{Desktop, Notice, Watch, watched};
use crate::shell::keyboard::Keyboard;
use crate::shell::server::{Server, ServerError};

/// How deep below the root a window manager may put our window: frame, decoration, client.
const DEPTH: usize = 4;

/// Finds the window of this process with the class `class`, and listens on a thread of its own for what concerns it. Where it is not found, what
/// is returned knows no window, and why is said.
pub(super) fn open(
    server: Server,
    class: &str,
    presses: mpsc::Sender<Press>,
    notify: impl Fn(Notice) + Send + 'static,
) -> Result<(Arc<Desktop>, Option<ServerError>), ServerError> {
    let (window, problem) = match find(&server.connection, server.root(), class) {
        Ok(window) => (Some(window), None),
        Err(problem) => (None, Some(problem)),
    };
    let desktop = Arc::new(Desktop::new(server, window)?);
    if let Some(window) = window {
        let events = watched() | EventMask::KEY_PRESS;
        let select = ChangeWindowAttributesAux::new().event_mask(events);
        desktop.connection.change_window_attributes(window, &select)?;
    }
    let keyboard = Keyboard::watch(&desktop.connection)
        .and_then(|()| Keyboard::read(&desktop.connection))
        .inspect_err(|error| tracing::warn!(%error, "dead keys will not work"));
    desktop.connection.flush()?;
    // Without one nobody waits for a word on a press.
    let presses = keyboard.ok().map(|keyboard| (keyboard, presses));
    let listener = Arc::clone(&desktop);
    thread::Builder::new()
        .name("desktop".into())
        .spawn(move || listen(&listener, presses, notify))?;
    Ok((desktop, problem))
}

/// Sends our window an event that miniquad hands on, so that its loop looks up.
pub(super) fn wake(desktop: &Desktop) {
    let Some(window) = desktop.window() else { return };
    let event = EnterNotifyEvent {
        response_type: ENTER_NOTIFY_EVENT,
        detail: NotifyDetail::ANCESTOR,
        sequence: 0,
        time: x11rb::CURRENT_TIME,
        root: x11rb::NONE,
        event: window,
        child: x11rb::NONE,
        root_x: 0,
        root_y: 0,
        event_x: 0,
        event_y: 0,
        state: 0_u16.into(),
        mode: NotifyMode::NORMAL,
        same_screen_focus: 0,
    };
    desktop.attempt(|| {
        desktop.connection.send_event(false, window, EventMask::NO_EVENT, event)?;
        desktop.connection.flush()
    });
}

/// Sends our window an event that means nothing: a loop that waits for one more event than there is goes round once more.
pub(super) fn kick(desktop: &Desktop) {
    let Some(window) = desktop.window() else { return };
    let event = ClientMessageEvent::new(32, window, desktop.atoms.SALOTTO_KICK, [0; 5]);
    desktop.attempt(|| {
        desktop.connection.send_event(false, window, EventMask::NO_EVENT, event)?;
        desktop.connection.flush()
    });
}

fn listen(
    desktop: &Desktop,
    mut presses: Option<(Keyboard, mpsc::Sender<Press>)>,
    notify: impl Fn(Notice),
) {
    let mut watch = Watch::default();
    loop {
        let event = match desktop.connection.wait_for_event() {
            Ok(event) => event,
            Err(error) => {
                // miniquad's connection to the same server is gone then, too, and with it the program.
                tracing::debug!(%error, "the second connection to the X server ended");
                return;
            }
        };
        match event {
            Event::KeyPress(press) => {
                if let Some((keyboard, presses)) = &presses {
                    // The window may have ended meanwhile.
                    let _ = presses.send(Press::new(keyboard.symbol(press.detail, press.state)));
                }
            }
            Event::XkbNewKeyboardNotify(_) | Event::XkbMapNotify(_) => {
                if let Some((keyboard, _)) = &mut presses {
                    match Keyboard::read(&desktop.connection) {
                        Ok(read) => *keyboard = read,
                        Err(error) => tracing::debug!(%error, "cannot read the new keyboard"),
                    }
                }
            }
            Event::Error(error) => tracing::debug!(?error, "the X server refused a request"),
            event => watch.take(desktop, &event).into_iter().for_each(&notify),
        }
    }
}

/// Looks through the tree of windows for the one of our class and our process.
fn find(connection: &RustConnection, root: Window, class: &str) -> Result<Window, ServerError> {
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
        _ => Err(ServerError::NotFound(ours.len(), class.to_owned())),
    }
}

/// The process that the X server knows to be behind a window.
fn pid_of(connection: &RustConnection, window: Window) -> Option<u32> {
    let mask = res::ClientIdMask::LOCAL_CLIENT_PID;
    let wanted = res::ClientIdSpec { client: window, mask };
    let reply = connection.res_query_client_ids(&[wanted]).ok()?.reply().ok()?;
    reply.ids.iter().find_map(|id| id.value.first().copied())
}

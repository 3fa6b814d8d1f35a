//! The window without a graphics card: a plain window of X11 over one connection, drawn by the processor into memory that the X server shares. The loop sleeps in
//! `poll` until the connection or a waker has something, or until something is due; idle it is never woken.

mod codes;
mod cursors;
#[cfg_attr(not(feature = "xim"), path = "x11/without_method.rs")]
mod method;
mod surface;
mod visual;
mod wake;

use std::sync::Arc;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use salotto_gui::raster::Raster;
use x11rb::connection::Connection;
use x11rb::properties::WmHints;
use x11rb::protocol::ErrorKind;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    AtomEnum, ButtonPressEvent, ClientMessageEvent, ColormapAlloc, ConnectionExt as _,
    CreateWindowAux, EventMask, Gravity, KEY_PRESS_EVENT, KeyPressEvent, Motion, PropMode, Window,
    WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

use super::clipboard::Selection;
use super::desktop::{Desktop, Notice, Watch, watched};
use super::keyboard::Keyboard;
use super::keys::KeyAction;
use super::server::{Server, ServerError};
use super::stage::{Stage, Step};
use super::{CLASS, Opening, SMALLEST};
use cursors::Cursors;
use method::{Method, Outcome};
use surface::Surface;
use visual::Visual;
use wake::Wake;

/// Shows the program until it ends.
///
/// # Errors
///
/// When the X server refuses the window, or the connection to it breaks.
pub(super) fn run(server: Server, opening: Opening) -> Result<(), ServerError> {
    let scale = server.scale();
    let size = server.pixels(opening.size, SMALLEST);
    let visual = Visual::of(&server)?;
    let window = create(&server, &visual, size)?;
    let wake = Arc::new(Wake::new()?);
    let app = (opening.make)(wake.clone());
    let mut stage = Stage::new(app, wake.clone(), scale);
    stage.resize(size.0.into(), size.1.into());
    let desktop = Arc::new(Desktop::new(server, Some(window))?);
    let atoms = &desktop.atoms;
    let protocols = [atoms.WM_DELETE_WINDOW, atoms._NET_WM_PING];
    let (replace, kind) = (PropMode::REPLACE, AtomEnum::ATOM);
    let connection = &desktop.connection;
    connection.change_property32(replace, window, atoms.WM_PROTOCOLS, kind, &protocols)?;
    desktop.set_icon(&super::icon());
    desktop.set_title("Salotto");
    Keyboard::watch(connection)?;
    let keyboard = Keyboard::read(connection)?;
    let surface = Surface::new(connection, window, visual)?;
    connection.map_window(window)?;
    stage.set_desktop(Arc::clone(&desktop));
    let shell = Shell {
        window,
        stage,
        keyboard,
        wake,
        surface,
        cursors: Cursors::new(window),
        method: Method::new(window),
        looked: true,
        raster: Raster::default(),
        watch: Watch::default(),
        shown: false,
        lost: false,
        hinted: false,
        size,
        desktop,
    };
    shell.run()
}

/// Makes the window, and says what it is. It is not shown yet.
fn create(server: &Server, visual: &Visual, size: (u16, u16)) -> Result<Window, ServerError> {
    let (connection, root) = (&server.connection, server.root());
    let (window, colormap) = (connection.generate_id()?, connection.generate_id()?);
    connection.create_colormap(ColormapAlloc::NONE, colormap, root, visual.id)?;
    let events = EventMask::KEY_PRESS
        | EventMask::KEY_RELEASE
        | EventMask::BUTTON_PRESS
        | EventMask::BUTTON_RELEASE
        | EventMask::POINTER_MOTION
        | EventMask::POINTER_MOTION_HINT
        | EventMask::LEAVE_WINDOW
        | EventMask::FOCUS_CHANGE
        | watched();
    // What is there stays at the left and top when the window grows, until the next frame.
    let aux = CreateWindowAux::new()
        .event_mask(events)
        .bit_gravity(Gravity::NORTH_WEST)
        .border_pixel(0)
        .colormap(colormap);
    let (width, height) = size;
    let class = WindowClass::INPUT_OUTPUT;
    connection.create_window(
        visual.depth,
        window,
        root,
        0,
        0,
        width,
        height,
        0,
        class,
        visual.id,
        &aux,
    )?;
    let class = format!("{CLASS}\0{CLASS}\0");
    let (replace, name, kind) = (PropMode::REPLACE, AtomEnum::WM_CLASS, AtomEnum::STRING);
    connection.change_property8(replace, window, name, kind, class.as_bytes())?;
    WmHints { input: Some(true), ..WmHints::new() }.set(connection, window)?;
    Ok(window)
}

struct Shell {
    window: Window,
    stage: Stage,
    keyboard: Keyboard,
    wake: Arc<Wake>,
    surface: Surface,
    cursors: Cursors,
    method: Method,
    /// It was looked for an input method since the window has got the keyboard.
    looked: bool,
    raster: Raster,
    watch: Watch,
    /// A frame was shown.
    shown: bool,
    /// Something that we showed is gone.
    lost: bool,
    /// The pointer has moved, and may have moved on: the X server says so once, until it is asked where it is.
    hinted: bool,
    size: (u16, u16),
    desktop: Arc<Desktop>,
}

impl Shell {
    fn run(mut self) -> Result<(), ServerError> {
        loop {
            while let Some(event) = self.desktop.connection.poll_for_event()? {
                self.take(event)?;
            }
            self.method.check(&self.desktop, Instant::now())?;
            self.take_outcomes();
            if self.wake.is_up() {
                self.stage.woken();
            }
            let now = Instant::now();
            // As long as the X server reads what was drawn, nothing new is drawn there.
            if !self.surface.is_busy() && self.stage.due(now).is_some_and(|due| due <= now) {
                self.wake.listen();
                self.step()?;
                // Nobody waits for it to see the window.
                if self.shown && !std::mem::replace(&mut self.looked, true) {
                    self.method.look(&self.desktop)?;
                    self.take_outcomes();
                }
            }
            if self.stage.is_over() {
                return Ok(());
            }
            if self.lost && self.shown && !self.surface.is_busy() {
                self.lost = false;
                let whole = 0..usize::from(self.size.1);
                self.surface.show(&self.desktop.connection, &[whole])?;
            }
            self.desktop.connection.flush()?;
            self.sleep()?;
        }
    }

    /// Sleeps until something happens or is due.
    fn sleep(&mut self) -> Result<(), ServerError> {
        // What came with an answer is in our memory, and the connection has nothing more to say.
        if let Some(event) = self.desktop.connection.poll_for_event()? {
            return self.take(event);
        }
        let now = Instant::now();
        let due = self.stage.due(now).filter(|_| !self.surface.is_busy());
        let due = [due, self.method.due()].into_iter().flatten().min();
        let left = due.map(|due| due.saturating_duration_since(now));
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        let mut both = [
            PollFd::new(self.desktop.connection.stream(), PollFlags::IN),
            PollFd::new(&*self.wake, PollFlags::IN),
        ];
        match poll(&mut both, left.as_ref()) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(std::io::Error::from(error).into()),
        }
    }

    fn step(&mut self) -> Result<(), ServerError> {
        self.follow_pointer()?;
        let step = self.stage.step();
        self.method.attend(&self.desktop, self.stage.writing())?;
        let Step::Paint(mut rows) = step else {
            return self.point();
        };
        let began = Instant::now();
        let connection = &self.desktop.connection;
        let (width, height) = (usize::from(self.size.0), usize::from(self.size.1));
        let is_new = self.surface.resize(connection, self.size)?;
        if self.raster.update(&self.stage.take_textures()) || is_new || !self.shown {
            let whole = 0..height;
            rows = vec![whole];
        }
        let frame = self.stage.frame();
        let mut canvas = self.surface.canvas();
        for rows in &rows {
            let (primitives, scale) = (&frame.primitives, frame.pixels_per_point);
            self.raster.paint(&mut canvas, rows.clone(), frame.ground, primitives, scale);
        }
        let count: usize = rows.iter().map(ExactSizeIterator::len).sum();
        let raster = began.elapsed();
        self.surface.show(connection, &rows)?;
        connection.flush()?;
        tracing::trace!(rows = count, width, ?raster, "rasterised");
        self.shown = true;
        // What is gone elsewhere is still to be shown again.
        self.lost &= count < height;
        self.stage.painted(began.elapsed());
        self.point()
    }

    /// Asks where the pointer is by now. A mouse tells up to a thousand times a second that it moves; so it wakes us once a step.
    fn follow_pointer(&mut self) -> Result<(), ServerError> {
        if std::mem::take(&mut self.hinted) {
            let pointer = self.desktop.connection.query_pointer(self.window)?.reply()?;
            self.stage.point_at(pointer.win_x.into(), pointer.win_y.into());
        }
        Ok(())
    }

    /// Gives the pointer its shape.
    fn point(&mut self) -> Result<(), ServerError> {
        let wanted = self.stage.frame().cursor;
        self.cursors.set(&self.desktop.connection, wanted)
    }

    fn take(&mut self, event: Event) -> Result<(), ServerError> {
        if self.method.hear(&self.desktop, &event)? {
            self.take_outcomes();
            return Ok(());
        }
        match event {
            Event::KeyPress(key) | Event::KeyRelease(key) => {
                self.method.key(&self.desktop, key)?;
                self.take_outcomes();
            }
            Event::ButtonPress(press) => {
                if let Some(codes::Button::Mouse(_)) = codes::button(press.detail) {
                    self.method.interrupt(&self.desktop)?;
                    self.take_outcomes();
                }
                self.button(&press, true);
            }
            Event::ButtonRelease(release) => self.button(&release, false),
            Event::MotionNotify(motion) => {
                self.hinted |= motion.detail == Motion::HINT;
                self.stage.point_at(motion.event_x.into(), motion.event_y.into());
            }
            Event::LeaveNotify(_) => {
                self.hinted = false;
                self.stage.point_away();
            }
            Event::FocusIn(focus) if codes::is_ours(focus.mode, focus.detail) => {
                self.looked = false;
                self.method.focus(&self.desktop, true)?;
                self.stage.focus(true);
            }
            Event::FocusOut(focus) if codes::is_ours(focus.mode, focus.detail) => {
                self.method.focus(&self.desktop, false)?;
                self.take_outcomes();
                self.stage.focus(false);
            }
            Event::ConfigureNotify(configure) if configure.window == self.window => {
                self.size = (configure.width.max(1), configure.height.max(1));
                self.stage.resize(self.size.0.into(), self.size.1.into());
            }
            Event::ClientMessage(message) if message.window == self.window => self.hear(message),
            Event::ShmCompletion(_) => self.surface.completed(),
            Event::XkbNewKeyboardNotify(_) | Event::XkbMapNotify(_) => {
                self.keyboard = Keyboard::read(&self.desktop.connection)?;
            }
            Event::Error(error) => {
                tracing::debug!(?error, "the X server refused a request");
                // What it refuses to show it does not say that it has read. Windows that are gone are those of others.
                if error.error_kind != ErrorKind::Window {
                    self.surface.completed();
                }
            }
            event => {
                for notice in self.watch.take(&self.desktop, &event) {
                    self.lost |= matches!(notice, Notice::Uncovered);
                    self.stage.notice(notice);
                }
            }
        }
        Ok(())
    }

    /// Does what the input method has left to us, and what has come of what it took.
    fn take_outcomes(&mut self) {
        while let Some(outcome) = self.method.next() {
            match outcome {
                Outcome::Key(key) if key.response_type & 0x7f == KEY_PRESS_EVENT => {
                    self.press(&key);
                }
                Outcome::Key(key) => {
                    let code = codes::code(&self.keyboard, key.detail, key.state);
                    self.stage.keys().up(code, codes::held(key.state));
                }
                Outcome::Composed(event) => {
                    tracing::trace!(?event, "composed");
                    self.stage.keys().push(egui::Event::Ime(event));
                }
            }
        }
    }

    fn press(&mut self, press: &KeyPressEvent) {
        let held = codes::held(press.state);
        let symbol = self.keyboard.symbol(press.detail, press.state);
        let code = codes::code(&self.keyboard, press.detail, press.state);
        if let Some(character) = symbol.and_then(codes::character) {
            self.stage.keys().char(character, held);
        }
        let starter = symbol.and_then(super::compose::Starter::of);
        match self.stage.keys().down(code, held, starter) {
            KeyAction::Paste => self.stage.paste(Selection::Clipboard),
            KeyAction::None => {}
        }
    }

    fn button(&mut self, event: &ButtonPressEvent, pressed: bool) {
        let (x, y) = (event.event_x.into(), event.event_y.into());
        match codes::button(event.detail) {
            Some(codes::Button::Mouse(button)) => self.stage.button(button, pressed, x, y),
            Some(codes::Button::Wheel(notches)) if pressed => {
                self.stage.point_at(x, y);
                self.stage.wheel(notches);
            }
            Some(codes::Button::Wheel(_)) | None => {}
        }
    }

    /// What the window manager says.
    fn hear(&mut self, message: ClientMessageEvent) {
        let atoms = &self.desktop.atoms;
        if message.type_ != atoms.WM_PROTOCOLS {
            return;
        }
        match message.data.as_data32()[0] {
            protocol if protocol == atoms.WM_DELETE_WINDOW => self.stage.close(),
            protocol if protocol == atoms._NET_WM_PING => self.desktop.answer_ping(message),
            _ => {}
        }
    }
}

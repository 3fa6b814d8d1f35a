//! The window: miniquad's loop, asleep until something happens, with egui in it. The only place that names miniquad.
//!
//! X11 only for now: how the loop is woken differs on every window system, see [`wake`].

mod atoms;
mod clipboard;
mod compose;
mod desktop;
mod fonts;
mod keys;
mod libraries;
mod presses;
mod timer;
mod wake;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use egui_miniquad::EguiMq;
use miniquad::{KeyCode, KeyMods, MouseButton, PassAction, RenderingBackend, conf, window};
use salotto_gui::model::Input;

use crate::app::{App, ShellRequest};
use crate::net::Waker;
use clipboard::Selection;
use desktop::{Notice, Server};
use fonts::Fonts;
use keys::Keys;
use presses::{Press, Presses};
use timer::Timer;
use wake::Wake;

/// WM_CLASS; the desktop entry names it, too.
const CLASS: &str = "salotto-gui";
/// How often is drawn where the loop cannot be woken.
const THROTTLE: Duration = Duration::from_millis(100);
/// So many updates at once are a flood: nobody reads them all, and a frame costs more than they do.
const FLOOD: usize = 50;
/// How long a flood is taken in before a frame is drawn, and how often.
const FLOODED_FRAME: Duration = Duration::from_millis(50);
const NAP: Duration = Duration::from_millis(5);
/// A window keeps its size for so long before the size is remembered.
const SETTLED: Duration = Duration::from_millis(500);
/// The window is no smaller than this at start, in points.
const SMALLEST: (f32, f32) = (320.0, 240.0);
/// Where the pointer is when it is nowhere.
const NOWHERE: f32 = -10_000.0;

/// Side of the icon, and its pixels: red, green, blue, alpha. Made from `assets/salotto-gui.svg` by `assets/icons.sh`.
const ICON_SIDE: usize = 48;
const ICON: &[u8] = include_bytes!("../assets/icon-48.rgba");

/// Shows the program that `make` makes until it ends. `wanted` is the size of the window in points.
///
/// # Errors
///
/// When there is no X server to show it on, or a library is missing.
pub(crate) fn run(
    wanted: (f32, f32),
    make: impl FnOnce(Arc<dyn Waker>) -> App + 'static,
) -> Result<(), String> {
    libraries::load(libraries::WANTED)?;
    let server = Server::connect().map_err(|error| error.to_string())?;
    let scale = server.scale();
    let screen = server.size();
    let pixels =
        |points: f32, smallest: f32, screen: f32| (points.max(smallest) * scale).min(screen) as i32;
    let conf = conf::Conf {
        window_title: "Salotto".into(),
        window_width: pixels(wanted.0, SMALLEST.0, screen.0),
        window_height: pixels(wanted.1, SMALLEST.1, screen.1),
        high_dpi: true,
        platform: conf::Platform {
            blocking_event_loop: true,
            linux_wm_class: CLASS,
            ..conf::Platform::default()
        },
        ..conf::Conf::default()
    };
    miniquad::start(conf, move || Box::new(Shell::new(server, make)));
    Ok(())
}

/// What miniquad calls, always on the same thread.
struct Shell {
    backend: Box<dyn RenderingBackend>,
    egui: EguiMq,
    app: App,
    wake: Arc<Wake>,
    /// `None` if the system has no thread to give: countdowns then stand still.
    timer: Option<Arc<Timer>>,
    keys: Keys,
    presses: Presses,
    /// Until somebody listens to the keys, with the window found.
    pressed: Option<mpsc::Sender<Press>>,
    fonts: Fonts,
    /// Until the window is looked for, after the first frame: the first frame comes first.
    server: Option<Server>,
    /// The window was not found: the loop does not sleep, but naps.
    throttled: bool,
    notices: (mpsc::Sender<Notice>, mpsc::Receiver<Notice>),
    /// egui wants another frame at once. Set by its callback in the middle of a frame.
    again: Arc<AtomicBool>,
    frames: u64,
    title: String,
    urgent: bool,
    /// Since when the window has a size that is not remembered yet.
    resized: Option<Instant>,
    /// Pixels a point.
    scale: f32,
}

impl Shell {
    fn new(server: Server, make: impl FnOnce(Arc<dyn Waker>) -> App) -> Self {
        let mut backend = window::new_rendering_backend();
        let egui = EguiMq::new(&mut *backend);
        let wake = Arc::new(Wake::default());
        let waker: Arc<dyn Waker> = wake.clone();
        let timer = Timer::start(Arc::clone(&waker))
            .inspect_err(|error| tracing::warn!(%error, "cannot start the timer's thread"))
            .ok();
        let again = Arc::new(AtomicBool::new(false));
        let (asked, later) = (Arc::clone(&again), timer.clone());
        egui.egui_ctx().set_request_repaint_callback(move |info| {
            if info.delay.is_zero() {
                asked.store(true, Ordering::SeqCst);
            } else if let Some(timer) = &later {
                timer.wake_after(info.delay);
            }
        });
        let (presses, pressed) = Presses::new();
        let scale = window::dpi_scale();
        let mut app = make(Arc::clone(&waker));
        app.set_scale(scale);
        Self {
            backend,
            egui,
            app,
            wake,
            timer,
            keys: Keys::default(),
            presses,
            pressed: Some(pressed),
            fonts: Fonts::new(waker),
            server: Some(server),
            throttled: false,
            notices: mpsc::channel(),
            again,
            frames: 0,
            title: "Salotto".into(),
            urgent: false,
            resized: None,
            scale,
        }
    }

    /// Looks for the window, so that others can wake it.
    fn find_window(&mut self) {
        let (Some(server), Some(pressed)) = (self.server.take(), self.pressed.take()) else {
            return;
        };
        let (notices, wake) = (self.notices.0.clone(), Arc::clone(&self.wake));
        let found = server.find(CLASS, pressed, move |notice| {
            // Ends with the program.
            let _ = notices.send(notice);
            wake.wake();
        });
        match found {
            Ok(desktop) => {
                desktop.set_icon(&icon());
                desktop.set_title(&self.title);
                self.wake.found(desktop);
            }
            Err(error) => {
                self.throttled = true;
                tracing::warn!(
                    "cannot find our window: {error}; it is drawn ten times a second instead of when something happens"
                );
            }
        }
    }

    fn take_notices(&mut self) {
        while let Ok(notice) = self.notices.1.try_recv() {
            match notice {
                // The frame that follows is all that it takes.
                Notice::Uncovered => {}
                Notice::Pasted(text) => {
                    tracing::trace!("pasted");
                    self.keys.push(egui::Event::Paste(text));
                }
            }
        }
    }

    fn grant_wishes(&mut self) {
        for request in self.app.take_requests() {
            match request {
                ShellRequest::Exit => window::order_quit(),
                ShellRequest::Copy(text) => self.copy(text),
                ShellRequest::Paste => self.paste(),
                ShellRequest::Select(text) => {
                    if let Some(desktop) = self.wake.desktop() {
                        desktop.copy(Selection::Primary, text);
                    }
                }
                ShellRequest::OpenLink(link) => quad_url::link_open(&link, true),
                ShellRequest::Title(title) => {
                    if let Some(desktop) = self.wake.desktop() {
                        desktop.set_title(&title);
                    }
                    self.title = title;
                }
                ShellRequest::Urgent => self.set_urgent(true),
                ShellRequest::Font(family) => self.fonts.prefer(family),
            }
        }
    }

    fn copy(&self, text: String) {
        match self.wake.desktop() {
            Some(desktop) => desktop.copy(Selection::Clipboard, text),
            None => window::clipboard_set(&text),
        }
    }

    fn paste(&mut self) {
        match self.wake.desktop() {
            Some(desktop) => desktop.ask_paste(Selection::Clipboard),
            None => {
                if let Some(text) = window::clipboard_get() {
                    self.keys.push(egui::Event::Paste(text));
                }
            }
        }
    }

    fn set_urgent(&mut self, urgent: bool) {
        if self.urgent != urgent {
            self.urgent = urgent;
            if let Some(desktop) = self.wake.desktop() {
                desktop.set_urgent(urgent);
            }
        }
    }

    fn set_focus(&mut self, focused: bool) {
        if focused {
            self.set_urgent(false);
        }
        tracing::trace!(focused, "keyboard");
        self.app.input(Input::Focus(focused));
        self.wake.poke();
    }

    /// Remembers the size of the window when the person has done with dragging its edge.
    fn settle_size(&mut self) {
        let Some(since) = self.resized else { return };
        match SETTLED.checked_sub(since.elapsed()) {
            Some(left) if !left.is_zero() => self.wake_after(left),
            _ => self.remember_size(),
        }
    }

    fn remember_size(&mut self) {
        if self.resized.take().is_some() {
            let (width, height) = window::screen_size();
            let (width, height) = (width / self.scale, height / self.scale);
            self.app.input(Input::Resized { width, height });
        }
    }

    fn wake_after(&self, delay: Duration) {
        if let Some(timer) = &self.timer {
            timer.wake_after(delay);
        }
    }
}

impl miniquad::EventHandler for Shell {
    fn update(&mut self) {
        if self.throttled {
            pause(THROTTLE);
        }
        if self.frames == 1 {
            self.find_window();
        }
        self.wake.begin_update();
        if let Some(timer) = &self.timer {
            timer.forget();
        }
        self.take_notices();
        let began = Instant::now();
        while self.app.update() >= FLOOD && began.elapsed() < FLOODED_FRAME {
            pause(NAP);
        }
        self.settle_size();
        if self.frames > 0 {
            if let Some(problem) = self.fonts.update(self.egui.egui_ctx()) {
                self.app.warn(problem);
            }
        }
    }

    fn draw(&mut self) {
        let background = self.egui.egui_ctx().style().visuals.panel_fill;
        let [red, green, blue, _] = egui::Rgba::from(background).to_array();
        self.backend.begin_default_pass(PassAction::clear_color(red, green, blue, 1.0));
        self.backend.end_render_pass();
        let more_keys = self.keys.begin_frame(&mut self.egui);
        let (app, keys) = (&mut self.app, &mut self.keys);
        let mut commands = Vec::new();
        self.egui.run(&mut *self.backend, |_, context| {
            keys.put_into(context);
            app.show(context);
            // The clipboard and links are ours to serve.
            commands.extend(context.output_mut(|output| std::mem::take(&mut output.commands)));
        });
        self.egui.draw(&mut *self.backend);
        self.backend.commit_frame();
        for command in commands {
            match command {
                egui::OutputCommand::CopyText(text) => self.copy(text),
                egui::OutputCommand::OpenUrl(open) => quad_url::link_open(&open.url, true),
                // Nothing here shows a picture that could be copied.
                egui::OutputCommand::CopyImage(_) => {}
            }
        }
        self.fonts.miss(self.app.take_missing());
        self.grant_wishes();
        self.frames += 1;
        tracing::trace!(frame = self.frames, "drawn");
        if let Some(at) = self.app.wake_at() {
            self.wake_after(at.duration_since(SystemTime::now()).unwrap_or_default());
        }
        let again = self.again.swap(false, Ordering::SeqCst);
        if again || more_keys || self.throttled || self.frames == 1 {
            window::schedule_update();
        } else {
            tracing::trace!("at rest");
        }
    }

    fn resize_event(&mut self, _width: f32, _height: f32) {
        self.resized = Some(Instant::now());
        self.wake.poke();
    }

    fn mouse_motion_event(&mut self, x: f32, y: f32) {
        self.egui.mouse_motion_event(x, y);
        self.wake.poke();
    }

    fn mouse_wheel_event(&mut self, x: f32, y: f32) {
        self.egui.mouse_wheel_event(x, y);
        self.wake.poke();
    }

    fn mouse_button_down_event(&mut self, button: MouseButton, x: f32, y: f32) {
        self.egui.mouse_button_down_event(button, x, y);
        if button == MouseButton::Middle
            && let Some(desktop) = self.wake.desktop()
        {
            desktop.ask_paste(Selection::Primary);
        }
        self.wake.poke();
    }

    fn mouse_button_up_event(&mut self, button: MouseButton, x: f32, y: f32) {
        self.egui.mouse_button_up_event(button, x, y);
        self.wake.poke();
    }

    /// The pointer came in, or somebody woke us.
    fn mouse_enter_event(&mut self, _button: MouseButton, _x: f32, _y: f32) {
        self.wake.poke();
    }

    fn mouse_leave_event(&mut self) {
        self.egui.mouse_motion_event(NOWHERE, NOWHERE);
        self.wake.poke();
    }

    fn char_event(&mut self, character: char, mods: KeyMods, _repeat: bool) {
        self.keys.char(character, mods);
        self.wake.poke();
    }

    fn key_down_event(&mut self, code: KeyCode, mods: KeyMods, _repeat: bool) {
        let starter = self.presses.take(self.keys.has_typed());
        match self.keys.down(code, mods, starter) {
            keys::KeyAction::Paste => self.paste(),
            keys::KeyAction::None => {}
        }
        self.wake.poke();
    }

    fn key_up_event(&mut self, code: KeyCode, mods: KeyMods) {
        self.keys.up(code, mods);
        self.wake.poke();
    }

    /// Called so by miniquad on X11: the keyboard is ours.
    fn window_restored_event(&mut self) {
        self.set_focus(true);
    }

    /// Called so by miniquad on X11: the keyboard is somebody else's.
    fn window_minimized_event(&mut self) {
        self.set_focus(false);
    }

    fn quit_requested_event(&mut self) {
        tracing::trace!("asked to close");
        // The server is told first; the model limits how long that may take.
        window::cancel_quit();
        self.remember_size();
        self.app.close();
        self.grant_wishes();
        self.wake.poke();
    }
}

/// Lets time pass on the window's thread.
fn pause(time: Duration) {
    #[expect(clippy::disallowed_methods, reason = "there is no event to wait for")]
    thread::sleep(time);
}

/// The icon as the window manager wants it: width, height, ARGB.
fn icon() -> Vec<u32> {
    let pixels = ICON
        .chunks_exact(4)
        .map(|pixel| u32::from_be_bytes([pixel[3], pixel[0], pixel[1], pixel[2]]));
    [ICON_SIDE as u32, ICON_SIDE as u32].into_iter().chain(pixels).collect()
}

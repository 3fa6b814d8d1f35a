//! The window on a graphics card: miniquad's loop, asleep until something happens. The only place, with what lies below it, that names miniquad.

mod codes;
mod libraries;
mod painter;
mod presses;
mod second;
mod timer;
mod wake;

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use miniquad::{KeyCode, KeyMods, MouseButton, RenderingBackend, conf, window};

use super::clipboard::Selection;
use super::desktop::Notice;
use super::keys::KeyAction;
use super::server::Server;
use super::stage::{Stage, Step};
use super::{CLASS, Opening, SMALLEST};
use crate::net::Waker;
use painter::Painter;
use presses::{Press, Presses};
use timer::Timer;
use wake::Wake;

/// How often is drawn where the loop cannot be woken.
const THROTTLE: Duration = Duration::from_millis(100);

pub(super) use libraries::{WANTED, load};

/// Shows the program until it ends. [`load`] was called.
pub(super) fn run(server: Server, opening: Opening) {
    let (width, height) = server.pixels(opening.size, SMALLEST);
    let conf = conf::Conf {
        window_title: "Salotto".into(),
        window_width: width.into(),
        window_height: height.into(),
        high_dpi: true,
        platform: conf::Platform {
            blocking_event_loop: true,
            linux_wm_class: CLASS,
            ..conf::Platform::default()
        },
        ..conf::Conf::default()
    };
    miniquad::start(conf, move || Box::new(Shell::new(server, opening)));
}

/// What miniquad calls, always on the same thread.
struct Shell {
    backend: Box<dyn RenderingBackend>,
    painter: Painter,
    stage: Stage,
    wake: Arc<Wake>,
    /// `None` if the system has no thread to give: countdowns then stand still.
    timer: Option<Arc<Timer>>,
    presses: Presses,
    /// Until somebody listens to the keys, with the window found.
    pressed: Option<mpsc::Sender<Press>>,
    /// Until the window is looked for, after the first frame: the first frame comes first.
    server: Option<Server>,
    /// The window was not found: the loop does not sleep, but naps.
    throttled: bool,
    notices: (mpsc::Sender<Notice>, mpsc::Receiver<Notice>),
    frames: u64,
}

impl Shell {
    fn new(server: Server, opening: Opening) -> Self {
        let mut backend = window::new_rendering_backend();
        let painter = Painter::new(&mut *backend);
        let wake = Arc::new(Wake::default());
        let waker: Arc<dyn Waker> = wake.clone();
        let timer = Timer::start(Arc::clone(&waker))
            .inspect_err(|error| tracing::warn!(%error, "cannot start the timer's thread"))
            .ok();
        let (presses, pressed) = Presses::new();
        let app = (opening.make)(Arc::clone(&waker));
        Self {
            backend,
            painter,
            stage: Stage::new(app, waker, window::dpi_scale()),
            wake,
            timer,
            presses,
            pressed: Some(pressed),
            server: Some(server),
            throttled: false,
            notices: mpsc::channel(),
            frames: 0,
        }
    }

    /// Looks for the window, so that others can wake it.
    fn find_window(&mut self) {
        let (Some(server), Some(pressed)) = (self.server.take(), self.pressed.take()) else {
            return;
        };
        let (notices, wake) = (self.notices.0.clone(), Arc::clone(&self.wake));
        let opened = second::open(server, CLASS, pressed, move |notice| {
            // Ends with the program.
            let _ = notices.send(notice);
            wake.wake();
        });
        let problem = match opened {
            Ok((desktop, problem)) => {
                desktop.set_icon(&super::icon());
                self.wake.found(Arc::clone(&desktop));
                self.stage.set_desktop(desktop);
                problem
            }
            Err(problem) => Some(problem),
        };
        if let Some(problem) = problem {
            self.throttled = true;
            tracing::warn!(
                "cannot find our window: {problem}; it is looked after ten times a second instead of when something happens"
            );
        }
    }

    /// Does what is due, and has it drawn if it looks different. On the window's thread, in callbacks other than `update` and `draw`.
    fn react(&mut self) {
        if self.wake.is_up() {
            self.stage.woken();
        }
        if self.step() {
            self.wake.poke();
        }
    }

    /// Returns whether there is something to draw.
    fn step(&mut self) -> bool {
        let mut lost = false;
        while let Ok(notice) = self.notices.1.try_recv() {
            lost |= matches!(notice, Notice::Uncovered);
            self.stage.notice(notice);
        }
        let (width, height) = window::screen_size();
        self.stage.resize(width as u32, height as u32);
        let now = Instant::now();
        let mut changed = false;
        if self.stage.due(now).is_some_and(|due| due <= now) {
            changed = matches!(self.stage.step(), Step::Paint(_));
        }
        if self.stage.is_over() {
            window::order_quit();
        }
        if let Some(timer) = &self.timer {
            timer.set(self.stage.due(Instant::now()));
        }
        changed || lost
    }
}

impl miniquad::EventHandler for Shell {
    fn update(&mut self) {
        if self.throttled {
            #[expect(clippy::disallowed_methods, reason = "there is no event to wait for")]
            thread::sleep(THROTTLE);
        }
        if self.frames == 1 {
            self.find_window();
        }
        self.wake.begin_update();
        if self.frames < 2 || self.throttled {
            // Nobody could wake the loop, and who tried is not told.
            self.wake.is_up();
            self.stage.woken();
            self.step();
        }
    }

    /// miniquad shows what is drawn here, so all of it is drawn.
    fn draw(&mut self) {
        let began = Instant::now();
        let textures = self.stage.take_textures();
        let frame = self.stage.frame();
        self.painter.paint(&mut *self.backend, &textures, frame);
        self.backend.commit_frame();
        window::set_mouse_cursor(codes::cursor(frame.cursor));
        self.frames += 1;
        self.stage.painted(began.elapsed());
        if self.frames < 2 || self.throttled {
            window::schedule_update();
        }
        if let Some(timer) = &self.timer {
            timer.set(self.stage.due(Instant::now()));
        }
    }

    fn resize_event(&mut self, _width: f32, _height: f32) {
        // What is shown has another size, whatever is in it.
        self.step();
        self.wake.poke();
    }

    fn mouse_motion_event(&mut self, x: f32, y: f32) {
        self.stage.point_at(x, y);
        self.react();
    }

    fn mouse_wheel_event(&mut self, x: f32, y: f32) {
        self.stage.wheel(egui::vec2(x, y));
        self.react();
    }

    fn mouse_button_down_event(&mut self, button: MouseButton, x: f32, y: f32) {
        self.stage.button(codes::button(button), true, x, y);
        self.react();
    }

    fn mouse_button_up_event(&mut self, button: MouseButton, x: f32, y: f32) {
        self.stage.button(codes::button(button), false, x, y);
        self.react();
    }

    /// The pointer came in, or somebody woke us.
    fn mouse_enter_event(&mut self, _button: MouseButton, _x: f32, _y: f32) {
        self.react();
    }

    fn mouse_leave_event(&mut self) {
        self.stage.point_away();
        self.react();
    }

    fn char_event(&mut self, character: char, mods: KeyMods, _repeat: bool) {
        self.stage.keys().char(character, codes::held(mods));
        // The key that made it follows.
    }

    fn key_down_event(&mut self, code: KeyCode, mods: KeyMods, _repeat: bool) {
        let starter = self.presses.take(self.stage.keys().has_typed());
        match self.stage.keys().down(codes::code(code), codes::held(mods), starter) {
            KeyAction::Paste => self.stage.paste(Selection::Clipboard),
            KeyAction::None => {}
        }
        self.react();
    }

    fn key_up_event(&mut self, code: KeyCode, mods: KeyMods) {
        self.stage.keys().up(codes::code(code), codes::held(mods));
        self.react();
    }

    /// Called so by miniquad on X11: the keyboard is ours.
    fn window_restored_event(&mut self) {
        self.stage.focus(true);
        self.react();
    }

    /// Called so by miniquad on X11: the keyboard is somebody else's.
    fn window_minimized_event(&mut self) {
        self.stage.focus(false);
        self.react();
    }

    fn quit_requested_event(&mut self) {
        // The server is told first.
        window::cancel_quit();
        self.stage.close();
        self.react();
    }
}

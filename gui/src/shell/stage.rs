//! What both windows have in common: egui with the program in it, and when it is run.
//!
//! A window hands in what happened, asks [`Stage::due`] when there is something to do, does it with [`Stage::step`], and shows what that has
//! made if it looks different from before. To run egui costs a fraction of a millisecond, to draw what it makes many times that. So egui is run as often as it
//! asks for before one frame is drawn, and what changes nothing is not drawn at all.

mod pace;

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use egui::epaint::ClippedPrimitive;
use egui::{
    Color32, CursorIcon, Event, MouseWheelUnit, PointerButton, RawInput, TexturesDelta, Vec2,
};
use salotto_gui::model::Input;
use salotto_gui::raster::Damage;
use salotto_gui::view::spread_letters;

use super::SMALLEST;
use super::clipboard::Selection;
use super::desktop::{Desktop, Notice};
use super::fonts::Fonts;
use super::keys::{Haste, Keys};
use super::links;
use super::writing::Writing;
use crate::app::{App, ShellRequest};
use crate::net::Waker;
use pace::{Earliest, Pace};

/// egui is run so often for one frame at most.
const RUNS: usize = 16;
/// egui may ask for one frame after the other; so many are run before one is drawn.
const SETTLING: usize = 4;
/// A window keeps its size for so long before the size is remembered.
const SETTLED: Duration = Duration::from_millis(500);
/// How far a notch of the wheel goes, in points, and the most that egui takes at once instead of gliding.
const NOTCH: f32 = 48.0;
const AT_ONCE: f32 = 6.0;

/// egui, the program, and what has happened since they were run.
pub(super) struct Stage {
    context: egui::Context,
    app: App,
    keys: Keys,
    fonts: Fonts,
    desktop: Option<Arc<Desktop>>,
    pace: Pace,
    began: Instant,
    /// Width and height in pixels.
    size: (u32, u32),
    /// Pixels a point, before zoom.
    scale: f32,
    hidden: bool,
    dragging: bool,
    /// Since when the window has a size that is not remembered yet.
    resized: Option<Instant>,
    maximized: bool,
    frames: u64,
    title: String,
    urgent: bool,
    over: bool,
    damage: Damage,
    frame: Frame,
    writing: Option<Writing>,
}

/// What egui has made, to be shown.
#[derive(Default)]
pub(super) struct Frame {
    pub(super) primitives: Vec<ClippedPrimitive>,
    pub(super) pixels_per_point: f32,
    /// What lies below everything.
    pub(super) ground: Color32,
    pub(super) cursor: CursorIcon,
    textures: TexturesDelta,
}

/// What came of a step.
pub(super) enum Step {
    /// These rows look different: show them. Where the window has lost what it showed, all of them are to be shown.
    Paint(Vec<Range<usize>>),
    /// Nothing looks different.
    Rest,
}

impl Stage {
    pub(super) fn new(mut app: App, waker: Arc<dyn Waker>, scale: f32) -> Self {
        let context = egui::Context::default();
        let pace = Pace::new(&context);
        app.set_scale(scale);
        Self {
            context,
            app,
            keys: Keys::default(),
            fonts: Fonts::new(waker),
            desktop: None,
            pace,
            began: Instant::now(),
            size: (1, 1),
            scale,
            hidden: false,
            dragging: false,
            resized: None,
            maximized: false,
            frames: 0,
            title: "Salotto".into(),
            urgent: false,
            over: false,
            damage: Damage::default(),
            frame: Frame::default(),
            writing: None,
        }
    }

    /// Tells it how it is known to others, from when on titles, the clipboard and the like work.
    pub(super) fn set_desktop(&mut self, desktop: Arc<Desktop>) {
        desktop.set_title(&self.title);
        let smallest = |points: f32| (points * self.scale) as i32;
        desktop.set_smallest(smallest(SMALLEST.0), smallest(SMALLEST.1));
        if self.app.is_maximized() {
            desktop.maximize();
        }
        self.desktop = Some(desktop);
    }

    /// The keyboard and the buttons of the mouse.
    pub(super) fn keys(&mut self) -> &mut Keys {
        &mut self.keys
    }

    /// Somebody else has something to show.
    pub(super) fn woken(&mut self) {
        self.pace.wake();
    }

    /// The window has this size, in pixels.
    pub(super) fn resize(&mut self, width: u32, height: u32) {
        if self.size != (width, height) {
            if self.frames > 0 {
                self.resized = Some(Instant::now());
            }
            self.size = (width, height);
            self.pace.press();
        }
    }

    /// The window has the keyboard, or lost it.
    pub(super) fn focus(&mut self, focused: bool) {
        if focused {
            self.set_urgent(false);
        }
        tracing::trace!(focused, "keyboard");
        self.app.input(Input::Focus(focused));
        self.pace.press();
    }

    /// The pointer is here, in pixels.
    pub(super) fn point_at(&mut self, x: f32, y: f32) {
        let pos = self.place(x, y);
        self.keys.point(Event::PointerMoved(pos));
    }

    /// The pointer is elsewhere.
    pub(super) fn point_away(&mut self) {
        self.keys.point(Event::PointerGone);
    }

    /// A button of the mouse.
    pub(super) fn button(&mut self, button: PointerButton, pressed: bool, x: f32, y: f32) {
        let (pos, modifiers) = (self.place(x, y), self.keys.modifiers());
        self.dragging = pressed;
        self.keys.push(Event::PointerButton { pos, button, pressed, modifiers });
        if pressed && button == PointerButton::Middle {
            self.paste(Selection::Primary);
        }
    }

    /// Notches of the wheel, to the right and up. egui would let a notch glide for half a second, a frame each 16 ms; in small pieces it is taken at once.
    pub(super) fn wheel(&mut self, notches: Vec2) {
        let way = notches * NOTCH;
        let pieces = (way.length() / AT_ONCE).ceil().max(1.0);
        let (unit, delta) = (MouseWheelUnit::Point, way / pieces);
        for _ in 0..pieces as usize {
            let modifiers = self.keys.modifiers();
            self.keys.push(Event::MouseWheel { unit, delta, modifiers });
        }
    }

    /// Asks for what somebody copied or selected. It comes as a [`Notice`].
    pub(super) fn paste(&self, selection: Selection) {
        if let Some(desktop) = &self.desktop {
            desktop.ask_paste(selection);
        }
    }

    /// What the X server has told.
    pub(super) fn notice(&mut self, notice: Notice) {
        match notice {
            // What was shown is shown again; that is the window's to do.
            Notice::Uncovered => {}
            Notice::Pasted(text) => {
                tracing::trace!("pasted");
                self.keys.push(Event::Paste(text));
            }
            Notice::Hidden(hidden) => {
                tracing::trace!(hidden, "window");
                self.hidden = hidden;
                self.app.set_seen(!hidden);
                if !hidden {
                    self.pace.press();
                }
            }
            Notice::Maximized(maximized) => {
                tracing::trace!(maximized, "window");
                self.maximized = maximized;
                // That it has another size now is not the person's wish.
                self.resized = None;
                self.app.input(Input::Maximized(maximized));
            }
        }
    }

    /// The person closes the window. [`is_over`](Self::is_over) when the server was told, which the model gives a limited time for.
    pub(super) fn close(&mut self) {
        tracing::trace!("asked to close");
        self.remember_size();
        self.app.close();
        self.grant_wishes();
        self.pace.press();
    }

    /// The window is to be closed.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// Where the person writes, as of the last step.
    pub(super) fn writing(&self) -> Option<Writing> {
        self.writing
    }

    /// What there is to show.
    pub(super) fn frame(&self) -> &Frame {
        &self.frame
    }

    /// What egui has changed about its pictures since this was last called. Before a frame is drawn.
    pub(super) fn take_textures(&mut self) -> TexturesDelta {
        std::mem::take(&mut self.frame.textures)
    }

    /// A frame was shown, which took so long.
    pub(super) fn painted(&mut self, cost: Duration) {
        self.pace.painted(cost);
        self.frames += 1;
        tracing::trace!(frame = self.frames, ?cost, "drawn");
        self.say_rest();
    }

    /// When the next step is due; `None` if only when something happens.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        let mut due = Earliest(None);
        due.add(match self.hidden {
            true => self.pace.due_unseen(now),
            false => self.pace.due(now, self.keys.haste(), self.dragging),
        });
        due.add(self.resized.map(|since| since + SETTLED));
        due.add(self.app.wake_at().map(|at| {
            let soonest = self.pace.soonest(now, self.hidden);
            match at.duration_since(SystemTime::now()) {
                // Never a moment too early, for then it would be no later for the model.
                Ok(left) => soonest.max(now + left + Duration::from_millis(1)),
                Err(_) => soonest,
            }
        }));
        due.0
    }

    /// Does what is due.
    pub(super) fn step(&mut self) -> Step {
        let began = Instant::now();
        let only_moved = self.keys.haste() == Some(Haste::Hover) && self.pace.is_calm();
        self.pace.begin(began);
        self.app.update();
        self.settle_size();
        if self.hidden {
            self.grant_wishes();
            tracing::trace!("nobody sees what would be drawn");
            return Step::Rest;
        }
        if self.frames > 0
            && let Some(problem) = self.fonts.update(&self.context)
        {
            self.app.warn(problem);
        }
        let rows = self.run(if only_moved { 0 } else { SETTLING });
        if only_moved && rows.is_empty() {
            // egui wants to be run twice more after whatever happened; where nothing came of it, nothing does.
            self.pace.ignore();
        }
        self.grant_wishes();
        self.pace.end(began, only_moved && rows.is_empty());
        if rows.is_empty() {
            tracing::trace!("nothing new to be drawn");
            self.say_rest();
            return Step::Rest;
        }
        Step::Paint(rows)
    }

    /// Runs egui until it has nothing more to ask for at once, or has asked `most` times. Returns which rows look different now.
    fn run(&mut self, most: usize) -> Vec<Range<usize>> {
        let mut settling = 0;
        let mut output = self.run_once();
        for _ in 1..RUNS {
            let goes_on = self.keys.haste() == Some(Haste::Now);
            let asks = self.pace.is_asked() && settling < most;
            if !goes_on && !asks {
                break;
            }
            settling = if goes_on { 0 } else { settling + 1 };
            output.append(self.run_once());
        }
        spread_letters(&self.context, &mut output.shapes, &mut output.textures_delta);
        let pixels_per_point = output.pixels_per_point;
        self.frame.textures.append(output.textures_delta);
        self.frame.pixels_per_point = pixels_per_point;
        self.frame.primitives = self.context.tessellate(output.shapes, pixels_per_point);
        self.frame.ground = self.context.style().visuals.panel_fill;
        self.frame.cursor = output.platform_output.cursor_icon;
        let size = (self.size.0 as usize, self.size.1 as usize);
        self.damage.changed(&self.frame.primitives, pixels_per_point, size)
    }

    fn run_once(&mut self) -> egui::FullOutput {
        self.pace.forget();
        let size = Vec2::new(self.size.0 as f32, self.size.1 as f32);
        let screen = size / self.context.pixels_per_point();
        let events = self.keys.take_frame();
        let input = RawInput {
            screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, screen)),
            time: Some(self.began.elapsed().as_secs_f64()),
            modifiers: self.keys.modifiers(),
            events,
            ..RawInput::default()
        };
        let app = &mut self.app;
        let mut output = self.context.run(input, |context| app.show(context));
        self.fonts.miss(self.app.take_missing());
        self.writing = Writing::of(&self.context, &output.platform_output);
        for command in std::mem::take(&mut output.platform_output.commands) {
            match command {
                egui::OutputCommand::CopyText(text) => self.copy(Selection::Clipboard, text),
                egui::OutputCommand::OpenUrl(open) => links::open(&open.url),
                // Nothing here shows a picture that could be copied.
                egui::OutputCommand::CopyImage(_) => {}
            }
        }
        output
    }

    fn place(&self, x: f32, y: f32) -> egui::Pos2 {
        egui::pos2(x, y) / self.context.pixels_per_point()
    }

    fn say_rest(&self) {
        if self.pace.is_calm() && self.keys.haste().is_none() && !self.pace.is_asked() {
            tracing::trace!("at rest");
        }
    }

    fn grant_wishes(&mut self) {
        let mut title = None;
        for request in self.app.take_requests() {
            match request {
                ShellRequest::Exit => self.over = true,
                ShellRequest::Copy(text) => self.copy(Selection::Clipboard, text),
                ShellRequest::Paste => self.paste(Selection::Clipboard),
                ShellRequest::Font(family) => self.fonts.prefer(family),
                ShellRequest::Select(text) => self.copy(Selection::Primary, text),
                ShellRequest::OpenLink(link) => links::open(&link),
                ShellRequest::Title(text) => title = Some(text),
                ShellRequest::Urgent => self.set_urgent(true),
            }
        }
        // Of many that follow each other the last is seen.
        if let Some(title) = title.filter(|title| *title != self.title) {
            if let Some(desktop) = &self.desktop {
                desktop.set_title(&title);
            }
            self.title = title;
        }
    }

    fn copy(&self, selection: Selection, text: String) {
        if let Some(desktop) = &self.desktop {
            desktop.copy(selection, text);
        }
    }

    fn set_urgent(&mut self, urgent: bool) {
        if self.urgent != urgent {
            self.urgent = urgent;
            if let Some(desktop) = &self.desktop {
                desktop.set_urgent(urgent);
            }
        }
    }

    /// Remembers the size of the window when the person has done with dragging its edge.
    fn settle_size(&mut self) {
        if self.resized.is_some_and(|since| since.elapsed() >= SETTLED) {
            self.remember_size();
        }
    }

    fn remember_size(&mut self) {
        if self.resized.take().is_some() && !self.maximized {
            let (width, height) = (self.size.0 as f32, self.size.1 as f32);
            let (width, height) = (width / self.scale, height / self.scale);
            self.app.input(Input::Resized { width, height });
        }
    }
}

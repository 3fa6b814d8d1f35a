//! Sizes, zooms and input that nobody would think of, one after the other, down to the pixels. A seed names what was done; a failure prints it.

use std::ops::Range;
use std::time::{Duration, Instant};

use egui::{Event, Key, Modifiers, MouseWheelUnit, PointerButton, Pos2, RawInput, pos2, vec2};
use fastrand::Rng;
use salotto::client::{Problem, Update};
use salotto_gui::model::{Action, Preferences, Theme};
use salotto_gui::raster::{Canvas, Damage, Raster};

use crate::server::Window;

/// Steps with one seed, each a frame.
const STEPS: usize = 60;
/// How long seeds are tried, where `SALOTTO_FUZZ_SECONDS` does not say.
const SECONDS: u64 = 3;

#[test]
#[expect(clippy::print_stdout, reason = "what is printed last names the seed that failed")]
fn no_size_zoom_or_input_is_too_much() {
    let seconds = std::env::var("SALOTTO_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let until = Instant::now() + Duration::from_secs(seconds.unwrap_or(SECONDS));
    let mut seed = 0;
    while Instant::now() < until || seed == 0 {
        println!("seed {seed}");
        Fuzz::new(seed).run();
        seed += 1;
    }
    println!("{seed} seeds of {STEPS} frames");
}

#[test]
fn the_smallest_list_and_the_largest_zoom_are_drawn() {
    for (zoom, size) in
        [(1.0, (400, 126)), (900.0, (960, 640)), (f32::NAN, (960, 640)), (-1.0, (1, 1))]
    {
        let mut preferences = Preferences::default();
        preferences.zoom = zoom;
        let mut fuzz = Fuzz::new(0);
        fuzz.window = talk(Window::remembering(preferences));
        fuzz.size = size;
        for _ in 0..4 {
            fuzz.frame(Vec::new());
        }
    }
}

/// With more to read than there is space for.
fn talk(mut window: Window) -> Window {
    window.connect();
    window.welcome("ada", "run 1");
    window.enter("lobby", &["ada", "bob", "eve"]);
    for number in 0..50 {
        window.say("bob", &format!("line {number} with a link https://example.org/{number}"));
    }
    window
}

struct Fuzz {
    rng: Rng,
    window: Window,
    context: egui::Context,
    raster: Raster,
    damage: Damage,
    /// In pixels.
    size: (usize, usize),
    pixels: Vec<u32>,
    drawn: (usize, usize),
    frames: usize,
}

impl Fuzz {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let window = if rng.bool() { talk(Window::new()) } else { Window::new() };
        Self {
            rng,
            window,
            context: egui::Context::default(),
            raster: Raster::default(),
            damage: Damage::default(),
            size: (640, 480),
            pixels: Vec::new(),
            drawn: (0, 0),
            frames: 0,
        }
    }

    fn run(&mut self) {
        for _ in 0..STEPS {
            match self.rng.u8(0..12) {
                0 | 1 => self.resize(),
                2 => self.act(),
                3 | 4 => self.hear(),
                _ => {}
            }
            let count = self.rng.usize(0..4);
            let events = (0..count).map(|_| self.event()).collect();
            self.frame(events);
        }
    }

    fn resize(&mut self) {
        let side = |rng: &mut Rng| match rng.u8(0..6) {
            0 => rng.usize(1..4),
            1 => rng.usize(1..60),
            2 => rng.usize(1..1200),
            _ => rng.usize(60..600),
        };
        self.size = (side(&mut self.rng), side(&mut self.rng));
        if self.rng.u8(0..4) == 0 {
            let scales = [0.5, 1.0, 1.25, 4.0];
            let scale = scales[self.rng.usize(0..scales.len())];
            self.window.view.set_scale(scale);
        }
    }

    /// What a person does that needs no place on the screen.
    fn act(&mut self) {
        let zooms = [0.0, -3.0, 0.1, 0.7, 1.0, 1.5, 3.0, 40.0, 1e30, f32::NAN, f32::INFINITY];
        let action = match self.rng.u8(0..5) {
            0 | 1 => Action::Zoom(zooms[self.rng.usize(0..zooms.len())]),
            2 => Action::Theme(if self.rng.bool() { Theme::Light } else { Theme::Dark }),
            3 => Action::ShowPeople(self.rng.bool()),
            _ => Action::Talk("eve".into()),
        };
        self.window.act(action);
    }

    /// What the server says.
    fn hear(&mut self) {
        for _ in 0..self.rng.usize(1..30) {
            let text = self.text();
            let who = ["ada", "bob", "eve", "x23456789012345678901234"][self.rng.usize(0..4)];
            self.window.say(who, if text.is_empty() { "?" } else { &text });
        }
        if self.rng.u8(0..5) == 0 {
            let problem = Problem::NoSuchHost("chat.example".into());
            self.window.network(Update::Broken { problem, retry_in: Some(Duration::from_secs(3)) });
        }
    }

    fn event(&mut self) -> Event {
        let modifiers = Modifiers {
            alt: self.rng.u8(0..6) == 0,
            ctrl: self.rng.u8(0..6) == 0,
            shift: self.rng.u8(0..6) == 0,
            mac_cmd: false,
            command: self.rng.u8(0..6) == 0,
        };
        match self.rng.u8(0..8) {
            0 => Event::PointerMoved(self.place()),
            1 => Event::PointerGone,
            2 | 3 => {
                let buttons =
                    [PointerButton::Primary, PointerButton::Secondary, PointerButton::Middle];
                let button = buttons[self.rng.usize(0..3)];
                let (pos, pressed) = (self.place(), self.rng.bool());
                Event::PointerButton { pos, button, pressed, modifiers }
            }
            4 => {
                let delta = vec2(self.rng.f32() * 8.0 - 4.0, self.rng.f32() * 2000.0 - 1000.0);
                Event::MouseWheel { unit: MouseWheelUnit::Point, delta, modifiers }
            }
            5 => Event::Text(self.text()),
            6 => Event::Paste(self.text()),
            _ => {
                let key = Key::ALL[self.rng.usize(0..Key::ALL.len())];
                let (physical_key, repeat) = (None, self.rng.bool());
                Event::Key { key, physical_key, pressed: true, repeat, modifiers }
            }
        }
    }

    /// Somewhere in the window, and sometimes elsewhere.
    fn place(&mut self) -> Pos2 {
        let (width, height) = (self.size.0 as f32, self.size.1 as f32);
        match self.rng.u8(0..12) {
            0 => pos2(-1e9, 1e9),
            _ => pos2(self.rng.f32() * width, self.rng.f32() * height),
        }
    }

    fn text(&mut self) -> String {
        let words = [
            "a",
            "!kick ",
            "/msg ",
            "שלום",
            "مرحبا",
            "你好",
            "🎲",
            "e\u{301}",
            "\u{200b}",
            "https://example.org",
            "\n",
            "\u{202e}",
            "x ",
            "ﷺ",
            "bob: ",
            "w".repeat(300).leak(),
        ];
        (0..self.rng.usize(0..12)).map(|_| words[self.rng.usize(0..words.len())]).collect()
    }

    /// Runs and draws a frame as the window does, and looks whether only what changed had to be drawn.
    fn frame(&mut self, events: Vec<Event>) {
        let (width, height) = self.size;
        let screen = vec2(width as f32, height as f32) / self.context.pixels_per_point();
        let input = RawInput {
            screen_rect: Some(egui::Rect::from_min_size(Pos2::ZERO, screen)),
            time: Some(self.frames as f64 / 60.0),
            events,
            ..RawInput::default()
        };
        self.frames += 1;
        let Window { view, servers, .. } = &mut self.window;
        let mut actions = Vec::new();
        let output = self.context.run(input, |context| actions.extend(view.show(context, servers)));
        for action in actions {
            self.window.act(action);
        }
        let scale = output.pixels_per_point;
        let primitives = self.context.tessellate(output.shapes, scale);
        let mut rows = self.damage.changed(&primitives, scale, self.size);
        if self.raster.update(&output.textures_delta) || self.drawn != self.size {
            self.drawn = self.size;
            self.pixels = vec![0; width * height];
            let whole: Range<usize> = 0..height;
            rows = vec![whole];
        }
        let ground = egui::Color32::BLACK;
        for rows in rows {
            let mut canvas = Canvas::new(&mut self.pixels, width);
            self.raster.paint(&mut canvas, rows, ground, &primitives, scale);
        }
        if self.rng.u8(0..10) == 0 {
            let mut anew = vec![0; width * height];
            let mut canvas = Canvas::new(&mut anew, width);
            self.raster.paint(&mut canvas, 0..height, ground, &primitives, scale);
            assert!(anew == self.pixels, "frame {} was not drawn where it changed", self.frames);
        }
    }
}

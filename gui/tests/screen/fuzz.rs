//! Sizes, zooms and input that nobody would think of, and whatever a server may tell, in any order, down to the pixels. A seed names what was done; a failure
//! prints it. `SALOTTO_FUZZ_SECONDS` runs it longer, `SALOTTO_FUZZ_SEED` from another seed on.

mod person;
mod server;

use std::ops::Range;
use std::time::{Duration, Instant};

use egui::{Event, Pos2, RawInput, Vec2, vec2};
use fastrand::Rng;
use salotto_gui::model::Preferences;
use salotto_gui::raster::{Canvas, Damage, Raster};

use crate::server::Window;

/// Steps with one seed, each a frame.
const STEPS: usize = 120;
const PEOPLE: [&str; 6] =
    ["ada", "bob", "eve", "zoë", "Maximilian-Alexander", "x23456789012345678901234"];
const ROOMS: [&str; 3] = ["lobby", "dev", "music"];
/// What texts are made of.
const WORDS: [&str; 24] = [
    "a",
    "x ",
    " ",
    "bob: ",
    "hello",
    "!kick ",
    "/msg ",
    "/quit",
    "//!x",
    "!login ada swordfish",
    "שלום",
    "مرحبا",
    "你好",
    "🎲",
    "👩‍👩‍👧",
    "e\u{301}\u{301}",
    "\u{200b}",
    "\u{202e}",
    "\u{0}\u{1b}[31m",
    "ﷺ",
    "\n",
    "one\ntwo\nthree\nfour\nfive\nsix",
    "ada: look at (https://example.org/Foo_(bar)) and www.example.org.",
    "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww",
];
/// How long seeds are tried, where `SALOTTO_FUZZ_SECONDS` does not say.
const SECONDS: u64 = 3;

#[test]
#[expect(clippy::print_stdout, reason = "what is printed last names the seed that failed")]
fn no_size_zoom_or_input_is_too_much() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let seconds = number("SALOTTO_FUZZ_SECONDS").unwrap_or(SECONDS);
    let until = Instant::now() + Duration::from_secs(seconds);
    let first = number("SALOTTO_FUZZ_SEED").unwrap_or(0);
    let mut seed = first;
    while Instant::now() < until || seed == first {
        println!("seed {seed}");
        Fuzz::new(seed).run();
        seed += 1;
    }
    println!("{} seeds of {STEPS} frames", seed - first);
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

fn pick<T: Copy>(rng: &mut Rng, all: &[T]) -> T {
    all[rng.usize(0..all.len())]
}

fn text(rng: &mut Rng) -> String {
    (0..rng.usize(0..8)).map(|_| pick(rng, &WORDS)).collect()
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
        let mut preferences = Preferences::default();
        preferences.keywords = vec!["tea".into(), "é".into()];
        preferences.log = rng.bool();
        let window = Window::remembering(preferences);
        let window = if rng.u8(0..4) > 0 { talk(window) } else { window };
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
            if self.rng.u8(0..6) == 0 {
                self.resize();
            }
            for _ in 0..self.rng.usize(0..4) {
                server::tell(&mut self.rng, &mut self.window);
            }
            if self.rng.u8(0..4) == 0 {
                person::act(&mut self.rng, &mut self.window);
            }
            let size = self.screen();
            let rng = &mut self.rng;
            let events = match rng.bool() {
                true => person::gesture(rng, size),
                false => (0..rng.usize(0..4)).map(|_| person::event(rng, size)).collect(),
            };
            self.frame(events);
            self.window.effects.clear();
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

    /// In points.
    fn screen(&self) -> Vec2 {
        vec2(self.size.0 as f32, self.size.1 as f32) / self.context.pixels_per_point()
    }

    /// Runs and draws a frame as the window does, and looks whether only what changed had to be drawn.
    fn frame(&mut self, events: Vec<Event>) {
        let (width, height) = self.size;
        let screen = self.screen();
        let input = RawInput {
            screen_rect: Some(egui::Rect::from_min_size(Pos2::ZERO, screen)),
            time: Some(self.frames as f64 / 8.0),
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

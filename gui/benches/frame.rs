//! What a frame costs at 1,000 and at 100,000 messages, what a message keeps, and what 20,000 messages cost on their way in.
//!
//! `cargo bench -p salotto-gui`; prints one figure a line, and fails where one was promised and is missed. The frame is the work of egui: layout and tessellation; what the processor then
//! draws, where no graphics card does, is measured apart.

#![expect(clippy::print_stdout, reason = "the figures are for people")]
#![expect(unsafe_code, reason = "an allocator that counts has to be one")]
#![expect(clippy::unwrap_used, reason = "a benchmark that goes wrong may stop")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicIsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use egui::TexturesDelta;
use egui::epaint::ClippedPrimitive;
use salotto::client::Update;
use salotto::protocol::MessageKind;
use salotto::{Entry, EntryKind, Event, Limits, Name, RoomName};
use salotto_gui::model::time::Zone;
use salotto_gui::model::{ConnectionSettings, Input, Preferences, Servers};
use salotto_gui::raster::{Canvas, Damage, Raster};
use salotto_gui::view::{View, spread_letters};

/// Counts the bytes that are in use.
struct Counting;

static IN_USE: AtomicIsize = AtomicIsize::new(0);

// SAFETY: everything is handed on to the allocator of the system as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        IN_USE.fetch_add(layout.size() as isize, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size() as isize, Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const TEXT: &str = "as one was saying, the quick brown fox jumps over the lazy dog, and then it sleeps a while in the sun of the afternoon";
const FRAMES: usize = 200;

struct Stage {
    servers: Servers,
    view: View,
    context: egui::Context,
    people: Vec<Name>,
    room: RoomName,
    next: u64,
}

impl Stage {
    fn new() -> Self {
        let limits = Limits::default();
        let people: Vec<Name> = (0..50)
            .map(|number| Name::new(&format!("guest{number}"), limits.name_bounds()).unwrap())
            .collect();
        let room = RoomName::new("lobby", limits.room_name_bounds()).unwrap();
        let mut stage = Self {
            servers: Servers::new(
                Preferences::default(),
                Zone::fixed(0),
                ConnectionSettings::default(),
            ),
            view: View::new(),
            context: egui::Context::default(),
            people: people.clone(),
            room: room.clone(),
            next: 1,
        };
        stage.event(Event::Welcome {
            version: salotto::protocol::PROTOCOL_VERSION,
            server: "server".into(),
            epoch: "1".into(),
            token: "t".into(),
            name: people[0].clone(),
            message_characters: Some(2000),
            line_bytes: Some(32 * 1024),
            lines_at_once: Some(10),
            lines_per_second: Some(2.0),
            commands: Vec::new(),
        });
        stage.event(Event::Entered {
            room,
            topic: "all and sundry".into(),
            count: people.len(),
            members: people,
            first_id: 1,
            history: 0,
            shown: 0,
            epoch: None,
        });
        stage
    }

    fn event(&mut self, event: Event) {
        self.servers.update(Input::Network(Update::Event(event)));
    }

    fn message(&mut self) -> Event {
        let number = self.next as usize;
        self.next += 1;
        let text = format!("{number} {}", &TEXT[..20 + number * 7 % (TEXT.len() - 20)]);
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_435_200 + self.next / 10);
        Event::Entry(Entry {
            room: self.room.clone(),
            id: self.next - 1,
            time: time.into(),
            what: EntryKind::Message {
                from: self.people[number % self.people.len()].clone(),
                text,
                kind: MessageKind::Say,
                nonce: None,
                tags: BTreeMap::new(),
            },
        })
    }

    fn messages(&mut self, count: usize) {
        for _ in 0..count {
            let message = self.message();
            self.event(message);
        }
    }

    fn frame(&mut self) -> Duration {
        self.show().0
    }

    /// A frame, and what there is to draw.
    fn show(&mut self) -> (Duration, Vec<ClippedPrimitive>, TexturesDelta) {
        let screen = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1024.0, 768.0));
        let input = egui::RawInput { screen_rect: Some(screen), ..egui::RawInput::default() };
        let since = Instant::now();
        let mut output = self.context.run(input, |context| {
            self.view.show(context, &self.servers);
        });
        spread_letters(&self.context, &mut output.shapes, &mut output.textures_delta);
        let shapes = self.context.tessellate(output.shapes, output.pixels_per_point);
        (since.elapsed(), std::hint::black_box(shapes), output.textures_delta)
    }

    /// The shortest of many frames: what else the machine does only makes them longer.
    fn frames(&mut self) -> Duration {
        (0..FRAMES).map(|_| self.frame()).min().unwrap_or_default()
    }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// What it costs to draw what egui has made: all of it, to find out what has changed, and one row of text that has.
fn draw() {
    const SIZE: (usize, usize) = (1024, 768);
    let (mut stage, mut raster, mut damage) = (Stage::new(), Raster::default(), Damage::default());
    stage.messages(1_000);
    let mut primitives = Vec::new();
    for _ in 0..3 {
        let (_, shapes, textures) = stage.show();
        raster.update(&textures);
        primitives = shapes;
    }
    let mut pixels = vec![0; SIZE.0 * SIZE.1];
    let ground = egui::Color32::BLACK;
    let shortest = |act: &mut dyn FnMut()| {
        let once = |_| {
            let since = Instant::now();
            act();
            since.elapsed()
        };
        micros((0..FRAMES).map(once).min().unwrap_or_default())
    };
    let mut paint = |rows: std::ops::Range<usize>| {
        let mut canvas = Canvas::new(&mut pixels, SIZE.0);
        raster.paint(&mut canvas, rows, ground, &primitives, 1.0);
    };
    let whole = shortest(&mut || paint(0..SIZE.1));
    let row = shortest(&mut || paint(400..424));
    let looked = shortest(&mut || {
        damage.changed(&primitives, 1.0, SIZE);
    });
    println!(
        "drawing a frame of 1024×768: {whole:.0} us; 24 rows of it: {row:.0} us; finding out which: {looked:.0} us"
    );
    assert!(whole <= 2_000.0, "a whole frame is drawn within 2 ms");
    assert!(row * 4.0 <= whole, "a row costs far less than a frame");
}

fn main() {
    draw();
    let mut small = Stage::new();
    small.messages(1_000);
    let mut large = Stage::new();
    large.frame();
    let before = IN_USE.load(Ordering::Relaxed);
    large.messages(100_000);
    let kept = IN_USE.load(Ordering::Relaxed) - before;
    let since = Instant::now();
    large.frame();
    println!("first frame after 100,000 messages: {:.1} ms", micros(since.elapsed()) / 1e3);
    let kept_with_view = IN_USE.load(Ordering::Relaxed) - before;
    // Side by side, so that what else the machine does falls on both.
    let (mut one, mut other) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        one.push(micros(small.frames()));
        other.push(micros(large.frames()));
    }
    let shortest = |times: Vec<f64>| times.into_iter().fold(f64::INFINITY, f64::min);
    let (one, other) = (shortest(one), shortest(other));
    println!("frame at 1,000 messages: {one:.0} us");
    println!("frame at 100,000 messages: {other:.0} us, ratio {:.2}", other / one);
    assert!(other <= 1.2 * one, "a frame costs the same however much was said");
    println!(
        "kept a message: {} bytes in the model, {} with the heights",
        kept / 100_000,
        kept_with_view / 100_000
    );
    assert!(kept_with_view <= 200 * 100_000, "a message keeps at most 200 bytes");
    let mut fresh = Stage::new();
    fresh.frame();
    let messages: Vec<Event> = (0..20_000).map(|_| fresh.message()).collect();
    let since = Instant::now();
    for message in messages {
        fresh.event(message);
    }
    let taken = since.elapsed();
    fresh.frame();
    println!("20,000 messages through the model: {:.1} ms", micros(taken) / 1e3);
    println!("with one frame after them: {:.1} ms", micros(since.elapsed()) / 1e3);
    let mut busy = Stage::new();
    busy.frame();
    let messages: Vec<Event> = (0..20_000).map(|_| busy.message()).collect();
    let since = Instant::now();
    for (number, message) in messages.into_iter().enumerate() {
        busy.event(message);
        if number % 200 == 0 {
            busy.frame();
        }
    }
    println!("with a frame every 200 messages: {:.1} ms", micros(since.elapsed()) / 1e3);
}

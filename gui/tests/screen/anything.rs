//! Whatever happens, in whatever order and at whatever size: the window does not panic. The seed is fixed, and named where it fails.
//! `SALOTTO_FUZZ_SEED` and `SALOTTO_FUZZ_STEPS` run another or a longer one.

use egui::{
    Context, Event, Key, Modifiers, MouseWheelUnit, PointerButton, Pos2, RawInput, Rect, Vec2,
    pos2, vec2,
};
use salotto::client::Update;
use salotto::protocol::{ErrorCode, LeaveReason};
use salotto::{EntryKind, Event as Told, NoticeKind};
use salotto_gui::model::{Action, Input, Preferences, Theme};

use crate::server::{Window, name, room};

const SEED: u64 = 0x5a10_77e5;
const STEPS: u64 = 1_500;

/// Numbers that look random, the same for the same seed (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.roll(all.len() as u64) as usize]
    }

    fn point(&mut self, size: Vec2) -> Pos2 {
        let mut within = |side: f32| self.roll(side.max(1.0) as u64 + 20) as f32 - 10.0;
        pos2(within(size.x), within(size.y))
    }
}

const PEOPLE: [&str; 5] = ["ada", "bob", "eve", "zoë", "Maximilian-Alexander"];
const ROOMS: [&str; 3] = ["lobby", "dev", "music"];
const TEXTS: [&str; 12] = [
    "hello",
    "ada: look at (https://example.org/Foo_(bar)) and www.example.org.",
    "",
    "!kick bob",
    "/quit",
    "//!x",
    "!login ada swordfish",
    "שלום لكم e\u{301}\u{301} 👩‍👩‍👧 你好",
    "a\u{0}\u{1b}[31m\u{202e}b",
    "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww",
    "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight",
    " ",
];
const KEYS: [Key; 22] = [
    Key::Enter,
    Key::Escape,
    Key::Tab,
    Key::ArrowUp,
    Key::ArrowDown,
    Key::ArrowLeft,
    Key::PageUp,
    Key::PageDown,
    Key::Home,
    Key::End,
    Key::Backspace,
    Key::A,
    Key::F,
    Key::K,
    Key::W,
    Key::Z,
    Key::Num1,
    Key::Num2,
    Key::Plus,
    Key::Minus,
    Key::F1,
    Key::F3,
];
const MODIFIERS: [Modifiers; 5] =
    [Modifiers::NONE, Modifiers::SHIFT, Modifiers::COMMAND, Modifiers::ALT, Modifiers::NONE];

/// Something that the server tells.
fn network(dice: &mut Dice, window: &mut Window) {
    let (who, text, at) = (*dice.pick(&PEOPLE), *dice.pick(&TEXTS), *dice.pick(&ROOMS));
    match dice.roll(20) {
        0 => window.broken(3),
        1 => window.network(Update::Connecting { attempt: 2 }),
        2 | 3 => window.welcome("ada", if dice.roll(2) == 0 { "run 1" } else { "run 2" }),
        4 => window.enter(at, &["ada", "bob", "eve"]),
        5 => window.enter_with_history(at, &["ada"], dice.roll(4)),
        6 => {
            let reason = match dice.roll(2) {
                0 => LeaveReason::Parted { farewell: String::new() },
                _ => LeaveReason::Kicked { by: None, why: text.into() },
            };
            window.event(Told::Exited { room: room(at), reason });
        }
        7 => window.direct(if who == "ada" { "bob" } else { who }, text),
        8 => window.notice(text, NoticeKind::Joined),
        9 => {
            let reason = LeaveReason::Quit { farewell: text.into() };
            window.entry(at, EntryKind::Left { who: name(who), reason });
        }
        10 => window.entry(at, EntryKind::Renamed { from: name(who), who: name("bob") }),
        11 => window.event(Told::Deleted { room: room(at), id: dice.roll(50) }),
        12 => window.event(Told::Error {
            code: ErrorCode::Denied,
            text: text.into(),
            nonce: window.nonce_of(text),
        }),
        13 => window.network(Update::NameRefused { text: text.into() }),
        14 => window.network(Update::PasswordWanted { text: text.into(), wrong: true }),
        15 if dice.roll(8) == 0 => window.ended(LeaveReason::Lost),
        16 => window.skip_ids(dice.roll(200)),
        17 if !window.asked.is_empty() => drop(window.serve()),
        18 => {
            let kind = if dice.roll(2) == 0 { NoticeKind::Left } else { NoticeKind::Renamed };
            window.notice(text, kind);
        }
        _ => window.say_in(at, who, text, window.nonce_of(text).as_deref()),
    }
}

/// Something that does not come from the view.
fn act(dice: &mut Dice, window: &mut Window) {
    let servers: Vec<_> = window.servers.iter().map(|(id, _)| id).collect();
    let all: Vec<_> = window.model().conversations().iter().map(|one| one.id()).collect();
    match dice.roll(12) {
        0 => window.wait(dice.roll(400)),
        1 => window.input(Input::Focus(dice.roll(2) == 0)),
        2 => window.connect(),
        3 => window.act(Action::Disconnect),
        4 => window.act(Action::AddServer),
        5 => window.act(Action::ShowServer(*dice.pick(&servers))),
        6 if servers.len() > 1 => window.act(Action::CloseServer(*dice.pick(&servers))),
        7 => {
            let theme = if dice.roll(2) == 0 { Theme::Dark } else { Theme::Light };
            window.act(Action::Theme(theme));
        }
        8 => window.act(Action::Zoom(dice.roll(40) as f32 / 10.0)),
        9 if !all.is_empty() => {
            let (conversation, lines) = (*dice.pick(&all), TEXTS.map(String::from).to_vec());
            window.act(Action::Say { conversation, lines });
        }
        10 => {
            let who = (*dice.pick(&PEOPLE)).to_owned();
            window.act(Action::Ignore { name: who, ignores: dice.roll(2) == 0 });
        }
        _ => window.act(Action::Talk((*dice.pick(&PEOPLE)).to_owned())),
    }
}

/// What the person does with keys and pointer in one frame.
fn input(dice: &mut Dice, size: Vec2) -> Vec<Event> {
    let modifiers = *dice.pick(&MODIFIERS);
    match dice.roll(6) {
        0 => vec![Event::Text((*dice.pick(&TEXTS)).replace(['\n', '\0', '\u{1b}'], ""))],
        1 => {
            let key = *dice.pick(&KEYS);
            let key =
                |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
            vec![key(true), key(false)]
        }
        2 => {
            let pos = dice.point(size);
            let other = PointerButton::Secondary;
            let button = if dice.roll(4) == 0 { other } else { PointerButton::Primary };
            let click = |pressed| Event::PointerButton { pos, button, pressed, modifiers };
            vec![Event::PointerMoved(pos), click(true), click(false)]
        }
        3 => {
            let (from, to) = (dice.point(size), dice.point(size));
            let button = PointerButton::Primary;
            let press = |pos, pressed| Event::PointerButton { pos, button, pressed, modifiers };
            let moved = Event::PointerMoved;
            vec![moved(from), press(from, true), moved(to), press(to, false)]
        }
        4 => vec![Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: vec2(0.0, dice.roll(2_000) as f32 - 1_000.0),
            modifiers: Modifiers::NONE,
        }],
        _ => vec![Event::Paste((*dice.pick(&TEXTS)).into())],
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "whoever sees it fail wants to know the seed")]
fn nothing_that_happens_at_any_size_makes_it_panic() {
    let number = |name: &str, usual| {
        std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(usual)
    };
    let (seed, steps) = (number("SALOTTO_FUZZ_SEED", SEED), number("SALOTTO_FUZZ_STEPS", STEPS));
    // Shown where it fails.
    eprintln!("seed {seed}, {steps} steps");
    let mut dice = Dice(seed.max(1));
    let mut preferences = Preferences::default();
    preferences.keywords = vec!["tea".into(), "é".into()];
    preferences.log = true;
    let mut window = Window::remembering(preferences);
    window.connect();
    window.welcome("ada", "run 1");
    window.enter("lobby", &["ada", "bob", "eve"]);
    let context = Context::default();
    let mut size = vec2(900.0, 600.0);
    for step in 0..steps {
        if dice.roll(30) == 0 {
            size = vec2(dice.roll(1_600) as f32 + 1.0, dice.roll(1_000) as f32 + 1.0);
        }
        for _ in 0..dice.roll(4) {
            network(&mut dice, &mut window);
        }
        if dice.roll(4) == 0 {
            act(&mut dice, &mut window);
        }
        let frame = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, size)),
            time: Some(step as f64 / 4.0),
            events: input(&mut dice, size),
            ..RawInput::default()
        };
        let output = context.run(frame, |context| window.frame(context));
        // What is drawn is put together as for the screen.
        let _ = context.tessellate(output.shapes, output.pixels_per_point);
        window.effects.clear();
    }
}

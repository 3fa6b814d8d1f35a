//! What a person does, sensible or not.

use egui::{Event, Key, Modifiers, MouseWheelUnit, PointerButton, Pos2, Vec2, pos2, vec2};
use fastrand::Rng;
use salotto_gui::model::{Action, Input, Theme};

use super::{PEOPLE, pick, text};
use crate::server::Window;

const ZOOMS: [f32; 11] = [0.0, -3.0, 0.1, 0.7, 1.0, 1.5, 3.0, 40.0, 1e30, f32::NAN, f32::INFINITY];
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

/// Something that does not come from the view.
pub(super) fn act(rng: &mut Rng, window: &mut Window) {
    let servers: Vec<_> = window.servers.iter().map(|(id, _)| id).collect();
    let all: Vec<_> = window.model().conversations().iter().map(|one| one.id()).collect();
    match rng.u64(0..14) {
        0 => window.wait(rng.u64(0..400)),
        1 => window.input(Input::Focus(rng.bool())),
        2 => window.connect(),
        3 => window.act(Action::Disconnect),
        4 => window.act(Action::AddServer),
        5 => window.act(Action::ShowServer(pick(rng, &servers))),
        6 if servers.len() > 1 => window.act(Action::CloseServer(pick(rng, &servers))),
        7 => {
            let theme = if rng.bool() { Theme::Dark } else { Theme::Light };
            window.act(Action::Theme(theme));
        }
        8 => window.act(Action::Zoom(pick(rng, &ZOOMS))),
        9 if !all.is_empty() => {
            let (conversation, lines) = (pick(rng, &all), (0..12).map(|_| text(rng)).collect());
            window.act(Action::Say { conversation, lines });
        }
        10 => {
            let who = pick(rng, &PEOPLE).to_owned();
            window.act(Action::Ignore { name: who, ignores: rng.bool() });
        }
        11 => window.act(Action::ShowPeople(rng.bool())),
        12 => window.act(Action::EnterAgain),
        _ => window.act(Action::Talk(pick(rng, &PEOPLE).to_owned())),
    }
}

/// Something that a person does whole: a key, a click, a drag.
pub(super) fn gesture(rng: &mut Rng, size: Vec2) -> Vec<Event> {
    let modifiers = pick(rng, &MODIFIERS);
    let button = if rng.u8(0..4) == 0 { PointerButton::Secondary } else { PointerButton::Primary };
    let press = |pos, pressed| Event::PointerButton { pos, button, pressed, modifiers };
    let moved = Event::PointerMoved;
    match rng.u8(0..3) {
        0 => {
            let key = pick(rng, &KEYS);
            let key =
                |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
            vec![key(true), key(false)]
        }
        1 => {
            let pos = place(rng, size);
            vec![moved(pos), press(pos, true), press(pos, false)]
        }
        _ => {
            let (from, to) = (place(rng, size), place(rng, size));
            vec![moved(from), press(from, true), moved(to), press(to, false)]
        }
    }
}

/// Something that a keyboard or a mouse does, and be it half of it.
pub(super) fn event(rng: &mut Rng, size: Vec2) -> Event {
    let modifiers = Modifiers {
        alt: rng.u8(0..6) == 0,
        ctrl: rng.u8(0..6) == 0,
        shift: rng.u8(0..6) == 0,
        mac_cmd: false,
        command: rng.u8(0..6) == 0,
    };
    match rng.u8(0..8) {
        0 => Event::PointerMoved(place(rng, size)),
        1 => Event::PointerGone,
        2 | 3 => {
            let buttons = [PointerButton::Primary, PointerButton::Secondary, PointerButton::Middle];
            let button = buttons[rng.usize(0..3)];
            let (pos, pressed) = (place(rng, size), rng.bool());
            Event::PointerButton { pos, button, pressed, modifiers }
        }
        4 => {
            let delta = vec2(rng.f32() * 8.0 - 4.0, rng.f32() * 2000.0 - 1000.0);
            Event::MouseWheel { unit: MouseWheelUnit::Point, delta, modifiers }
        }
        5 => Event::Text(text(rng)),
        6 => Event::Paste(text(rng)),
        _ => {
            let key = Key::ALL[rng.usize(0..Key::ALL.len())];
            let (physical_key, repeat) = (None, rng.bool());
            Event::Key { key, physical_key, pressed: true, repeat, modifiers }
        }
    }
}

/// Somewhere in the window, and sometimes elsewhere.
fn place(rng: &mut Rng, size: Vec2) -> Pos2 {
    match rng.u8(0..12) {
        0 => pos2(-1e9, 1e9),
        _ => pos2(rng.f32() * size.x, rng.f32() * size.y),
    }
}

//! What is done on the keyboard and with the mouse, in the order in which it was done, cut into frames.
//!
//! On X11 a key tells the character that it makes and the modifiers as they were before it; egui wants both after. And what is typed faster than it
//! is drawn must neither get lost nor go astray.

use std::collections::VecDeque;

use egui::{Event, Key, Modifiers};

use super::compose::{Compose, Starter};

/// The keyboard between the window and egui.
#[derive(Default)]
pub(super) struct Keys {
    /// What was done since the last frame, in order.
    strokes: VecDeque<Stroke>,
    /// The key that comes next has made a character: it is text, and a keypad key stands for its digit.
    typed: bool,
    compose: Compose,
    /// What is held now, as egui has been told.
    held: Held,
}

/// A key, as far as keys are told apart here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    /// One that egui knows.
    Key(Key),
    /// One on the keypad, and what it does where it types nothing.
    Keypad(Key),
    /// Any that shifts.
    Shift,
    /// Any that controls.
    Control,
    /// The left one.
    Alt,
    /// The one with a picture on it.
    Logo,
    /// The right one, which chooses among letters.
    AltGr,
    /// All others.
    Other,
}

/// The modifiers that are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Held {
    pub(super) shift: bool,
    pub(super) control: bool,
    pub(super) alt: bool,
    pub(super) logo: bool,
}

/// Something done.
#[derive(Debug, Clone, PartialEq)]
enum Stroke {
    Char(char, Held),
    /// A key went down, after it had typed something or without.
    Down(Code, Held, bool),
    Up(Code, Held),
    /// A button of the mouse, or what was asked for before.
    Event(Event),
}

/// How soon egui has to hear of something. What is later here is sooner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Haste {
    /// A pointer that moves.
    Hover,
    /// A wheel that turns.
    Frame,
    /// A key or a button.
    Now,
}

/// What a key asks of the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyAction {
    /// Nothing; egui has it.
    None,
    /// What is in the clipboard.
    Paste,
}

impl Stroke {
    fn haste(&self) -> Option<Haste> {
        match self {
            Self::Up(..) => None,
            Self::Event(Event::PointerMoved(_) | Event::PointerGone) => Some(Haste::Hover),
            Self::Event(Event::MouseWheel { .. }) => Some(Haste::Frame),
            Self::Char(..) | Self::Down(..) | Self::Event(_) => Some(Haste::Now),
        }
    }
}

impl Held {
    /// The modifiers as they are after a key went down or up.
    fn after(self, code: Code, down: bool) -> Self {
        let mut held = self;
        match code {
            Code::Shift => held.shift = down,
            Code::Control => held.control = down,
            Code::Alt => held.alt = down,
            Code::Logo => held.logo = down,
            Code::Key(_) | Code::Keypad(_) | Code::AltGr | Code::Other => {}
        }
        held
    }

    fn for_egui(self) -> Modifiers {
        Modifiers {
            alt: self.alt,
            ctrl: self.control,
            shift: self.shift,
            mac_cmd: false,
            command: self.control,
        }
    }
}

impl Code {
    fn is_modifier(self) -> bool {
        matches!(self, Self::Shift | Self::Control | Self::Alt | Self::Logo)
    }
}

impl Keys {
    /// A key has made a character. The key itself follows.
    pub(super) fn char(&mut self, character: char, held: Held) {
        self.typed = true;
        if is_text(&Stroke::Char(character, held)) != Some(true) {
            self.typed = false;
            return;
        }
        for character in self.compose.take(character).chars() {
            self.strokes.push_back(Stroke::Char(character, held));
        }
    }

    /// Whether the key that is coming has typed something.
    pub(super) fn has_typed(&self) -> bool {
        self.typed
    }

    /// A key was pressed; `starter` is what it begins if it types nothing.
    pub(super) fn down(&mut self, code: Code, held: Held, starter: Option<Starter>) -> KeyAction {
        let typed = std::mem::take(&mut self.typed);
        if let Some(starter) = starter.filter(|_| !typed) {
            self.compose.begin(starter);
            return KeyAction::None;
        }
        let gives_up = matches!(code, Code::Key(Key::Backspace | Key::Escape));
        // AltGr is no modifier, and may be needed for what comes next.
        let goes_on = typed || code.is_modifier() || matches!(code, Code::Other | Code::AltGr);
        if !goes_on && self.compose.cancel() && gives_up {
            return KeyAction::None;
        }
        match code {
            Code::Key(Key::V) if held.control => return KeyAction::Paste,
            Code::Key(Key::Insert) | Code::Keypad(Key::Insert) if held.shift && !typed => {
                return KeyAction::Paste;
            }
            _ => self.strokes.push_back(Stroke::Down(code, held, typed)),
        }
        KeyAction::None
    }

    pub(super) fn up(&mut self, code: Code, held: Held) {
        self.strokes.push_back(Stroke::Up(code, held));
    }

    /// A button of the mouse, or something else that has its place among the keys.
    pub(super) fn push(&mut self, event: Event) {
        self.strokes.push_back(Stroke::Event(event));
    }

    /// The pointer is somewhere else. Where it was in between nobody has to know.
    pub(super) fn point(&mut self, event: Event) {
        if let Some(Stroke::Event(last @ (Event::PointerMoved(_) | Event::PointerGone))) =
            self.strokes.back_mut()
        {
            *last = event;
        } else {
            self.push(event);
        }
    }

    /// How soon egui has to hear of what was done; `None` where it can wait until there is something else, as for what only lets go.
    pub(super) fn haste(&self) -> Option<Haste> {
        self.strokes.iter().filter_map(Stroke::haste).max()
    }

    /// What is held, for what is done with the mouse.
    pub(super) fn modifiers(&self) -> Modifiers {
        self.held.for_egui()
    }

    /// What belongs into the next frame. What is left is for the one after.
    ///
    /// Whoever asks in a frame whether Enter was pressed does not see what was typed before or after it in the same frame, nor whether it was
    /// pressed twice; and a click on a button does not see what was typed before it. So a frame holds either text or one other key or button.
    pub(super) fn take_frame(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        for stroke in next_frame(&mut self.strokes) {
            self.tell(stroke, &mut events);
        }
        events
    }

    fn tell(&mut self, stroke: Stroke, events: &mut Vec<Event>) {
        match stroke {
            Stroke::Char(character, held) => {
                self.held = held;
                events.push(Event::Text(character.into()));
            }
            Stroke::Down(code, held, typed) => {
                self.held = held.after(code, true);
                events.extend(match code {
                    Code::Key(Key::C | Key::Insert) if held.control => Some(Event::Copy),
                    Code::Key(Key::X) if held.control => Some(Event::Cut),
                    Code::Keypad(_) if typed => None,
                    code => self.key(code, true),
                });
            }
            Stroke::Up(code, held) => {
                self.held = held.after(code, false);
                events.extend(self.key(code, false));
            }
            Stroke::Event(event) => events.push(event),
        }
    }

    fn key(&self, code: Code, pressed: bool) -> Option<Event> {
        let (Code::Key(key) | Code::Keypad(key)) = code else { return None };
        let modifiers = self.modifiers();
        // egui finds out by itself whether it repeats.
        Some(Event::Key { key, physical_key: None, pressed, repeat: false, modifiers })
    }
}

/// Takes off what may be told in one frame.
fn next_frame(strokes: &mut VecDeque<Stroke>) -> Vec<Stroke> {
    let mut frame = None;
    let mut taken = Vec::new();
    while let Some(stroke) = strokes.front() {
        let text = is_text(stroke);
        if frame == Some(false) && text.is_some() || frame == Some(true) && text == Some(false) {
            break;
        }
        frame = frame.or(text);
        taken.extend(strokes.pop_front());
    }
    taken
}

/// Whether it types something or does something; `None` for what goes with either.
fn is_text(stroke: &Stroke) -> Option<bool> {
    match stroke {
        Stroke::Char(character, held) => {
            let is_text = !character.is_control() && !held.control && !held.alt && !held.logo;
            is_text.then_some(true)
        }
        Stroke::Down(_, _, true) => Some(true),
        Stroke::Down(code, _, false) => (!code.is_modifier()).then_some(false),
        Stroke::Event(Event::PointerButton { pressed: true, .. }) => Some(false),
        Stroke::Event(Event::Ime(_)) => Some(true),
        Stroke::Up(..) | Stroke::Event(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Held = Held { shift: false, control: false, alt: false, logo: false };
    const ENTER: Code = Code::Key(Key::Enter);

    fn type_text(keys: &mut Keys, text: &str) {
        for character in text.chars() {
            keys.char(character, NONE);
            keys.down(Code::Key(Key::A), NONE, None);
            keys.up(Code::Key(Key::A), NONE);
        }
    }

    /// The frames, with what is typed in them, `!` for Enter and `@` for a click.
    fn frames(keys: &mut Keys) -> Vec<String> {
        std::iter::from_fn(|| {
            let frame = next_frame(&mut keys.strokes);
            let letters = frame.iter().filter_map(|stroke| match stroke {
                Stroke::Char(character, _) if !character.is_control() => Some(*character),
                Stroke::Down(ENTER, ..) => Some('!'),
                Stroke::Event(Event::PointerButton { pressed: true, .. }) => Some('@'),
                _ => None,
            });
            (!frame.is_empty()).then(|| letters.collect())
        })
        .collect()
    }

    fn click(keys: &mut Keys) {
        for pressed in [true, false] {
            let (pos, button) = (egui::Pos2::ZERO, egui::PointerButton::Primary);
            let modifiers = keys.modifiers();
            keys.push(Event::PointerButton { pos, button, pressed, modifiers });
        }
    }

    #[test]
    fn enter_comes_after_the_text_before_it_and_before_the_text_after_it() {
        let mut keys = Keys::default();
        type_text(&mut keys, "so");
        keys.char('\r', NONE);
        keys.down(ENTER, NONE, None);
        keys.up(ENTER, NONE);
        keys.down(ENTER, NONE, None);
        type_text(&mut keys, "on");
        assert_eq!(frames(&mut keys), ["so", "!", "!", "on"]);
    }

    #[test]
    fn a_click_comes_after_the_text_before_it() {
        let mut keys = Keys::default();
        type_text(&mut keys, "so");
        click(&mut keys);
        type_text(&mut keys, "on");
        assert_eq!(frames(&mut keys), ["so", "@", "on"]);
    }

    #[test]
    fn a_dead_key_types_nothing_until_its_letter_comes() {
        let mut keys = Keys::default();
        let acute = Some(Starter::Dead('\u{301}'));
        keys.down(Code::Other, NONE, acute);
        assert!(keys.strokes.is_empty());
        // Shift in between is for the letter.
        keys.down(Code::Shift, NONE, None);
        keys.char('E', NONE);
        assert_eq!(keys.strokes.back(), Some(&Stroke::Char('É', NONE)));
        keys.down(Code::Key(Key::E), NONE, None);
        keys.down(Code::Other, NONE, acute);
        keys.strokes.clear();
        keys.char('\u{8}', NONE);
        keys.down(Code::Key(Key::Backspace), NONE, None);
        keys.char('e', NONE);
        assert_eq!(keys.strokes.back(), Some(&Stroke::Char('e', NONE)));
        let is_backspace = |stroke: &Stroke| matches!(stroke, Stroke::Down(..));
        assert!(!keys.strokes.iter().any(is_backspace), "it took back the accent, and no letter");
    }

    #[test]
    fn a_paste_is_asked_for_and_typed_by_nobody() {
        let (mut keys, control) = (Keys::default(), Held { control: true, ..NONE });
        keys.char('v', control);
        assert_eq!(keys.down(Code::Key(Key::V), control, None), KeyAction::Paste);
        assert_eq!(keys.down(Code::Key(Key::C), control, None), KeyAction::None);
        assert_eq!(keys.take_frame(), [Event::Copy]);
    }

    #[test]
    fn a_modifier_counts_from_its_own_press_on() {
        let held = NONE.after(Code::Control, true);
        assert!(held.control);
        assert!(!held.after(Code::Control, false).control);
        assert!(!NONE.after(Code::Key(Key::A), true).control);
    }

    #[test]
    fn the_keypad_types_its_digit_or_does_what_stands_below_it() {
        let mut keys = Keys::default();
        keys.char('7', NONE);
        keys.down(Code::Keypad(Key::Home), NONE, None);
        assert_eq!(keys.take_frame(), [Event::Text("7".into())]);
        keys.down(Code::Keypad(Key::Home), NONE, None);
        let events = keys.take_frame();
        assert!(
            matches!(events[..], [Event::Key { key: Key::Home, pressed: true, .. }]),
            "{events:?}"
        );
    }

    #[test]
    fn a_pointer_is_where_it_was_last_and_clicks_where_it_was_then() {
        let mut keys = Keys::default();
        let at = |x: f32| Event::PointerMoved(egui::pos2(x, 0.0));
        keys.point(at(1.0));
        keys.point(at(2.0));
        click(&mut keys);
        keys.point(at(3.0));
        keys.point(at(4.0));
        let events = keys.take_frame();
        assert_eq!((events.len(), &events[0], &events[3]), (4, &at(2.0), &at(4.0)));
    }

    #[test]
    fn letting_go_is_no_reason_to_draw() {
        let mut keys = Keys::default();
        keys.up(ENTER, NONE);
        assert_eq!(keys.haste(), None);
        keys.down(ENTER, NONE, None);
        assert_eq!(keys.haste(), Some(Haste::Now));
    }
}

//! What miniquad says about the keyboard, put right for egui.
//!
//! On X11 miniquad reports a character before the key that made it, and the modifiers as they were before the key; egui-miniquad then
//! types a "c" where somebody copies. It also leaves out keys that egui knows: F1, `/`, the keypad.

use std::collections::VecDeque;

use egui::{Event, Key, Modifiers};
use egui_miniquad::EguiMq;
use miniquad::{KeyCode, KeyMods};

use super::compose::{Compose, Starter};

/// The keyboard between miniquad and egui.
#[derive(Default)]
pub(super) struct Keys {
    /// What was done since the last frame, in order.
    strokes: VecDeque<Stroke>,
    /// The key that comes next has made a character: it is text, and a keypad key stands for its digit.
    typed: bool,
    compose: Compose,
    /// What egui-miniquad cannot tell egui; put into the next frame.
    extra: Vec<Event>,
}

/// Something done on the keyboard.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stroke {
    Char(char, KeyMods),
    /// A key went down, after it had typed something or without.
    Down(KeyCode, KeyMods, bool),
    Up(KeyCode, KeyMods),
}

/// What a key asks of the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyAction {
    /// Nothing; egui has it.
    None,
    /// What is in the clipboard.
    Paste,
}

impl Keys {
    /// A key has made a character. The key itself follows.
    pub(super) fn char(&mut self, character: char, mods: KeyMods) {
        self.typed = true;
        if is_text(Stroke::Char(character, mods)) != Some(true) {
            self.strokes.push_back(Stroke::Char(character, mods));
            self.typed = false;
            return;
        }
        for character in self.compose.take(character).chars() {
            self.strokes.push_back(Stroke::Char(character, mods));
        }
    }

    /// Whether the key that is coming has typed something.
    pub(super) fn has_typed(&self) -> bool {
        self.typed
    }

    /// A key was pressed; `starter` is what it begins if it types nothing.
    pub(super) fn down(
        &mut self,
        code: KeyCode,
        mods: KeyMods,
        starter: Option<Starter>,
    ) -> KeyAction {
        let typed = std::mem::take(&mut self.typed);
        if let Some(starter) = starter.filter(|_| !typed) {
            self.compose.begin(starter);
            return KeyAction::None;
        }
        let is_modifier = with_modifier(code, mods, true) != with_modifier(code, mods, false);
        let gives_up = matches!(code, KeyCode::Backspace | KeyCode::Escape);
        // AltGr is no modifier to miniquad, and may be needed for what comes next.
        let goes_on = typed || is_modifier || code == KeyCode::Unknown || code == KeyCode::RightAlt;
        if !goes_on && self.compose.cancel() && gives_up {
            return KeyAction::None;
        }
        match code {
            KeyCode::V if mods.ctrl => return KeyAction::Paste,
            KeyCode::Insert if mods.shift => return KeyAction::Paste,
            _ => self.strokes.push_back(Stroke::Down(code, mods, typed)),
        }
        KeyAction::None
    }

    pub(super) fn up(&mut self, code: KeyCode, mods: KeyMods) {
        self.strokes.push_back(Stroke::Up(code, mods));
    }

    /// Hands egui what belongs into the next frame. Returns whether there is more, for the one after.
    ///
    /// Whoever asks in a frame whether Enter was pressed does not see what was typed before or after it in the same frame, nor whether it was
    /// pressed twice. So a frame holds either text or one other key, and nothing that is typed faster than it is drawn gets lost
    /// or goes astray.
    pub(super) fn begin_frame(&mut self, egui: &mut EguiMq) -> bool {
        for stroke in next_frame(&mut self.strokes) {
            self.apply(egui, stroke);
        }
        !self.strokes.is_empty()
    }

    fn apply(&mut self, egui: &mut EguiMq, stroke: Stroke) {
        match stroke {
            Stroke::Char(character, mods) => {
                // egui-miniquad asks the modifiers of the key before whether this is text.
                egui.key_up_event(KeyCode::Unknown, mods);
                if !mods.alt && !mods.logo {
                    egui.char_event(character);
                }
            }
            Stroke::Down(KeyCode::Insert, mods, _) if mods.ctrl => self.extra.push(Event::Copy),
            Stroke::Down(code, mods, typed) => {
                let mods = with_modifier(code, mods, true);
                match (keypad(code).filter(|_| !typed), unmapped(code)) {
                    (Some(code), _) => egui.key_down_event(code, mods),
                    (None, Some(key)) => self.extra.push(key_event(key, true, mods)),
                    (None, None) => egui.key_down_event(code, mods),
                }
            }
            Stroke::Up(code, mods) => {
                let mods = with_modifier(code, mods, false);
                if let Some(key) = unmapped(code) {
                    self.extra.push(key_event(key, false, mods));
                }
                egui.key_up_event(keypad(code).unwrap_or(code), mods);
            }
        }
    }

    /// Something for the next frame that miniquad has no event for.
    pub(super) fn push(&mut self, event: Event) {
        self.extra.push(event);
    }

    /// Moves what waited into the frame that is being drawn.
    pub(super) fn put_into(&mut self, context: &egui::Context) {
        if !self.extra.is_empty() {
            context.input_mut(|input| input.events.append(&mut self.extra));
        }
    }
}

/// Takes off what may be told in one frame.
fn next_frame(strokes: &mut VecDeque<Stroke>) -> Vec<Stroke> {
    let mut frame = None;
    let mut taken = Vec::new();
    while let Some(&stroke) = strokes.front() {
        let text = is_text(stroke);
        if frame == Some(false) && text.is_some() || frame == Some(true) && text == Some(false) {
            break;
        }
        frame = frame.or(text);
        taken.push(stroke);
        strokes.pop_front();
    }
    taken
}

/// Whether it types something or does something; `None` for what goes with either.
fn is_text(stroke: Stroke) -> Option<bool> {
    match stroke {
        Stroke::Char(character, mods) => {
            let is_text = !character.is_control() && !mods.ctrl && !mods.alt && !mods.logo;
            is_text.then_some(true)
        }
        Stroke::Down(_, _, true) => Some(true),
        Stroke::Down(code, mods, false) => {
            let is_modifier = with_modifier(code, mods, true) != with_modifier(code, mods, false);
            (!is_modifier).then_some(false)
        }
        Stroke::Up(..) => None,
    }
}

/// The modifiers as they are after a key went down or up.
fn with_modifier(code: KeyCode, mods: KeyMods, down: bool) -> KeyMods {
    let mut mods = mods;
    match code {
        KeyCode::LeftShift | KeyCode::RightShift => mods.shift = down,
        KeyCode::LeftControl | KeyCode::RightControl => mods.ctrl = down,
        KeyCode::LeftAlt => mods.alt = down,
        KeyCode::LeftSuper | KeyCode::RightSuper => mods.logo = down,
        _ => {}
    }
    mods
}

/// What a keypad key does that types nothing.
fn keypad(code: KeyCode) -> Option<KeyCode> {
    Some(match code {
        KeyCode::KpEnter => KeyCode::Enter,
        KeyCode::Kp0 => KeyCode::Insert,
        KeyCode::Kp1 => KeyCode::End,
        KeyCode::Kp2 => KeyCode::Down,
        KeyCode::Kp3 => KeyCode::PageDown,
        KeyCode::Kp4 => KeyCode::Left,
        KeyCode::Kp6 => KeyCode::Right,
        KeyCode::Kp7 => KeyCode::Home,
        KeyCode::Kp8 => KeyCode::Up,
        KeyCode::Kp9 => KeyCode::PageUp,
        KeyCode::KpDecimal => KeyCode::Delete,
        _ => return None,
    })
}

/// Keys that egui knows and egui-miniquad does not hand on.
fn unmapped(code: KeyCode) -> Option<Key> {
    Some(match code {
        KeyCode::F1 => Key::F1,
        KeyCode::F2 => Key::F2,
        KeyCode::F3 => Key::F3,
        KeyCode::F4 => Key::F4,
        KeyCode::F5 => Key::F5,
        KeyCode::F6 => Key::F6,
        KeyCode::F7 => Key::F7,
        KeyCode::F8 => Key::F8,
        KeyCode::F9 => Key::F9,
        KeyCode::F10 => Key::F10,
        KeyCode::F11 => Key::F11,
        KeyCode::F12 => Key::F12,
        KeyCode::Slash => Key::Slash,
        KeyCode::Apostrophe => Key::Quote,
        KeyCode::KpAdd => Key::Plus,
        KeyCode::KpSubtract => Key::Minus,
        _ => return None,
    })
}

fn key_event(key: Key, pressed: bool, mods: KeyMods) -> Event {
    let modifiers = Modifiers {
        alt: mods.alt,
        ctrl: mods.ctrl,
        shift: mods.shift,
        mac_cmd: false,
        command: mods.ctrl,
    };
    Event::Key { key, physical_key: None, pressed, repeat: false, modifiers }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn type_text(keys: &mut Keys, text: &str) {
        for character in text.chars() {
            keys.char(character, KeyMods::default());
            keys.down(KeyCode::A, KeyMods::default(), None);
            keys.up(KeyCode::A, KeyMods::default());
        }
    }

    #[test]
    fn enter_comes_after_the_text_before_it_and_before_the_text_after_it() {
        let (mut keys, none) = (Keys::default(), KeyMods::default());
        type_text(&mut keys, "so");
        keys.char('\r', none);
        keys.down(KeyCode::Enter, none, None);
        keys.up(KeyCode::Enter, none);
        keys.down(KeyCode::Enter, none, None);
        type_text(&mut keys, "on");
        let frames: Vec<String> = std::iter::from_fn(|| {
            let frame = next_frame(&mut keys.strokes);
            let letters = frame.iter().filter_map(|stroke| match stroke {
                Stroke::Char(character, _) if !character.is_control() => Some(*character),
                Stroke::Down(KeyCode::Enter, ..) => Some('!'),
                _ => None,
            });
            (!frame.is_empty()).then(|| letters.collect())
        })
        .collect();
        assert_eq!(frames, ["so", "!", "!", "on"]);
    }

    #[test]
    fn a_dead_key_types_nothing_until_its_letter_comes() {
        let (mut keys, none) = (Keys::default(), KeyMods::default());
        let acute = Some(Starter::Dead('\u{301}'));
        keys.down(KeyCode::Unknown, none, acute);
        assert!(keys.strokes.is_empty());
        // Shift in between is for the letter.
        keys.down(KeyCode::LeftShift, none, None);
        keys.char('E', none);
        assert_eq!(keys.strokes.back(), Some(&Stroke::Char('É', none)));
        keys.down(KeyCode::E, none, None);
        keys.down(KeyCode::Unknown, none, acute);
        keys.strokes.clear();
        keys.char('\u{8}', none);
        keys.down(KeyCode::Backspace, none, None);
        keys.char('e', none);
        assert_eq!(keys.strokes.back(), Some(&Stroke::Char('e', none)));
        let is_backspace = |stroke: &Stroke| matches!(stroke, Stroke::Down(..));
        assert!(!keys.strokes.iter().any(is_backspace), "it took back the accent, and no letter");
    }

    #[test]
    fn a_paste_is_asked_for_and_typed_by_nobody() {
        let (mut keys, ctrl) = (Keys::default(), KeyMods { ctrl: true, ..KeyMods::default() });
        keys.char('v', ctrl);
        assert_eq!(keys.down(KeyCode::V, ctrl, None), KeyAction::Paste);
        assert_eq!(keys.down(KeyCode::C, ctrl, None), KeyAction::None);
    }

    #[test]
    fn a_modifier_counts_from_its_own_press_on() {
        let none = KeyMods::default();
        let held = with_modifier(KeyCode::LeftControl, none, true);
        assert!(held.ctrl);
        assert!(!with_modifier(KeyCode::LeftControl, held, false).ctrl);
        assert!(!with_modifier(KeyCode::A, none, true).ctrl);
    }
}

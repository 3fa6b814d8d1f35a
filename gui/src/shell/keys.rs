//! What miniquad says about the keyboard, put right for egui.
//!
//! On X11 miniquad reports a character before the key that made it, and the modifiers as they were before the key; egui-miniquad then
//! types a "c" where somebody copies. It also leaves out keys that egui knows: F1, `/`, the keypad.

use egui::{Event, Key, Modifiers};
use egui_miniquad::EguiMq;
use miniquad::{KeyCode, KeyMods};

/// The keyboard between miniquad and egui.
#[derive(Default)]
pub(super) struct Keys {
    /// The key that comes next has made a character: a keypad key then stands for its digit.
    typed: bool,
    /// What egui-miniquad cannot tell egui; put into the next frame.
    extra: Vec<Event>,
}

/// What a key asks of the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// Nothing; egui has it.
    None,
    /// What is in the clipboard.
    Paste,
}

impl Keys {
    pub(super) fn char(&mut self, egui: &mut EguiMq, character: char, mods: KeyMods) {
        self.typed = !character.is_control();
        // egui-miniquad asks the modifiers of the key before whether this is text.
        egui.key_up_event(KeyCode::Unknown, mods);
        if !mods.alt && !mods.logo {
            egui.char_event(character);
        }
    }

    pub(super) fn down(&mut self, egui: &mut EguiMq, code: KeyCode, mods: KeyMods) -> Wish {
        let typed = std::mem::take(&mut self.typed);
        let mods = with_modifier(code, mods, true);
        match code {
            KeyCode::V if mods.ctrl => return Wish::Paste,
            KeyCode::Insert if mods.shift => return Wish::Paste,
            KeyCode::Insert if mods.ctrl => self.extra.push(Event::Copy),
            _ => match (keypad(code).filter(|_| !typed), unmapped(code)) {
                (Some(code), _) => egui.key_down_event(code, mods),
                (None, Some(key)) => self.extra.push(key_event(key, true, mods)),
                (None, None) => egui.key_down_event(code, mods),
            },
        }
        Wish::None
    }

    pub(super) fn up(&mut self, egui: &mut EguiMq, code: KeyCode, mods: KeyMods) {
        let mods = with_modifier(code, mods, false);
        if let Some(key) = unmapped(code) {
            self.extra.push(key_event(key, false, mods));
        }
        egui.key_up_event(keypad(code).unwrap_or(code), mods);
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

    #[test]
    fn a_modifier_counts_from_its_own_press_on() {
        let none = KeyMods::default();
        let held = with_modifier(KeyCode::LeftControl, none, true);
        assert!(held.ctrl);
        assert!(!with_modifier(KeyCode::LeftControl, held, false).ctrl);
        assert!(!with_modifier(KeyCode::A, none, true).ctrl);
    }
}

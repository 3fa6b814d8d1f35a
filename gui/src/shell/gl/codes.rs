//! What miniquad calls keys, buttons and shapes of the pointer.

use egui::{CursorIcon, Key, PointerButton};
use miniquad::{KeyCode, KeyMods, MouseButton};

use crate::shell::keys::{Code, Held};

pub(super) fn held(mods: KeyMods) -> Held {
    Held { shift: mods.shift, control: mods.ctrl, alt: mods.alt, logo: mods.logo }
}

pub(super) fn button(button: MouseButton) -> PointerButton {
    match button {
        MouseButton::Right => PointerButton::Secondary,
        MouseButton::Middle => PointerButton::Middle,
        MouseButton::Left | MouseButton::Unknown => PointerButton::Primary,
    }
}

pub(super) fn cursor(icon: CursorIcon) -> miniquad::CursorIcon {
    match icon {
        CursorIcon::Text | CursorIcon::VerticalText => miniquad::CursorIcon::Text,
        CursorIcon::PointingHand => miniquad::CursorIcon::Pointer,
        CursorIcon::ResizeHorizontal | CursorIcon::ResizeColumn => miniquad::CursorIcon::EWResize,
        CursorIcon::ResizeVertical | CursorIcon::ResizeRow => miniquad::CursorIcon::NSResize,
        CursorIcon::ResizeNeSw => miniquad::CursorIcon::NESWResize,
        CursorIcon::ResizeNwSe => miniquad::CursorIcon::NWSEResize,
        CursorIcon::Help => miniquad::CursorIcon::Help,
        CursorIcon::Wait | CursorIcon::Progress => miniquad::CursorIcon::Wait,
        CursorIcon::Crosshair => miniquad::CursorIcon::Crosshair,
        CursorIcon::Move | CursorIcon::AllScroll | CursorIcon::Grabbing => {
            miniquad::CursorIcon::Move
        }
        CursorIcon::NotAllowed | CursorIcon::NoDrop => miniquad::CursorIcon::NotAllowed,
        _ => miniquad::CursorIcon::Default,
    }
}

pub(super) fn code(code: KeyCode) -> Code {
    match code {
        KeyCode::LeftShift | KeyCode::RightShift => return Code::Shift,
        KeyCode::LeftControl | KeyCode::RightControl => return Code::Control,
        KeyCode::LeftAlt => return Code::Alt,
        KeyCode::RightAlt => return Code::AltGr,
        KeyCode::LeftSuper | KeyCode::RightSuper => return Code::Logo,
        _ => {}
    }
    match (keypad(code), key(code)) {
        (Some(key), _) => Code::Keypad(key),
        (None, Some(key)) => Code::Key(key),
        (None, None) => Code::Other,
    }
}

/// What a keypad key does that types nothing.
fn keypad(code: KeyCode) -> Option<Key> {
    Some(match code {
        KeyCode::KpEnter => Key::Enter,
        KeyCode::KpAdd => Key::Plus,
        KeyCode::KpSubtract => Key::Minus,
        KeyCode::Kp0 => Key::Insert,
        KeyCode::Kp1 => Key::End,
        KeyCode::Kp2 => Key::ArrowDown,
        KeyCode::Kp3 => Key::PageDown,
        KeyCode::Kp4 => Key::ArrowLeft,
        KeyCode::Kp6 => Key::ArrowRight,
        KeyCode::Kp7 => Key::Home,
        KeyCode::Kp8 => Key::ArrowUp,
        KeyCode::Kp9 => Key::PageUp,
        KeyCode::KpDecimal => Key::Delete,
        _ => return None,
    })
}

fn key(code: KeyCode) -> Option<Key> {
    Some(match code {
        KeyCode::Apostrophe => Key::Quote,
        KeyCode::LeftBracket => Key::OpenBracket,
        KeyCode::RightBracket => Key::CloseBracket,
        KeyCode::GraveAccent => Key::Backtick,
        // The others have the same names: letters, F keys and those that move; digits but for what stands before them.
        code => {
            let name = format!("{code:?}");
            return Key::from_name(name.strip_prefix("Key").unwrap_or(&name));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_by_what_stands_on_them() {
        for (name, known) in [
            (KeyCode::A, Key::A),
            (KeyCode::Key7, Key::Num7),
            (KeyCode::F12, Key::F12),
            (KeyCode::Enter, Key::Enter),
            (KeyCode::PageUp, Key::PageUp),
            (KeyCode::Left, Key::ArrowLeft),
            (KeyCode::Escape, Key::Escape),
            (KeyCode::Backspace, Key::Backspace),
            (KeyCode::Minus, Key::Minus),
            (KeyCode::Equal, Key::Equals),
            (KeyCode::Comma, Key::Comma),
            (KeyCode::Slash, Key::Slash),
            (KeyCode::Semicolon, Key::Semicolon),
            (KeyCode::Space, Key::Space),
            (KeyCode::Tab, Key::Tab),
            (KeyCode::Delete, Key::Delete),
            (KeyCode::Home, Key::Home),
        ] {
            assert_eq!(code(name), Code::Key(known));
        }
        assert_eq!(code(KeyCode::Kp7), Code::Keypad(Key::Home));
        assert_eq!(code(KeyCode::RightAlt), Code::AltGr);
        assert_eq!(code(KeyCode::World1), Code::Other);
    }
}

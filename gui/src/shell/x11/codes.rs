//! What X11 calls keys and buttons.

use egui::{Key, PointerButton, Vec2, vec2};
use x11rb::protocol::xproto::{KeyButMask, NotifyDetail, NotifyMode};
use xkeysym::{Keysym, key};

use crate::shell::keyboard::Keyboard;
use crate::shell::keys::{Code, Held};

/// What a button of X11 is.
#[derive(Debug, PartialEq)]
pub(super) enum Button {
    Mouse(PointerButton),
    /// Notches, to the right and up.
    Wheel(Vec2),
}

pub(super) fn button(number: u8) -> Option<Button> {
    Some(match number {
        1 => Button::Mouse(PointerButton::Primary),
        2 => Button::Mouse(PointerButton::Middle),
        3 => Button::Mouse(PointerButton::Secondary),
        4 => Button::Wheel(vec2(0.0, 1.0)),
        5 => Button::Wheel(vec2(0.0, -1.0)),
        6 => Button::Wheel(vec2(1.0, 0.0)),
        7 => Button::Wheel(vec2(-1.0, 0.0)),
        8 => Button::Mouse(PointerButton::Extra1),
        9 => Button::Mouse(PointerButton::Extra2),
        _ => return None,
    })
}

/// Whether a word on the keyboard's focus is about our window, and not about a menu that somebody opened or the pointer.
pub(super) fn is_ours(mode: NotifyMode, detail: NotifyDetail) -> bool {
    mode != NotifyMode::GRAB && mode != NotifyMode::UNGRAB && detail != NotifyDetail::POINTER
}

/// The modifiers that are held, as they were before a key.
pub(super) fn held(state: KeyButMask) -> Held {
    let has = |mask: KeyButMask| state.contains(mask);
    Held {
        shift: has(KeyButMask::SHIFT),
        control: has(KeyButMask::CONTROL),
        alt: has(KeyButMask::MOD1),
        logo: has(KeyButMask::MOD4),
    }
}

/// What a symbol types.
pub(super) fn character(symbol: u32) -> Option<char> {
    Keysym::new(symbol).key_char()
}

/// Which key this is. Letters are known by the layout in use where it is a Latin one, and else by the first layout, so that Ctrl+C works in
/// Greek.
pub(super) fn code(keyboard: &Keyboard, number: u8, state: KeyButMask) -> Code {
    let layout_only = KeyButMask::from(u16::from(state) & 0x6000);
    let here = keyboard.symbol(number, layout_only).map_or(Code::Other, of_symbol);
    match here {
        Code::Other => keyboard.first_symbol(number).map_or(Code::Other, of_symbol),
        here => here,
    }
}

fn of_symbol(symbol: u32) -> Code {
    match symbol {
        key::Shift_L | key::Shift_R => Code::Shift,
        key::Control_L | key::Control_R => Code::Control,
        key::Alt_L | key::Meta_L => Code::Alt,
        key::Alt_R | key::Meta_R | key::ISO_Level3_Shift | key::Mode_switch => Code::AltGr,
        key::Super_L | key::Super_R => Code::Logo,
        _ => match (keypad(symbol), named(symbol)) {
            (Some(key), _) => Code::Keypad(key),
            (None, Some(key)) => Code::Key(key),
            (None, None) => Code::Other,
        },
    }
}

/// What a keypad key does that types nothing.
fn keypad(symbol: u32) -> Option<Key> {
    Some(match symbol {
        key::KP_Enter => Key::Enter,
        key::KP_Add => Key::Plus,
        key::KP_Subtract => Key::Minus,
        key::KP_Insert | key::KP_0 => Key::Insert,
        key::KP_End | key::KP_1 => Key::End,
        key::KP_Down | key::KP_2 => Key::ArrowDown,
        key::KP_Next | key::KP_3 => Key::PageDown,
        key::KP_Left | key::KP_4 => Key::ArrowLeft,
        key::KP_Right | key::KP_6 => Key::ArrowRight,
        key::KP_Home | key::KP_7 => Key::Home,
        key::KP_Up | key::KP_8 => Key::ArrowUp,
        key::KP_Prior | key::KP_9 => Key::PageUp,
        key::KP_Delete | key::KP_Decimal => Key::Delete,
        _ => return None,
    })
}

fn named(symbol: u32) -> Option<Key> {
    Some(match symbol {
        key::Escape => Key::Escape,
        key::Tab | key::ISO_Left_Tab => Key::Tab,
        key::BackSpace => Key::Backspace,
        key::Return => Key::Enter,
        key::Insert => Key::Insert,
        key::Delete => Key::Delete,
        key::Home => Key::Home,
        key::End => Key::End,
        key::Prior => Key::PageUp,
        key::Next => Key::PageDown,
        key::Left => Key::ArrowLeft,
        key::Right => Key::ArrowRight,
        key::Up => Key::ArrowUp,
        key::Down => Key::ArrowDown,
        key::F1..=key::F12 => return Key::from_name(&format!("F{}", symbol - key::F1 + 1)),
        // Letters, digits and signs have the names that egui gives them.
        symbol => return Key::from_name(character(symbol)?.encode_utf8(&mut [0; 4])),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_by_what_stands_on_them() {
        for (symbol, code) in [
            (key::a, Code::Key(Key::A)),
            (key::_7, Code::Key(Key::Num7)),
            (key::minus, Code::Key(Key::Minus)),
            (key::apostrophe, Code::Key(Key::Quote)),
            (key::F1, Code::Key(Key::F1)),
            (key::F12, Code::Key(Key::F12)),
            (key::Prior, Code::Key(Key::PageUp)),
            (key::Return, Code::Key(Key::Enter)),
            (key::KP_Enter, Code::Keypad(Key::Enter)),
            (key::KP_Home, Code::Keypad(Key::Home)),
            (key::ISO_Level3_Shift, Code::AltGr),
            (key::Greek_alpha, Code::Other),
            (key::dead_acute, Code::Other),
        ] {
            assert_eq!(of_symbol(symbol), code, "{symbol:#x}");
        }
    }

    #[test]
    fn symbols_type_what_stands_on_them() {
        for (symbol, typed) in [
            (key::a, Some('a')),
            (key::odiaeresis, Some('ö')),
            (key::EuroSign, Some('€')),
            (key::Cyrillic_ya, Some('я')),
            (key::KP_7, Some('7')),
            (key::F1, None),
            (key::Shift_L, None),
            (key::dead_acute, None),
        ] {
            assert_eq!(character(symbol), typed, "{symbol:#x}");
        }
    }
}

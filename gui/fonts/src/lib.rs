//! The faces that egui is given until others are found in the system: those of the crate of this name but for `Hack`, which took 0.3 MB of the program for
//! the times beside messages, and for a font of signs for buttons, which took as much and of which the window draws none. `trim.py` has made
//! `faces/` of the others; the licence of each is there.

/// Text. Its figures are all of one width, as times need them.
pub const UBUNTU_LIGHT: &[u8] = include_bytes!("../faces/Ubuntu-Light.ttf");

/// What is asked for where every letter is to be as wide as the others.
pub const HACK_REGULAR: &[u8] = UBUNTU_LIGHT;

/// Emoji, black on white.
pub const NOTO_EMOJI_REGULAR: &[u8] = include_bytes!("../faces/NotoEmoji-Regular.ttf");

/// What is asked for when the others lack a sign.
pub const EMOJI_ICON: &[u8] = NOTO_EMOJI_REGULAR;

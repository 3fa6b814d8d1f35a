//! Colours, sizes and the colour of a name.

use egui::ecolor::Hsva;
use egui::{
    Color32, CornerRadius, FontFamily, FontId, Rgba, Stroke, TextStyle, Theme as Base, vec2,
};

use crate::model::Theme;

/// The size of text in the list.
pub(super) const BODY: f32 = 15.0;
/// The size of what is beside the point.
pub(super) const SMALL: f32 = 12.0;

/// The contrast from which on a text is easily read, as WCAG 2 counts it.
const LEGIBLE: f32 = 4.5;

/// What is drawn in which colour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Palette {
    pub(super) dark: bool,
    pub(super) ground: Color32,
    pub(super) side: Color32,
    pub(super) field: Color32,
    pub(super) text: Color32,
    pub(super) dim: Color32,
    pub(super) accent: Color32,
    pub(super) on_accent: Color32,
    pub(super) line: Color32,
    pub(super) error: Color32,
    pub(super) link: Color32,
    /// Behind a message that names the person.
    pub(super) mention: Color32,
    pub(super) selection: Color32,
    /// What is read on the ground of what is chosen.
    pub(super) on_selection: Color32,
    pub(super) found: Color32,
    /// The word by which the person is called.
    pub(super) alert: Color32,
}

impl Palette {
    pub(super) fn of(theme: Theme) -> Self {
        let rgb = Color32::from_rgb;
        match theme {
            Theme::Dark => Self {
                dark: true,
                ground: rgb(30, 32, 38),
                side: rgb(25, 27, 32),
                field: rgb(42, 45, 54),
                text: rgb(220, 221, 226),
                dim: rgb(152, 156, 168),
                accent: rgb(61, 107, 216),
                on_accent: Color32::WHITE,
                line: rgb(50, 53, 62),
                error: rgb(240, 118, 118),
                link: rgb(122, 170, 255),
                mention: rgb(58, 50, 34),
                selection: rgb(48, 76, 138),
                on_selection: rgb(240, 242, 248),
                found: rgb(98, 78, 16),
                alert: rgb(255, 206, 120),
            },
            Theme::Light => Self {
                dark: false,
                ground: rgb(253, 253, 254),
                side: rgb(241, 242, 245),
                field: rgb(255, 255, 255),
                text: rgb(32, 34, 40),
                dim: rgb(94, 98, 110),
                accent: rgb(45, 92, 200),
                on_accent: Color32::WHITE,
                line: rgb(214, 217, 224),
                error: rgb(184, 36, 36),
                link: rgb(28, 82, 190),
                mention: rgb(255, 244, 214),
                selection: rgb(190, 211, 252),
                on_selection: rgb(16, 24, 48),
                found: rgb(255, 226, 120),
                alert: rgb(140, 74, 0),
            },
        }
    }

    /// The colour of a name: the same wherever it stands, and legible on the ground.
    pub(super) fn name(&self, name: &str) -> Color32 {
        let mut hash: u32 = 0x811c_9dc5;
        for byte in name.bytes() {
            hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
        // Multiplied with the golden ratio, neighbours are far apart; in integers, because an `f32` keeps only 24 bits of it.
        let hue = (hash.wrapping_mul(0x9e37_79b9) >> 8) as f32 / (1 << 24) as f32;
        // A blue has to be brighter than a yellow to stand out as much from a dark ground, and may be brighter on a light one. On a dark
        // ground the names are pale, on a light one as bright as they may be.
        let saturation = if self.dark { 0.50 } else { 0.85 };
        // The brightest of the dark grounds, or the darkest of the light ones, that names stand on.
        let grounds = [self.ground, self.side, self.field, self.mention];
        let grounds = grounds.map(|ground| luminance(ground.into()) + 0.05);
        let ground = match self.dark {
            true => grounds.into_iter().fold(0.0, f32::max),
            false => grounds.into_iter().fold(f32::MAX, f32::min),
        };
        let wanted = if self.dark { ground * 6.5 } else { ground / (LEGIBLE + 0.1) } - 0.05;
        let brightest = Hsva::new(hue, saturation, 1.0, 1.0);
        // Brightness counts in the luminance as a factor.
        let value = (wanted / luminance(brightest.into())).min(1.0);
        Hsva { v: value, ..brightest }.into()
    }

    /// Sets the looks of everything that egui draws itself.
    pub(super) fn apply(&self, context: &egui::Context) {
        context.options_mut(|options| {
            options.zoom_with_keyboard = false;
            options.theme_preference =
                if self.dark { egui::ThemePreference::Dark } else { egui::ThemePreference::Light };
        });
        let base = if self.dark { Base::Dark } else { Base::Light };
        context.style_mut_of(base, |style| self.style(style));
    }

    fn style(&self, style: &mut egui::Style) {
        // A blinking cursor and moving panels would keep an idle window awake.
        style.animation_time = 0.0;
        style.interaction.selectable_labels = false;
        style.interaction.tooltip_delay = 0.3;
        style.spacing.item_spacing = vec2(8.0, 6.0);
        style.spacing.button_padding = vec2(12.0, 6.0);
        style.spacing.interact_size.y = 28.0;
        style.spacing.scroll = egui::style::ScrollStyle {
            // The others are those of the bar that it moves in.
            foreground_color: true,
            ..egui::style::ScrollStyle::solid()
        };
        for (text, size) in [
            (TextStyle::Body, BODY),
            (TextStyle::Button, 14.0),
            (TextStyle::Small, SMALL),
            (TextStyle::Heading, 20.0),
        ] {
            style.text_styles.insert(text, FontId::new(size, FontFamily::Proportional));
        }
        let visuals = &mut style.visuals;
        visuals.text_cursor.blink = false;
        visuals.panel_fill = self.ground;
        visuals.window_fill = self.ground;
        visuals.window_stroke = Stroke::new(1.0, self.line);
        visuals.window_corner_radius = CornerRadius::same(8);
        visuals.extreme_bg_color = self.field;
        visuals.hyperlink_color = self.link;
        visuals.error_fg_color = self.error;
        visuals.selection.bg_fill = self.selection;
        visuals.selection.stroke = Stroke::new(1.0, self.accent);
        visuals.widgets.noninteractive.bg_stroke = Stroke::new(1.0, self.line);
        visuals.widgets.noninteractive.fg_stroke = Stroke::new(1.0, self.text);
        let widgets = &mut visuals.widgets;
        for widget in [
            &mut widgets.noninteractive,
            &mut widgets.inactive,
            &mut widgets.hovered,
            &mut widgets.active,
            &mut widgets.open,
        ] {
            widget.corner_radius = CornerRadius::same(6);
            widget.expansion = 0.0;
        }
        for widget in
            [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active, &mut widgets.open]
        {
            widget.fg_stroke.color = self.text;
        }
        for widget in [&mut widgets.hovered, &mut widgets.active, &mut widgets.open] {
            (widget.bg_fill, widget.weak_bg_fill) = (self.line, self.line);
            widget.bg_stroke = Stroke::new(1.0, self.dim);
        }
        widgets.inactive.bg_fill = self.field;
        widgets.inactive.weak_bg_fill = if self.dark { self.field } else { self.side };
        widgets.inactive.bg_stroke = Stroke::new(1.0, self.line);
    }
}

/// The font of the list.
pub(super) fn body() -> FontId {
    FontId::new(BODY, FontFamily::Proportional)
}

/// The font of who speaks.
pub(super) fn name() -> FontId {
    FontId::new(BODY, FontFamily::Proportional)
}

/// The font of what is beside the point.
pub(super) fn small() -> FontId {
    FontId::new(SMALL, FontFamily::Proportional)
}

/// The font of what stands in columns.
pub(super) fn mono() -> FontId {
    FontId::new(13.0, FontFamily::Monospace)
}

/// A button for what is meant to be done next.
pub(super) fn primary<'a>(palette: &Palette, text: &str) -> egui::Button<'a> {
    egui::Button::new(egui::RichText::new(text).color(palette.on_accent)).fill(palette.accent)
}

/// What was said in passing, as the beginning of a sentence.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// How bright a colour is to the eye, from 0 to 1, as WCAG 2 counts it.
fn luminance(color: Rgba) -> f32 {
    0.2126 * color.r() + 0.7152 * color.g() + 0.0722 * color.b()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How much two colours stand out from each other, from 1 to 21.
    fn contrast(one: Color32, other: Color32) -> f32 {
        let (one, other) = (luminance(one.into()), luminance(other.into()));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// All that is read, with what it is read on: each pair that the window shows.
    fn pairs(palette: &Palette) -> Vec<(&'static str, Color32, Color32)> {
        let Palette { ground, side, field, text, dim, error, link, mention, .. } = *palette;
        let Palette { selection, on_selection, found, alert, accent, on_accent, line, .. } =
            *palette;
        let mut pairs = vec![
            ("a message", text, ground),
            ("a time, a notice", dim, ground),
            ("an error", error, ground),
            ("a link", link, ground),
            ("the side", text, side),
            ("what is beside the point at the side", dim, side),
            ("an error below the entry", error, side),
            ("what is typed", text, field),
            ("a hint in a field", dim, field),
            ("a message that names one", text, mention),
            ("its time", dim, mention),
            ("a link in it", link, mention),
            ("the word that names one", alert, mention),
            ("the same where it is not marked", alert, ground),
            ("a message that is selected", text, selection),
            ("what is chosen", on_selection, selection),
            ("what is found", text, found),
            ("the main button", on_accent, accent),
            ("what is unread", text, line),
        ];
        for number in 0..500 {
            let name = palette.name(&format!("guest{number}"));
            for (what, below) in [
                ("a name", ground),
                ("a name at the side", side),
                ("a name under the pointer", field),
                ("who names one", mention),
            ] {
                pairs.push((what, name, below));
            }
        }
        pairs
    }

    #[test]
    fn everything_that_is_read_stands_out_from_its_ground() {
        for theme in [Theme::Dark, Theme::Light] {
            for (what, color, below) in pairs(&Palette::of(theme)) {
                let found = contrast(color, below);
                assert!(found >= LEGIBLE, "{theme:?}, {what}: {found:.2}");
            }
        }
    }

    #[test]
    fn names_have_many_colours() {
        let palette = Palette::of(Theme::Dark);
        let names = ["ada", "bob", "eve", "zoe", "guest1", "guest2", "guest3", "анна"];
        let colors: std::collections::HashSet<_> =
            names.into_iter().map(|name| palette.name(name)).collect();
        assert!(colors.len() >= 7, "{colors:?}");
        assert_eq!(palette.name("ada"), palette.name("ada"));
    }
}

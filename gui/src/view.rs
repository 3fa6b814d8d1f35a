//! Draws the [`Servers`] of the window with egui, and returns the actions of the user.
//!
//! What is kept here is what only the eye needs: what is typed but not sent, where a list is scrolled to, what is selected.

mod bidi;
mod connect;
mod dialog;
mod dialogs;
mod entry;
mod find;
mod glyphs;
mod heights;
mod letters;
mod list;
mod lock;
mod menu;
mod moderation;
mod people;
mod room_list;
mod rooms;
mod row;
mod settings;
mod shortcuts;
mod switcher;
mod talk;
mod theme;
mod trust;

use egui::Context;

use std::collections::HashMap;

pub use letters::spread as spread_letters;

use crate::model::{Action, ConversationId, Secret, ServerId, Servers, Theme};
use glyphs::Glyphs;
use theme::Palette;

/// No letter is smaller or larger than can be drawn, whatever the screen and the person ask for.
const SMALLEST_ZOOM: f32 = 0.2;
const LARGEST_ZOOM: f32 = 12.0;

/// What the view keeps for itself between frames.
#[derive(Debug)]
pub struct View {
    scale: f32,
    theme: Option<Theme>,
    forms: HashMap<ServerId, connect::Form>,
    lists: list::Lists,
    entry: entry::Entry,
    find: find::Find,
    switcher: Option<switcher::Switcher>,
    /// The rooms of the server are shown, those in whose name this is.
    room_list: Option<String>,
    /// What is about to be done to somebody.
    moderation: Option<moderation::Moderation>,
    settings: Option<settings::Settings>,
    /// The conversation that was in front in the last frame, and the one that was last scrolled to in the list of them.
    front: Option<ConversationId>,
    shown: Option<ConversationId>,
    /// A link that the person clicked and has not confirmed.
    link: Option<String>,
    help: bool,
    /// Whether it is explained who can read along.
    privacy: bool,
    /// Whether something is asked that is better answered with no, and the person says that they know what it means.
    is_in_doubt: bool,
    is_sure: bool,
    /// Whether the lists at the sides are open where the window is too narrow to show them all the time.
    rooms_open: bool,
    people_open: bool,
    new_name: String,
    new_password: Secret,
    glyphs: Glyphs,
}

impl Default for View {
    fn default() -> Self {
        Self::new()
    }
}

impl View {
    /// A view of nothing yet.
    pub fn new() -> Self {
        Self {
            scale: 1.0,
            theme: None,
            forms: HashMap::new(),
            lists: list::Lists::default(),
            entry: entry::Entry::default(),
            find: find::Find::default(),
            switcher: None,
            room_list: None,
            moderation: None,
            settings: None,
            front: None,
            shown: None,
            link: None,
            help: false,
            privacy: false,
            is_in_doubt: false,
            is_sure: false,
            rooms_open: false,
            people_open: false,
            new_name: String::new(),
            new_password: Secret::default(),
            glyphs: Glyphs::default(),
        }
    }

    /// What the screen wants everything to be multiplied with; the person's zoom comes on top.
    pub fn set_scale(&mut self, scale: f32) {
        self.scale = scale;
    }

    /// The characters drawn since the last call for which no font has a picture.
    pub fn take_missing(&mut self) -> Vec<char> {
        self.glyphs.take_missing()
    }

    /// Draws one frame, and returns what the person did in it.
    pub fn show(&mut self, context: &Context, servers: &Servers) -> Vec<Action> {
        let mut actions = Vec::new();
        let model = servers.active();
        let preferences = model.preferences();
        let palette = Palette::of(preferences.theme);
        if self.theme != Some(preferences.theme) {
            palette.apply(context);
            self.theme = Some(preferences.theme);
        }
        let zoom = self.scale * preferences.zoom;
        let zoom = if zoom.is_finite() { zoom.clamp(SMALLEST_ZOOM, LARGEST_ZOOM) } else { 1.0 };
        if (context.zoom_factor() - zoom).abs() > 1e-3 {
            context.set_zoom_factor(zoom);
        }
        let is_open = |id| {
            let mut all = servers.iter().flat_map(|(_, model)| model.conversations());
            all.any(|known| known.id() == id)
        };
        self.lists.retain(|id, _| is_open(*id));
        self.entry.retain(is_open);
        self.forms.retain(|id, _| servers.get(*id).is_some());
        self.is_in_doubt = model.doubt().is_some();
        self.take_shortcuts(context, servers, &mut actions);
        trouble(context, servers, &palette, &mut actions);
        if model.is_talking() {
            self.talk(context, servers, &palette, &mut actions);
        } else {
            let form = self.forms.entry(servers.active_id()).or_default();
            form.show(context, servers, &palette, &mut actions);
        }
        self.dialogs(context, model, &palette, &mut actions);
        if !actions.is_empty() {
            // What they change is seen in the next frame.
            context.request_repaint();
        }
        actions
    }

    /// Whether something lies over the talk that wants the keyboard.
    fn is_covered(&self) -> bool {
        self.switcher.is_some()
            || self.room_list.is_some()
            || self.moderation.is_some()
            || self.settings.is_some()
            || self.link.is_some()
            || self.help
            || self.privacy
            || self.is_in_doubt
            || self.entry.is_asking()
    }

    fn list(&mut self, id: ConversationId) -> &mut list::List {
        self.lists.entry(id).or_default()
    }
}

/// What the person has to know of the window itself.
fn trouble(context: &Context, servers: &Servers, palette: &Palette, actions: &mut Vec<Action>) {
    let Some(text) = servers.trouble() else { return };
    let frame =
        egui::Frame::new().fill(palette.mention).inner_margin(egui::Margin::symmetric(10, 6));
    egui::TopBottomPanel::top("trouble").frame(frame).show(context, |ui| {
        ui.add(egui::Label::new(theme::sentence(text)).wrap());
        if ui.small_button("I have read it").clicked() {
            actions.push(Action::Dismiss);
        }
    });
}

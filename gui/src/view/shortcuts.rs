//! Everything by keyboard.

use egui::{Context, Event, Key, Modifiers};

use super::View;
use super::list::Scroll;
use super::menu;
use super::switcher::Switcher;
use crate::model::{Action, Conversation, ConversationId, Model, ServerId, Servers};

/// What F1 shows.
pub(super) const KEYS: &[(&str, &str)] = &[
    ("Enter", "send"),
    ("Tab", "complete a name, or a command after !; again for the next one"),
    ("Up, Down", "what you wrote before"),
    ("Page Up, Page Down", "scroll"),
    ("Ctrl+Home, Ctrl+End", "to the beginning, to the end"),
    ("Alt+1 … Alt+9", "to this conversation"),
    ("Alt+Up, Alt+Down", "to the conversation above, below; also Ctrl+Page Up, Ctrl+Page Down"),
    ("Ctrl+Tab", "to the next conversation, with Shift to the one before, at all servers"),
    ("Ctrl+W", "leave this room, or close this conversation"),
    ("Ctrl+K", "switch to a conversation or a person, or join a room"),
    ("Ctrl+F", "find in what is shown, or on the server; Enter or F3 further, with Shift back"),
    ("Ctrl+C", "copy what is selected"),
    ("Ctrl + plus, minus, 0", "larger, smaller, as at first"),
    ("Esc", "close what lies above"),
    ("F1", "this list"),
];

const NUMBERS: [Key; 9] = [
    Key::Num1,
    Key::Num2,
    Key::Num3,
    Key::Num4,
    Key::Num5,
    Key::Num6,
    Key::Num7,
    Key::Num8,
    Key::Num9,
];

impl View {
    /// Takes the keys that are no text before any field sees them.
    pub(super) fn take_shortcuts(
        &mut self,
        context: &Context,
        servers: &Servers,
        actions: &mut Vec<Action>,
    ) {
        let model = servers.active();
        let pressed = |modifiers: Modifiers, key: Key| {
            context.input_mut(|input| input.consume_key(modifiers, key))
        };
        take_zoom(context, model, actions);
        if pressed(Modifiers::NONE, Key::F1) {
            self.help = !self.help;
        }
        if !menu::was_open(context) && pressed(Modifiers::NONE, Key::Escape) {
            match self.is_in_doubt {
                true => actions.push(Action::Disconnect),
                false => self.close_uppermost(),
            }
        }
        if !model.is_talking() {
            return;
        }
        if pressed(Modifiers::COMMAND, Key::K) {
            self.switcher = match self.switcher {
                Some(_) => None,
                None => {
                    actions.push(Action::AskRooms);
                    Some(Switcher::default())
                }
            };
        }
        if self.is_covered() {
            return;
        }
        if pressed(Modifiers::COMMAND, Key::F) {
            self.find.open();
        }
        let all = model.conversations();
        for (key, conversation) in NUMBERS.into_iter().zip(all) {
            if pressed(Modifiers::ALT, key) {
                actions.push(Action::Show(conversation.id()));
            }
        }
        let back = Modifiers::COMMAND | Modifiers::SHIFT;
        for (modifiers, step) in [(back, -1), (Modifiers::COMMAND, 1)] {
            if pressed(modifiers, Key::Tab) {
                actions.extend(beside(servers, step));
            }
        }
        let Some(active) = model.active() else { return };
        if pressed(Modifiers::COMMAND, Key::W) {
            actions.push(Action::Close(active.id()));
        }
        let at = all.iter().position(|other| other.id() == active.id()).unwrap_or_default();
        for (key, next) in [(Key::ArrowUp, at + all.len() - 1), (Key::ArrowDown, at + 1)] {
            let page = if key == Key::ArrowUp { Key::PageUp } else { Key::PageDown };
            if pressed(Modifiers::ALT, key) || pressed(Modifiers::COMMAND, page) {
                actions.push(Action::Show(all[next % all.len()].id()));
            }
        }
        for (modifiers, key, scroll) in [
            (Modifiers::NONE, Key::PageUp, Scroll::Pages(-1.0)),
            (Modifiers::NONE, Key::PageDown, Scroll::Pages(1.0)),
            (Modifiers::COMMAND, Key::Home, Scroll::Top),
            (Modifiers::COMMAND, Key::End, Scroll::Bottom),
        ] {
            if pressed(modifiers, key) {
                self.list(active.id()).scroll(scroll);
            }
        }
        self.take_copy(context, model, actions);
    }

    /// Copies what is selected in the list, unless text in the entry is selected.
    fn take_copy(&mut self, context: &Context, model: &Model, actions: &mut Vec<Action>) {
        let Some(active) = model.active() else { return };
        if self.entry.has_selection(context, active.id()) {
            return;
        }
        let list = self.list(active.id());
        if !list.has_selection() {
            return;
        }
        let copies = |event: &Event| matches!(event, Event::Copy);
        if context.input(|input| input.events.iter().any(copies)) {
            context.input_mut(|input| input.events.retain(|event| !copies(event)));
            actions.extend(list.selected_text(active.log(), model.zone()).map(Action::Copy));
        }
    }

    fn close_uppermost(&mut self) {
        let closed = self.link.take().is_some()
            || self.switcher.take().is_some()
            || self.moderation.take().is_some()
            || self.room_list.take().is_some()
            || self.settings.take().is_some()
            || self.entry.cancel();
        if closed {
            return;
        }
        if self.privacy {
            self.privacy = false;
        } else if self.help {
            self.help = false;
        } else if self.find.is_open() {
            self.find.close();
        } else {
            self.rooms_open = false;
            self.people_open = false;
        }
    }
}

/// To the conversation so many after the one in front, around the ends, at whatever server it is.
fn beside(servers: &Servers, step: isize) -> [Action; 2] {
    let all: Vec<(ServerId, Option<ConversationId>)> = servers
        .iter()
        .flat_map(|(id, model)| {
            let shown = model.conversations().iter().map(move |one| (id, Some(one.id())));
            // A server that is not entered yet is stopped at, too.
            let form = (!model.is_talking()).then_some((id, None));
            shown.filter(move |_| form.is_none()).chain(form)
        })
        .collect();
    let front = servers.active().active().filter(|_| servers.active().is_talking());
    let front = (servers.active_id(), front.map(Conversation::id));
    let at = all.iter().position(|one| *one == front).unwrap_or_default() as isize;
    let count = all.len().max(1) as isize;
    let (server, shown) = all.get((at + step).rem_euclid(count) as usize).copied().unwrap_or(front);
    let shows = shown.map_or(Action::ShowServer(server), Action::Show);
    [Action::ShowServer(server), shows]
}

fn take_zoom(context: &Context, model: &Model, actions: &mut Vec<Action>) {
    let pressed = |key: Key| context.input_mut(|input| input.consume_key(Modifiers::COMMAND, key));
    let zoom = model.preferences().zoom;
    if pressed(Key::Plus) || pressed(Key::Equals) {
        actions.push(Action::Zoom(((zoom + 0.1) * 10.0).round() / 10.0));
    }
    if pressed(Key::Minus) {
        actions.push(Action::Zoom(((zoom - 0.1) * 10.0).round() / 10.0));
    }
    if pressed(Key::Num0) {
        actions.push(Action::Zoom(1.0));
    }
}

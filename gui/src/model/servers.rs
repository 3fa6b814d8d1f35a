//! All servers of the window: each with a connection and conversations of its own, one of them in front.

use super::time::Zone;
use super::{Action, ConnectionSettings, Effect, Input, Model, Preferences};

/// More are not opened; each has a thread.
const MOST: usize = 12;

/// Which server of the window; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerId(u32);

/// The servers of the window. See [`Servers::update`].
#[derive(Debug)]
pub struct Servers {
    /// Never empty.
    all: Vec<(ServerId, Model)>,
    active: ServerId,
    next: u32,
    focused: bool,
    title: String,
    /// Whether the window closes when all have said goodbye.
    closing: bool,
    /// What the person has to know of the window itself.
    trouble: Option<String>,
}

impl Servers {
    /// A window with one server, which is not connected to yet; its form is filled in with `settings`.
    pub fn new(preferences: Preferences, zone: Zone, settings: ConnectionSettings) -> Self {
        let mut model = Model::new(preferences.within_bounds(), zone);
        model.settings = settings;
        let active = ServerId(0);
        Self {
            all: vec![(active, model)],
            active,
            next: 1,
            focused: true,
            title: String::new(),
            closing: false,
            trouble: None,
        }
    }

    /// The server in front.
    pub fn active(&self) -> &Model {
        self.get(self.active).expect("the one in front is always there")
    }

    /// Which server is in front.
    pub fn active_id(&self) -> ServerId {
        self.active
    }

    /// A server that is open.
    pub fn get(&self, id: ServerId) -> Option<&Model> {
        self.all.iter().find(|(other, _)| *other == id).map(|(_, model)| model)
    }

    /// All servers, in the order in which they were opened.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (ServerId, &Model)> {
        self.all.iter().map(|(id, model)| (*id, model))
    }

    /// Whether another server can be opened.
    pub fn can_open(&self) -> bool {
        self.all.len() < MOST
    }

    /// What the person has to know of the window itself, e.g. that its settings cannot be read.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Tells the person something of the window itself.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.trouble = Some(text.into());
    }

    /// When the next [`Input::Tick`] is wanted, if nothing else happens.
    pub fn wake_at(&self) -> Option<std::time::SystemTime> {
        self.all.iter().filter_map(|(_, model)| model.wake_at()).min()
    }

    /// Takes in what happened to the window, or was done in it, and says what is to be done for which server, in order.
    pub fn update(&mut self, input: Input) -> Vec<(ServerId, Effect)> {
        match input {
            Input::Action(action) => self.act(action),
            Input::Focus(focused) => {
                self.focused = focused;
                self.pass(self.active, Input::Focus(focused))
            }
            Input::Resized { .. } | Input::Maximized(_) | Input::Sent { .. } => {
                self.pass(self.active, input)
            }
            Input::Tick(_) | Input::Network(_) | Input::Nearby(_) => self.pass_to_all(&input),
        }
    }

    /// Takes in what happened at one server.
    pub fn update_one(&mut self, id: ServerId, input: Input) -> Vec<(ServerId, Effect)> {
        self.pass(id, input)
    }

    fn act(&mut self, action: Action) -> Vec<(ServerId, Effect)> {
        match action {
            Action::AddServer => self.open(),
            Action::EnterAgain => self.enter_again(),
            Action::ShowServer(id) => self.show(id),
            Action::CloseServer(id) => {
                let mut effects = self.pass(id, Input::Action(Action::Disconnect));
                effects.extend(self.close(id));
                effects
            }
            Action::Dismiss => {
                self.trouble = None;
                Vec::new()
            }
            Action::Exit => {
                self.closing = true;
                self.pass_to_all(&Input::Action(Action::Exit))
            }
            action => self.pass(self.active, Input::Action(action)),
        }
    }

    fn open(&mut self) -> Vec<(ServerId, Effect)> {
        if !self.can_open() {
            return Vec::new();
        }
        let front = self.active();
        let mut model = Model::new(front.preferences.clone(), front.zone.clone());
        model.settings = ConnectionSettings {
            name: front.preferences.name.clone(),
            port: super::DEFAULT_PORT,
            ..ConnectionSettings::default()
        };
        model.now = front.now;
        model.conversations.number_from(self.next);
        let id = ServerId(self.next);
        self.next += 1;
        self.all.push((id, model));
        let mut effects = self.show(id);
        let now = self.active().now;
        effects.extend(self.pass(id, Input::Tick(now)));
        effects
    }

    /// The server that was entered last is in front.
    fn enter_again(&mut self) -> Vec<(ServerId, Effect)> {
        let front = self.active;
        let mut effects = Vec::new();
        for (number, settings) in self.active().preferences.entered().into_iter().enumerate() {
            if number > 0 {
                if !self.can_open() {
                    break;
                }
                effects.extend(self.open());
            }
            effects.extend(self.pass(self.active, Input::Action(Action::Connect(settings))));
        }
        effects.extend(self.show(front));
        effects
    }

    /// What is in front is read; the others are not looked at.
    fn show(&mut self, id: ServerId) -> Vec<(ServerId, Effect)> {
        if id == self.active || self.get(id).is_none() {
            return Vec::new();
        }
        let mut effects = self.pass(self.active, Input::Focus(false));
        self.active = id;
        effects.extend(self.pass(id, Input::Focus(self.focused)));
        effects
    }

    /// The last one stays, with its form.
    fn close(&mut self, id: ServerId) -> Vec<(ServerId, Effect)> {
        let at = self.all.iter().position(|(other, _)| *other == id);
        let Some(at) = at.filter(|_| self.all.len() > 1) else { return Vec::new() };
        self.all.remove(at);
        if self.active == id {
            self.active = self.all[at.min(self.all.len() - 1)].0;
            return self.pass(self.active, Input::Focus(self.focused));
        }
        Vec::new()
    }

    fn pass_to_all(&mut self, input: &Input) -> Vec<(ServerId, Effect)> {
        let ids: Vec<ServerId> = self.all.iter().map(|(id, _)| *id).collect();
        ids.into_iter().flat_map(|id| self.pass(id, input.clone())).collect()
    }

    fn pass(&mut self, id: ServerId, input: Input) -> Vec<(ServerId, Effect)> {
        let Some((_, model)) = self.all.iter_mut().find(|(other, _)| *other == id) else {
            return Vec::new();
        };
        let mut passed = Vec::new();
        let effects = model.update(input);
        for effect in effects {
            match effect {
                // What is set holds for all.
                Effect::Save(preferences) => {
                    for (_, model) in &mut self.all {
                        model.set_preferences(preferences.clone());
                    }
                    passed.push((id, Effect::Save(preferences)));
                }
                // Whoever looks at the window sees it there.
                Effect::Urgent | Effect::Notify { .. } if self.focused => {}
                Effect::Exit => passed.extend(self.exit(id)),
                effect => passed.push((id, effect)),
            }
        }
        let title = self.wanted_title();
        if title != self.title {
            self.title.clone_from(&title);
            passed.push((self.active, Effect::Title(title)));
        }
        passed
    }

    /// A server was left for good. With the last one the window closes.
    fn exit(&mut self, id: ServerId) -> Vec<(ServerId, Effect)> {
        let is_last = match self.closing {
            true => self.all.iter().all(|(other, model)| *other == id || model.has_left),
            false => self.all.len() == 1,
        };
        if let Some((_, model)) = self.all.iter_mut().find(|(other, _)| *other == id) {
            model.has_left = true;
        }
        match (is_last, self.closing) {
            (true, _) => vec![(id, Effect::Exit)],
            (false, true) => Vec::new(),
            (false, false) => self.act(Action::CloseServer(id)),
        }
    }

    fn wanted_title(&self) -> String {
        let unread: usize = self.all.iter().map(|(_, model)| model.conversations.unread()).sum();
        let count = if unread > 0 { format!("({unread}) ") } else { String::new() };
        let front = self.active();
        let title = match (front.welcomed, front.conversations.active()) {
            (true, Some(active)) => format!("{} \u{2013} ", active.title()),
            _ => String::new(),
        };
        format!("{count}{title}Salotto")
    }
}

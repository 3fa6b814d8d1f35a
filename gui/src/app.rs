//! Model, view and network put together: everything of the program but the window it is shown in.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use salotto::client::Update;
use salotto::discovery::{Interfaces, Sighting};
use salotto_gui::model::{Action, Effect, Input, ServerId, Servers};
use salotto_gui::view::View;

use crate::alert;
use crate::journal::Journal;
use crate::nearby::Nearby;
use crate::net::{Net, Waker};
use crate::preferences::Store;

/// Updates taken before a frame is drawn; in a flood the window still moves.
const UPDATES_A_FRAME: usize = 4096;

/// As much as a server gives of its history at a time.
const PAGE: usize = 100;

/// The program as the shell sees it.
pub(crate) struct App {
    servers: Servers,
    view: View,
    /// By server of the window.
    connections: BTreeMap<ServerId, Connected>,
    /// Where servers are looked for; `None` for nowhere.
    interfaces: Option<Interfaces>,
    journal: Journal,
    waker: Arc<dyn Waker>,
    store: Store,
    /// What the shell has to do, in order.
    requests: Vec<ShellRequest>,
    /// Whether somebody sees the window.
    seen: bool,
}

/// What only the shell can do.
#[derive(Debug, PartialEq)]
pub(crate) enum ShellRequest {
    /// Close the window now.
    Exit,
    /// Put this on the clipboard.
    Copy(String),
    /// Bring what is on the clipboard.
    Paste,
    /// Make this the primary selection, which the middle button pastes.
    Select(String),
    /// Open this address in a browser.
    OpenLink(String),
    /// Set the title of the window.
    Title(String),
    /// Ask for attention.
    Urgent,
    /// Use the font of this family; empty for the one that is built in.
    Font(String),
}

impl App {
    /// The program that looks for servers on these interfaces, or on none.
    pub(crate) fn new(
        servers: Servers,
        store: Store,
        waker: Arc<dyn Waker>,
        interfaces: Option<Interfaces>,
    ) -> Self {
        let preferences = servers.active().preferences();
        let mut journal = Journal::default();
        journal.set_folder(preferences.log.then_some(&*preferences.log_folder));
        let font = preferences.font.clone();
        let requests = if font.is_empty() { Vec::new() } else { vec![ShellRequest::Font(font)] };
        let (view, connections) = (View::new(), BTreeMap::new());
        Self { servers, view, connections, interfaces, journal, waker, store, requests, seen: true }
    }

    /// Whether the window filled the screen when it was last used.
    pub(crate) fn is_maximized(&self) -> bool {
        self.servers.active().preferences().maximized
    }

    /// Sets how many pixels a point has on this screen.
    pub(crate) fn set_scale(&mut self, scale: f32) {
        self.view.set_scale(scale);
    }

    /// Tells whether somebody sees the window: for who does not, nobody hurries.
    pub(crate) fn set_seen(&mut self, seen: bool) {
        self.seen = seen;
        self.connections
            .values()
            .filter_map(|one| one.net.as_ref())
            .for_each(|net| net.set_seen(seen));
    }

    /// Takes in what came from the network. Before each frame.
    pub(crate) fn update(&mut self) {
        self.input(Input::Tick(SystemTime::now()));
        let mut taken = 0;
        let ids: Vec<ServerId> = self.connections.keys().copied().collect();
        for id in ids {
            taken += self.take_from(id, UPDATES_A_FRAME - taken);
        }
        if taken == UPDATES_A_FRAME {
            // There is more; the frame comes first.
            self.waker.wake();
        }
        tracing::trace!(updates = taken, "took in");
    }

    /// Takes in what came from one server, and at most so much.
    fn take_from(&mut self, id: ServerId, most: usize) -> usize {
        let mut taken = 0;
        while taken < most
            && let Some(update) = self.connections.get(&id).and_then(Connected::next)
        {
            self.input_of(id, Input::Network(update));
            taken += 1;
        }
        while let Some(sighting) = self.connections.get(&id).and_then(Connected::sees) {
            tracing::trace!(?sighting, "saw a server");
            self.input_of(id, Input::Nearby(sighting));
        }
        taken
    }

    /// Tells the person something of the window itself.
    pub(crate) fn warn(&mut self, problem: String) {
        self.servers.warn(problem);
    }

    /// Draws a frame.
    pub(crate) fn show(&mut self, context: &egui::Context) {
        for action in self.view.show(context, &self.servers) {
            self.input(Input::Action(action));
        }
    }

    /// Characters of the last frame that egui has no picture of.
    pub(crate) fn take_missing(&mut self) -> Vec<char> {
        self.view.take_missing()
    }

    /// The user closes the window. [`ShellRequest::Exit`] follows after the goodbye to the server.
    pub(crate) fn close(&mut self) {
        self.input(Input::Tick(SystemTime::now()));
        self.input(Input::Action(Action::Exit));
    }

    /// Passes an input to the model, and carries out its effects.
    pub(crate) fn input(&mut self, input: Input) {
        let effects = self.servers.update(input);
        self.run_all(effects);
    }

    /// The same for what happened at one server.
    fn input_of(&mut self, id: ServerId, input: Input) {
        let state = |servers: &Servers| {
            servers.get(id).map(|model| std::mem::discriminant(model.connection()))
        };
        let before = state(&self.servers);
        let effects = self.servers.update_one(id, input);
        if before != state(&self.servers)
            && let Some(model) = self.servers.get(id)
        {
            tracing::debug!(?id, connection = ?model.connection(), "changed");
        }
        self.run_all(effects);
    }

    fn run_all(&mut self, mut effects: Vec<(ServerId, Effect)>) {
        // An effect may lead to others; they come after the ones that are there.
        while !effects.is_empty() {
            effects = effects.into_iter().flat_map(|(id, effect)| self.run(id, effect)).collect();
        }
        self.connections.retain(|id, _| self.servers.get(*id).is_some());
    }

    /// When [`update`](Self::update) is wanted even if nothing happens.
    pub(crate) fn wake_at(&self) -> Option<SystemTime> {
        self.servers.wake_at()
    }

    /// What the shell has to do.
    pub(crate) fn take_requests(&mut self) -> Vec<ShellRequest> {
        std::mem::take(&mut self.requests)
    }

    fn run(&mut self, id: ServerId, effect: Effect) -> Vec<(ServerId, Effect)> {
        let connected = self.connections.entry(id).or_default();
        let client = connected.net.as_ref().map(Net::client);
        match (effect, client) {
            (Effect::Connect(options), _) => {
                // The old connection ends before the new one begins.
                connected.net = None;
                match Net::start(options, Arc::clone(&self.waker)) {
                    Ok(net) => {
                        net.set_seen(self.seen);
                        connected.net = Some(net);
                    }
                    Err(error) => tracing::error!(%error, "cannot start the network's thread"),
                }
            }
            (Effect::Disconnect, _) => connected.net = None,
            (Effect::Search(is_wanted), _) => {
                let interfaces = self.interfaces.clone().filter(|_| is_wanted);
                connected.search(interfaces, &self.waker);
            }
            (Effect::Request { ticket, request }, client) => {
                let nonce = client.and_then(|client| client.request(request));
                return self.servers.update_one(id, Input::Sent { ticket, nonce });
            }
            (Effect::ReadBack { ticket, room, place }, client) => {
                let nonce = client.and_then(|client| client.history(&room, place, PAGE));
                return self.servers.update_one(id, Input::Sent { ticket, nonce });
            }
            (Effect::OfferName(name), Some(client)) => client.offer_name(name),
            (Effect::OfferPassword(password), Some(client)) => client.offer_password(password.0),
            (Effect::RetryNow, Some(client)) => client.retry_now(),
            (Effect::Quit(words), Some(client)) => client.quit(words),
            // Without a connection there is nothing to send it to.
            (
                Effect::OfferName(_)
                | Effect::OfferPassword(_)
                | Effect::RetryNow
                | Effect::Quit(_),
                None,
            ) => {}
            (Effect::Save(preferences), _) => {
                self.journal.set_folder(preferences.log.then_some(&*preferences.log_folder));
                self.store.save(&preferences);
                if let Some(problem) = self.store.take_problem() {
                    self.servers.warn(problem);
                }
            }
            (Effect::Record(record), _) => {
                if let Err(problem) = self.journal.write(record) {
                    self.servers.warn(problem);
                }
            }
            (Effect::Notify { title, text }, _) => alert::notify(title, text),
            (Effect::Sound, _) => alert::sound(),
            (Effect::Font(name), _) => self.requests.push(ShellRequest::Font(name)),
            (Effect::Exit, _) => self.requests.push(ShellRequest::Exit),
            (Effect::Copy(text), _) => self.requests.push(ShellRequest::Copy(text)),
            (Effect::Paste, _) => self.requests.push(ShellRequest::Paste),
            (Effect::Select(text), _) => self.requests.push(ShellRequest::Select(text)),
            (Effect::OpenLink(link), _) => self.requests.push(ShellRequest::OpenLink(link)),
            (Effect::Title(title), _) => self.requests.push(ShellRequest::Title(title)),
            (Effect::Urgent, _) => self.requests.push(ShellRequest::Urgent),
        }
        Vec::new()
    }
}

/// The threads that belong to one server of the window.
#[derive(Default)]
struct Connected {
    net: Option<Net>,
    nearby: Option<Nearby>,
}

impl Connected {
    fn next(&self) -> Option<Update> {
        self.net.as_ref().and_then(Net::next)
    }

    fn sees(&self) -> Option<Sighting> {
        self.nearby.as_ref().and_then(Nearby::next)
    }

    /// Looks for servers, or does so no more.
    fn search(&mut self, interfaces: Option<Interfaces>, waker: &Arc<dyn Waker>) {
        self.nearby = interfaces.and_then(|interfaces| {
            Nearby::start(interfaces, Arc::clone(waker))
                .inspect_err(|error| tracing::warn!(%error, "cannot start the thread that looks for servers"))
                .ok()
        });
    }
}

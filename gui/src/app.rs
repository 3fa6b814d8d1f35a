//! Model, view and network put together: everything of the program but the window it is shown in.

use std::sync::Arc;
use std::time::SystemTime;

use salotto::discovery::Interfaces;
use salotto_gui::model::{Action, Effect, Input, Model};
use salotto_gui::view::View;

use crate::nearby::Nearby;
use crate::net::{Net, Waker};
use crate::preferences::Store;

/// Updates taken before a frame is drawn; in a flood the window still moves.
const UPDATES_A_FRAME: usize = 4096;

/// As much as a server gives of its history at a time.
const PAGE: usize = 100;

/// The program as the shell sees it.
pub(crate) struct App {
    model: Model,
    view: View,
    net: Option<Net>,
    /// Where servers are looked for; `None` for nowhere.
    interfaces: Option<Interfaces>,
    nearby: Option<Nearby>,
    waker: Arc<dyn Waker>,
    store: Store,
    /// What the shell has to do, in order.
    requests: Vec<ShellRequest>,
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
}

impl App {
    /// The program that looks for servers on these interfaces, or on none.
    pub(crate) fn new(
        model: Model,
        store: Store,
        waker: Arc<dyn Waker>,
        interfaces: Option<Interfaces>,
    ) -> Self {
        let (view, requests) = (View::new(), Vec::new());
        Self { model, view, net: None, interfaces, nearby: None, waker, store, requests }
    }

    /// Sets how many pixels a point has on this screen.
    pub(crate) fn set_scale(&mut self, scale: f32) {
        self.view.set_scale(scale);
    }

    /// Takes in what came from the network. Before each frame. Returns how much it was.
    pub(crate) fn update(&mut self) -> usize {
        self.input(Input::Tick(SystemTime::now()));
        let mut taken = 0;
        while taken < UPDATES_A_FRAME
            && let Some(update) = self.net.as_ref().and_then(Net::next)
        {
            self.input(Input::Network(update));
            taken += 1;
        }
        while let Some(sighting) = self.nearby.as_ref().and_then(Nearby::next) {
            tracing::trace!(?sighting, "saw a server");
            self.input(Input::Nearby(sighting));
        }
        if taken == UPDATES_A_FRAME {
            // There is more; the frame comes first.
            self.waker.wake();
        }
        tracing::trace!(updates = taken, "took in");
        taken
    }

    /// Draws a frame.
    pub(crate) fn show(&mut self, context: &egui::Context) {
        for action in self.view.show(context, &self.model) {
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
        let before = std::mem::discriminant(self.model.connection());
        let mut effects = self.model.update(input);
        if before != std::mem::discriminant(self.model.connection()) {
            tracing::debug!(connection = ?self.model.connection(), "changed");
        }
        // An effect may lead to others; they come after the ones that are there.
        while !effects.is_empty() {
            effects = effects.into_iter().flat_map(|effect| self.run(effect)).collect();
        }
    }

    /// When [`update`](Self::update) is wanted even if nothing happens.
    pub(crate) fn wake_at(&self) -> Option<SystemTime> {
        self.model.wake_at()
    }

    /// What the shell has to do.
    pub(crate) fn take_requests(&mut self) -> Vec<ShellRequest> {
        std::mem::take(&mut self.requests)
    }

    fn run(&mut self, effect: Effect) -> Vec<Effect> {
        let client = self.net.as_ref().map(Net::client);
        match (effect, client) {
            (Effect::Connect(options), _) => {
                // The old connection ends before the new one begins.
                self.net = None;
                match Net::start(options, Arc::clone(&self.waker)) {
                    Ok(net) => self.net = Some(net),
                    Err(error) => tracing::error!(%error, "cannot start the network's thread"),
                }
            }
            (Effect::Disconnect, _) => self.net = None,
            (Effect::Search(true), _) => self.search(),
            (Effect::Search(false), _) => self.nearby = None,
            (Effect::Request { ticket, request }, client) => {
                let nonce = client.and_then(|client| client.request(request));
                return self.model.update(Input::Sent { ticket, nonce });
            }
            (Effect::ReadBack { ticket, room, place }, client) => {
                let nonce = client.and_then(|client| client.history(&room, place, PAGE));
                return self.model.update(Input::Sent { ticket, nonce });
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
            (Effect::Save(preferences), _) => self.store.save(&preferences),
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

    fn search(&mut self) {
        let Some(interfaces) = self.interfaces.clone() else { return };
        match Nearby::start(interfaces, Arc::clone(&self.waker)) {
            Ok(nearby) => self.nearby = Some(nearby),
            Err(error) => tracing::warn!(%error, "cannot start the thread that looks for servers"),
        }
    }
}

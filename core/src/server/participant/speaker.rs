//! The half of a participant that speaks.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use async_channel::TrySendError;
use async_io::Timer;

use crate::dialect::Input;
use crate::protocol::error::Closed;
use crate::protocol::ids::MemberId;
use crate::protocol::limit_hit::LimitHit;
use crate::protocol::name::Name;
use crate::protocol::request::{Envelope, Request};
use crate::protocol::settings::Rate;
use crate::state::handle::Handle;
use crate::state::inbox::{Inbox, SessionInput};
use crate::state::token_bucket::TokenBucket;

/// The half of a [`Participant`](crate::Participant) that speaks; see [`Participant::split`](crate::Participant::split).
///
/// Clones speak for the same member and share its rate. Dropping them all takes nobody out: the member is here for as long as its
/// [`Listener`](crate::Listener) is. What is said after it has left goes nowhere.
#[derive(Debug, Clone)]
pub struct Speaker {
    handle: Handle,
    id: MemberId,
    name: Name,
    limit: Option<Limit>,
}

/// How fast a participant may ask for things.
#[derive(Debug, Clone)]
struct Limit {
    rate: Rate,
    /// Shared by all clones. Locked for a few lines.
    bucket: Arc<Mutex<TokenBucket>>,
}

/// Why something was not said at once. Each hands the text back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrySayError {
    /// As many things wait for the hub as may (1024). It will be shorter in a moment.
    #[error("the server is behind; try again in a moment")]
    Full(String),
    /// It is beyond the rate that was asked for in [`JoinOptions::rate`](crate::JoinOptions::rate).
    #[error("that was faster than the rate allows; try again in a moment")]
    TooFast(String),
    /// The server has stopped.
    #[error("{Closed}")]
    Closed(String),
}

impl TrySayError {
    /// What was not said.
    pub fn into_text(self) -> String {
        match self {
            Self::Full(text) | Self::TooFast(text) | Self::Closed(text) => text,
        }
    }
}

impl Speaker {
    pub(super) fn new(handle: Handle, id: MemberId, name: Name, rate: Option<Rate>) -> Self {
        let bucket = || Arc::new(Mutex::new(TokenBucket::new(Instant::now())));
        let limit = rate.map(|rate| Limit { rate, bucket: bucket() });
        Self { handle, id, name, limit }
    }

    /// Refers to the member in hooks.
    pub fn id(&self) -> MemberId {
        self.id
    }

    /// The name that was accepted when it joined. What it is called since is told as [`Event::Named`](crate::Event::Named).
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// Says something in the room entered last. Waits while the hub is behind, and for the rate that it joined with.
    ///
    /// # Errors
    /// When the server is stopped. A refusal comes back as [`Event::Error`](crate::Event::Error).
    pub async fn say(&self, text: impl Into<String>) -> Result<(), Closed> {
        self.send(said(text.into())).await
    }

    /// Says something in the room entered last, if that can be done without waiting.
    ///
    /// # Errors
    /// When it cannot; the error hands the text back.
    pub fn try_say(&self, text: impl Into<String>) -> Result<(), TrySayError> {
        let text = text.into();
        let mut bucket = self.limit.as_ref().map(Limit::lock);
        if let (Some(limit), Some(bucket)) = (&self.limit, &mut bucket) {
            // Taken from a copy, so that what is not said costs nothing.
            let mut left = **bucket;
            if left.take(limit.rate, Instant::now()).is_err() {
                return Err(TrySayError::TooFast(text));
            }
            self.put(text)?;
            **bucket = left;
            return Ok(());
        }
        self.put(text)
    }

    /// Types a line as a person would: a message, or a command after `!`. Waits as [`say`](Self::say) does.
    ///
    /// # Errors
    /// When the server is stopped.
    pub async fn type_line(&self, line: impl Into<String>) -> Result<(), Closed> {
        self.input(Input::Typed(line.into())).await
    }

    /// Asks for something. What comes of it is told like everything else. Waits as [`say`](Self::say) does.
    ///
    /// # Errors
    /// When the server is stopped.
    pub async fn send(&self, request: impl Into<Envelope>) -> Result<(), Closed> {
        self.input(Input::Request(Box::new(request.into()))).await
    }

    /// Takes the member out of the server, as [`Participant::leave`](crate::Participant::leave) does. The other half is told.
    pub async fn leave(&self) {
        super::leave(&self.handle, self.id).await;
    }

    async fn input(&self, input: Input) -> Result<(), Closed> {
        if let Some(limit) = &self.limit {
            self.wait_for(limit).await;
        }
        let ask = Inbox::Session(self.id, SessionInput::Input(input));
        self.handle.inbox.send(ask).await.map_err(|_| Closed)
    }

    async fn wait_for(&self, limit: &Limit) {
        let mut counted = false;
        loop {
            let taken = limit.lock().take(limit.rate, Instant::now());
            let Err(refill) = taken else { return };
            if !std::mem::replace(&mut counted, true) {
                self.handle.shared.counters.limit_hit(LimitHit::Rate, &self.name);
            }
            Timer::at(refill).await;
        }
    }

    fn put(&self, text: String) -> Result<(), TrySayError> {
        let input = Input::Request(Box::new(said(text).into()));
        let ask = Inbox::Session(self.id, SessionInput::Input(input));
        self.handle.inbox.try_send(ask).map_err(|error| match error {
            TrySendError::Full(ask) => TrySayError::Full(unsaid(ask)),
            TrySendError::Closed(ask) => TrySayError::Closed(unsaid(ask)),
        })
    }
}

impl Limit {
    fn lock(&self) -> std::sync::MutexGuard<'_, TokenBucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn said(text: String) -> Request {
    Request::Say { text, room: None, kind: Default::default() }
}

/// The text of what [`said`] made.
fn unsaid(ask: Inbox) -> String {
    match ask {
        Inbox::Session(_, SessionInput::Input(Input::Request(envelope))) => {
            match envelope.request {
                Request::Say { text, .. } => text,
                _ => String::new(),
            }
        }
        _ => String::new(),
    }
}

//! Somebody who joins from code: no socket, no bytes, the same rules.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_lite::future::poll_fn;
use futures_lite::stream::Stream;

use crate::delivery::outbox::{Flush, Outbox};
use crate::dialect::Input;
use crate::protocol::error::{Closed, Refusal};
use crate::protocol::event::{Event, PROTOCOL_VERSION};
use crate::protocol::ids::MemberId;
use crate::protocol::leave_reason::LeaveReason;
use crate::protocol::name::Name;
use crate::protocol::peer::Peer;
use crate::protocol::request::{Envelope, Request};
use crate::state::handle::Handle;
use crate::state::inbox::{Arrival, Inbox, SessionInput};

/// A member without a socket; a bot, a game, a bridge. Dropping it leaves the server.
///
/// It is told what every member is told, as a stream of events, and has to take it: one that falls a whole
/// timeline behind is cut off like everybody else.
#[derive(Debug)]
pub struct Participant {
    handle: Handle,
    outbox: Arc<Outbox>,
    name: Name,
    /// Taken from the outbox and not yet given out.
    waiting: VecDeque<Event>,
    ended: bool,
}

/// Why a participant could not join.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// The name was refused, or a plugin was against it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The server is stopped.
    #[error(transparent)]
    Closed(#[from] Closed),
}

impl Participant {
    pub(crate) async fn join(handle: &Handle, peer: Peer, name: &str) -> Result<Self, JoinError> {
        let outbox = handle.shared.outbox_in_process();
        // The name comes with the welcome; until then that of the server stands in.
        let settings = handle.settings();
        let name_of_server =
            Name::new(&settings.server.operator_name, settings.limits.name_bounds())
                .map_err(|_| Closed)?;
        // Made before anything is awaited, so that whoever gives up half-way leaves all the same.
        let mut participant = Self {
            handle: handle.clone(),
            outbox: outbox.clone(),
            name: name_of_server,
            waiting: VecDeque::new(),
            ended: false,
        };
        let connect = Inbox::Connect(Arrival { outbox, peer });
        handle.inbox.send(connect).await.map_err(|_| Closed)?;
        let (name, rooms) = (name.to_owned(), Vec::new());
        let hello =
            Request::Hello { version: PROTOCOL_VERSION, name, rooms, password: None, resume: None };
        participant.send(hello).await?;
        loop {
            match participant.next().await {
                Some(Event::Welcome { name, .. }) => {
                    participant.name = name;
                    return Ok(participant);
                }
                Some(Event::Error { code, text, .. }) => return Err(Refusal { code, text }.into()),
                Some(_) => {}
                None => return Err(Closed.into()),
            }
        }
    }

    /// Refers to it in hooks.
    pub fn id(&self) -> MemberId {
        self.outbox.id()
    }

    /// The name that was accepted.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// Says something in the room entered last.
    ///
    /// # Errors
    /// When the server is stopped. A refusal comes back as [`Event::Error`].
    pub async fn say(&self, text: impl Into<String>) -> Result<(), Closed> {
        self.send(Request::Say { text: text.into(), room: None, kind: Default::default() }).await
    }

    /// Types a line as a person would: a message, or a command after `!`.
    ///
    /// # Errors
    /// When the server is stopped.
    pub async fn type_line(&self, line: impl Into<String>) -> Result<(), Closed> {
        self.input(Input::Typed(line.into())).await
    }

    /// Asks for something. What comes of it is told like everything else.
    ///
    /// # Errors
    /// When the server is stopped.
    pub async fn send(&self, request: impl Into<Envelope>) -> Result<(), Closed> {
        self.input(Input::Request(Box::new(request.into()))).await
    }

    /// What it is told next; `None` when it has left the server.
    pub async fn next(&mut self) -> Option<Event> {
        poll_fn(|context| self.poll(context)).await
    }

    async fn input(&self, input: Input) -> Result<(), Closed> {
        let ask = Inbox::Session(self.outbox.id(), SessionInput::Input(input));
        self.handle.inbox.send(ask).await.map_err(|_| Closed)
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Event>> {
        if let Some(event) = self.waiting.pop_front() {
            return Poll::Ready(Some(event));
        }
        if self.ended {
            return Poll::Ready(None);
        }
        self.outbox.register(context.waker());
        match self.outbox.take(&mut self.waiting) {
            Flush::UpToDate | Flush::Blocked => {}
            Flush::Ended => self.ended = true,
            Flush::FellOut => {
                self.ended = true;
                self.hang_up(LeaveReason::TooSlow);
            }
        }
        match self.waiting.pop_front() {
            Some(event) => Poll::Ready(Some(event)),
            None if self.ended || self.handle.inbox.is_closed() => Poll::Ready(None),
            None => Poll::Pending,
        }
    }

    fn hang_up(&self, reason: LeaveReason) {
        let (hub, id) = (self.handle.inbox.clone(), self.outbox.id());
        let hang_up = async move {
            // A server that has stopped has disconnected everybody.
            let _ = hub.send(Inbox::Session(id, SessionInput::HangUp(reason))).await;
        };
        // Ends when the hub has taken it or is gone.
        self.handle.executor.spawn(hang_up).detach();
    }
}

impl Stream for Participant {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        self.poll(context)
    }
}

impl Drop for Participant {
    fn drop(&mut self) {
        if !self.ended {
            self.hang_up(LeaveReason::Quit { farewell: String::new() });
        }
    }
}

//! The half of a participant that listens. The member is here for as long as it is.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_lite::future::poll_fn;
use futures_lite::stream::Stream;

use crate::delivery::outbox::{Flush, Outbox};
use crate::protocol::error::TryNextError;
use crate::protocol::event::Event;
use crate::protocol::ids::MemberId;
use crate::protocol::leave_reason::LeaveReason;
use crate::state::handle::Handle;

/// The half of a [`Participant`](crate::Participant) that listens, a stream of events; see [`Participant::split`](crate::Participant::split).
///
/// The member is here for as long as this half is: dropping it leaves the server. It has to be taken from, as a participant has.
#[derive(Debug)]
#[must_use = "the member leaves when this is dropped"]
pub struct Listener {
    handle: Handle,
    outbox: Arc<Outbox>,
    /// Taken from the outbox and not yet given out. Its room is given back when it is empty.
    waiting: VecDeque<Event>,
    ended: bool,
}

impl Listener {
    pub(super) fn new(handle: Handle, outbox: Arc<Outbox>) -> Self {
        Self { handle, outbox, waiting: VecDeque::new(), ended: false }
    }

    /// Refers to the member in hooks.
    pub fn id(&self) -> MemberId {
        self.outbox.id()
    }

    /// What it is told next; `None` when it has left the server, whoever wanted that. The last event but for a server that is dropped is
    /// [`Event::Bye`], which says why. A future that is dropped before it is ready has taken nothing.
    pub async fn next(&mut self) -> Option<Event> {
        poll_fn(|context| self.poll(context)).await
    }

    /// What it is told next, if it is here already.
    ///
    /// # Errors
    /// [`TryNextError::Empty`] where nothing is here yet, [`TryNextError::Ended`] where nothing will come any more.
    pub fn try_next(&mut self) -> Result<Event, TryNextError> {
        match self.take() {
            Some(event) => Ok(event),
            None if self.ended => Err(TryNextError::Ended),
            None => Err(TryNextError::Empty),
        }
    }

    /// Leaves the server, as [`Participant::leave`](crate::Participant::leave) does.
    pub async fn leave(mut self) {
        super::leave(&self.handle, self.id()).await;
        self.ended = true;
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Event>> {
        self.outbox.register(context.waker());
        match self.take() {
            Some(event) => Poll::Ready(Some(event)),
            None if self.ended => Poll::Ready(None),
            None => Poll::Pending,
        }
    }

    /// The next event, if it is here; looks into the outbox once what was taken before is given out.
    fn take(&mut self) -> Option<Event> {
        if self.waiting.is_empty() && !self.ended {
            // Looked at first, so that whatever a server told before it ended is taken. One that was dropped said no goodbye.
            let is_closed = self.handle.is_closed();
            self.look();
            self.ended |= is_closed && self.waiting.is_empty();
        }
        let event = self.waiting.pop_front();
        if self.waiting.is_empty() {
            // Who has read all keeps nothing for what it may be told later.
            self.waiting = VecDeque::new();
        }
        event
    }

    fn look(&mut self) {
        loop {
            match self.outbox.take(&mut self.waiting) {
                Flush::UpToDate | Flush::Blocked => return,
                Flush::Ended => return self.ended = true,
                // What came before, and the goodbye, can still be taken.
                Flush::FellOut => super::cut_off(&self.handle, self.id()),
            }
        }
    }

    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.waiting.capacity()
    }
}

impl Stream for Listener {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        self.poll(context)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if !self.ended {
            let reason = LeaveReason::Quit { farewell: String::new() };
            super::hang_up(&self.handle, self.id(), reason);
        }
    }
}

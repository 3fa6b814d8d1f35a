//! One connection, from its first byte to its last: one task that reads, has the hub do what was asked, waits for a full socket, and keeps the
//! deadlines. It holds no buffer while nothing arrives and has no timer while nothing is due.
//!
//! `input` is the way from bytes to the hub, `deadlines` what falls due when nothing else happens.

mod bare;
mod closing;
mod deadlines;
mod discard;
mod handshake;
mod input;
#[cfg(feature = "password")]
mod password_gate;
#[cfg(not(feature = "password"))]
#[path = "session/no_password.rs"]
mod password_gate;
mod rate_limiter;
mod visit;

use std::cell::RefCell;
use std::io::IoSlice;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use async_channel::{Send, TrySendError};
use async_io::Timer;
use futures_lite::future::FutureExt;
use futures_lite::future::poll_fn;

use crate::connection::listener::Admitted;
use crate::delivery::outbox::{Batch, Circumstances, Flush, Outbox};
use crate::protocol::error::ErrorCode;
use crate::protocol::event::Event;
use crate::protocol::leave_reason::LeaveReason;
use crate::protocol::limit_hit::LimitHit;
use crate::protocol::peer::Peer;
use crate::state::handle::Handle;
use crate::state::inbox::{Inbox, InboxSender, SessionInput};
use crate::state::shared::Shared;

pub(crate) use handshake::Handshakes;
use input::Framing;
pub(crate) use password_gate::Attempts;
use password_gate::{Answer, PasswordGate};
use rate_limiter::Limiter;
use visit::Waited;

/// Bytes read at once, into a buffer that a thread's sessions share.
const READ_SIZE: usize = 16 * 1024;

/// What those are told who have to go for others.
const MADE_ROOM: &str =
    "many newcomers come at this moment, and you had not given a name yet; try again in a minute";

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_SIZE]);
}

/// See the module.
pub(crate) struct Session {
    outbox: Arc<Outbox>,
    hub: InboxSender,
    shared: Arc<Shared>,
    peer: Peer,
    framing: Framing,
    /// Its place among the connections of its address.
    admitted: Admitted,
    /// Whether the hub is told of it.
    is_announced: bool,
    /// The plugin whose visitor it is.
    visited: Option<Arc<str>>,
    limiter: Limiter,
    gate: PasswordGate,
    /// Those of its thread.
    handshakes: Arc<Handshakes>,
    connected: Instant,
    /// When something was last read.
    heard: Instant,
    greeted: bool,
    /// Whether the time for a name was over. The hub knows whether one came at the last moment.
    name_is_late: bool,
    /// Whether a ping waits for its answer.
    pinged: bool,
    /// Whether the last read filled the buffer, so that more is there.
    filled: bool,
    /// The peer sends nothing more. What it sent is still done.
    peer_ended: bool,
    /// The hub is told that this is over; nothing more is read.
    hung_up: bool,
    /// Since when all that is left is to be taken by the peer.
    over: Option<Instant>,
    /// What the hub is asked before any line. Boxed, because idle connections have none.
    ready: Option<Box<SessionInput>>,
}

/// What made a session act.
enum Turn {
    Readable,
    /// A password was looked at.
    Answered(Answer),
    Writable,
    Ended,
    FellOut,
    /// Its place was given to another newcomer.
    MadeRoom,
    /// Something that deadlines depend on has changed.
    Changed,
    Deadline,
}

/// Waits for a place in the inbox. Boxed, so that nobody keeps the room for it while idle.
type Sending<'a> = Pin<Box<Send<'a, Inbox>>>;

/// The hub has ended and with it every session.
struct HubGone;

impl Session {
    /// A session of a connection, of which the hub knows already where it `is_announced`.
    pub(crate) fn new(
        outbox: Arc<Outbox>,
        handle: &Handle,
        peer: Peer,
        attempts: Arc<Attempts>,
        handshakes: Arc<Handshakes>,
        admitted: Admitted,
        is_announced: bool,
    ) -> Self {
        let now = Instant::now();
        Self {
            limiter: Limiter::new(admitted.buckets.as_ref(), now),
            admitted,
            is_announced,
            visited: None,
            gate: PasswordGate::new(attempts),
            handshakes,
            outbox,
            hub: handle.inbox.clone(),
            shared: handle.shared.clone(),
            peer,
            framing: Framing::default(),
            connected: now,
            heard: now,
            greeted: false,
            name_is_late: false,
            pinged: false,
            filled: false,
            peer_ended: false,
            hung_up: false,
            over: None,
            ready: None,
        }
    }

    /// Runs the connection to its end.
    pub(crate) async fn run(&mut self) {
        // Boxed, so that a member keeps no room for it.
        let arrives = self.is_announced || Box::pin(self.arrives()).await;
        if !arrives {
            self.outbox.abandon();
            return self.close();
        }
        if AssertUnwindSafe(self.serve()).catch_unwind().await.is_err() {
            tracing::error!(member = %self.outbox.id(), "a session panicked and ends alone");
            self.outbox.abandon();
        } else {
            self.outbox.abandon();
            let outbox = self.outbox.clone();
            // Boxed, so that a member keeps no room for it.
            Box::pin(self.await_close(outbox.wire.dialect())).await;
        }
        self.close();
        // Where the hub ended it, it has let go of it already and passes over this.
        self.hang_up(LeaveReason::Lost);
        if let Some(input) = self.ready.take()
            && let Ok(Some(sending)) = self.submit(*input)
        {
            let _ = sending.await;
        }
    }

    /// Whether the hub is told of the connection, after a visit or without one.
    async fn arrives(&mut self) -> bool {
        match AssertUnwindSafe(self.visit()).catch_unwind().await {
            Ok(Ok(visited)) => visited,
            Ok(Err(HubGone)) => {
                self.tell_made_room();
                false
            }
            Err(_) => {
                tracing::error!(peer = %self.peer, "a visit panicked and ends alone");
                false
            }
        }
    }

    /// Whose place was given to another before the hub knew of it is told so, if it is taken at once and it may be somebody who reads.
    fn tell_made_room(&self) {
        if !self.admitted.permit.has_made_room() {
            return;
        }
        self.limit_hit(LimitHit::Unnamed);
        let transport = self.outbox.wire.transport();
        if self.framing.is_undecided() && !transport.is_handshaking() {
            let text = format!("! {MADE_ROOM}\n");
            let _ = transport.write(&[IoSlice::new(text.as_bytes())]);
        }
    }

    /// All that happens here happens at once but for the two awaits, which keeps what an idle connection holds small.
    async fn serve(&mut self) -> Result<(), HubGone> {
        let mut timer = Timer::never();
        let mut armed: Option<Instant> = None;
        loop {
            while let Some(sending) = self.submit_ready()? {
                sending.await.map_err(|_| HubGone)?;
            }
            if self.outbox.takes_discard() {
                // Boxed, so that nobody keeps the room for it while idle.
                Box::pin(self.discard_input()).await?;
                continue;
            }
            // Looked at before the deadlines: whatever changes after this ends the turn.
            let seen = self.outbox.circumstances();
            if seen.is_named() {
                self.admitted.permit.has_name(Instant::now());
            }
            if self.is_over() {
                self.over.get_or_insert_with(Instant::now);
            }
            let next = self.deadlines().map(|(at, _)| at).min();
            // A timer that is early is left to fire and set again then, so that lines which push a deadline back cost nothing.
            if next.is_some_and(|next| armed.is_none_or(|armed| next < armed)) {
                armed = next;
                timer = next.map_or_else(Timer::never, Timer::at);
            }
            match poll_fn(|context| self.poll_turn(context, seen, &mut timer)).await {
                Turn::Ended => return Ok(()),
                Turn::Readable => {
                    self.read();
                }
                Turn::Answered(answer) => self.take_answer(answer),
                Turn::Writable => self.flush(),
                Turn::FellOut => self.too_slow(),
                Turn::MadeRoom => {
                    self.limit_hit(LimitHit::Unnamed);
                    self.hang_up(LeaveReason::Full { why: MADE_ROOM.into() });
                }
                Turn::Changed => {}
                Turn::Deadline => {
                    armed = None;
                    timer = Timer::never();
                    self.act_on_deadline();
                }
            }
        }
    }

    fn poll_turn(
        &mut self,
        context: &mut Context<'_>,
        seen: Circumstances,
        timer: &mut Timer,
    ) -> Poll<Turn> {
        self.outbox.register(context.waker());
        if self.outbox.has_ended() {
            return Poll::Ready(Turn::Ended);
        }
        if !self.hung_up && self.outbox.has_fallen_out() {
            return Poll::Ready(Turn::FellOut);
        }
        if !self.hung_up && self.admitted.permit.poll_given_away(context).is_ready() {
            return Poll::Ready(Turn::MadeRoom);
        }
        let blocked = self.outbox.is_blocked();
        if blocked && self.outbox.wire.transport().poll_writable(context).is_ready() {
            return Poll::Ready(Turn::Writable);
        }
        if let Poll::Ready(answer) = self.gate.poll_answer(context) {
            return Poll::Ready(Turn::Answered(answer));
        }
        // While lines wait for the rate limit or at the gate, what follows waits in the kernel.
        let waits = self.limiter.is_holding() || self.gate.is_checking();
        let may_read = self.outbox.is_admitted() && !(self.peer_ended || self.hung_up || waits);
        if may_read && self.outbox.wire.transport().poll_readable(context).is_ready() {
            return Poll::Ready(Turn::Readable);
        }
        if self.outbox.circumstances() != seen {
            return Poll::Ready(Turn::Changed);
        }
        match std::future::Future::poll(Pin::new(timer), context) {
            Poll::Ready(_) => Poll::Ready(Turn::Deadline),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Whether the end was asked for or posted.
    fn is_over(&self) -> bool {
        self.hung_up || self.outbox.is_closing()
    }

    /// Whether nobody on the way can read what the connection says.
    fn is_confidential(&self) -> bool {
        self.outbox.wire.is_encrypted() || self.peer.is_here()
    }

    /// A limit was hit by this connection.
    fn limit_hit(&self, hit: LimitHit) {
        let whom = format_args!("connection {} from {}", self.outbox.id(), self.peer);
        self.shared.counters.limit_hit(hit, whom);
    }

    /// Writes what the full socket takes now.
    fn flush(&mut self) {
        let mut batch = Batch::default();
        let flush = self.outbox.flush(&mut batch);
        self.shared.counters.delivered(&batch.take_tally());
        match flush {
            Flush::FellOut => self.too_slow(),
            Flush::UpToDate | Flush::Blocked | Flush::Ended => {}
        }
    }

    fn too_slow(&mut self) {
        if !self.hung_up {
            self.limit_hit(LimitHit::TooSlow);
            self.hang_up(LeaveReason::TooSlow);
        }
    }

    /// Has the hub told that this connection is over. It answers with a goodbye, after which the session ends.
    fn hang_up(&mut self, reason: LeaveReason) {
        if !std::mem::replace(&mut self.hung_up, true) {
            self.ready = Some(Box::new(SessionInput::HangUp(reason)));
        }
    }

    /// Has the hub do all that is ready, until it is behind.
    fn submit_ready(&mut self) -> Result<Option<Sending<'_>>, HubGone> {
        while let Some(input) = self.next_input() {
            if let Some(thing) = self.try_submit(input)? {
                return Ok(Some(Box::pin(self.hub.send(thing))));
            }
        }
        Ok(None)
    }

    /// Has the hub do something. When it is behind, whoever talks waits: for what is returned then.
    fn submit(&self, input: SessionInput) -> Result<Option<Sending<'_>>, HubGone> {
        Ok(self.try_submit(input)?.map(|thing| Box::pin(self.hub.send(thing))))
    }

    /// Gives the hub something; when it is behind, gives it back.
    fn try_submit(&self, input: SessionInput) -> Result<Option<Inbox>, HubGone> {
        match self.hub.try_send(Inbox::Session(self.outbox.id(), input)) {
            Ok(()) => Ok(None),
            Err(TrySendError::Closed(_)) => Err(HubGone),
            Err(TrySendError::Full(thing)) => Ok(Some(thing)),
        }
    }

    /// Ends the connection. What the peer sent meanwhile is read off, or the kernel would throw away the goodbye with it.
    fn close(&self) {
        let transport = self.outbox.wire.transport();
        transport.shutdown();
        BUFFER.with_borrow_mut(|buffer| {
            for _ in 0..8 {
                if !matches!(transport.read(buffer), Ok(1..)) {
                    break;
                }
            }
        });
    }
}

/// What a connection is told of a line that the hub never sees.
fn complaint(code: ErrorCode, text: String, nonce: Option<String>) -> SessionInput {
    SessionInput::Send(Box::new(Event::Error { code, text, nonce }))
}

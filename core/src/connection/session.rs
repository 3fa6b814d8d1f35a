//! One connection, from its first byte to its last: one task that reads lines and asks the hub, waits for a full socket, and keeps the
//! deadlines. It holds no buffer while nothing arrives and has no timer while nothing is due.

#[cfg(feature = "password")]
mod password_gate;
#[cfg(not(feature = "password"))]
#[path = "session/no_password.rs"]
mod password_gate;
mod rate_limiter;

use std::cell::RefCell;
use std::io;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use async_channel::TrySendError;
use async_io::Timer;
use futures_lite::future::FutureExt;
use futures_lite::future::poll_fn;

use crate::delivery::outbox::{Batch, Circumstances, Flush, Outbox};
use crate::dialect::lines::{Line, LineSplitter, Unended};
use crate::dialect::{BadLine, Input, choose};
use crate::protocol::error::ErrorCode;
use crate::protocol::event::Event;
use crate::protocol::leave_reason::LeaveReason;
use crate::protocol::limit_hit::LimitHit;
use crate::state::inbox::{Inbox, InboxSender, SessionInput};
use crate::state::shared::Shared;

pub(crate) use password_gate::Attempts;
use password_gate::{Answer, PasswordGate};
use rate_limiter::Limiter;

/// Bytes read at once, into a buffer that a thread's sessions share.
const READ_SIZE: usize = 16 * 1024;
/// How long the first bytes may take before the silence counts as text and is greeted.
const GREET_AFTER: Duration = Duration::from_millis(300);
/// How long a chunk may stand alone before it counts as a line, while the connection has sent no newline yet.
const BARE_CHUNK: Duration = Duration::from_millis(200);
/// How long a connection that has been told goodbye may take to take it.
const LINGER: Duration = Duration::from_secs(5);

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_SIZE]);
}

/// See the module.
pub(crate) struct Session {
    outbox: Arc<Outbox>,
    hub: InboxSender,
    shared: Arc<Shared>,
    lines: LineSplitter,
    limiter: Limiter,
    gate: PasswordGate,
    connected: Instant,
    /// When something was last read.
    heard: Instant,
    greeted: bool,
    /// Whether a ping waits for its answer.
    pinged: bool,
    /// The peer sends nothing more. What it sent is still done.
    peer_ended: bool,
    /// The hub is told that this is over; nothing more is read.
    hung_up: bool,
    /// What the hub is asked before any line.
    ready: Option<SessionInput>,
}

/// What made a session act.
enum Turn {
    Readable,
    /// A password was looked at.
    Answered(Answer),
    Writable,
    Ended,
    FellOut,
    /// Something that deadlines depend on has changed.
    Changed,
    Deadline,
}

/// What is due when nothing else happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Greet,
    BareChunk,
    NameTimeout,
    Refill,
    Stalled,
    Ping,
    NoAnswer,
}

/// The hub has ended and with it every session.
struct HubGone;

impl Session {
    /// A session of a connection from this address.
    pub(crate) fn new(
        outbox: Arc<Outbox>,
        hub: InboxSender,
        shared: Arc<Shared>,
        attempts: Arc<Attempts>,
        address: IpAddr,
    ) -> Self {
        let now = Instant::now();
        Self {
            limiter: Limiter::new(now),
            gate: PasswordGate::new(address, attempts),
            outbox,
            hub,
            shared,
            lines: LineSplitter::default(),
            connected: now,
            heard: now,
            greeted: false,
            pinged: false,
            peer_ended: false,
            hung_up: false,
            ready: None,
        }
    }

    /// Runs the connection to its end. The hub has been told of it.
    pub(crate) async fn run(&mut self) {
        if AssertUnwindSafe(self.serve()).catch_unwind().await.is_err() {
            tracing::error!(member = %self.outbox.id(), "a session panicked and ends alone");
        }
        self.outbox.abandon();
        self.close();
        // Where the hub ended it, it has let go of it already and passes over this.
        self.hang_up(LeaveReason::Lost);
        if let Some(input) = self.ready.take() {
            let _ = self.submit(input).await;
        }
    }

    /// All that happens here happens at once but for the two awaits, which keeps what an idle connection holds small.
    async fn serve(&mut self) -> Result<(), HubGone> {
        let mut timer = Timer::never();
        let mut armed: Option<Instant> = None;
        loop {
            while let Some(input) = self.next_input() {
                self.submit(input).await?;
            }
            // Looked at before the deadlines: whatever changes after this ends the turn.
            let seen = self.outbox.circumstances();
            let next = self.deadlines().map(|(at, _)| at).min();
            // A timer that is early is left to fire and set again then, so that lines which push a deadline back cost nothing.
            if next.is_some_and(|next| armed.is_none_or(|armed| next < armed)) {
                armed = next;
                timer = next.map_or_else(Timer::never, Timer::at);
            }
            match poll_fn(|context| self.poll_turn(context, seen, &mut timer)).await {
                Turn::Ended => return Ok(()),
                Turn::Readable => self.read(),
                Turn::Answered(answer) => self.take_answer(answer),
                Turn::Writable => self.flush(),
                Turn::FellOut => self.too_slow(),
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
        let blocked = self.outbox.is_blocked();
        if blocked && self.outbox.transport().poll_writable(context).is_ready() {
            return Poll::Ready(Turn::Writable);
        }
        if let Poll::Ready(answer) = self.gate.poll_answer(context) {
            return Poll::Ready(Turn::Answered(answer));
        }
        // While lines wait for the rate limit or at the gate, what follows waits in the kernel.
        let waits = self.limiter.is_holding() || self.gate.is_checking();
        let may_read = self.outbox.is_admitted() && !(self.peer_ended || self.hung_up || waits);
        if may_read && self.outbox.transport().poll_readable(context).is_ready() {
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

    fn read(&mut self) {
        let read = BUFFER.with_borrow_mut(|buffer| {
            let count = self.outbox.transport().read(buffer)?;
            self.lines.feed(&buffer[..count]);
            Ok::<_, io::Error>(count)
        });
        match read {
            Ok(0) => self.peer_ended = true,
            Ok(count) => {
                self.shared.counters.bytes_received.fetch_add(count as u64, Ordering::Relaxed);
                self.heard = Instant::now();
                self.pinged = false;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => {
                self.outbox.abandon();
                self.hang_up(LeaveReason::Lost);
            }
        }
    }

    /// What the hub is to be asked next: what is ready, or what the next line says. `None` until something comes.
    fn next_input(&mut self) -> Option<SessionInput> {
        loop {
            if self.ready.is_some() {
                return self.ready.take();
            }
            if self.hung_up || self.outbox.has_ended() || self.gate.is_checking() {
                return None;
            }
            let Some(line) = self.next_line() else { return self.ready.take() };
            if let Some(input) = self.understand(line) {
                return Some(input);
            }
        }
    }

    /// The next whole line that the rate allows.
    fn next_line(&mut self) -> Option<Line> {
        let settings = self.shared.settings();
        let limits = &settings.limits;
        if self.limiter.is_holding() {
            return None;
        }
        if self.lines.has_line() && !self.limiter.take(limits.rate, Instant::now()) {
            self.limit_hit(LimitHit::Rate);
            return None;
        }
        match self.lines.next_line(limits.line_bytes, limits.unended_bytes) {
            Ok(Some(line)) => Some(line),
            // What was said without a newline at the very end was said all the same.
            Ok(None) if self.peer_ended => {
                let last = self.lines.take_partial();
                if last.is_none() {
                    self.hang_up(LeaveReason::Lost);
                }
                last
            }
            Ok(None) => None,
            Err(Unended) => {
                self.limit_hit(LimitHit::Unended);
                let limit = limits.unended_bytes.unwrap_or(usize::MAX);
                let why = format!("{limit} bytes came without an end of line");
                self.hang_up(LeaveReason::Refused { why });
                None
            }
        }
    }

    /// What a line asks the hub for; nothing, where it is empty.
    fn understand(&mut self, line: Line) -> Option<SessionInput> {
        let line = match line {
            Line::Text(line) => line,
            Line::TooLong => {
                self.limit_hit(LimitHit::LineBytes);
                let limit = self.shared.settings().limits.line_bytes.unwrap_or(usize::MAX);
                let text = format!(
                    "the line is longer than {limit} bytes and was dropped; send it in parts"
                );
                return Some(complaint(ErrorCode::LineTooLong, text, None));
            }
            Line::NotUtf8 => {
                self.limit_hit(LimitHit::BadUtf8);
                let text =
                    "the line is not UTF-8 and was dropped; set your terminal to UTF-8".into();
                return Some(complaint(ErrorCode::BadUtf8, text, None));
            }
        };
        if line.trim().is_empty() && !self.outbox.has_dialect() {
            // A telnet that negotiates, or a person who presses Enter: nothing is chosen yet, but nobody is silent either.
            return (!std::mem::replace(&mut self.greeted, true)).then(|| self.greeting());
        }
        self.outbox.choose_dialect(choose(line.as_bytes()));
        match self.outbox.dialect().parse(line) {
            Ok(Input::Nothing) => None,
            Ok(input) => self.at_gate(input),
            Err(BadLine { code, text, nonce }) => {
                self.limit_hit(LimitHit::BadRequest);
                Some(complaint(code, text, nonce))
            }
        }
    }

    /// A limit was hit this connection.
    fn limit_hit(&self, hit: LimitHit) {
        let whom = format_args!("connection {} from {}", self.outbox.id(), self.gate.address());
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
            self.ready = Some(SessionInput::HangUp(reason));
        }
    }

    async fn submit(&mut self, input: SessionInput) -> Result<(), HubGone> {
        match self.hub.try_send(Inbox::Session(self.outbox.id(), input)) {
            Ok(()) => Ok(()),
            Err(TrySendError::Closed(_)) => Err(HubGone),
            // When the hub is behind, whoever talks waits. Boxed, so that nobody keeps the room for it while idle.
            Err(TrySendError::Full(thing)) => {
                Box::pin(self.hub.send(thing)).await.map_err(|_| HubGone)
            }
        }
    }

    /// Everything that falls due if nothing else happens. Nothing at all for a text member that is silent.
    fn deadlines(&self) -> impl Iterator<Item = (Instant, Due)> {
        let settings = self.shared.settings();
        let limits = &settings.limits;
        let listens = self.outbox.is_admitted() && !self.hung_up;
        let silent = !self.greeted && !self.outbox.has_dialect() && !self.lines.has_partial();
        let bare = self.lines.is_bare()
            && self.lines.has_partial()
            && !self.gate.is_checking()
            && !self.lines.partial().starts_with(b"{");
        // Who has lines waiting for the rate limit is not silent, only unread.
        let pings = self.outbox.dialect().answers_pings()
            && (listens && self.outbox.is_named() && !self.limiter.is_holding());
        let stalled_after = if self.hung_up || self.outbox.is_closing() {
            Some(LINGER)
        } else {
            limits.stalled_after
        };
        // Further away than the clock reaches is never.
        let after = |start: Instant, time: Duration, due| Some((start.checked_add(time)?, due));
        [
            after(self.connected, GREET_AFTER, Due::Greet).filter(|_| listens && silent),
            after(self.heard, BARE_CHUNK, Due::BareChunk).filter(|_| listens && bare),
            (limits.name_timeout)
                .filter(|_| listens && !self.outbox.is_named())
                .and_then(|timeout| after(self.connected, timeout, Due::NameTimeout)),
            self.limiter.refill().filter(|_| listens).map(|at| (at, Due::Refill)),
            (stalled_after.zip(self.outbox.stalled_since()))
                .filter(|_| self.outbox.is_blocked())
                .and_then(|(time, since)| after(since, time, Due::Stalled)),
            (limits.ping_after)
                .filter(|_| pings && !self.pinged)
                .and_then(|time| after(self.heard, time, Due::Ping)),
            (limits.gone_after)
                .filter(|_| pings && self.pinged)
                .and_then(|time| after(self.heard, time, Due::NoAnswer)),
        ]
        .into_iter()
        .flatten()
    }

    fn act_on_deadline(&mut self) {
        let now = Instant::now();
        let due = self.deadlines().find(|(at, _)| *at <= now).map(|(_, due)| due);
        match due {
            None => {}
            Some(Due::Greet) => {
                // A busy server may be late, and the name have come meanwhile.
                self.read();
                if !self.lines.has_partial() && !self.peer_ended {
                    self.greeted = true;
                    self.ready = Some(self.greeting());
                }
            }
            Some(Due::BareChunk) => {
                self.ready = self.lines.take_partial().and_then(|line| self.understand(line));
            }
            Some(Due::NameTimeout) => {
                self.limit_hit(LimitHit::NameTimeout);
                self.hang_up(LeaveReason::Refused { why: "no name was given in time".into() });
            }
            Some(Due::Refill) => {
                self.limiter.release();
                self.heard = now;
            }
            Some(Due::Stalled) if self.hung_up || self.outbox.is_closing() => self.outbox.abandon(),
            Some(Due::Stalled) => self.too_slow(),
            Some(Due::Ping) => {
                self.pinged = true;
                self.ready = Some(SessionInput::Send(Box::new(Event::Ping)));
            }
            Some(Due::NoAnswer) => {
                self.limit_hit(LimitHit::NoAnswer);
                self.hang_up(LeaveReason::Idle);
            }
        }
    }

    /// Ends the connection. What the peer sent meanwhile is read off, or the kernel would throw away the goodbye with it.
    fn close(&self) {
        let transport = self.outbox.transport();
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

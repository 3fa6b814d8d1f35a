//! What falls due when nothing else happens on a connection. Nothing at all for a text member that is silent.

use std::time::{Duration, Instant};

use super::Session;
use crate::protocol::event::Event;
use crate::protocol::leave_reason::LeaveReason;
use crate::protocol::limit_hit::LimitHit;
use crate::state::inbox::SessionInput;

/// How long the first bytes may take before the silence counts as text and is greeted, and how long a protocol that needs more of them may wait.
pub(super) const GREET_AFTER: Duration = Duration::from_millis(300);
/// How long a chunk may stand alone before it counts as a line, while the connection has sent no newline yet.
const BARE_CHUNK: Duration = Duration::from_millis(200);
/// How long a connection that has been told goodbye may take nothing of what is before it.
const LINGER: Duration = Duration::from_secs(5);
/// How long it may take to take all of it: a peer that takes a byte now and then is not waited for.
const LONGEST_LINGER: Duration = Duration::from_secs(60);
/// The same for a bare client, which is held up by us: two hundred rows.
const LONGEST_LINGER_OF_BARE: Duration = Duration::from_secs(5);

/// What is due when nothing else happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Greet,
    Choice,
    BareChunk,
    NameTimeout,
    Refill,
    Stalled,
    Ping,
    NoAnswer,
    Over,
}

impl Session {
    /// Everything that falls due if nothing else happens. Nothing at all for a text member that is silent.
    pub(super) fn deadlines(&self) -> impl Iterator<Item = (Instant, Due)> {
        let settings = self.shared.settings();
        let limits = &settings.limits;
        let listens = self.outbox.is_admitted() && !self.hung_up;
        let silent =
            !self.greeted && !self.outbox.wire.has_dialect() && !self.framing.has_partial();
        // What waits for the password or the rate is no line yet. It would be due at once, and again and again.
        let waits = self.gate.is_checking() || self.limiter.is_holding();
        let bare = self.framing.is_bare_chunk() && !waits;
        // Who has lines waiting for the rate limit is not silent, only unread.
        let pings = self.outbox.wire.dialect().answers_pings()
            && (listens && self.outbox.is_named() && !self.limiter.is_holding());
        let stalled_after = if self.is_over() { Some(LINGER) } else { limits.stalled_after };
        let longest =
            if self.outbox.wire.is_bare() { LONGEST_LINGER_OF_BARE } else { LONGEST_LINGER };
        // Further away than the clock reaches is never.
        let after = |start: Instant, time: Duration, due| Some((start.checked_add(time)?, due));
        [
            after(self.connected, GREET_AFTER, Due::Greet).filter(|_| listens && silent),
            after(self.heard, GREET_AFTER, Due::Choice)
                .filter(|_| listens && self.framing.is_choosing()),
            after(self.heard, BARE_CHUNK, Due::BareChunk).filter(|_| listens && bare),
            (limits.name_timeout)
                .filter(|_| listens && !self.outbox.is_named() && !self.name_is_late)
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
            self.over.and_then(|since| after(since, longest, Due::Over)),
        ]
        .into_iter()
        .flatten()
    }

    pub(super) fn act_on_deadline(&mut self) {
        let now = Instant::now();
        let due = self.deadlines().find(|(at, _)| *at <= now).map(|(_, due)| due);
        match due {
            None => {}
            Some(Due::Greet) => {
                // A busy server may be late, and the name have come meanwhile.
                self.read();
                if !self.framing.has_partial() && !self.peer_ended {
                    self.greeted = true;
                    self.ready = Some(Box::new(self.greeting()));
                }
            }
            Some(Due::Choice) => self.framing.stop_choosing(),
            Some(Due::BareChunk) => self.take_bare_chunk(),
            Some(Due::NameTimeout | Due::NoAnswer) if self.has_come_meanwhile() => {}
            Some(Due::NameTimeout) => {
                self.name_is_late = true;
                self.ready = Some(Box::new(SessionInput::NameIsLate));
            }
            Some(Due::Refill) => {
                self.limiter.release();
                self.heard = now;
            }
            Some(Due::Over) => self.outbox.abandon(),
            Some(Due::Stalled) if self.is_over() => self.outbox.abandon(),
            Some(Due::Stalled) => {
                self.flush();
                if self.deadlines().any(|(at, due)| due == Due::Stalled && at <= now) {
                    self.too_slow();
                }
            }
            Some(Due::Ping) => {
                self.pinged = true;
                self.ready = Some(Box::new(SessionInput::Send(Box::new(Event::Ping))));
            }
            Some(Due::NoAnswer) => {
                self.limit_hit(LimitHit::NoAnswer);
                self.hang_up(LeaveReason::Idle);
            }
        }
    }

    /// Whether something came before a deadline that a busy server, or one that was halted, was too late to read. What the rate holds back, or a password
    /// that is looked at, is read no sooner for it.
    fn has_come_meanwhile(&mut self) -> bool {
        !(self.peer_ended || self.gate.is_checking() || self.limiter.is_holding()) && self.read()
    }
}

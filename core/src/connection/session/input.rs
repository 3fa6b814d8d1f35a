//! The way in: bytes from the transport, taken apart by lines or by the decoder of a plugin's protocol, at the rate that the limits allow, past
//! the password, to the hub.

use std::io;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::{BUFFER, READ_SIZE, Session, complaint};
use crate::dialect::{
    BadInput, Builtin, Decoded, Decoder, Input, Line, LineSplitter, Opening, Recognition, Require,
    Stray, Unended, Visitor,
};
use crate::protocol::error::ErrorCode;
use crate::protocol::leave_reason::LeaveReason;
use crate::protocol::limit_hit::LimitHit;
use crate::state::inbox::SessionInput;
use crate::state::shared::AddedProtocol;

/// How the bytes of a connection are taken apart.
pub(super) enum Framing {
    /// Not yet: the protocols of plugins look at the first bytes.
    Choosing {
        received: Vec<u8>,
        /// How much of it was read at once at first: a key that was pressed, or a line.
        at_first: usize,
        needs_more: bool,
    },
    /// By somebody who answers it, before the hub is told.
    Visit(Box<dyn Visitor>),
    /// A line at a time, in the built-in dialect that the first line chooses.
    Lines { splitter: LineSplitter, chosen: Option<Builtin> },
    /// By the protocol of a plugin.
    Protocol {
        decoder: Box<dyn Decoder>,
        /// Decoded, and not allowed by the rate yet.
        held: Option<Box<Decoded>>,
    },
}

const BYTE_ORDER_MARK: char = '\u{feff}';

/// A protocol that needs more than this to know its own does not get the connection.
const MOST_LOOKED_AT: usize = 1024;

impl Default for Framing {
    fn default() -> Self {
        Self::Choosing { received: Vec::new(), at_first: 0, needs_more: false }
    }
}

impl Framing {
    fn feed(&mut self, bytes: &[u8]) {
        match self {
            Self::Choosing { received, at_first, .. } => {
                if received.is_empty() {
                    *at_first = bytes.len();
                }
                received.extend_from_slice(bytes);
            }
            Self::Visit(visitor) => visitor.feed(bytes),
            Self::Lines { splitter, .. } => splitter.feed(bytes),
            Self::Protocol { decoder, .. } => decoder.feed(bytes),
        }
    }

    /// Whether something came that was not taken apart yet.
    pub(super) fn has_partial(&self) -> bool {
        match self {
            Self::Choosing { received, .. } => !received.is_empty(),
            Self::Visit(visitor) => visitor.buffered() > 0,
            Self::Lines { splitter, .. } => splitter.has_partial(),
            Self::Protocol { decoder, held } => held.is_some() || decoder.buffered() > 0,
        }
    }

    /// Whether nothing is known yet of how to speak.
    pub(super) fn is_undecided(&self) -> bool {
        matches!(self, Self::Choosing { .. })
    }

    /// Whether a protocol waits for more bytes to say whether the connection is its.
    pub(super) fn is_choosing(&self) -> bool {
        matches!(self, Self::Choosing { needs_more: true, .. })
    }

    /// No protocol of a plugin has the connection; what came is the beginning of its first line.
    pub(super) fn stop_choosing(&mut self) {
        if let Self::Choosing { received, at_first, .. } = self {
            let (first, rest) = received.split_at(*at_first);
            let mut splitter = LineSplitter::default();
            splitter.feed(first);
            if !rest.is_empty() {
                splitter.feed(rest);
            }
            *self = Self::Lines { splitter, chosen: None };
        }
    }

    /// The built-in dialect that was chosen.
    pub(super) fn builtin(&self) -> Option<Builtin> {
        match self {
            Self::Lines { chosen, .. } => *chosen,
            _ => None,
        }
    }

    /// What telnet's requests are to be answered with.
    fn take_answers(&mut self) -> Option<Vec<u8>> {
        match self {
            Self::Lines { splitter, .. } => splitter.take_answers(),
            _ => None,
        }
    }

    /// Whether bytes wait that may be a line although its end has not come, because none ever has.
    pub(super) fn is_bare_chunk(&self) -> bool {
        let Self::Lines { splitter, chosen } = self else { return false };
        let may_be_json = *chosen != Some(Builtin::Text);
        splitter.is_bare()
            && splitter.has_partial()
            && !splitter.is_cut()
            && !(may_be_json && Builtin::may_become_object(splitter.partial()))
    }
}

impl Session {
    /// Begins in the protocol that is asked for, and with bytes that came before there was a session.
    pub(crate) fn begin(&mut self, protocol: Option<&AddedProtocol>, received: &[u8]) {
        if let Some(added) = protocol {
            self.speak(added, received);
        } else if !received.is_empty() {
            self.framing.feed(received);
        }
    }

    /// Reads what is there. Returns whether anything was.
    pub(super) fn read(&mut self) -> bool {
        let read = BUFFER.with_borrow_mut(|buffer| {
            let count = self.outbox.wire.transport().read(buffer)?;
            self.framing.feed(&buffer[..count]);
            Ok::<_, io::Error>(count)
        });
        match read {
            Ok(0) => self.peer_ended = true,
            Ok(count) => {
                self.shared.counters.bytes_received.fetch_add(count as u64, Ordering::Relaxed);
                self.heard = Instant::now();
                self.pinged = false;
                self.filled = count == READ_SIZE;
                return true;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => {
                if error.kind() == io::ErrorKind::InvalidData {
                    tracing::debug!(peer = %self.peer, %error, "a connection broke the rules of its transport");
                    self.limit_hit(LimitHit::Handshake);
                }
                self.outbox.abandon();
                self.hang_up(LeaveReason::Lost);
            }
        }
        false
    }

    /// What the hub is to do next: what is ready, or what comes next in the bytes that were read. `None` until something comes.
    pub(super) fn next_input(&mut self) -> Option<SessionInput> {
        loop {
            if let Some(ready) = self.ready.take() {
                return Some(*ready);
            }
            let is_over = self.hung_up || self.outbox.has_ended();
            if is_over
                || !self.outbox.is_admitted()
                || self.gate.is_checking()
                || self.limiter.is_holding()
            {
                return None;
            }
            if !self.choose() {
                return self.ready.take().map(|ready| *ready);
            }
            if let Some(answers) = self.framing.take_answers() {
                return Some(SessionInput::Answer(answers));
            }
            let (more, input) = match &self.framing {
                Framing::Choosing { .. } | Framing::Visit(_) => (false, None),
                Framing::Lines { .. } => match self.next_line() {
                    Some(line) => (true, self.understand(line)),
                    None => (false, None),
                },
                Framing::Protocol { .. } => match self.next_decoded() {
                    Some(decoded) => (true, self.take_decoded(decoded)),
                    None => (false, None),
                },
            };
            match (input, more) {
                (Some(input), _) => return Some(input),
                (None, true) => {}
                (None, false) => return self.ready.take().map(|ready| *ready),
            }
        }
    }

    /// Has the protocols of plugins look at the first bytes, and sends away who speaks another that nobody here speaks. Says whether the bytes may be
    /// taken apart now.
    pub(super) fn choose(&mut self) -> bool {
        let Framing::Choosing { received: first, needs_more, .. } = &mut self.framing else {
            return true;
        };
        if first.is_empty() && !self.peer_ended {
            return true;
        }
        let protocols = self.shared.protocols();
        for added in protocols.iter() {
            // Whom the hub knows is no visitor any more.
            if self.is_announced && added.protocol.takes_visits() {
                continue;
            }
            match added.protocol.recognise(first) {
                Recognition::No => {}
                Recognition::NeedMore if self.peer_ended || first.len() > MOST_LOOKED_AT => {}
                Recognition::NeedMore => {
                    *needs_more = true;
                    return false;
                }
                Recognition::Yes => {
                    let first = std::mem::take(first);
                    self.speak(added, &first);
                    return true;
                }
            }
        }
        let stray = Stray::of_first_bytes(first);
        self.framing.stop_choosing();
        match stray {
            Some(stray) => self.send_away(stray),
            None => return true,
        }
        false
    }

    /// Answers another protocol in its own way, and ends the connection.
    fn send_away(&mut self, stray: Stray) {
        self.limit_hit(LimitHit::Stray);
        self.outbox.wire.choose_builtin(Builtin::Stray);
        if let Framing::Lines { chosen, .. } = &mut self.framing {
            *chosen = Some(Builtin::Stray);
        }
        self.hung_up = true;
        let reason = LeaveReason::Refused { why: format!("it speaks {}", stray.name()) };
        self.ready = Some(Box::new(SessionInput::LastAnswer(stray.answer(), reason)));
    }

    /// Speaks a protocol from here on. `first` is what came already.
    fn speak(&mut self, added: &AddedProtocol, first: &[u8]) {
        match added.protocol.open(
            self.peer,
            self.outbox.wire.is_encrypted(),
            &self.shared.settings().limits,
        ) {
            Opening::Dialect { mut decoder, dialect } => {
                decoder.feed(first);
                self.outbox.wire.choose_protocol(added.plugin.clone(), dialect);
                self.framing = Framing::Protocol { decoder, held: None };
            }
            Opening::Visit(mut visitor) => {
                if !self.is_confidential() && self.shared.requires() >= Require::All {
                    visitor.must_encrypt();
                }
                visitor.feed(first);
                self.admitted.permit.visits(self.peer.address(), Instant::now());
                self.visited = Some(added.plugin.clone());
                self.framing = Framing::Visit(visitor);
            }
            Opening::Transport(lay) if !self.outbox.wire.has_layer() => {
                self.outbox.wire.lay_over(|socket| lay(socket, first));
                self.framing = Framing::default();
            }
            // One within another has no end.
            Opening::Transport(_) => {
                let why = format!("{} was begun twice", added.protocol.name());
                self.hang_up(LeaveReason::Refused { why });
            }
        }
    }

    /// Whether the rate allows one more thing now; if not, nothing more is read until it does.
    pub(super) fn rate_allows(&mut self) -> bool {
        let allowed = self.limiter.take(&self.shared.settings().limits, Instant::now());
        if !allowed {
            self.limit_hit(LimitHit::Rate);
        }
        allowed
    }

    /// The next whole line that the rate allows.
    fn next_line(&mut self) -> Option<Line> {
        let settings = self.shared.settings();
        let limits = &settings.limits;
        let Framing::Lines { splitter, .. } = &self.framing else { return None };
        let is_bare_line = self.is_bare_line();
        if (splitter.has_line() || is_bare_line) && !self.rate_allows() {
            return None;
        }
        let Framing::Lines { splitter, .. } = &mut self.framing else { return None };
        match splitter.next_line(limits.line_bytes, limits.unended_bytes) {
            Ok(Some(line)) => Some(line),
            // What was said without a newline at the very end was said all the same.
            Ok(None) if is_bare_line => splitter.take_partial(limits.line_bytes),
            Ok(None) if self.peer_ended => {
                let last = splitter.take_partial(limits.line_bytes);
                if last.is_none() {
                    self.hang_up(LeaveReason::Lost);
                }
                last
            }
            Ok(None) => None,
            Err(Unended) => {
                self.unended();
                None
            }
        }
    }

    /// What a line asks the hub for; nothing, where it is empty.
    pub(super) fn understand(&mut self, line: Line) -> Option<SessionInput> {
        let line = match line {
            // What some programs write before a text is no part of it.
            Line::Text(line) if !self.outbox.wire.has_dialect() => {
                line.strip_prefix(BYTE_ORDER_MARK).map(str::to_owned).unwrap_or(line)
            }
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
        if line.trim().is_empty() && !self.outbox.wire.has_dialect() {
            // A telnet that negotiates, or a person who presses Enter: nothing is chosen yet, but nobody is silent either.
            return (!std::mem::replace(&mut self.greeted, true)).then(|| self.greeting());
        }
        if !self.outbox.wire.has_dialect()
            && let Some(stray) = Stray::of_first_line(&line)
        {
            self.send_away(stray);
            return self.ready.take().map(|ready| *ready);
        }
        match self.builtin(&line).parse(line) {
            Ok(input) => self.take_input(input),
            Err(bad) => Some(self.bad(bad)),
        }
    }

    /// The built-in dialect that was chosen, or that this line chooses.
    fn builtin(&mut self, line: &str) -> Builtin {
        if let Some(builtin) = self.framing.builtin() {
            return builtin;
        }
        let builtin = Builtin::choose(line);
        if let Framing::Lines { chosen, .. } = &mut self.framing {
            *chosen = Some(builtin);
        }
        self.outbox.wire.choose_builtin(builtin);
        builtin
    }

    /// The next thing that the protocol of a plugin makes of what came, if the rate allows it.
    fn next_decoded(&mut self) -> Option<Decoded> {
        let Framing::Protocol { decoder, held } = &mut self.framing else { return None };
        let decoded = match held.take() {
            Some(held) => Some(*held),
            None if self.peer_ended => decoder.next().or_else(|| decoder.end()),
            None => decoder.next(),
        };
        let Some(decoded) = decoded else {
            let most = self.shared.settings().limits.unended_bytes.unwrap_or(usize::MAX);
            if self.peer_ended {
                self.hang_up(LeaveReason::Lost);
            } else if decoder.buffered() > most {
                self.unended();
            }
            return None;
        };
        if !self.rate_allows() {
            if let Framing::Protocol { held, .. } = &mut self.framing {
                *held = Some(Box::new(decoded));
            }
            return None;
        }
        Some(decoded)
    }

    fn take_decoded(&mut self, decoded: Decoded) -> Option<SessionInput> {
        match decoded {
            Decoded::Input(input) => self.take_input(input),
            Decoded::Bad(bad) => Some(self.bad(bad)),
            Decoded::Answer(bytes) => Some(SessionInput::Answer(bytes)),
            Decoded::Close => {
                self.quit_silently();
                None
            }
        }
    }

    fn take_input(&mut self, input: Input) -> Option<SessionInput> {
        match input {
            Input::Nothing => None,
            input => self.at_gate(input),
        }
    }

    /// What the peer is told of input that asks for nothing.
    fn bad(&self, bad: BadInput) -> SessionInput {
        self.limit_hit(LimitHit::BadRequest);
        let BadInput { code, text, nonce } = bad;
        complaint(code, text, nonce)
    }

    pub(super) fn quit_silently(&mut self) {
        self.hang_up(LeaveReason::Quit { farewell: String::new() });
    }

    pub(super) fn unended(&mut self) {
        self.limit_hit(LimitHit::Unended);
        let limit = self.shared.settings().limits.unended_bytes.unwrap_or(usize::MAX);
        let why = format!("{limit} bytes came without an end of line");
        self.hang_up(LeaveReason::Refused { why });
    }
}

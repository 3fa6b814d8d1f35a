//! The gate of a server with a password: nothing that a connection says reaches the hub before it has given it.

mod attempts;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use async_io::Timer;

use super::{Session, complaint};
use crate::dialect::{Input, Require};
use crate::protocol::error::ErrorCode;
use crate::protocol::event::Event;
use crate::protocol::leave_reason::LeaveReason;
use crate::protocol::limit_hit::LimitHit;
use crate::protocol::password::{PasswordHash, TooBusy};
use crate::protocol::request::Request;
use crate::state::inbox::SessionInput;

pub(crate) use attempts::Attempts;

/// What is said to whom others can listen.
const READ_BY_OTHERS: &str = "others can read what you send, so it is not taken here; connect with TLS, on the same port, or with https:// in a browser";

/// See the module.
pub(super) struct PasswordGate {
    /// Wrong passwords, of all sessions.
    attempts: Arc<Attempts>,
    is_open: bool,
    /// Passwords that were tried.
    tried: u32,
    /// Whether one of them was looked at and was wrong.
    was_wrong: bool,
    /// One that is looked at now. Nothing more is read meanwhile. Boxed, because hardly anybody has one.
    check: Option<Box<Check>>,
}

/// Whether a password was the right one.
pub(super) type Answer = Result<bool, TooBusy>;

struct Check {
    answer: Pin<Box<dyn Future<Output = Answer> + Send>>,
    /// What is asked of the hub when it was; without it, a name is still to be given.
    then: Option<Input>,
    nonce: Option<String>,
}

impl PasswordGate {
    pub(super) fn new(attempts: Arc<Attempts>) -> Self {
        Self { attempts, is_open: false, tried: 0, was_wrong: false, check: None }
    }

    /// Whether a password is being looked at.
    pub(super) fn is_checking(&self) -> bool {
        self.check.is_some()
    }

    pub(super) fn poll_answer(&mut self, context: &mut Context<'_>) -> Poll<Answer> {
        match &mut self.check {
            Some(check) => check.answer.as_mut().poll(context),
            None => Poll::Pending,
        }
    }
}

impl Session {
    /// What the hub is asked for somebody who is silent: to be greeted, unless the password is wanted first.
    pub(super) fn greeting(&self) -> SessionInput {
        let settings = self.shared.settings();
        if self.gate.is_open || settings.server.password.is_none() {
            return SessionInput::Greet;
        }
        let name = &settings.server.name;
        let text = match self.is_confidential() || self.shared.requires() < Require::Login {
            true => format!("Welcome to {name}. What is the password?"),
            false => format!("Welcome to {name}. It asks for a password: {READ_BY_OTHERS}"),
        };
        SessionInput::Send(Box::new(Event::PasswordWanted { text }))
    }

    /// Lets what was said through to the hub, or has it looked at as a password.
    pub(super) fn at_gate(&mut self, input: Input) -> Option<SessionInput> {
        let settings = self.shared.settings();
        let hash = match &settings.server.password {
            Some(hash) if !self.gate.is_open => hash,
            // Who has been let through once is not asked again, should the server get a password while they look for a name.
            _ => {
                self.gate.is_open = true;
                let is_for_hub = !matches!(input, Input::Password(_));
                return is_for_hub.then(|| SessionInput::Input(without_password(input).0));
            }
        };
        let envelope = match input {
            Input::Nothing => return None,
            Input::Typed(password) | Input::Password(password) => {
                return self.check(hash, password, None, None);
            }
            Input::Own(_) => return Some(wanted(None)),
            Input::Request(envelope) => envelope,
        };
        let nonce = envelope.nonce.clone();
        match &envelope.request {
            Request::Hello { .. } => {
                if let (hello, Some(password)) = without_password(Input::Request(envelope)) {
                    return self.check(hash, password, Some(hello), nonce);
                }
            }
            Request::Ping => return Some(SessionInput::Send(Box::new(Event::Pong { nonce }))),
            Request::Pong => return None,
            Request::Quit { .. } => {
                self.hang_up(LeaveReason::Quit { farewell: String::new() });
                return None;
            }
            _ => {}
        }
        Some(wanted(nonce))
    }

    /// Has a password looked at, in its turn.
    fn check(
        &mut self,
        hash: &PasswordHash,
        password: String,
        then: Option<Input>,
        nonce: Option<String>,
    ) -> Option<SessionInput> {
        if !self.is_confidential() && self.shared.requires() >= Require::Login {
            self.limit_hit(LimitHit::Unencrypted);
            self.turn_away(ErrorCode::EncryptionWanted, READ_BY_OTHERS, nonce);
            return self.ready.take().map(|ready| *ready);
        }
        let is_first = !self.gate.was_wrong;
        let turn = match self.gate.attempts.book(self.peer.network(), is_first, Instant::now()) {
            Ok(turn) => turn,
            // They come back as often as new connections may be made, and not at the rate of lines, at which one could take every turn that becomes free.
            Err(wait) if is_first => {
                self.hang_up(LeaveReason::Refused { why: too_many(wait) });
                return self.ready.take().map(|ready| *ready);
            }
            Err(wait) => {
                self.turn_away(ErrorCode::Limit, &too_many(wait), nonce);
                return self.ready.take().map(|ready| *ready);
            }
        };
        let hash = hash.clone();
        let answer = Box::pin(async move {
            // All of it, so that it is under way until it is answered.
            let turn = turn;
            Timer::at(turn.at).await;
            hash.verify_for(turn.standing, password).await
        });
        self.gate.check = Some(Box::new(Check { answer, then, nonce }));
        None
    }

    /// The password was looked at.
    pub(super) fn take_answer(&mut self, answer: Answer) {
        let Some(check) = self.gate.check.take() else {
            return;
        };
        let Check { then, nonce, .. } = *check;
        match answer {
            Ok(true) => {
                self.gate.is_open = true;
                self.gate.attempts.was_right(self.peer.network());
                let ready = match then {
                    Some(input) => Some(SessionInput::Input(input)),
                    // Who has sent more already does not wait to be asked.
                    None if self.framing.has_partial() => None,
                    None => Some(SessionInput::Greet),
                };
                self.ready = ready.map(Box::new);
            }
            Ok(false) => {
                self.limit_hit(LimitHit::Password);
                self.gate.was_wrong = true;
                self.gate.attempts.was_wrong(self.peer.network(), Instant::now());
                let text = "that is not the password of this server; try again";
                self.turn_away(ErrorCode::WrongPassword, text, nonce);
                let then = self.ready.take();
                self.ready = then.map(|then| Box::new(SessionInput::WrongPassword(then)));
            }
            Err(busy) => self.turn_away(ErrorCode::Limit, &busy.to_string(), nonce),
        }
    }

    /// Says why the gate stays closed, or ends the connection when that was said often enough.
    fn turn_away(&mut self, code: ErrorCode, text: &str, nonce: Option<String>) {
        self.gate.tried = self.gate.tried.saturating_add(1);
        let tried = self.gate.tried;
        if self.shared.settings().limits.name_lines.is_some_and(|limit| tried as usize >= limit) {
            let why = format!("{tried} passwords were tried and none was right");
            self.hang_up(LeaveReason::Refused { why });
        } else {
            self.ready = Some(Box::new(complaint(code, text.into(), nonce)));
        }
    }
}

/// What a program is told that asks for something before it has given the password.
fn wanted(nonce: Option<String>) -> SessionInput {
    let text = "this server asks for a password; say hello with it".into();
    complaint(ErrorCode::PasswordWanted, text, nonce)
}

fn too_many(wait: Duration) -> String {
    let seconds = wait.as_secs() + 1;
    format!("too many wrong passwords came from your address; try again in {seconds} s")
}

/// The hub has no use for a password and never sees one.
fn without_password(mut input: Input) -> (Input, Option<String>) {
    let password = match &mut input {
        Input::Request(envelope) => match &mut envelope.request {
            Request::Hello { password, .. } => password.take(),
            _ => None,
        },
        _ => None,
    };
    (input, password)
}

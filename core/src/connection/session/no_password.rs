//! The place of the password gate in a server that is built without passwords: everything goes through.

use std::sync::Arc;
use std::task::{Context, Poll};

use super::Session;
use crate::dialect::Input;
use crate::protocol::request::Request;
use crate::state::inbox::SessionInput;

/// Nothing is tried, so nothing is remembered.
pub(crate) type Attempts = ();

/// No answer is ever waited for.
pub(super) enum Answer {}

/// Open for everybody.
pub(super) struct PasswordGate;

impl PasswordGate {
    pub(super) fn new(_: Arc<Attempts>) -> Self {
        Self
    }

    pub(super) fn is_checking(&self) -> bool {
        false
    }

    pub(super) fn poll_answer(&mut self, _: &mut Context<'_>) -> Poll<Answer> {
        Poll::Pending
    }
}

impl Session {
    pub(super) fn greeting(&self) -> SessionInput {
        SessionInput::Greet
    }

    pub(super) fn at_gate(&mut self, mut input: Input) -> Option<SessionInput> {
        // The hub has no use for a password and never sees one.
        if matches!(input, Input::Password(_)) {
            return None;
        }
        if let Input::Request(envelope) = &mut input
            && let Request::Hello { password, .. } = &mut envelope.request
        {
            *password = None;
        }
        Some(SessionInput::Input(input))
    }

    pub(super) fn take_answer(&mut self, answer: Answer) {
        match answer {}
    }
}

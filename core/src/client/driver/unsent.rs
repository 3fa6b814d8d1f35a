//! What is asked for while there is nobody to ask: kept for the next connection, within a bound.

use super::super::Update;
use crate::protocol::error::ErrorCode;
use crate::protocol::event::Event;
use crate::protocol::request::Envelope;

/// Requests that are kept at most. A connection may be gone for days, and the program that asks be one that talks by itself.
const MOST: usize = 256;

/// See the module. In the order in which it was asked.
#[derive(Default)]
pub(super) struct Unsent(Vec<Envelope>);

impl Unsent {
    /// Keeps a request until there is a connection. Returns its answer where too many are kept already: an error that carries its nonce.
    pub(super) fn keep(&mut self, envelope: Envelope) -> Option<Update> {
        if self.0.len() < MOST {
            self.0.push(envelope);
            return None;
        }
        let text = format!(
            "there is no connection, and {MOST} requests wait for one already; this one was dropped, so send it again when the connection is back"
        );
        Some(Update::Event(Event::Error { code: ErrorCode::Limit, text, nonce: envelope.nonce }))
    }

    /// All of it, to be sent.
    pub(super) fn take(&mut self) -> Vec<Envelope> {
        std::mem::take(&mut self.0)
    }
}

//! What is proposed in one call.

use std::time::Instant;

use salotto::order::{Proposal, Proposed};

use super::super::message::Body;

/// See the module. It keeps its number until it is answered, so that it is done once.
pub(super) struct Batch {
    pub(super) number: u64,
    /// How long its oldest proposal waits.
    pub(super) since: Instant,
    pub(super) body: Body,
    /// Whether the engine may have taken it.
    pub(super) is_sent: bool,
}

impl Batch {
    pub(super) fn new(number: u64, since: Instant, proposals: Vec<Proposal>) -> Self {
        Self { number, since, body: Body::of(proposals), is_sent: false }
    }

    /// What was proposed, to be handed back.
    pub(super) fn proposed(self) -> Vec<Proposed> {
        let entries = self.body.entries.into_iter();
        entries.map(|(ticket, what)| Proposed { ticket, what }).collect()
    }

    pub(super) fn has_people(&self) -> bool {
        !self.body.here.is_empty() || !self.body.gone.is_empty()
    }
}

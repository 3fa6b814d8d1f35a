//! Bare clients: first programs that send what is typed without a newline, and show whatever one `recv` brings as one row. Who gives a first line
//! so is spoken to so: each read is a line at once, and what they are sent comes a line at a time.

use super::Session;
use super::input::Framing;
use crate::dialect::{Builtin, Line};
use crate::io::paced::Paced;

impl Session {
    /// A chunk has stood alone for long enough to count as a line.
    pub(super) fn take_bare_chunk(&mut self) {
        if !self.rate_allows() {
            return;
        }
        if let Some(line) = self.take_partial() {
            self.ready = self.understand(line).map(Box::new);
            if self.framing.builtin() == Some(Builtin::Text) {
                self.outbox.wire.set_bare();
                self.outbox.wire.lay_over(|socket| Box::new(Paced::new(socket)));
            }
        }
    }

    /// Whether what was read last is a line without an end: from a bare client, unless more of it must be on its way.
    pub(super) fn is_bare_line(&self) -> bool {
        let Framing::Lines { splitter, .. } = &self.framing else { return false };
        self.outbox.wire.is_bare() && splitter.has_partial() && !splitter.is_cut() && !self.filled
    }

    /// What waits although its end has not come.
    pub(super) fn take_partial(&mut self) -> Option<Line> {
        let limit = self.shared.settings().limits.line_bytes;
        let Framing::Lines { splitter, .. } = &mut self.framing else { return None };
        splitter.take_partial(limit)
    }
}

//! What somebody in this process is told, who takes events as they are: there is no socket that is full, and no session that would notice.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;

use super::writer::Piece;
use super::{Flush, Outbox};
use crate::protocol::event::Event;

impl Outbox {
    /// Takes everything that is published as values, for a participant in this process. That it fell out is said once; what is for it alone can be
    /// taken after that.
    pub(crate) fn take(&self, out: &mut VecDeque<Event>) -> Flush {
        let mut writer = self.writer();
        let mut pieces = Vec::new();
        loop {
            let limit = self.published.get();
            self.take_mail(&mut writer);
            let fell_out = self.gather(&mut writer, limit, &mut pieces).is_err();
            if fell_out {
                writer.cursors.clear();
            }
            if pieces.is_empty() && !fell_out {
                return if writer.closing { Flush::Ended } else { Flush::UpToDate };
            }
            for piece in pieces.drain(..) {
                match piece {
                    Piece::Entries(slice) => out.extend(slice.entries().cloned().map(Event::Entry)),
                    Piece::Own(event) => out.push_back(*event),
                    Piece::Answer(_) | Piece::Past(_) | Piece::Bytes(_) => {}
                }
            }
            if fell_out && !self.fell_out.swap(true, Ordering::SeqCst) {
                return Flush::FellOut;
            }
        }
    }

    /// Whether somebody in this process has just been found to miss entries. One that is taking at this moment is not.
    pub(super) fn falls_out_unseen(&self) -> bool {
        if self.is_closing() {
            return false;
        }
        let Ok(mut writer) = self.writer.try_lock() else { return false };
        // Its cursors may still be in the mail.
        self.take_mail(&mut writer);
        writer.is_behind() && !self.fell_out.swap(true, Ordering::SeqCst)
    }
}

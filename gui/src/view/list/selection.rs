//! Text that is selected across messages.

use std::ops::Range;

/// A position in the text: which line, and how many characters into it.
pub(super) type TextPosition = (u64, usize);

/// From where to where; the second moves with the pointer.
#[derive(Debug, Default)]
pub(super) struct Selection {
    pub(super) ends: Option<(TextPosition, TextPosition)>,
}

impl Selection {
    /// The two ends in order, unless nothing lies between them.
    pub(super) fn range(&self) -> Option<(TextPosition, TextPosition)> {
        let (one, other) = self.ends?;
        (one != other).then(|| (one.min(other), one.max(other)))
    }

    /// Which characters of a line are selected.
    pub(super) fn within(&self, seq: u64) -> Option<Range<usize>> {
        let (start, end) = self.range()?;
        if seq < start.0 || seq > end.0 {
            return None;
        }
        let from = if seq == start.0 { start.1 } else { 0 };
        let to = if seq == end.0 { end.1 } else { usize::MAX };
        Some(from..to)
    }
}

//! What every connection of one test said and heard, in one order.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Longest line that is kept whole; a flood is told by its first characters.
const SHOWN: usize = 100;
/// Lines that are kept of a long conversation, and shown: the last ones.
const LAST: usize = 60;

/// Clones write into the same one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Transcript(Arc<Mutex<Lines>>);

#[derive(Debug, Default)]
struct Lines {
    /// With how often they came in a row.
    last: VecDeque<(String, usize)>,
    /// How many there were before these.
    skipped: usize,
}

impl Transcript {
    pub(crate) fn said(&self, who: &str, bytes: &[u8]) {
        self.add(who, '>', &String::from_utf8_lossy(bytes));
    }

    pub(crate) fn heard(&self, who: &str, line: &str) {
        self.add(who, '<', line);
    }

    /// Something other than a line: a connection that ended, a pause.
    pub(crate) fn noted(&self, who: &str, what: &str) {
        self.add(who, '-', what);
    }

    /// All of it, a line each.
    pub(crate) fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = match lines.skipped {
            0 => String::new(),
            skipped => format!("… {skipped} lines before these\n"),
        };
        for (line, times) in &lines.last {
            text.push_str(line);
            if *times > 1 {
                text.push_str(&format!(" ({times} times)"));
            }
            text.push('\n');
        }
        text
    }

    fn add(&self, who: &str, sign: char, text: &str) {
        let shown: String = text.chars().take(SHOWN).collect();
        let more = if shown.len() < text.len() { "…" } else { "" };
        let line = format!("{who:>12} {sign} {shown:?}{more}");
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match lines.last.back_mut() {
            Some((last, times)) if *last == line => *times += 1,
            _ => lines.last.push_back((line, 1)),
        }
        if lines.last.len() > LAST {
            lines.last.pop_front();
            lines.skipped += 1;
        }
    }
}

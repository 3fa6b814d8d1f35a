//! What every connection of one test said and heard, in one order.

use std::sync::{Arc, Mutex, PoisonError};

/// Longest line that is kept whole; a flood is told by its first characters.
const SHOWN: usize = 100;
/// Lines that are shown of a long conversation: the last ones.
const LAST: usize = 60;

/// Lines with how often they came in a row. Clones write into the same one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Transcript(Arc<Mutex<Vec<(String, usize)>>>);

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
        let skipped = lines.len().saturating_sub(LAST);
        let mut text = match skipped {
            0 => String::new(),
            skipped => format!("… {skipped} lines before these\n"),
        };
        for (line, times) in &lines[skipped..] {
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
        match lines.last_mut() {
            Some((last, times)) if *last == line => *times += 1,
            _ => lines.push((line, 1)),
        }
    }
}

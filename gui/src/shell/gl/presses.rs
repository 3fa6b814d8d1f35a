//! What miniquad does not say of a key that types nothing: the second connection sees each press too, and says whether it begins
//! something. One word a press, in the same order.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::shell::compose::Starter;

/// The word on a press is there at once; more is not waited for.
const PATIENCE: Duration = Duration::from_millis(20);
/// After so long without a press every word has come.
const BALANCED: Duration = Duration::from_secs(1);

/// What was pressed, as the second connection tells it.
pub(super) struct Press {
    at: Instant,
    starter: Option<Starter>,
}

impl Press {
    /// What is said of a press that makes this symbol.
    pub(super) fn new(symbol: Option<u32>) -> Self {
        Self { at: Instant::now(), starter: symbol.and_then(Starter::of) }
    }
}

/// The words on the presses that miniquad has told of or will tell of.
pub(super) struct Presses {
    words: mpsc::Receiver<Press>,
    /// Words that have not come yet on presses that are over.
    owed: usize,
    last: Option<Instant>,
}

impl Presses {
    /// And where the words come from.
    pub(super) fn new() -> (Self, mpsc::Sender<Press>) {
        let (sender, words) = mpsc::channel();
        (Self { words, owed: 0, last: None }, sender)
    }

    /// A key was pressed, and typed something or not. Returns what it begins.
    pub(super) fn take(&mut self, typed: bool) -> Option<Starter> {
        let now = Instant::now();
        if self.last.replace(now).is_none_or(|last| now - last > BALANCED) {
            // Before the second connection listened there was a press without a word, or it heard one that miniquad did not.
            self.owed = 0;
        }
        self.owed += 1;
        let mut starter = None;
        while self.owed > 0 {
            // What typed something begins nothing; its word may come later.
            let patience = if typed { Duration::ZERO } else { PATIENCE };
            let Ok(word) = self.words.recv_timeout(patience) else { return None };
            if now.saturating_duration_since(word.at) < BALANCED {
                self.owed -= 1;
                starter = word.starter;
            }
        }
        starter
    }
}

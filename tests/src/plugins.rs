//! The plugins that houses of the harness can enable by name, and what tests watch the hooks with.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use salotto_plugins::catalog;

/// What plugins wrote down, to be looked at by the test.
#[derive(Debug, Clone, Default)]
pub struct Notebook(Arc<Mutex<Vec<String>>>);

impl Notebook {
    /// Writes a line.
    pub fn write(&self, line: impl Into<String>) {
        self.lines().push(line.into());
    }

    /// Takes what was written since the last time.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.lines())
    }

    fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

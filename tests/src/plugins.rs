//! The plugins that servers of the harness can enable by name, and what tests watch the hooks with.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use salotto::{Context, MemberId, Plugin, Role};
pub use salotto_plugins::catalog;

/// Whoever is called `mod…` is a moderator.
#[derive(Debug, Default)]
pub struct Ranks;

impl Plugin for Ranks {
    fn after_named(&mut self, context: &mut Context<'_>, member: MemberId) {
        if context.name(member).is_some_and(|name| name.as_str().starts_with("mod")) {
            context.set_role(member, Role::Moderator);
        }
    }
}

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

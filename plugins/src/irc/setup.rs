//! What holds for all connections: what ids belong to, and what clients are offered at the moment.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::capability::Offer;

/// See the module. Changed by the plugin in the hub, read by sessions and by whoever writes.
#[derive(Debug, Default)]
pub(super) struct Setup {
    /// Set once, when the plugin starts.
    epoch: OnceLock<String>,
    /// Locked for a look.
    offer: Mutex<Offer>,
}

impl Setup {
    /// The server has started: ids belong to this epoch.
    pub(super) fn begin(&self, epoch: &str) {
        self.epoch.get_or_init(|| epoch.to_owned());
    }

    /// What the ids of entries belong to; empty before the server has started.
    pub(super) fn epoch(&self) -> &str {
        self.epoch.get().map_or("", String::as_str)
    }

    /// What clients may choose.
    pub(super) fn offer(&self) -> MutexGuard<'_, Offer> {
        self.offer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! What others may know of a plugin while hooks run: what it is called and set to, how it is doing and what its calls have cost.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::protocol::ids::SlotId;
use crate::protocol::plugin_info::PluginSetup;
use crate::protocol::plugin_info::{PluginInfo, PluginState};
use crate::state::stopping::Stopper;

/// See the module. Shared by the slot, which writes it, and the server, from which all others read.
#[derive(Debug)]
pub(crate) struct PluginStats {
    pub(crate) id: SlotId,
    pub(crate) setup: PluginSetup,
    /// Why it is off, once it is.
    failed: OnceLock<String>,
    calls: AtomicU64,
    nanoseconds: AtomicU64,
    /// Tells its tasks when it is over.
    pub(crate) stopper: Stopper,
}

impl PluginStats {
    pub(crate) fn new(id: SlotId, setup: PluginSetup) -> Self {
        let (calls, nanoseconds) = (AtomicU64::new(0), AtomicU64::new(0));
        let stopper = Stopper::new();
        Self { id, setup, failed: OnceLock::new(), calls, nanoseconds, stopper }
    }

    /// Counts a call. Only the hub does, so that nothing is lost between reading and writing.
    pub(crate) fn called(&self, took: Duration) {
        let add = |counter: &AtomicU64, more: u64| {
            counter.store(counter.load(Ordering::Relaxed).wrapping_add(more), Ordering::Relaxed);
        };
        add(&self.calls, 1);
        add(&self.nanoseconds, took.as_nanos() as u64);
    }

    /// Turns it off, until it is enabled anew.
    pub(crate) fn fail(&self, reason: String) {
        // The first reason is the one that counts.
        let _ = self.failed.set(reason);
    }

    pub(crate) fn is_running(&self) -> bool {
        self.failed.get().is_none()
    }

    pub(crate) fn info(&self) -> PluginInfo {
        PluginInfo {
            name: self.setup.name.clone(),
            state: match self.failed.get() {
                None => PluginState::Running,
                Some(reason) => PluginState::Failed(reason.clone()),
            },
            settings: self.setup.settings.clone(),
            on_panic: self.setup.on_panic,
            calls: self.calls.load(Ordering::Relaxed),
            time: Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed)),
        }
    }
}

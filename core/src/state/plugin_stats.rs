//! What others may know of a plugin while hooks run: what it is called and set to, how it is doing and what its calls have cost.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::protocol::ids::SlotId;
use crate::protocol::plugin_info::PluginSetup;
use crate::protocol::plugin_info::{PluginInfo, PluginState};
use crate::protocol::sanitize;
use crate::protocol::secrets::mask_secrets;
use crate::state::stopping::Stopper;

/// Most bytes of a reason.
const REASON: usize = 1000;

/// See the module. Shared by the slot, which writes it, and the server, from which all others read.
#[derive(Debug)]
pub(crate) struct PluginStats {
    pub(crate) id: SlotId,
    pub(crate) setup: PluginSetup,
    /// Why it is off, once it is.
    failed: OnceLock<String>,
    /// What a task of it panicked with: whatever that did is not done any more.
    task_panicked: OnceLock<String>,
    /// Why it cannot do its work, while it cannot. The lock guards single steps.
    failing: Mutex<Option<String>>,
    calls: AtomicU64,
    nanoseconds: AtomicU64,
    /// Tells its tasks when it is over.
    pub(crate) stopper: Stopper,
}

impl PluginStats {
    pub(crate) fn new(id: SlotId, setup: PluginSetup) -> Self {
        let (calls, nanoseconds) = (AtomicU64::new(0), AtomicU64::new(0));
        let stopper = Stopper::new();
        let (failed, task_panicked) = (OnceLock::new(), OnceLock::new());
        let failing = Mutex::default();
        Self { id, setup, failed, task_panicked, failing, calls, nanoseconds, stopper }
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

    /// A task of it panicked.
    pub(crate) fn task_panicked(&self, reason: String) {
        let _ = self.task_panicked.set(reason);
    }

    /// Says why it cannot do its work, or that it can. Returns whether that is news.
    pub(crate) fn set_failing(&self, reason: Option<&str>) -> bool {
        let reason =
            reason.map(|reason| mask_secrets(&sanitize::excerpt(reason, REASON)).into_owned());
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = *failing != reason;
        *failing = reason;
        is_news
    }

    fn state(&self) -> PluginState {
        if let Some(reason) = self.failed.get() {
            return PluginState::Failed(reason.clone());
        }
        let failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        match self.task_panicked.get().or(failing.as_ref()) {
            Some(reason) => PluginState::Failing { reason: reason.clone() },
            None => PluginState::Running,
        }
    }

    pub(crate) fn info(&self) -> PluginInfo {
        PluginInfo {
            name: self.setup.name.clone(),
            state: self.state(),
            settings: mask_secrets(&self.setup.settings).into_owned(),
            on_panic: self.setup.on_panic,
            calls: self.calls.load(Ordering::Relaxed),
            time: Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed)),
        }
    }
}

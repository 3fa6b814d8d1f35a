//! How what outlives a hook tells the operator something.

use std::sync::Arc;

use crate::state::plugin_stats::PluginStats;
use crate::state::report::{Report, Reports};

/// Tells the operator something on behalf of a plugin, from anywhere.
#[derive(Debug, Clone)]
pub struct Reporter {
    pub(super) plugin: String,
    pub(super) stats: Option<Arc<PluginStats>>,
    pub(super) reports: Reports,
}

impl Reporter {
    /// Tells the operator something worth knowing, as [`Context::report`](crate::Context::report) does.
    pub fn report(&self, text: impl Into<String>) {
        self.send(text.into(), false);
    }

    /// Tells the operator that something does not work as it should, as [`Context::warn`](crate::Context::warn) does.
    pub fn warn(&self, text: impl Into<String>) {
        self.send(text.into(), true);
    }

    /// Says that the plugin cannot do its work, as [`Context::failing`](crate::Context::failing) does.
    pub fn failing(&self, reason: impl Into<String>) {
        let reason = reason.into();
        if self.stats.as_ref().is_some_and(|stats| stats.set_failing(Some(&reason))) {
            self.warn(reason);
        }
    }

    /// Says that the plugin can do its work again, as [`Context::working`](crate::Context::working) does.
    pub fn working(&self) {
        if let Some(stats) = &self.stats {
            stats.set_failing(None);
        }
    }

    fn send(&self, text: String, is_trouble: bool) {
        self.reports.send(Report::Plugin { plugin: self.plugin.clone(), text, is_trouble });
    }
}

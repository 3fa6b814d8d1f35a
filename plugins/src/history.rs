//! `history`: what is said is kept, for a while, and can be read back and searched.
//!
//! ```ron
//! (
//!     keep: "90days",
//!     not_kept: ["staff"],
//!     visible: SinceJoin,
//! )
//! ```
//!
//! It needs a store ([`ServerBuilder::store`](salotto::ServerBuilder::store)), which the program `salotto` has. Without this plugin nothing that is said is kept, whatever the store.

use salotto::{Context, Keeping, Plugin};
use serde::Deserialize;

use crate::common::duration::HumanDuration;

/// The settings of [`History`].
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HistorySettings {
    /// For how long what is said is kept, e.g. `"30days"`; `None` is for ever. Default 30 days.
    pub keep: Option<HumanDuration>,
    /// Most megabytes that all of it takes on the disk; the oldest goes first. `None` removes the bound. Default 1000.
    pub max_megabytes: Option<u64>,
    /// Rooms of which nothing is kept. Default none.
    pub not_kept: Vec<String>,
    /// What members may read back. Default all of it.
    pub visible: Visible,
}

impl Default for HistorySettings {
    fn default() -> Self {
        let month = HumanDuration::seconds(30 * 24 * 60 * 60);
        Self {
            keep: Some(month),
            max_megabytes: Some(1000),
            not_kept: Vec::new(),
            visible: Visible::All,
        }
    }
}

/// What members may read back of a room that they are in; there is no third.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Visible {
    /// All that is kept.
    #[default]
    All,
    /// What was said since they joined.
    SinceJoin,
}

/// See the [module](self).
#[derive(Debug)]
pub struct History {
    settings: HistorySettings,
}

impl History {
    /// The plugin with these settings.
    pub fn new(settings: HistorySettings) -> Self {
        Self { settings }
    }

    fn keeping(&self) -> Keeping {
        let mut keeping =
            Keeping::default().except(self.settings.not_kept.iter().map(String::as_str));
        keeping.since_join = self.settings.visible == Visible::SinceJoin;
        keeping
    }
}

impl Plugin for History {
    fn start(&mut self, context: &mut Context<'_>) {
        context.keep_history(self.keeping());
    }
}

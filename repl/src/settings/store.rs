//! Settings of the database.

use std::path::PathBuf;

use salotto_plugins::sqlite::{SqliteOptions, Words};
use serde::{Deserialize, Serialize};

/// The database that keeps what must survive a restart. A change takes effect when the server is started again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreSettings {
    /// Its file. `None`: nothing is kept.
    pub file: Option<PathBuf>,
    /// Whether a message is shown when it is on the disk, and not before.
    pub durable: bool,
    /// What counts as a word in a search.
    pub words: Words,
}

impl Default for StoreSettings {
    fn default() -> Self {
        let SqliteOptions { durable, words } = SqliteOptions::default();
        Self { file: Some("salotto.db".into()), durable, words }
    }
}

impl StoreSettings {
    /// How the database is opened.
    pub fn options(&self) -> SqliteOptions {
        let mut options = SqliteOptions::default();
        (options.durable, options.words) = (self.durable, self.words);
        options
    }
}

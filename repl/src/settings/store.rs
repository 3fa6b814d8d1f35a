//! Settings of the database.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::database::{self, Options, Words};

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
        let Options { durable, words } = Options::default();
        Self { file: database::DEFAULT_FILE.map(PathBuf::from), durable, words }
    }
}

impl StoreSettings {
    /// How the database is opened.
    pub fn options(&self) -> Options {
        let mut options = Options::default();
        (options.durable, options.words) = (self.durable, self.words);
        options
    }
}

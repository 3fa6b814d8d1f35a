//! What stands in for a database in a program without one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use salotto::Store;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The file that is used where the configuration names none.
pub const DEFAULT_FILE: Option<&str> = None;

/// Why there is no database.
#[derive(Debug, Error)]
#[error(
    "this program was built without a database (feature `sqlite`); `store: (file: None)` does without"
)]
pub struct OpenError;

/// The settings of a database, so that one configuration fits all programs.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Whether a message is shown when it is on the disk, and not before.
    pub durable: bool,
    /// What counts as a word in a search.
    pub words: Words,
}

/// What counts as a word in a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Words {
    /// What stands between spaces and punctuation.
    #[default]
    Whole,
    /// Any three characters or more in a row.
    Parts,
}

impl Default for Options {
    fn default() -> Self {
        Self { durable: true, words: Words::default() }
    }
}

/// Opens no database.
///
/// # Errors
/// Always.
pub fn open(_file: &Path, _options: Options) -> Result<Arc<dyn Store>, OpenError> {
    Err(OpenError)
}

/// Looks at no database.
///
/// # Errors
/// Always.
pub fn inspect(_file: &Path) -> Result<i64, OpenError> {
    Err(OpenError)
}

/// Reads no database.
///
/// # Errors
/// Always.
pub fn examine(_file: &Path) -> Result<i64, OpenError> {
    Err(OpenError)
}

/// Copies no database.
///
/// # Errors
/// Always.
pub fn backup(_database: &Path, _file: &Path) -> Result<u64, OpenError> {
    Err(OpenError)
}

/// Restores no database.
///
/// # Errors
/// Always.
pub fn restore(_database: &Path, _file: &Path) -> Result<Option<PathBuf>, OpenError> {
    Err(OpenError)
}

//! SQLite.

use std::path::Path;
use std::sync::Arc;

use salotto::Store;
use salotto_plugins::sqlite::SqliteStore;
pub use salotto_plugins::sqlite::{
    OpenError, SqliteOptions as Options, Words, backup, examine, inspect, restore,
};

/// The file that is used where the configuration names none.
pub const DEFAULT_FILE: Option<&str> = Some("salotto.db");

/// Opens the database in a file; see [`SqliteStore::open`].
pub fn open(file: &Path, options: Options) -> Result<Arc<dyn Store>, OpenError> {
    Ok(Arc::new(SqliteStore::open(file, options)?))
}

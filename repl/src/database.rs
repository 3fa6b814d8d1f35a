//! The database of the program, where it was built with one: the feature `sqlite`.

#[cfg(not(feature = "sqlite"))]
mod none;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(not(feature = "sqlite"))]
pub use none::*;
#[cfg(feature = "sqlite")]
pub use sqlite::*;

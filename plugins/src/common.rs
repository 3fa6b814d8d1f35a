//! What several plugins share: durations, networks, templates and settings as people write them, files that only grow, and addresses of their own.
//!
//! Nothing in here knows a plugin; a plugin knows none of the others, and what two of them need belongs here. The one exception is
//! `testing`, which is for tests only and starts a server with plugins in it.

pub(crate) mod arguments;
pub(crate) mod disk;
pub(crate) mod duration;
pub(crate) mod evasion;
pub(crate) mod identity;
pub mod journal;
#[cfg(any(feature = "irc", feature = "tls"))]
pub(crate) mod listening;
#[cfg(any(feature = "irc", feature = "rooms"))]
pub(crate) mod mask;
pub(crate) mod rules;
pub(crate) mod settings;
pub mod template;
pub(crate) mod terms;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(any(feature = "irc", feature = "tls"))]
pub(crate) mod troubles;
pub(crate) mod values;

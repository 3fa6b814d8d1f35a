//! What several plugins share: how people write lengths of time, networks, texts and settings, and files that only grow.
//!
//! Nothing in here knows a plugin; a plugin knows none of the others, and what two of them need is moved here. The one exception is
//! `testing`, which is there for tests alone and starts a server with plugins in it.

pub(crate) mod disk;
pub mod journal;
pub(crate) mod network;
pub(crate) mod settings;
pub(crate) mod span;
pub mod template;
#[cfg(test)]
pub(crate) mod testing;

//! Connections: who is let in, and one session for each, from its first byte to its last. Knows the inbox of the hub, and neither the hub
//! nor any plugin.

pub(crate) mod listener;
mod session;

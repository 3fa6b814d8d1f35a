//! From what a room's timeline holds to what each connection has been written: the ring, the outbox of a connection, the walk over all of
//! them, and what is counted on the way. Knows dialects and transports; no room beside its timeline, no member, no hub.

pub(crate) mod counters;
mod encodings;
pub(crate) mod fanout;
pub(crate) mod outbox;
pub(crate) mod timeline;

//! The ground beside `protocol`: threads with their share of the connections, sockets that are told of by edges, and transports. Knows bytes
//! and nothing of what they mean.

pub(crate) mod memory;
pub(crate) mod paced;
pub(crate) mod reactor;
pub(crate) mod shard;
pub(crate) mod transport;

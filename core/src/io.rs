//! The ground beside `protocol`: threads with their share of the connections, sockets that are told of by edges, transports, and threads
//! that do one thing. Knows bytes and nothing of what they mean.

pub(crate) mod memory;
pub(crate) mod paced;
pub(crate) mod proxy_header;
pub(crate) mod reactor;
pub(crate) mod shard;
pub mod thread;
#[cfg(feature = "tls")]
pub(crate) mod tls;
pub(crate) mod transport;
pub(crate) mod turns;

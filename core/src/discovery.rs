//! Servers on the local network find each other's guests: an [`Announcer`] tells that a server is here, a [`Search`] finds those that do, by
//! multicast DNS (RFC 6762) and DNS-SD (RFC 6763), under [`SERVICE`].
//!
//! What is told is a [`Record`]: it goes to everybody on the network. What is read comes from anybody on it, so it is cleaned and bounded before it
//! leaves here. Each announcer and each search has a thread of its own, which sleeps until something comes and ends with it.
//!
//! ```no_run
//! # smol::block_on(async {
//! use salotto::discovery::{Interfaces, Search, Sighting};
//!
//! let mut search = Search::start(&Interfaces::real())?;
//! while let Some(Sighting::Found(server)) = search.next().await {
//!     println!("{} at {}", server.name, server.addresses[0]);
//! }
//! # Ok::<(), salotto::discovery::DiscoveryError>(())
//! # });
//! ```

mod announcer;
mod daemon;
mod interfaces;
mod record;
mod search;

pub use announcer::Announcer;
pub use interfaces::Interfaces;
pub use record::Record;
pub use search::{Found, Search, Sighting};

/// The type of the service that a server is announced as.
pub const SERVICE: &str = "_salotto._tcp.local.";

/// Why nothing can be announced or found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// No interface that is wanted has an address.
    #[error(
        "there is no network to be found on; connect this machine to one, or name an interface"
    )]
    NoInterface,
    /// The system does not let multicast out.
    #[error(
        "multicast cannot be sent on `{interface}`: {reason}; a firewall has to let UDP port 5353 through"
    )]
    NoMulticast {
        /// The interface that was tried last.
        interface: String,
        /// What the system says.
        reason: String,
    },
    /// The thread could not be started, or has ended.
    #[error("multicast DNS does not run: {0}")]
    NotRunning(String),
}

//! The harness of the end-to-end tests: a real server on a port of its own, and people who talk to it through real sockets.
//!
//! ```
//! use salotto_tests::TestServer;
//!
//! let server = TestServer::open();
//! let mut ada = server.enters("ada");
//! let mut bob = server.enters("bob");
//! ada.says("hello");
//! bob.hears("ada: hello");
//! ```
//!
//! Whoever waits, waits for an event and for [`PATIENCE`] at most. When a test fails, its server prints what every connection
//! said and heard, in order.

pub mod bare;
pub mod client;
pub mod irc;
pub mod json;
pub mod memory;
pub mod plugins;
pub mod raw;
pub mod server;
pub mod tls;
mod transcript;

use std::future::Future;
use std::time::Duration;

pub use bare::BareClient;
pub use client::Client;
pub use json::JsonClient;
pub use server::{TestServer, TestServerBuilder};

use smol::Timer;
use smol::future::FutureExt;

/// How long anything expected may take, on a slow machine that is busy with something else.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// Runs a future to its end.
///
/// # Panics
/// When it takes longer than [`PATIENCE`]; `what` says what did not happen.
pub fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    let late = async {
        Timer::after(PATIENCE).await;
        None
    };
    let outcome = smol::block_on(async { Some(future.await) }.or(late));
    outcome.unwrap_or_else(|| panic!("{what} took longer than {PATIENCE:?}"))
}

/// Lets time pass where time itself is what is tested: a client that pauses in the middle of a line. Never a way to wait for the server.
pub fn pause(time: Duration) {
    smol::block_on(Timer::after(time));
}

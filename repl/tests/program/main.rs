//! The program as people meet it: the real binary with a pipe, a signal, a socket or a terminal at its end, and guests on real sockets.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed; clippy does not know helpers for tests"
)]

mod accounts;
mod attach;
#[cfg(feature = "tls")]
mod cert;
mod console;
mod diagnostics;
mod exec;
mod failing;
mod files;
mod harness;
mod keeping;
mod killed;
mod operators;
#[cfg(feature = "irc")]
mod rehash;
mod reload;
mod script;
mod secrets;
mod serve;
mod service;
mod socket;
mod storm;
mod terminal;

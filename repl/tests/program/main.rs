//! The program as people meet it: the real binary with a pipe, a signal or a terminal at its end, and guests on real sockets.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed; clippy does not know helpers for tests"
)]

mod files;
mod harness;
mod script;
mod serve;
#[cfg(unix)]
mod terminal;

//! The program as people meet it: the real binary with a pipe, a signal or a terminal at its end, and guests on real sockets.

mod files;
mod harness;
mod script;
mod serve;
#[cfg(unix)]
mod terminal;

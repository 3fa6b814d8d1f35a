//! How a front talks to the [supervisor](crate::supervisor), from near and from far.
//!
//! ```text
//! console, script, exec   a front: owns a `Client`, knows a terminal or a pipe
//!         │  Ask  ▲ Tell
//!         ▼       │       the `protocol`: typed, over channels inside of the process
//!       `wire`            … or a JSON object a line, through the `socket` to another process
//!         │       ▲
//!         ▼       │
//!        `desk`           serves one front: executes its lines, tells it what happens
//!         │
//!      the supervisor
//! ```
//!
//! The console of the process that runs the server and one that was attached differ in nothing but the wire between.

pub(crate) mod client;
mod desk;
mod office;
pub mod protocol;
pub(crate) mod socket;
mod wire;

pub(crate) use client::Client;
pub(crate) use office::Office;
pub(crate) use socket::{ClaimError, Place, Socket};
pub(crate) use wire::dial;

//! How a front talks to the [supervisor](crate::supervisor), in this process and from another one.
//!
//! ```text
//! console, script, exec   a front: owns a `Client`, knows a terminal or a pipe
//!         │ ClientMessage   ▲ ServerMessage
//!         ▼                 │       the `protocol`: typed, over channels inside of the process
//!       `wire`                      … or a JSON object a line, through the `socket` to another process
//!         │                 ▲
//!         ▼                 │
//!      `session`            one attached front: executes its commands, reports what happens
//!         │
//!      the supervisor
//! ```
//!
//! The `ControlService` runs the sessions. The console of the process that runs the server differs from an attached one in nothing but the
//! wire between.

pub(crate) mod client;
mod identity;
pub mod protocol;
mod service;
mod session;
pub(crate) mod socket;
mod wire;

pub(crate) use client::{Client, Hello};
pub(crate) use service::ControlService;
pub(crate) use socket::{ClaimError, ControlPath, Socket};
pub(crate) use wire::connect;

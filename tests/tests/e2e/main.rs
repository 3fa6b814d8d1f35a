//! End-to-end tests: each starts a server of its own and talks to it through real sockets.

mod abuse;
mod actions;
mod api;
mod audit;
mod bare;
mod bytes;
mod client;
mod commands;
mod embedding;
mod examples;
mod floods;
mod gates;
mod json;
mod later;
mod lifecycle;
mod metrics;
mod moderation;
mod names;
mod numbers;
#[cfg(unix)]
mod on_tokio;
mod order;
mod panics;
mod participants;
mod password;
mod protocol;
mod rate;
mod readme;
mod reload;
mod resume;
mod roles;
mod rooms;
mod slow;
mod swap;
mod telnet;
mod text;

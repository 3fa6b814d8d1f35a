//! End-to-end tests: each opens a house of its own and talks to it through real sockets.

mod abuse;
mod actions;
mod bytes;
mod client;
mod commands;
mod embedding;
mod gates;
mod json;
mod lifecycle;
mod names;
mod numbers;
mod order;
mod panics;
mod password;
mod rate;
mod readme;
mod reload;
mod resume;
mod roles;
mod rooms;
mod slow;
mod swap;
mod text;

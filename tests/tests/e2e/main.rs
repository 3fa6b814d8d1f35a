//! End-to-end tests: each opens a house of its own and talks to it through real sockets.

mod abuse;
mod actions;
mod audit;
mod bytes;
mod client;
mod commands;
mod embedding;
mod floods;
mod gates;
mod json;
mod lifecycle;
mod metrics;
mod moderation;
mod names;
mod numbers;
mod order;
mod panics;
mod rate;
mod readme;
mod reload;
mod resume;
mod rooms;
mod slow;
mod swap;
mod text;

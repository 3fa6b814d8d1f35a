//! What the program is made of: what may be in it stands in `deny.toml`, why each crate that we ask for is there in `docs/dependencies.md`, and
//! how much of our own code is `unsafe` here. Needs no network, and no tool besides Cargo.

mod locked;
mod reasons;
mod unsafe_code;
mod workspace;

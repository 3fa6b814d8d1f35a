//! Every way in, with what no client, file or server would send: valid input that is mutated, over and over, for `SALOTTO_FUZZ_SECONDS` each (one second
//! without it), from the seed `SALOTTO_FUZZ_SEED`. What was found once lies in `corpus/`, a folder a way in, and is tried first.
//!
//! ```console
//! $ SALOTTO_FUZZ_SECONDS=60 SALOTTO_FUZZ_SEED=$RANDOM cargo test --release -p salotto-tests --test fuzz
//! ```
//!
//! What must hold for all of them: nothing panics, a bystander is answered meanwhile (within a second with `SALOTTO_HOLD_FIGURES=1`), the answer is bounded, and the memory comes back.

mod bans;
mod client;
mod config;
mod control;
mod database;
mod fuzzer;
mod http;
mod import;
mod irc;
mod json;
mod mutation;
mod panics;
mod proxy;
mod target;
mod text;
mod tls;
mod websocket;

//! Clients of IRC are members.

mod accounts;
mod browser;
mod capabilities;
mod past;
mod talking;

use std::sync::Arc;

use salotto_plugins::irc::{Irc, IrcSettings};
use salotto_plugins::sqlite::{SqliteOptions, SqliteStore};
use salotto_tests::{TestServer, TestServerBuilder};
use tempfile::TempDir;

fn server() -> TestServerBuilder {
    TestServer::builder().plugin("irc", Irc::new(IrcSettings::default()).expect("good settings"))
}

/// One that keeps what is said.
fn keeping(folder: &TempDir) -> TestServerBuilder {
    let store = SqliteStore::open(&folder.path().join("salotto.db"), SqliteOptions::default());
    let store = Arc::new(store.expect("the database opens"));
    server().enable("history").server(|server| server.store(store))
}

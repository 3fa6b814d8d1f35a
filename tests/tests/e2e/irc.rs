//! Clients of IRC are members.

mod about;
mod accounts;
mod away;
mod browser;
mod capabilities;
mod inviting;
mod kicking;
mod listening;
mod listing;
mod metadata;
mod modes;
mod names;
mod nonsense;
mod notices;
mod operators;
mod past;
mod presence;
mod rights;
mod talking;
mod wallops;
mod webirc;
mod who;
mod whois;

use std::sync::Arc;

use salotto::{PluginSetup, Role};
use salotto_plugins::irc::{Irc, IrcSettings};
use salotto_plugins::sqlite::{SqliteOptions, SqliteStore};
use salotto_tests::plugins::Ranks;
use salotto_tests::{TestServer, TestServerBuilder, soon};
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

/// One that has what moderators do; whoever is called `mod…` is one. The bans are kept in the folder.
fn moderated(folder: &tempfile::TempDir) -> TestServer {
    let path = folder.path().join("bans.ron");
    let setup = PluginSetup::new("moderation").settings(format!("(bans: {path:?})"));
    let rooms = PluginSetup::new("rooms");
    server().server(|server| server.enable(rooms).enable(setup)).plugin("ranks", Ranks).open()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// Gives somebody a role, as the operator does.
fn promotes(server: &TestServer, name: &str, role: Role) {
    soon("a role", server.handle().set_role(name, role)).expect("they are here");
}

//! A database that somebody, or a disk, has changed.

use std::path::Path;
use std::sync::Arc;

use salotto::PluginSetup;
use salotto_plugins::sqlite::{self, SqliteOptions, SqliteStore};
use salotto_tests::TestServer;

use crate::fuzzer::Fuzzer;

/// A server with all that keeps something, if the database can be opened.
fn over(path: &Path) -> Option<TestServer> {
    let store = SqliteStore::open(path, SqliteOptions::default()).ok()?;
    let plugins = ["notices", "commands", "history", "moderation", "roles"].map(PluginSetup::new);
    let server = TestServer::builder().server(|server| {
        plugins
            .into_iter()
            .fold(server.store(Arc::new(store)), |server, plugin| server.enable(plugin))
    });
    server.try_open().ok()
}

/// One in which something of everything was kept.
fn valid() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("salotto.db");
    let mut server = over(&path).expect("a new one");
    let mut ada = server.enters_json("ada");
    for text in ["one", "two words", "three of them"] {
        ada.says(text);
        ada.hears_said(text);
    }
    for line in
        ["ban eve 2h flooding", "mute mallory 2h", "topic lobby games", "open dev", "slow lobby 5s"]
    {
        server.types(line);
    }
    server.stops();
    std::fs::read(path).expect("a file")
}

#[test]
fn whatever_a_database_holds_it_is_refused_or_served() {
    let words: &[&[u8]] = &[
        b"lobby",
        b"{\"",
        b"\xff\xff\xff\xff",
        b"\0\0\0\0\0\0\0\0",
        b"SELECT",
        b"null",
        b"[]",
        b"2026-",
        b"9999-12-31",
    ];
    let prepare = || tempfile::tempdir().expect("a folder");
    Fuzzer { name: "database", seeds: vec![valid()], words }.run(prepare, |folder, bytes| {
        let path = folder.path().join("salotto.db");
        for beside in ["salotto.db-wal", "salotto.db-shm", "salotto.db.lock"] {
            // One that is not there is fine.
            let _ = std::fs::remove_file(folder.path().join(beside));
        }
        std::fs::write(&path, bytes).expect("it is written");
        // Either answer is right.
        let _ = sqlite::examine(&path);
        if let Some(mut server) = over(&path) {
            let mut bob = server.enters("bob");
            bob.says("still here");
            bob.hears("bob: still here");
            bob.says("!history 10");
            bob.says("!search words");
            server.stops();
        }
    });
}

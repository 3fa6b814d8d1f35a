//! Files of entries that are put into a room.

use std::cell::Cell;
use std::sync::Arc;

use salotto::PluginSetup;
use salotto_plugins::sqlite::{SqliteOptions, SqliteStore};
use salotto_tests::TestServer;

use crate::fuzzer::Fuzzer;
use crate::json::WORDS;
use crate::target::Target;

const ENTRIES: &[u8] = br#"{"room":"old","id":1,"time":"2026-01-02T03:04:05.678Z","type":"message","from":"ada","text":"hello"}
{"room":"old","id":2,"time":"2026-01-02T03:04:06.000Z","type":"joined","who":"bob"}
{"room":"old","id":3,"time":"2026-01-02T03:04:07Z","type":"topic","by":"ada","topic":"games"}
{"room":"old","id":4,"time":"2026-01-02T03:04:08Z","type":"left","who":"bob","reason":"quit","farewell":"bye"}
"#;

#[test]
fn whatever_is_imported_the_server_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let prepare = || {
        let store = SqliteStore::open(&folder.path().join("salotto.db"), SqliteOptions::default())
            .expect("it opens");
        let server = TestServer::builder()
            .server(|server| server.store(Arc::new(store)).enable(PluginSetup::new("history")));
        (Target::open(server), Cell::new(0))
    };
    Fuzzer { name: "import", seeds: vec![ENTRIES.to_vec()], words: WORDS }.run(
        prepare,
        |(target, rooms), bytes| {
            let file = folder.path().join("entries.jsonl");
            std::fs::write(&file, bytes).expect("it is written");
            rooms.set(rooms.get() + 1);
            let room = format!("room{}", rooms.get());
            target.types(&format!("import {} {room}", file.display()));
            // What is in a room that was imported into is shown to who joins it.
            target.takes(format!("eve\n!join {room}\n!history 50\n").as_bytes());
        },
    );
}

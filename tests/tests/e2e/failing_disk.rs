//! A disk that fails stops nobody from talking, is told, and what was said meanwhile is kept when it is back.
//!
//! `SALOTTO_SMALL_DISK=/mnt/small`, a disk of some 8 MiB for these tests alone, has one of them fill it; `tests/small-disk.sh` mounts one for it, where it may.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use salotto::{Entry, Event, PluginSetup, Report, Request, Store, StoreStatus, Watch};
use salotto_plugins::sqlite::{SqliteOptions, SqliteStore};
use salotto_tests::json::said;
use salotto_tests::{JsonClient, TestServer, soon};
use tempfile::TempDir;

const FAILS: &str = "what is said from here on may not be kept: the disk of the server fails";
const WORKS: &str = "what is said is kept again, and nothing was lost";

fn open(file: &Path) -> (TestServer, Arc<SqliteStore>) {
    let store = Arc::new(SqliteStore::open(file, SqliteOptions::default()).expect("it opens"));
    let kept: Arc<dyn Store> = store.clone();
    let server = TestServer::builder()
        .server(|server| server.store(kept).enable(PluginSetup::new("history")))
        .open();
    (server, store)
}

fn hears_notice(client: &mut JsonClient, text: &str) {
    let wanted = text.to_owned();
    client.hears_where(text, |event| match event {
        Event::Entry(entry) => match &entry.what {
            salotto::EntryKind::Notice { text, .. } if *text == wanted => Some(()),
            _ => None,
        },
        _ => None,
    });
}

fn next_report(watch: &mut Watch, part: &str) -> String {
    loop {
        match soon("a report", watch.next()) {
            Some(Report::Server { text, .. }) if text.contains(part) => return text,
            Some(_) => {}
            None => panic!("no report of {part:?}"),
        }
    }
}

/// Everything that is kept of the lobby; ids must have no gap.
fn kept(client: &mut JsonClient) -> Vec<Entry> {
    let mut all: Vec<Entry> = Vec::new();
    loop {
        let after = Some(all.last().map_or(0, |entry| entry.id));
        let request =
            Request::History { room: None, before: None, after, around: None, limit: Some(100) };
        client.asks(request);
        let (entries, newer) = client.hears_where("a page", |event| match event {
            Event::History { entries, newer, .. } => Some((entries.clone(), *newer)),
            _ => None,
        });
        all.extend(entries);
        if !newer {
            break;
        }
    }
    assert!(all.iter().zip(1..).all(|(entry, id)| entry.id == id), "a gap in the ids");
    all
}

fn trouble(status: &StoreStatus) -> String {
    status.trouble.clone().unwrap_or_default()
}

#[test]
fn while_nothing_can_be_written_people_talk_and_it_is_kept_afterwards_once() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("salotto.db");
    let (mut server, store) = open(&file);
    let mut reports = server.handle().watch();
    let mut ada = server.enters_json("ada");
    ada.says("before");
    ada.hears_said("before");
    // Somebody else has the database for themselves.
    let other = rusqlite::Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    ada.says("meanwhile 1");
    // It is shown when the server knows that it cannot be kept.
    ada.hears_said("meanwhile 1");
    hears_notice(&mut ada, FAILS);
    assert!(next_report(&mut reports, "not kept from here on").contains("salotto.db"));
    assert!(trouble(&store.status()).contains("cannot be written"), "{}", trouble(&store.status()));
    let health = soon("health", server.handle().execute("health")).unwrap_err().to_string();
    assert!(health.starts_with("the database is failing: "), "{health}");
    for number in 2..=2000 {
        ada.says(&format!("meanwhile {number}"));
    }
    ada.hears_said("meanwhile 2000");
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);
    hears_notice(&mut ada, WORKS);
    next_report(&mut reports, "kept again, and nothing was lost");
    assert_eq!(trouble(&store.status()), "");
    ada.says("after");
    ada.hears_said("after");
    let texts = said(&kept(&mut ada));
    let meanwhile = (1..=2000).map(|number| format!("ada: meanwhile {number}"));
    let all = ["ada: before".to_owned()].into_iter().chain(meanwhile);
    assert_eq!(texts, all.chain(["ada: after".to_owned()]).collect::<Vec<_>>());
    server.stops();
    let (server, _) = open(&file);
    let mut bob = server.enters_json("bob");
    assert_eq!(bob.epoch, ada.epoch, "it was closed in order");
    assert_eq!(said(&kept(&mut bob)).len(), texts.len());
}

#[test]
fn a_full_disk_is_told_and_caught_up_with_when_there_is_space() {
    let Some(disk) = std::env::var_os("SALOTTO_SMALL_DISK").map(PathBuf::from) else { return };
    let folder = TempDir::new_in(&disk).unwrap();
    let (server, store) = open(&folder.path().join("salotto.db"));
    // Little is left beside this.
    let ballast = folder.path().join("ballast");
    let mut size = 64 << 20;
    while size > 512 << 10 && std::fs::write(&ballast, vec![1; size]).is_err() {
        size = size / 10 * 9;
    }
    let mut ada = server.enters_json("ada");
    let text = "x".repeat(1000);
    let mut count = 0;
    while store.status().trouble.is_none() {
        ada.says(&format!("{count} {text}"));
        ada.hears_said(&format!("{count} {text}"));
        count += 1;
        assert!(count < 100_000, "the disk is never full");
    }
    assert!(
        trouble(&store.status()).contains("is full; free some space"),
        "{}",
        trouble(&store.status())
    );
    hears_notice(&mut ada, FAILS);
    for _ in 0..500 {
        ada.says(&format!("{count} {text}"));
        count += 1;
    }
    ada.hears_said(&format!("{} {text}", count - 1));
    std::fs::remove_file(&ballast).unwrap();
    hears_notice(&mut ada, WORKS);
    let texts = said(&kept(&mut ada));
    let all: Vec<String> = (0..count).map(|number| format!("ada: {number} {text}")).collect();
    assert_eq!(texts, all);
}

//! Nothing is lost: what was said is there after a restart, ids go on, and whoever comes back gets exactly what they missed.

use std::path::Path;
use std::sync::Arc;

use salotto::protocol::LeaveReason;
use salotto::{Entry, Event, PluginSetup, Request};
use salotto_plugins::sqlite::{SqliteOptions, SqliteStore};
use salotto_tests::json::said;
use salotto_tests::{JsonClient, TestServer};
use tempfile::TempDir;

/// A server over the database in a folder, which keeps what is said.
fn open_in(folder: &Path) -> TestServer {
    open_with(folder, SqliteOptions::default(), "")
}

fn open_with(folder: &Path, options: SqliteOptions, history: &str) -> TestServer {
    let store = SqliteStore::open(&folder.join("salotto.db"), options).expect("the database opens");
    TestServer::builder()
        .settings(|settings| settings.rooms.history = 50)
        .server(|server| {
            server.store(Arc::new(store)).enable(PluginSetup::new("history").settings(history))
        })
        .open()
}

/// The ids of entries.
fn ids(entries: &[Entry]) -> Vec<u64> {
    entries.iter().map(|entry| entry.id).collect()
}

/// A page of the lobby as it is asked for.
fn page(
    client: &mut JsonClient,
    before: Option<u64>,
    after: Option<u64>,
) -> (Vec<Entry>, bool, bool) {
    client.asks(Request::History { room: None, before, after, around: None, limit: Some(10) });
    client.hears_where("a page", |event| match event {
        Event::History { entries, older, newer, .. } => Some((entries.clone(), *older, *newer)),
        _ => None,
    })
}

#[test]
fn after_a_restart_the_room_shows_what_was_said_and_ids_go_on() {
    let folder = TempDir::new().unwrap();
    let mut server = open_in(folder.path());
    let mut ada = server.enters_json("ada");
    for text in ["one", "two", "three"] {
        ada.says(text);
        ada.hears_said(text);
    }
    let (epoch, last) = (ada.epoch.clone(), ada.seen["lobby"]);
    server.stops();
    let server = open_in(folder.path());
    let mut bob = server.enters_json("bob");
    assert_eq!(bob.epoch, epoch);
    bob.says("four");
    let entries = bob.entries_until("four");
    assert_eq!(said(&entries), ["ada: one", "ada: two", "ada: three", "bob: four"]);
    assert!(entries.last().unwrap().id > last, "{entries:?}");
}

#[test]
fn who_comes_back_after_a_restart_gets_exactly_what_was_missed_once() {
    let folder = TempDir::new().unwrap();
    let mut server = open_in(folder.path());
    let mut ada = server.enters_json("ada");
    let mut bob = server.enters_json("bob");
    ada.says("seen");
    bob.hears_said("seen");
    let resume = bob.resume();
    bob.raw.dies();
    server.waits_until("bob is gone", |status| status.members == 1);
    ada.says("missed");
    ada.hears_said("missed");
    server.stops();
    assert_eq!(ada.hears_bye(), LeaveReason::Stopping);
    let server = open_in(folder.path());
    let mut bob = server.connects_json().enters_with("bob", &[], Some(resume.clone()));
    bob.says("back");
    let entries = bob.entries_until("back");
    assert_eq!(said(&entries), ["ada: missed", "bob: back"]);
    assert_eq!(entries[0].id, resume.rooms["lobby"] + 1);
}

#[test]
fn a_stranger_cannot_come_back_as_somebody_else_after_a_restart() {
    let folder = TempDir::new().unwrap();
    let mut server = open_with(folder.path(), SqliteOptions::default(), "(visible: SinceJoin)");
    let mut ada = server.enters_json("ada");
    ada.says("among us");
    ada.hears_said("among us");
    let mut resume = ada.resume();
    resume.rooms.insert("lobby".into(), 0);
    server.stops();
    let server = open_with(folder.path(), SqliteOptions::default(), "(visible: SinceJoin)");
    let mut eve = server.connects_json();
    let forged = salotto::Resume { token: "1f".into(), ..resume.clone() };
    eve = eve.enters_with("eve", &[], Some(forged));
    eve.says("hello");
    assert_eq!(said(&eve.entries_until("hello")), ["eve: hello"]);
    let (entries, older, _) = page(&mut eve, None, None);
    assert_eq!((said(&entries), older), (vec!["eve: hello".into()], false));
    let mut ada = server.connects_json().enters_with("ada", &[], Some(resume));
    ada.says("again");
    assert_eq!(said(&ada.entries_until("again")), ["ada: among us", "eve: hello", "ada: again"]);
}

#[test]
fn a_room_that_people_opened_is_found_as_it_was_left() {
    let folder = TempDir::new().unwrap();
    let mut server = open_in(folder.path());
    let chat = |server: &TestServer, name: &str, text: &str| {
        let mut client = server.connects_json().enters_with(name, &["dev"], None);
        client.says(text);
        let entries = client.entries_until(text);
        client.asks(Request::Quit { farewell: String::new() });
        client.raw.hears_eof();
        entries
    };
    let first = chat(&server, "ada", "one");
    // The room has closed behind her.
    let second = chat(&server, "bob", "two");
    server.stops();
    let server = open_in(folder.path());
    let third = chat(&server, "joe", "three");
    assert_eq!(said(&third), ["ada: one", "bob: two", "joe: three"]);
    assert_eq!(ids(&third)[..ids(&second).len()], ids(&second));
    assert_eq!(ids(&second)[..ids(&first).len()], ids(&first));
}

#[test]
fn pages_reach_back_to_the_first_entry_and_forth_to_the_last() {
    let folder = TempDir::new().unwrap();
    let server = open_in(folder.path());
    let mut ada = server.enters_json("ada");
    for number in 1..=35 {
        ada.says(&number.to_string());
    }
    ada.hears_said("35");
    let last = ada.seen["lobby"];
    let mut back = Vec::new();
    let mut before = None;
    loop {
        let (entries, older, newer) = page(&mut ada, before, None);
        assert_eq!(newer, before.is_some());
        before = Some(entries[0].id);
        back.splice(0..0, ids(&entries));
        if !older {
            break;
        }
    }
    assert_eq!(back, (1..=last).collect::<Vec<_>>());
    let mut forth = Vec::new();
    loop {
        let (entries, _, newer) = page(&mut ada, None, Some(forth.last().copied().unwrap_or(0)));
        forth.extend(ids(&entries));
        if !newer {
            break;
        }
    }
    assert_eq!(forth, back);
}

#[test]
fn nothing_is_kept_of_a_room_that_is_not_to_be_and_its_ids_go_on_all_the_same() {
    let folder = TempDir::new().unwrap();
    let history = "(not_kept: [\"Lobby\"])";
    let mut server = open_with(folder.path(), SqliteOptions::default(), history);
    let mut ada = server.enters_json("ada");
    ada.says("between us");
    ada.hears_said("between us");
    ada.asks(Request::History { room: None, before: None, after: None, around: None, limit: None });
    let refused = ada.hears_error(salotto::ErrorCode::Failed);
    assert_eq!(refused, "what is said in `lobby` is not kept");
    let last = ada.seen["lobby"];
    server.stops();
    let server = open_with(folder.path(), SqliteOptions::default(), history);
    let mut bob = server.enters_json("bob");
    bob.says("hello");
    let entries = bob.entries_until("hello");
    assert_eq!(said(&entries), ["bob: hello"]);
    assert!(entries[0].id > last);
}

#[test]
fn who_opens_a_room_again_that_was_locked_reads_nothing_of_what_was_said_in_it() {
    let folder = TempDir::new().unwrap();
    let open = || {
        let file = folder.path().join("salotto.db");
        let store = SqliteStore::open(&file, SqliteOptions::default()).unwrap();
        TestServer::builder()
            .settings(|settings| settings.rooms.history = 50)
            .server(|server| {
                let bans = folder.path().join("bans.ron");
                let moderation =
                    PluginSetup::new("moderation").settings(format!("(bans: {bans:?})"));
                server.store(Arc::new(store)).enable(PluginSetup::new("history")).enable(moderation)
            })
            .open()
    };
    let mut server = open();
    let mut ada = server.connects_json().enters_with("ada", &["den"], None);
    ada.says("a secret");
    ada.hears_said("a secret");
    server.types("lock den");
    server.stops();
    // Nobody knows any more that it was locked, or the last one has left it.
    let server = open();
    let mut eve = server.connects_json();
    eve.asks(salotto_tests::json::hello("eve", &["den"], None));
    eve.says("anybody?");
    let first = eve.hears_where("a room, or a refusal", |event| match event {
        Event::Entered { first_id, .. } => Some(Some(*first_id)),
        Event::Error { .. } => Some(None),
        _ => None,
    });
    if first.is_some() {
        assert_eq!(said(&eve.entries_until("anybody?")), ["eve: anybody?"]);
        let (entries, older, _) = page(&mut eve, None, None);
        assert_eq!((said(&entries), older), (vec!["eve: anybody?".into()], false));
    }
    assert!(server.types("history den").to_string().contains("a secret"));
}

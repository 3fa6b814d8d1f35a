//! Who opens a room moderates it: over every protocol, after a lost connection, and after a restart for who has an account.

use std::path::Path;
use std::sync::Arc;

use salotto::protocol::ErrorCode;
use salotto::{Event, PluginSetup, Request, ServerBuilder};
use salotto_plugins::sqlite::{SqliteOptions, SqliteStore};
use salotto_tests::{JsonClient, TestServer, TestServerBuilder};
use tempfile::TempDir;

fn builder(folder: &Path) -> TestServerBuilder {
    let bans = format!("(bans: {:?})", folder.join("bans.ron"));
    let setups = [
        PluginSetup::new("roles").settings("(register: Open)"),
        PluginSetup::new("quit"),
        PluginSetup::new("commands"),
        PluginSetup::new("rooms"),
        PluginSetup::new("moderation").settings(bans),
        PluginSetup::new("history"),
    ];
    TestServer::builder().server(|server| setups.into_iter().fold(server, ServerBuilder::enable))
}

fn keeping(folder: &Path) -> TestServer {
    let store = SqliteStore::open(&folder.join("salotto.db"), SqliteOptions::default());
    let store = Arc::new(store.expect("the database opens"));
    builder(folder).server(|server| server.store(store)).open()
}

fn joins(client: &mut JsonClient, room: &str, key: Option<&str>) {
    client.asks(Request::Join { room: room.into(), key: key.map(str::to_owned) });
}

fn is_in(client: &mut JsonClient, room: &str) {
    client.hears_where("that it is in the room", |event| {
        matches!(event, Event::Entered { room: entered, .. } if *entered == room).then_some(())
    });
}

fn runs(client: &mut JsonClient, line: &str) {
    client.asks(Request::Command { line: line.into(), room: None });
}

/// The commands that a client is told it has now.
fn commands(client: &mut JsonClient) -> Vec<String> {
    client.hears_where("its commands", |event| match event {
        Event::Commands { commands } => {
            Some(commands.iter().map(|command| command.path.clone()).collect())
        }
        _ => None,
    })
}

#[test]
fn a_client_is_told_what_it_may_as_long_as_it_moderates_a_room() {
    let folder = TempDir::new().unwrap();
    let server = builder(folder.path()).open();
    let (mut ada, mut bob) = (server.enters_json("ada"), server.enters_json("bob"));
    joins(&mut ada, "dev", None);
    let mine = commands(&mut ada);
    assert!(
        mine.contains(&"remove".to_owned()) && mine.contains(&"room ban".to_owned()),
        "{mine:?}"
    );
    assert!(!mine.contains(&"kick".to_owned()) && !mine.contains(&"ban".to_owned()), "{mine:?}");
    runs(&mut ada, "room key dev swordfish");
    joins(&mut bob, "dev", None);
    bob.hears_error(ErrorCode::KeyWanted);
    joins(&mut bob, "dev", Some("sword"));
    bob.hears_error(ErrorCode::KeyWanted);
    joins(&mut bob, "dev", Some("swordfish"));
    is_in(&mut bob, "dev");
    runs(&mut ada, "room limit dev 2");
    let mut carl = server.enters_json("carl");
    joins(&mut carl, "dev", Some("swordfish"));
    carl.hears_error(ErrorCode::RoomFull);
    runs(&mut ada, "room ban dev carl");
    joins(&mut carl, "dev", Some("swordfish"));
    carl.hears_error(ErrorCode::Banned);
    runs(&mut ada, "op bob dev");
    assert!(commands(&mut bob).contains(&"remove".to_owned()));
    runs(&mut bob, "deop ada dev");
    assert!(!commands(&mut ada).contains(&"remove".to_owned()));
    runs(&mut ada, "remove dev bob");
    ada.hears_error(ErrorCode::UnknownCommand);
}

#[test]
fn who_lost_the_connection_moderates_on_and_who_takes_the_name_does_not() {
    let folder = TempDir::new().unwrap();
    let server = builder(folder.path()).open();
    let (mut ada, mut bob) = (server.enters_json("ada"), server.enters_json("bob"));
    joins(&mut ada, "dev", None);
    is_in(&mut ada, "dev");
    joins(&mut bob, "dev", None);
    is_in(&mut bob, "dev");
    runs(&mut ada, "room limit dev 1");
    bob.hears_where("the limit", |event| match event {
        Event::Entry(entry) => format!("{entry:?}").contains("at most 1").then_some(()),
        _ => None,
    });
    ada.hears_where("an answer", |event| matches!(event, Event::Reply { .. }).then_some(()));
    let seen = ada.resume();
    ada.raw.dies();
    server.waits_until("ada is gone", |status| status.members == 1);
    let mut eve = server.enters_json("ada");
    joins(&mut eve, "dev", None);
    eve.hears_error(ErrorCode::RoomFull);
    eve.asks(Request::Quit { farewell: String::new() });
    eve.raw.hears_eof();
    let mut ada = server.connects_json().enters_with("countess", &[], Some(seen));
    runs(&mut ada, "remove dev bob");
    bob.hears_where("that it is out", |event| matches!(event, Event::Exited { .. }).then_some(()));
}

#[test]
fn a_name_is_nobodys_who_locked_the_room_and_left_for_good() {
    let folder = TempDir::new().unwrap();
    let server = keeping(folder.path());
    let mut eve = server.enters("eve");
    eve.says("!join dev");
    eve.hears_about("you are in dev");
    for line in ["!topic dev mine", "!room key dev swordfish", "!lock dev", "!room ban dev ada"] {
        eve.says(line);
        eve.hears_about("dev");
    }
    eve.says("!leave dev");
    eve.hears_about("you are out of dev");
    let mut ada = server.enters("ada");
    ada.says("!join dev");
    ada.hears_about("you are in dev");
    ada.says("!room limit dev 5");
    ada.hears_about("at most 5 may be in dev now");
}

#[test]
fn an_account_moderates_its_room_after_a_restart_and_what_was_set_holds() {
    let folder = TempDir::new().unwrap();
    let mut server = keeping(folder.path());
    let mut ada = server.enters("ada");
    ada.says("!register correct-horse");
    ada.hears_about("is yours");
    ada.says("!join dev");
    ada.hears_about("you are in dev");
    for line in ["!room key dev swordfish", "!room ban dev eve", "!room hide dev on"] {
        ada.says(line);
        ada.hears_about("dev");
    }
    server.stops_to_restart();
    let server = keeping(folder.path());
    // Nobody who opens it again has it by that.
    let mut bob = server.enters("bob");
    bob.says("!join dev");
    bob.hears_about("`dev` has a key");
    bob.says("!join dev swordfish");
    bob.hears_about("you are in dev");
    bob.says("!room unkey dev");
    bob.hears_about("there is no command `!room`");
    let mut eve = server.enters("eve");
    eve.says("!join dev swordfish");
    eve.hears_about("you are banned from `dev`");
    eve.says("!who dev");
    eve.hears_about("! `dev` is locked");
    let mut ada = server.enters("ada");
    ada.says("!login ada correct-horse");
    ada.hears_about("logged in");
    ada.says("!join dev");
    ada.hears_about("you are in dev");
    ada.says("!remove dev bob");
    bob.hears_about("you are out of dev");
    ada.says("!logout");
    ada.hears_about("logged out");
    ada.says("!room unkey dev");
    ada.hears_about("there is no command `!room`");
}

//! What people and moderators have set is there after a restart: rooms, topics, locks, mutes, slow mode, reports, bans.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use salotto::protocol::{ErrorCode, LeaveReason, ListedRoom};
use salotto::{Event, PluginSetup, Report, Request, Watch};
use salotto_plugins::sqlite::{SqliteOptions, SqliteStore};
use salotto_tests::plugins::Ranks;
use salotto_tests::{JsonClient, TestServer, TestServerBuilder, soon};
use tempfile::TempDir;

fn builder(folder: &Path) -> TestServerBuilder {
    let store = SqliteStore::open(&folder.join("salotto.db"), SqliteOptions::default())
        .expect("the database opens");
    let bans = folder.join("bans.ron");
    let moderation = PluginSetup::new("moderation").settings(format!("(bans: {bans:?})"));
    TestServer::builder()
        .server(|server| server.store(Arc::new(store)).enable(moderation))
        .enable("history")
        .enable("commands")
        .enable("quit")
        .plugin("ranks", Ranks)
}

fn open(folder: &TempDir) -> TestServer {
    builder(folder.path()).open()
}

/// Restarts a server on the same database.
fn restart(mut server: TestServer, folder: &TempDir) -> TestServer {
    server.stops_to_restart();
    open(folder)
}

/// Joins a room and hears what it is about.
fn topic_of(client: &mut JsonClient, room: &str) -> String {
    client.asks(Request::Join { room: room.into(), key: None });
    client.hears_where("that it is in the room", |event| match event {
        Event::Entered { room: entered, topic, .. } if *entered == room => Some(topic.clone()),
        _ => None,
    })
}

/// The next report of a plugin.
fn report(reports: &mut Watch) -> String {
    soon("a report", async {
        loop {
            match reports.next().await.expect("the server is running") {
                Report::Plugin { text, .. } => return text,
                _ => continue,
            }
        }
    })
}

#[test]
fn everybody_is_told_that_the_server_restarts_and_comes_back_to_where_they_were() {
    let folder = TempDir::new().unwrap();
    let mut server = open(&folder);
    let mut ada = server.connects_json().enters_with("ada", &["dev"], None);
    let mut bob = server.enters("bob");
    ada.says("before");
    ada.hears_said("before");
    let resume = ada.resume();
    server.stops_to_restart();
    assert_eq!(ada.hears_bye(), LeaveReason::Restarting);
    bob.hears("* goodbye (server restarting; come back in a moment)");
    let server = open(&folder);
    let mut ada = server.connects_json().enters_with("ada", &[], Some(resume));
    ada.says("after");
    assert_eq!(ada.hears_said("after").room, "dev");
}

#[test]
fn a_room_comes_back_with_its_topic_and_one_that_was_closed_does_not() {
    let folder = TempDir::new().unwrap();
    let server = open(&folder);
    let mut ada = server.connects_json().enters_with("ada", &["Dev"], None);
    server.types("topic dev what we build");
    server.types("topic lobby tea at four");
    server.types("open news nothing but news");
    server.types("topic news good ones");
    server.types("open gone");
    server.types("close gone");
    let mut bob = server.connects_json().enters_with("bob", &["other"], None);
    server.types("topic other short");
    server.types("close other");
    bob.hears_where("that it is closed", |event| {
        matches!(event, Event::Exited { .. }).then_some(())
    });
    ada.says("in here");
    ada.hears_said("in here");
    let server = restart(server, &folder);
    let rooms = server.types("rooms").to_string();
    assert!(rooms.contains("good ones") && rooms.contains("tea at four"), "{rooms}");
    assert!(!rooms.contains("Dev") && !rooms.contains("gone"), "{rooms}");
    let mut bob = server.enters_json("bob");
    // Under the name that it had, and with what was said.
    assert_eq!(topic_of(&mut bob, "Dev"), "what we build");
    assert_eq!(topic_of(&mut bob, "news"), "good ones");
    assert_eq!(topic_of(&mut bob, "other"), "");
    assert_eq!(topic_of(&mut bob, "gone"), "");
}

#[test]
fn a_topic_that_was_set_holds_until_the_settings_say_another() {
    let folder = TempDir::new().unwrap();
    let listed = |topic: &str| {
        let room = ListedRoom { name: "dev".into(), topic: topic.into(), ..ListedRoom::default() };
        builder(folder.path()).settings(|settings| settings.rooms.listed = vec![room]).open()
    };
    let topic = |server: &TestServer| topic_of(&mut server.enters_json("ada"), "dev");
    let mut server = listed("as listed");
    server.types("topic dev set since");
    server.stops();
    let mut server = listed("as listed");
    assert_eq!(topic(&server), "set since");
    server.stops();
    let server = listed("listed anew");
    assert_eq!(topic(&server), "listed anew");
}

#[test]
fn a_killed_server_has_lost_no_topic_lock_or_mute() {
    let folder = TempDir::new().unwrap();
    let mut server = open(&folder);
    let _ada = server.connects_json().enters_with("ada", &["dev"], None);
    server.types("topic dev what we build");
    server.types("lock dev");
    server.types("mute eve 1h loud");
    // What is answered is on the disk, as what is shown to people is.
    let mut bob = server.enters("bob");
    bob.says("done?");
    bob.hears("bob: done?");
    server.drops();
    let server = open(&folder);
    assert!(server.types("mutes").to_string().contains("eve"));
    let mut bob = server.enters("bob");
    bob.says("!join dev");
    bob.hears("! `dev` is locked; ask a moderator to invite you");
    let mut moderator = server.enters_json("mod1");
    assert_eq!(topic_of(&mut moderator, "dev"), "what we build");
}

#[test]
fn a_mute_goes_on_with_the_time_that_is_left_wherever_its_owner_comes_from() {
    let folder = TempDir::new().unwrap();
    let server = open(&folder);
    server.types("mute eve 90m loud");
    server.types("mute joe 1h");
    server.types("unmute joe");
    let server = restart(server, &folder);
    let mut eve = server.enters("EVE");
    eve.says("hello");
    assert!(eve.hears_about("! you are muted for ").contains("more minutes (loud)"));
    server.types("unmute eve");
    eve.hears("* you are no longer muted");
    let server = restart(server, &folder);
    assert_eq!(server.types("mutes").to_string(), "nobody is muted");
}

#[test]
fn who_was_in_a_locked_room_is_let_in_again_and_nobody_else() {
    let folder = TempDir::new().unwrap();
    let mut server = open(&folder);
    let early = server.connects_json().enters_with("early", &["dev"], None);
    let resume_early = early.resume();
    let mut ada = server.connects_json().enters_with("ada", &["dev"], None);
    early.raw.dies();
    ada.hears_left("early");
    let mut eve = server.connects_json().enters_with("eve", &["dev"], None);
    server.types("lock dev");
    ada.says("among us");
    ada.hears_said("among us");
    let (resume_ada, resume_eve) = (ada.resume(), eve.resume());
    server.types("kick eve");
    eve.hears_bye();
    server.stops_to_restart();
    let server = open(&folder);
    let mut ada = server.connects_json().enters_with("ada", &[], Some(resume_ada));
    ada.says("still here");
    assert_eq!(ada.hears_said("still here").room, "dev");
    // Once inside she may leave and come back, as before.
    ada.asks(Request::Leave { room: Some("dev".into()), farewell: String::new() });
    ada.asks(Request::Join { room: "lobby".into(), key: None });
    topic_of(&mut ada, "dev");
    for (name, resume) in [("early", resume_early), ("eve", resume_eve)] {
        let mut late = server.connects_json();
        late.asks(salotto_tests::json::hello(name, &[], Some(resume)));
        let refusal = late.hears_error(ErrorCode::Denied);
        assert_eq!(refusal, "`dev` is locked; ask a moderator to invite you", "{name}");
    }
}

#[test]
fn slow_mode_hushed_rooms_and_reports_are_as_they_were() {
    let folder = TempDir::new().unwrap();
    let server = open(&folder);
    let mut ada = server.enters("ada");
    let _eve = server.enters("eve");
    ada.says("!report eve asks for my address");
    ada.hears("* nobody who moderates is here; the first who comes will read it");
    server.types("slow lobby 600");
    server.types("open dev");
    server.types("hush dev on");
    let server = restart(server, &folder);
    let mut bob = server.enters("bob");
    bob.says("one");
    bob.hears("bob: one");
    bob.says("two");
    bob.hears_about("! lobby is in slow mode");
    bob.says("!join dev");
    bob.says("hello");
    bob.hears_about("! only moderators speak in dev at the moment");
    let mut moderator = server.connects();
    moderator.says("mod1");
    moderator.hears_about("report by ada about eve");
    let server = restart(server, &folder);
    assert_eq!(server.types("reports").to_string(), "there are no reports");
}

#[test]
fn the_bans_of_the_file_are_taken_over_once_and_who_edits_it_later_is_told() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("bans.ron");
    let text = "// mine\n[(name: \"bob\", why: \"rude\"), (name: \"joe\")]";
    fs::write(&file, text).unwrap();
    let server = open(&folder);
    let refused = |server: &TestServer, name: &str| {
        let mut client = server.connects_json();
        client.asks(salotto_tests::json::hello(name, &[], None));
        client.hears_error(ErrorCode::Denied)
    };
    assert_eq!(refused(&server, "bob"), "you are banned permanently (rude)");
    server.types("unban joe");
    server.types("ban eve 2h flooding");
    let server = restart(server, &folder);
    assert!(refused(&server, "eve").starts_with("you are banned for 2 more hours"));
    server.enters("joe");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    // An editor writes to it all the same.
    let mut reports = server.handle().watch();
    fs::write(&file, "[(name: \"dora\")]").unwrap();
    let settings = (*server.handle().settings()).clone();
    soon("a reload", server.handle().apply(settings, None)).unwrap();
    assert_eq!(
        report(&mut reports),
        format!(
            "`{}` was changed, but bans are kept in the database; use `ban` and `unban`",
            file.display()
        )
    );
    server.enters("dora");
}

#[test]
fn a_mistake_in_a_file_of_bans_that_was_taken_over_keeps_no_server_from_starting() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("bans.ron");
    fs::write(&file, "[(name: \"bob\")]").unwrap();
    let mut server = open(&folder);
    let mark = folder.path().join("bans.ron.imported");
    server.waits_until("it is written that the bans are in the database", |_| mark.exists());
    server.stops();
    fs::write(&file, "[(nme: \"bob\")]").unwrap();
    let mut server = open(&folder);
    let refused = |server: &TestServer| {
        let mut client = server.connects_json();
        client.asks(salotto_tests::json::hello("bob", &[], None));
        client.hears_error(ErrorCode::Denied)
    };
    assert_eq!(refused(&server), "you are banned permanently");
    server.stops();
    // Without the database the bans are known to nobody: nobody is let in.
    fs::remove_file(folder.path().join("salotto.db")).unwrap();
    let server = open(&folder);
    server.connects().hears_about("the bans of this server cannot be read; ask its operator");
    let health = soon("health", server.handle().execute("health")).unwrap_err().to_string();
    assert!(health.contains("bans.ron:1:3: unknown field `nme`"), "{health}");
}

#[test]
fn a_message_that_was_removed_is_taken_back_from_who_has_read_it_after_a_restart_too() {
    let folder = TempDir::new().unwrap();
    let server = open(&folder);
    let mut ada = server.enters_json("ada");
    ada.says("regretted");
    let id = ada.hears_said("regretted").id;
    let resume = ada.resume();
    ada.raw.dies();
    server.waits_until("ada is gone", |status| status.members == 0);
    server.types(&format!("delete lobby {id}"));
    let server = restart(server, &folder);
    let mut ada = server.connects_json();
    ada.asks(salotto_tests::json::hello("ada", &[], Some(resume)));
    let deleted = ada.hears_where("what was removed", |event| match event {
        Event::Deleted { id, .. } => Some(*id),
        _ => None,
    });
    assert_eq!(deleted, id);
}

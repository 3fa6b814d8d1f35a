//! `remove`: out of a room, and connected all the same.

use salotto::plugin::{Kicked, Left};
use salotto::{Action, Context, Event, LeaveReason, Plugin, PluginSetup, Request};
use salotto_tests::TestServer;
use salotto_tests::plugins::{Notebook, Ranks};

#[test]
fn who_is_removed_is_out_of_that_room_and_stays_in_the_others() {
    let server = TestServer::builder().plugin("ranks", Ranks).open();
    let mut moderator = server.connects_json().enters_with("mod1", &["lobby", "dev"], None);
    let mut bob = server.connects_json().enters_with("bob", &["lobby", "dev"], None);
    moderator.asks(Request::Command { line: "remove dev bob let us work".into(), room: None });
    let reason = bob.hears_where("that it is out", |event| match event {
        Event::Exited { room, reason } if room.as_str() == "dev" => Some(reason.clone()),
        _ => None,
    });
    let by = Some("mod1".parse().expect("a name"));
    assert_eq!(reason, LeaveReason::Removed { by, why: "let us work".into() });
    moderator.hears_left("bob");
    bob.asks(Request::Say {
        text: "still here".into(),
        room: Some("lobby".into()),
        kind: Default::default(),
    });
    moderator.hears_said("still here");
    // It may come back, unless something else keeps it out.
    bob.asks(Request::Join { room: "dev".into(), key: None });
    bob.hears_where("that it is in", |event| matches!(event, Event::Entered { .. }).then_some(()));
}

#[test]
fn a_removal_is_recorded_and_told_to_plugins_with_its_room() {
    struct Diary(Notebook);
    impl Plugin for Diary {
        fn after_kicked(&mut self, _: &mut Context<'_>, kicked: &Kicked) {
            let room = kicked.room.as_ref().map_or("the server", |room| room.as_str());
            self.0.write(format!("{} kicked out of {room}: {}", kicked.name, kicked.why));
        }

        fn after_left(&mut self, _: &mut Context<'_>, left: &Left) {
            self.0.write(format!("{} left, quits: {}", left.name, left.quits));
        }

        fn after_action(&mut self, _: &mut Context<'_>, action: &Action) {
            self.0.write(action.to_string());
        }
    }
    let notes = Notebook::default();
    let server = TestServer::builder().plugin("diary", Diary(notes.clone())).open();
    let mut bob = server.enters("bob");
    assert_eq!(server.types("remove lobby bob flooding").to_string(), "bob was removed from lobby");
    bob.hears("* you are out of lobby (removed by host: flooding)");
    bob.says("!quit");
    server.types("kick bob");
    bob.hears_eof();
    assert_eq!(
        notes.take(),
        [
            "host: remove bob in lobby (flooding)",
            "bob kicked out of lobby: flooding",
            "bob left, quits: false",
            "host: kick bob",
            "bob kicked out of the server: ",
            "bob left, quits: true",
        ]
    );
}

#[test]
fn nobody_removes_who_is_not_there_is_of_their_role_or_is_themselves() {
    let server = TestServer::builder().plugin("ranks", Ranks).open();
    let (mut moderator, _other) = (server.enters("mod1"), server.enters("mod2"));
    let mut bob = server.enters("bob");
    server.types("open dev");
    for (line, answer) in [
        ("!remove dev bob", "! bob is not in dev"),
        ("!remove lobby mod2", "! mod2 is a moderator as you are; ask the operator"),
        ("!remove lobby mod1", "! that would be yourself"),
    ] {
        moderator.says(line);
        moderator.hears(answer);
    }
    bob.says("!remove lobby mod1");
    bob.hears_about("! there is no command `!remove`");
}

#[test]
fn a_removal_takes_back_the_invitation_to_that_room_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bans.ron");
    let setup = PluginSetup::new("moderation").settings(format!("(bans: {path:?})"));
    let server =
        TestServer::builder().server(|server| server.enable(setup)).enable("commands").open();
    let mut bob = server.enters("bob");
    for room in ["one", "two"] {
        server.types(&format!("open {room}"));
        bob.says(&format!("!join {room}"));
        bob.hears_about(&format!("* you are in {room}"));
        server.types(&format!("lock {room}"));
    }
    server.types("remove one bob");
    bob.hears_about("you are out of one");
    bob.says("!leave two");
    bob.hears_about("you are out of two");
    bob.says("!join one");
    bob.hears("! `one` is locked; ask a moderator to invite you");
    bob.says("!join two");
    bob.hears_about("* you are in two");
}

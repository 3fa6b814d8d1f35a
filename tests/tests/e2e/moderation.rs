//! Bans, mutes, slow and locked rooms, through real sockets. On Linux every address of 127.0.0.0/8 is this machine, and they can be told apart.

use std::time::Instant;

use salotto::protocol::{ErrorCode, LeaveReason};
use salotto::{PluginSetup, PluginState, Request};
use salotto_tests::plugins::Ranks;
use salotto_tests::{PATIENCE, TestServer};
use tempfile::TempDir;

/// A server whose bans are in this folder.
fn server(folder: &TempDir) -> TestServer {
    let path = folder.path().join("bans.ron");
    let setup = PluginSetup::new("moderation").settings(format!("(bans: {path:?})"));
    TestServer::builder()
        .server(|server| server.enable(setup))
        .enable("commands")
        .plugin("ranks", Ranks)
        .open()
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn a_user_banned_by_name_is_disconnected_and_cannot_return() {
    let folder = folder();
    let server = server(&folder);
    let mut bob = server.enters("bob");
    let mut eve = server.enters_json("eve");
    let mut moderator = server.enters("mod1");
    moderator.says("!ban bob 2h flooding");
    moderator.hears_about("* bob is banned for 2h");
    bob.hears("* goodbye (kicked by mod1: banned for 2h: flooding)");
    bob.hears_eof();
    moderator.says("!ban EVE");
    assert!(matches!(eve.hears_bye(), LeaveReason::Kicked { .. }));
    let mut bob = server.connects();
    bob.says("B0B");
    bob.hears("! you are banned for 2 more hours (flooding)");
    // A text client stays connected and may choose another name; a JSON client is told the kind of the refusal.
    bob.says("carl");
    bob.hears_about("* you are in lobby");
    let mut eve = server.connects_json();
    eve.asks(Request::Hello {
        version: salotto::protocol::PROTOCOL_VERSION,
        name: "eve".into(),
        rooms: Vec::new(),
        password: None,
        resume: None,
    });
    assert!(eve.hears_error(ErrorCode::Denied).contains("you are banned permanently"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_banned_address_or_network_is_refused_at_once() {
    let folder = folder();
    let server = server(&folder);
    let mut near = server.connects_from("127.0.0.2").enters("near");
    let mut far = server.connects_from("127.7.0.9").enters("far");
    let mut ada = server.enters("ada");
    server.types("ban 127.0.0.2 1h");
    assert_eq!(near.hears_eof().last().unwrap(), "* goodbye (kicked by host: banned for 1h)");
    server.types("ban 127.7.0.0/16 permanently no thanks");
    assert_eq!(
        far.hears_eof().last().unwrap(),
        "* goodbye (kicked by host: banned permanently: no thanks)"
    );
    let mut near = server.connects_from("127.0.0.2");
    assert_eq!(near.hears_eof(), ["! your address is banned for 1 more hour"]);
    let mut far = server.connects_from("127.7.200.1");
    assert_eq!(far.hears_eof(), ["! your address is banned permanently (no thanks)"]);
    let mut other = server.connects_from("127.8.0.1").enters("other");
    for guest in [&mut ada, &mut other] {
        guest.says("here");
        guest.hears_about(": here");
    }
    server.types("unban 127.0.0.2");
    server.connects_from("127.0.0.2").enters("near");
}

#[cfg(target_os = "linux")]
#[test]
fn bans_hold_after_a_restart_until_they_are_taken_back() {
    let folder = folder();
    let mut first = server(&folder);
    first.types("ban bob");
    first.types("ban 127.0.0.2 2h flooding");
    first.stops();
    let mut second = server(&folder);
    let mut bob = second.connects();
    bob.says("bob");
    bob.hears("! you are banned permanently");
    let mut near = second.connects_from("127.0.0.2");
    assert_eq!(near.hears_eof(), ["! your address is banned for 2 more hours (flooding)"]);
    second.types("unban bob");
    second.types("unban 127.0.0.2");
    second.stops();
    let third = server(&folder);
    third.enters("bob");
    third.connects_from("127.0.0.2").enters("near");
}

#[test]
fn a_ban_is_over_when_its_time_is() {
    let folder = folder();
    let server = server(&folder);
    server.types("ban bob 500ms");
    let started = Instant::now();
    let mut bob = server.connects();
    loop {
        bob.says("bob");
        let heard = bob.hears_where("an answer", |line| line.starts_with(['*', '!']));
        if heard.starts_with("* you are in") {
            break;
        }
        assert!(heard.contains("you are banned"), "{heard}");
        assert!(started.elapsed() < PATIENCE, "the ban did not end");
        // Tries are limited for each connection.
        bob = server.connects();
    }
    assert!(started.elapsed().as_millis() >= 400);
    server.waits_until("the ban is gone from the list", |_| {
        server.types("bans").to_string() == "nobody is banned"
    });
}

#[test]
fn a_connection_that_is_banned_before_it_has_a_name_is_ended() {
    let folder = folder();
    let server = server(&folder);
    let mut waiting = server.connects();
    waiting.hears_about("What is your name?");
    server.types("ban 127.0.0.1");
    waiting.says("bob");
    assert_eq!(waiting.hears_eof().last().unwrap(), "* goodbye (kicked: banned permanently)");
}

#[test]
fn who_is_muted_reads_only_and_a_new_connection_of_the_name_does_not_help() {
    let folder = folder();
    let server = server(&folder);
    let mut ada = server.enters("ada");
    let mut bob = server.enters("bob");
    server.types("mute bob 1h loud");
    bob.hears("* you are muted for 1h: loud");
    bob.says("hello");
    bob.hears("! you are muted for 1 more hour (loud); you can still write to a moderator");
    ada.says("quiet now");
    bob.hears("ada: quiet now");
    drop(bob);
    server.waits_until("bob is gone", |status| status.members == 1);
    let mut bob = server.enters_json("bob");
    bob.says("hello again");
    assert!(bob.hears_error(ErrorCode::Denied).contains("you are muted for 1 more hour"));
    server.types("unmute bob");
    bob.says("free");
    ada.hears("bob: free");
}

#[test]
fn nobody_is_banned_or_muted_permanently_for_a_duration_in_another_notation() {
    let folder = folder();
    let server = server(&folder);
    let mut moderator = server.enters("mod1");
    let mut bob = server.enters("bob");
    for terms in
        ["for two hours", "an hour", "\u{2212}5m", "２h", "½h", "(2h)", "until tomorrow", "today"]
    {
        for command in ["ban", "mute"] {
            moderator.says(&format!("!{command} bob {terms}"));
            moderator.hears_about("or `permanently` before the reason");
        }
    }
    for range in ["10.0.0.x", "10.0.0.1-20", "１０.0.0.1", "10.0.0.1,10.0.0.2"] {
        moderator.says(&format!("!ban {range}"));
        moderator.hears(&format!(
            "! `{range}` is not an address; write one such as 192.0.2.7 or 10.0.0.0/8"
        ));
    }
    // As `users` shows it.
    moderator.says("!ban 192.0.2.7:51422 1h");
    moderator.hears("* 192.0.2.7 is banned for 1h; nobody is connected from there");
    moderator.says("!mute bob For 2 Minutes and 30s loud");
    moderator.hears_about("`2` is not a duration");
    moderator.says("!mute bob For 2 minutes and 30s loud");
    moderator.hears("* bob is muted for 2m30s");
    bob.hears("* you are muted for 2m30s: loud");
}

#[cfg(target_os = "linux")]
#[test]
fn who_moderates_in_chat_is_told_commands_as_they_type_them_there() {
    let folder = folder();
    let path = folder.path().join("gone").join("bans.ron");
    let setup = PluginSetup::new("moderation").settings(format!("(bans: {path:?})"));
    let server = TestServer::builder()
        .settings(|settings| settings.limits.exempt = Vec::new())
        .server(|server| server.enable(setup))
        .plugin("ranks", Ranks)
        .open();
    let is_failing = || matches!(server.plugin("moderation").state, PluginState::Failing { .. });
    server.waits_until("the bans cannot be kept", |_| is_failing());
    let _bob = server.connects_from("127.0.0.2").enters("bob");
    let mut moderator = server.enters("mod1");
    moderator.says("!ban bob");
    // `plugins` is not theirs.
    moderator.hears(
        "* bob is banned permanently; `!ban 127.0.0.2` bans the address too, from which nobody else is connected; it is not kept when the server stops, because the bans cannot be saved",
    );
}

#[test]
fn a_delay_of_slow_mode_is_written_as_it_is_printed() {
    let folder = folder();
    let server = server(&folder);
    let mut moderator = server.enters("mod1");
    for (written, printed) in [("90", "1m30s"), ("1m30s", "1m30s"), ("2m", "2m"), ("1", "1s")] {
        moderator.says(&format!("!slow lobby {written}"));
        moderator.hears(&format!(
            "* slow mode in lobby is on: one message every {printed} from each member"
        ));
    }
    for off in ["0s", "0"] {
        moderator.says(&format!("!slow lobby {off}"));
        moderator.hears("* slow mode in lobby is off");
    }
    moderator.says("!slow lobby -1");
    moderator.hears("! `-1` is not a delay; write seconds, such as 10, or a duration, such as 2m");
}

#[test]
fn in_a_slow_room_a_member_waits_and_moderators_do_not() {
    let folder = folder();
    let server = server(&folder);
    let mut ada = server.enters("ada");
    let mut bob = server.enters_json("bob");
    let mut moderator = server.enters("mod1");
    moderator.says("!slow lobby 3600");
    ada.hears("* slow mode is on: one message every 1h from each member");
    ada.says("one");
    ada.hears("ada: one");
    ada.says("two");
    ada.hears_about("! lobby is in slow mode; you can write again in 3");
    bob.says("three");
    bob.hears_said("three");
    bob.says("four");
    assert!(bob.hears_error(ErrorCode::Denied).starts_with("lobby is in slow mode;"));
    for text in ["I", "may"] {
        moderator.says(text);
        moderator.hears(&format!("mod1: {text}"));
    }
    moderator.says("!slow lobby 0");
    ada.hears("* slow mode is off");
    for text in ["quick", "quicker"] {
        ada.says(text);
        ada.hears(&format!("ada: {text}"));
    }
}

#[test]
fn a_locked_room_is_entered_by_the_invited_alone() {
    let folder = folder();
    let server = server(&folder);
    let mut moderator = server.enters("mod1");
    let mut bob = server.enters("bob");
    let mut eve = server.enters_json("eve");
    moderator.says("!join dev");
    moderator.hears_about("* you are in dev");
    moderator.says("!lock");
    moderator.hears("* dev is locked; `!invite NAME dev` invites a user");
    bob.says("!join dev");
    bob.hears("! `dev` is locked; ask a moderator to invite you");
    eve.asks(Request::Join { room: "dev".into(), key: None });
    assert!(eve.hears_error(ErrorCode::Denied).contains("is locked"));
    moderator.says("!invite bob");
    bob.hears("* mod1 invites you to dev: `!join dev`");
    bob.says("!join dev");
    bob.hears_about("* you are in dev");
    // Not even by asking for it in `hello`.
    let mut carl = server.connects_json();
    let rooms = vec!["dev".to_owned()];
    carl.asks(Request::Hello {
        version: salotto::protocol::PROTOCOL_VERSION,
        name: "carl".into(),
        rooms,
        password: None,
        resume: None,
    });
    assert!(carl.hears_error(ErrorCode::Denied).contains("is locked"));
    moderator.says("!unlock dev");
    moderator.hears_about("open to everybody again");
    eve.asks(Request::Join { room: "dev".into(), key: None });
    eve.says("in");
    eve.hears_said("in");
}

#[test]
fn nobody_acts_against_somebody_of_the_same_role() {
    let folder = folder();
    let server = server(&folder);
    let mut one = server.enters("mod1");
    let mut other = server.enters("mod2");
    for command in ["kick", "ban", "mute"] {
        one.says(&format!("!{command} mod2"));
        one.hears("! mod2 is a moderator as you are; ask the operator");
        one.says(&format!("!{command} mod1"));
        one.hears("! that would be yourself");
    }
    other.says("still here");
    other.hears("mod2: still here");
    server.types("kick mod2");
    other.hears("* goodbye (kicked by host)");
}

#[test]
fn an_invitation_is_a_persons_and_not_a_names() {
    let folder = folder();
    let server = server(&folder);
    let mut moderator = server.enters("mod1");
    let mut bob = server.enters("bob");
    let mut eve = server.enters("eve");
    server.types("open dev");
    bob.says("!join dev");
    bob.hears_about("* you are in dev");
    server.types("lock dev");
    bob.says("!nick bobby");
    bob.hears("* your name is bobby");
    eve.says("!nick bob");
    eve.hears("* your name is bob");
    eve.says("!join dev");
    eve.hears("! `dev` is locked; ask a moderator to invite you");
    bob.says("!leave dev");
    bob.hears("* you are out of dev (left the room)");
    bob.says("!join dev");
    bob.hears_about("* you are in dev");
    // Kicked under another name than the one that was invited.
    bob.says("!nick robert");
    bob.hears("* your name is robert");
    moderator.says("!kick robert");
    bob.hears_eof();
    for name in ["robert", "bobby"] {
        let mut back = server.enters(name);
        back.says("!join dev");
        back.hears("! `dev` is locked; ask a moderator to invite you");
    }
    // Nobody of that name is here: only an account may be meant.
    let reply = server.types("invite carl dev").to_string();
    assert_eq!(reply, "carl is not connected; who logs in to the account `carl` can join dev");
    let mut carl = server.enters("carl");
    carl.says("!join dev");
    carl.hears("! `dev` is locked; ask a moderator to invite you");
}

#[test]
fn of_a_locked_room_those_outside_are_told_nothing() {
    let folder = folder();
    let server = server(&folder);
    server.types("open dev hush-hush");
    let mut moderator = server.enters("mod1");
    let mut bob = server.enters("bob");
    let mut eve = server.enters("eve");
    let mut json = server.enters_json("json");
    bob.says("!join dev");
    bob.hears_about("* you are in dev");
    server.types("lock dev");
    eve.says("!who dev");
    eve.hears("! `dev` is locked; only those inside see who is there");
    eve.says("!rooms");
    eve.hears("* lobby  4");
    eve.says("!who");
    let heard = eve.hears_until("* 4 in lobby: bob, eve, json, mod1");
    assert!(heard.is_empty(), "{heard:?}");
    json.asks(Request::Rooms);
    let rooms = json.hears_where("the rooms", |event| match event {
        salotto::Event::Rooms { rooms, .. } => Some(rooms.len()),
        _ => None,
    });
    assert_eq!(rooms, 1);
    json.asks(Request::Members { room: Some("dev".into()), after: None });
    json.hears_error(ErrorCode::NotInRoom);
    for inside in [&mut bob, &mut moderator] {
        inside.says("!rooms");
        inside.hears("* dev    1       hush-hush");
        inside.says("!who dev");
        inside.hears("* 1 in dev: bob");
    }
    assert!(server.types("rooms").to_string().contains("hush-hush"));
    server.types("unlock dev");
    eve.says("!who dev");
    eve.hears("* 1 in dev: bob");
}

/// Logs in whoever is called so.
struct Accounts;

impl salotto::Plugin for Accounts {
    fn after_named(&mut self, context: &mut salotto::Context, member: salotto::MemberId) {
        if context.name(member).is_some_and(|name| name.as_str() == "carl") {
            context.log_in(member, "Carl", salotto::Role::Member);
        }
    }
}

#[test]
fn an_invited_account_is_one_however_it_is_spelled() {
    let folder = folder();
    let server = server(&folder);
    server.adds("accounts", Accounts);
    server.types("open dev");
    server.types("lock dev");
    server.types("invite CARL dev");
    let mut eve = server.enters("eve");
    eve.says("!join dev");
    eve.hears("! `dev` is locked; ask a moderator to invite you");
    let mut carl = server.enters("carl");
    carl.says("!join dev");
    carl.hears_about("* you are in dev");
}

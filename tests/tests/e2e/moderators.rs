//! What those who moderate were missing: hushed rooms, reports, who somebody is, removing what was said.

use salotto::protocol::{ErrorCode, ListedRoom};
use salotto::{Announce, EntryKind, Event, PluginSetup, Reply, Role};
use salotto_tests::plugins::Ranks;
use salotto_tests::{TestServer, TestServerBuilder};
use tempfile::TempDir;

fn builder(folder: &TempDir) -> TestServerBuilder {
    let path = folder.path().join("bans.ron");
    let setup = PluginSetup::new("moderation").settings(format!("(bans: {path:?})"));
    TestServer::builder()
        .server(|server| server.enable(setup))
        .enable("commands")
        .enable("quit")
        .enable("notices")
        .plugin("ranks", Ranks)
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn in_a_hushed_room_only_moderators_speak() {
    let folder = folder();
    let server = builder(&folder).open();
    let mut ada = server.enters("ada");
    let mut bob = server.enters_json("bob");
    let mut moderator = server.enters("mod1");
    moderator.says("!hush lobby");
    moderator.hears("* everybody may speak in lobby");
    moderator.says("!Hush lobby ON");
    moderator.hears("* only moderators speak in lobby now");
    ada.hears("* only moderators speak here now");
    for line in ["hello", "!me waves"] {
        ada.says(line);
        ada.hears(
            "! only moderators speak in lobby at the moment; you can still write to one of them: `!msg NAME TEXT`",
        );
    }
    bob.says("hello");
    assert!(bob.hears_error(ErrorCode::Denied).starts_with("only moderators speak in lobby"));
    ada.says("!msg mod1 may I?");
    moderator.hears("[ada to mod1] may I?");
    let mut eve = server.enters("eve");
    eve.says("!quit and hello");
    ada.hears("* eve left (quit)");
    moderator.says("listen");
    ada.hears("mod1: listen");
    moderator.says("!hush lobby on");
    moderator.hears("! lobby is hushed already");
    server.types("hush lobby off");
    ada.hears("* everybody may speak here again");
    ada.says("thanks");
    ada.hears("ada: thanks");
    ada.says("!hush lobby on");
    ada.hears_about("! there is no command `!hush`");
}

#[test]
fn a_report_is_kept_until_somebody_who_moderates_has_seen_it() {
    let folder = folder();
    let server = builder(&folder).open();
    let mut ada = server.enters("ada");
    let _eve = server.enters("eve");
    ada.says("!report nobody x");
    ada.hears("! no user `nobody`; `!who` lists users");
    ada.says("!report eve asks for my address");
    ada.hears("* nobody who moderates is here; the first who comes will read it");
    let mut first = server.connects();
    first.says("mod1");
    let line = first.hears_about("report by ada about eve");
    assert!(line.ends_with(": asks for my address"), "{line}");
    ada.says("!report EVE and again");
    ada.hears("* mod1 was told");
    first.hears_about(": and again");
    first.says("!reports");
    first.hears("* there are no reports");
    // Not to whom it is about.
    ada.says("!report mod1 is rude");
    ada.hears("* nobody who moderates is here; the first who comes will read it");
    first.says("!reports");
    first.hears("* there are no reports");
    let Reply::List(kept) = server.types("reports") else { panic!("no list") };
    assert!(kept[0].contains("about mod1"), "{kept:?}");
    for number in 0..6 {
        ada.says(&format!("!report mod1 {number}"));
    }
    ada.hears("! 5 reports of yours wait to be seen; wait for an answer");
    // A report is a person's, and about a person, whatever they are called.
    ada.says("!nick anna");
    ada.hears("* your name is anna");
    ada.says("!report mod1 as somebody else");
    ada.hears("! 5 reports of yours wait to be seen; wait for an answer");
    first.says("!nick judge");
    first.hears("* your name is judge");
    first.says("!reports");
    first.hears("* there are no reports");
    let Reply::List(kept) = server.types("reports") else { panic!("no list") };
    assert_eq!(kept.len(), 5, "{kept:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn whois_says_where_somebody_comes_from_and_who_else_does() {
    let folder = folder();
    let server = builder(&folder).open();
    let mut moderator = server.enters("mod1");
    let mut bob = server.connects_from("127.0.0.2").enters("bob");
    let _eve = server.connects_from("127.0.0.2").enters("eve");
    moderator.says("!whois BOB");
    for line in
        ["* name             bob", "* role             member", "* address          127.0.0.2"]
    {
        moderator.hears(line);
    }
    moderator.hears("* rooms            lobby");
    moderator.hears("* same address     eve");
    moderator.says("!whois nobody");
    moderator.hears("! no user `nobody`; `!who` lists users");
    bob.says("!whois mod1");
    bob.hears_about("! there is no command `!whois`");
}

#[test]
fn a_listed_room_may_announce_nobody_and_welcome_everybody() {
    let folder = folder();
    let server = builder(&folder)
        .settings(|settings| {
            settings.rooms.listed = vec![ListedRoom {
                name: "exam".into(),
                announce: Announce::Never,
                welcome: "Hello {name}, this is {room}.".into(),
                ..Default::default()
            }];
        })
        .open();
    let mut ada = server.enters("ada");
    let mut json = server.connects_json().enters_with("json", &["exam"], None);
    ada.says("!join exam");
    ada.hears_about("* you are in exam");
    ada.hears("* Hello ada, this is exam.");
    let mut bob = server.enters("bob");
    bob.says("!join exam");
    bob.hears("* Hello bob, this is exam.");
    bob.says("here");
    let heard = ada.hears_until("[exam] bob: here");
    assert_eq!(heard, ["* bob joined"], "that was the lobby");
    let entries = json.entries_until("here");
    let told = |kind: &EntryKind| !matches!(kind, EntryKind::Message { .. });
    assert!(!entries.iter().any(|entry| told(&entry.what)), "{entries:?}");
}

#[test]
fn a_deleted_message_is_shown_no_more_and_given_to_nobody_who_comes_later() {
    let folder = folder();
    let server = builder(&folder).settings(|settings| settings.rooms.history = 50).open();
    let mut ada = server.enters("ada");
    let mut json = server.enters_json("json");
    let mut away = server.enters_json("away");
    ada.says("secret");
    let secret = json.hears_said("secret").id;
    away.hears_said("secret");
    let resume = away.resume();
    drop(away);
    ada.says("after");
    json.hears_said("after");
    let mut moderator = server.enters("mod1");
    moderator.hears_about("ada: secret");
    moderator.says("!recent lobby");
    let listed = moderator.hears_about("ada   secret");
    assert!(listed.contains(&secret.to_string()), "{listed}");
    ada.says(&format!("!delete lobby {secret}"));
    ada.hears_about("! there is no command `!delete`");
    moderator.says(&format!("!delete lobby {secret}"));
    ada.hears("* a message was removed");
    let deleted = json.hears_where("that it was deleted", |event| match event {
        Event::Deleted { room, id } => Some((room.to_string(), *id)),
        _ => None,
    });
    assert_eq!(deleted, ("lobby".to_owned(), secret));
    moderator.says(&format!("!delete lobby {secret}"));
    moderator.hears(&format!(
        "! there is no message {secret} in lobby, or not any more; `!recent lobby` lists the last ones"
    ));
    // A newcomer, in text and in JSON, reads a mark in its place.
    let mut late = server.connects();
    late.says("late");
    assert!(late.hears_about("was removed").ends_with("] * a message was removed"));
    late.hears_about("ada: after");
    let mut newcomer = server.connects_json();
    newcomer.asks(salotto_tests::json::hello("newcomer", &[], None));
    let entries = newcomer.entries_until("after");
    let in_its_place = entries.iter().find(|entry| entry.id == secret).map(|entry| &entry.what);
    assert_eq!(in_its_place, Some(&EntryKind::Removed));
    // Who has read it is told when it comes back.
    let mut back = server.connects_json();
    back.seen.extend(resume.rooms.clone());
    back.asks(salotto_tests::json::hello("away", &[], Some(resume)));
    back.hears_where("that it was deleted", |event| match event {
        Event::Deleted { id, .. } => (*id == secret).then_some(()),
        _ => None,
    });
    back.hears_said("after");
}

#[test]
fn an_operator_in_chat_is_told_what_was_done_and_may_write_to_the_console() {
    let folder = folder();
    let server = builder(&folder).open();
    let mut operator = server.enters("op1");
    smol::block_on(server.handle().set_role("op1", Role::Operator)).expect("they are here");
    for (line, answer) in [
        ("!open #den", "* den is open"),
        ("!close den", "* den is closed"),
        ("!msg host are you there?", "[op1 to host] are you there?"),
        ("!msg nobody hello", "! no user `nobody`; `!users` lists users"),
    ] {
        operator.says(line);
        operator.hears(answer);
    }
}

#[test]
fn who_is_outside_a_locked_room_is_not_told_to_join_it() {
    let folder = folder();
    let server = builder(&folder).open();
    let mut moderator = server.enters("mod1");
    let mut bob = server.enters("bob");
    moderator.says("!join staff");
    moderator.hears_about("you are in staff");
    bob.says("!leave staff");
    bob.hears("! you are not in `staff`; `!join staff` joins it");
    moderator.says("!lock staff");
    moderator.hears_about("staff is locked");
    bob.says("!leave staff");
    bob.hears("! you are not in `staff`");
}

#[test]
fn a_name_that_looks_like_an_address_is_nobodys_for_it_could_not_be_banned() {
    let folder = folder();
    let server = builder(&folder).open();
    let mut guest = server.connects();
    for name in ["10.0.0.7", "1.2.3", "１.2.3.4", "10.0.0.x"] {
        guest.says(name);
        guest.hears(&format!("! `{name}` looks like an address; choose another name"));
    }
    guest.says("v1.2");
    guest.hears_about("* you are in lobby with v1.2");
}

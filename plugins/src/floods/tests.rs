//! Floods as a server with people in it sees them, with `moderation` to mute and ban.

use std::time::{Duration, SystemTime};

use salotto::PluginSetup;
use salotto::testing::{Guest, TestServer};

use super::*;
use crate::common::testing::{ModeratedServer, leave, moderation, next_report};
use crate::parse_settings;

const MINUTE: Duration = Duration::from_secs(60);
/// Longer than the grace of the default.
const A_WHILE: Duration = Duration::from_secs(6);

fn open(floods: &str) -> ModeratedServer {
    let folder = tempfile::tempdir().unwrap();
    let floods = PluginSetup::new("floods").settings(floods);
    let moderation = moderation(&folder, "");
    ModeratedServer::open(folder, vec![floods, moderation])
}

/// What was done by the plugin, or for it, up to now.
fn done_by_floods(server: &ModeratedServer) -> Vec<String> {
    let actions = server.actions().into_iter();
    actions.filter(|action| action.by == "floods").map(|action| action.to_string()).collect()
}

/// Says so many things, all of which are heard.
fn say(guest: &Guest, name: &str, count: usize) {
    for number in 0..count {
        guest.types(&format!("line {number}"));
        guest.hears(&format!("{name}: line {number}"));
    }
}

const FEW: &str = "(messages: (burst: 3, per_minute: 1))";

#[test]
fn whoever_continues_is_warned_muted_disconnected_and_banned() {
    let server = open(FEW);
    let bob = server.enter_from("192.0.2.7", "bob");
    say(&bob, "bob", 3);
    bob.types("four");
    bob.hears("! too many messages at once; if you continue, you will be muted for 5m");
    // It is left to be heeded for a while, and nothing is sent meanwhile.
    bob.types("five");
    bob.hears("! too many messages at once; wait a little");
    server.server.step(A_WHILE);
    bob.types("six");
    bob.hears("* you are muted for 5m: too many messages at once");
    server.server.step(A_WHILE);
    // What the muted send counts too.
    bob.types("seven");
    assert_eq!(bob.hears_goodbye(), "* goodbye (kicked: too many messages at once)");
    // Another name does not help.
    let bob = server.enter_from("192.0.2.7", "bob2");
    server.server.step(MINUTE * 6);
    say(&bob, "bob2", 3);
    bob.types("eight");
    assert!(bob.hears_goodbye().starts_with("* goodbye (kicked by floods: banned for 1h"));
    assert!(server.refusal("198.51.100.1", "bob2").contains("you are banned"));
    assert_eq!(
        done_by_floods(&server),
        [
            "floods: warn bob (too many messages at once)",
            "floods: mute bob until 2026-01-01T00:05:06.000Z (too many messages at once)",
            "floods: kick bob (too many messages at once)",
            "floods: ban bob2 until 2026-01-01T01:06:12.000Z (too many messages at once)",
            "floods: kick bob2 (banned for 1h: too many messages at once)",
        ]
    );
}

#[test]
fn who_slows_down_is_let_be_and_in_time_all_is_forgotten() {
    let server = open(FEW);
    let bob = server.enter_from("192.0.2.7", "bob");
    say(&bob, "bob", 3);
    bob.types("four");
    bob.hears_about("if you continue, you will be muted");
    server.server.step(MINUTE);
    say(&bob, "bob", 1);
    server.server.step(MINUTE * 60 * 2);
    say(&bob, "bob", 3);
    bob.types("four");
    bob.hears_about("if you continue, you will be muted");
}

#[test]
fn ordinary_talk_passes_by_the_defaults_and_a_stream_without_an_end_does_not() {
    let server = open("");
    let ada = server.enter_from("192.0.2.1", "ada");
    // A pasted page at the rate that core lets through, then a quick talk of a quarter of an hour.
    for number in 0..30 {
        ada.types(&format!("{number}"));
        ada.hears(&format!("ada: {number}"));
        server.server.step(Duration::from_millis(if number < 10 { 0 } else { 500 }));
    }
    for number in 0..300 {
        server.server.step(Duration::from_secs(3));
        ada.types(&format!("{number}"));
        ada.hears(&format!("ada: {number}"));
    }
    let yes = server.enter_from("192.0.2.2", "yes");
    let mut said = 0;
    loop {
        yes.types(&format!("y {said}"));
        // What others have said is shown first.
        while !yes.hears_next().starts_with(['!', 'y']) {}
        if yes.transcript().last().is_some_and(|line| line.ends_with("muted for 5m")) {
            break;
        }
        said += 1;
        server.server.step(Duration::from_millis(if said < 10 { 0 } else { 500 }));
    }
    assert!((30..60).contains(&said), "{said}");
}

#[test]
fn a_clock_that_is_set_punishes_nobody_and_forgives_nobody() {
    let server = open("(messages: (burst: 3, per_minute: 60))");
    let bob = server.enter_from("192.0.2.7", "bob");
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    for set_to in [start - 120 * MINUTE, start + 120 * MINUTE] {
        say(&bob, "bob", 3);
        server.server.set_time(set_to.into());
        server.server.step(Duration::from_secs(3));
    }
    say(&bob, "bob", 3);
    server.server.set_time((start + 240 * MINUTE).into());
    bob.types("four");
    bob.hears_about("! too many messages at once; if you continue");
    assert_eq!(done_by_floods(&server).len(), 1);
}

#[test]
fn moderators_and_code_are_exempt() {
    let server = open(FEW);
    let moderator = server.enter_from("192.0.2.7", "mod1");
    say(&moderator, "mod1", 20);
    let bot = server.server.enter("bot");
    say(&bot, "bot", 20);
    assert_eq!(done_by_floods(&server), [""; 0]);
}

#[test]
fn names_and_rooms_are_counted_too() {
    let server = open(
        "(names: (burst: 2, per_minute: 1), joins: (burst: 3, per_minute: 1), steps: [Warn, Kick])",
    );
    let bob = server.enter_from("192.0.2.7", "bob");
    for name in ["b1", "b2"] {
        bob.types(&format!("!nick {name}"));
        bob.hears_about(name);
    }
    bob.types("!nick b3");
    bob.hears("! too many names at once; if you continue, you will be disconnected");
    // The room that everybody enters is the first.
    for room in ["one", "two"] {
        bob.types(&format!("!join {room}"));
        bob.hears_about(&format!("you are in {room}"));
    }
    server.server.step(A_WHILE);
    bob.types("!join three");
    assert_eq!(bob.hears_goodbye(), "* goodbye (kicked: too many rooms at once)");
}

#[test]
fn what_an_address_connects_too_often_is_refused_and_nothing_follows() {
    let server = open("(connections: (burst: 3, per_minute: 1))");
    for round in 0..3 {
        leave(server.enter_from("2001:db8:1:2::1", &format!("bob{round}")));
    }
    let refused = "too many connections at once from your address; wait a little";
    // From another address of the same customer.
    for _ in 0..9 {
        assert_eq!(server.refusal("2001:db8:1:2:ffff::9", "bob"), refused);
        server.server.step(A_WHILE);
    }
    server.server.step(MINUTE);
    server.enter_from("2001:db8:1:2::1", "bob");
    server.enter_from("2001:db8:1:3::1", "eve");
    assert_eq!(done_by_floods(&server), [""; 0]);
    // Hosts of a local network are not one, and this machine may.
    for host in 0..9 {
        server.enter_from(&format!("fd00::{host}:1"), &format!("fay{host}"));
        server.enter_from("127.0.0.1", &format!("carl{host}"));
    }
}

#[test]
fn in_a_class_behind_one_address_nobody_pays_for_another() {
    let server = open(FEW);
    let address = "192.0.2.7";
    let class: Vec<_> =
        (0..29).map(|pupil| server.enter_from(address, &format!("pupil{pupil}"))).collect();
    let bob = server.enter_from(address, "bob");
    say(&bob, "bob", 3);
    for next in ["muted", "* you are muted", "* goodbye (kicked"] {
        bob.types("and more");
        bob.hears_about(next);
        server.server.step(A_WHILE);
    }
    // A newcomer can speak, and a first paste of theirs is a first offence.
    let eve = server.enter_from(address, "eve");
    say(&eve, "eve", 3);
    eve.types("four");
    eve.hears("! too many messages at once; if you continue, you will be muted for 5m");
    say(&class[0], "pupil0", 3);
    // Bob himself goes on where he was, from wherever he comes.
    let bob = server.enter_from("198.51.100.9", "Bob");
    bob.types("five");
    assert!(bob.hears_goodbye().contains("banned for 1h"));
    server.enter_from(address, "carl");
}

#[test]
fn whoever_leaves_for_another_name_from_an_address_of_their_own_goes_on_where_they_were() {
    let server = open(FEW);
    let bob = server.enter_from("192.0.2.7", "bob");
    say(&bob, "bob", 3);
    bob.types("four");
    bob.hears_about("you will be muted");
    leave(bob);
    let other = server.enter_from("192.0.2.7", "other");
    say(&other, "other", 3);
    server.server.step(A_WHILE);
    other.types("four");
    other.hears_about("* you are muted for 5m");
    // Whoever renames takes the steps along, and does not leave them with the name.
    server.types("unmute other");
    other.types("!nick third");
    other.hears_about("third");
    server.server.step(A_WHILE);
    other.types("five");
    other.hears_goodbye();
    let heir = server.enter_from("198.51.100.1", "fourth");
    say(&heir, "fourth", 3);
    heir.types("four");
    heir.hears_about("you will be muted");
}

#[test]
fn coming_back_does_not_fill_the_bucket() {
    let server = open("(messages: (burst: 6, per_minute: 1))");
    for _ in 0..2 {
        let bob = server.enter_from("192.0.2.7", "bob");
        say(&bob, "bob", 3);
        leave(bob);
    }
    let bob = server.enter_from("198.51.100.1", "bob");
    bob.types("seven");
    bob.hears_about("! too many messages at once");
}

#[test]
fn names_and_reasons_cannot_change_what_is_done() {
    let server = open("(messages: (burst: 1, per_minute: 1), steps: [Ban(\"1h\")])");
    let victim = server.enter_from("198.51.100.9", "1h");
    let address = server.enter_from("192.0.2.7", "address");
    address.types("one");
    address.types("two");
    address.hears_goodbye();
    victim.types("still here");
    victim.hears("1h: still here");
    assert_eq!(
        done_by_floods(&server)[0],
        "floods: ban address until 2026-01-01T01:00:00.000Z (too many messages at once)"
    );
}

#[test]
fn the_address_is_banned_where_the_settings_say_so() {
    let server = open("(messages: (burst: 1, per_minute: 1), steps: [BanAddress(\"1h 30m\")])");
    let bob = server.enter_from("192.0.2.7", "bob");
    let eve = server.enter_from("127.0.0.1", "eve");
    for guest in [&bob, &eve] {
        guest.types("one");
        guest.types("two");
        guest.hears_goodbye();
    }
    server.refusal("192.0.2.7", "carl");
    // Not this machine, but the name.
    assert!(server.refusal("127.0.0.1", "eve").starts_with("you are banned"));
    server.enter_from("127.0.0.1", "dora");
}

#[test]
fn repetitions_and_capitals_are_filtered_only_when_asked_for() {
    let plain = open("");
    let bob = plain.enter_from("192.0.2.7", "bob");
    for _ in 0..6 {
        bob.types("BUY MY PILLS NOW");
        bob.hears("bob: BUY MY PILLS NOW");
    }
    let strict =
        open("(repeats: (times: 2, within: \"1m\"), capitals: (percent: 70, from: 8), steps: [])");
    let bob = strict.enter_from("192.0.2.7", "bob");
    for _ in 0..2 {
        bob.types("buy my pills");
        bob.hears("bob: buy my pills");
    }
    bob.types("buy my  pills");
    bob.hears("! the same text repeated; wait a little");
    bob.types("WHAT IS WRONG");
    bob.hears("! too many capital letters; wait a little");
    bob.types("what is wrong?");
    bob.hears("bob: what is wrong?");
}

#[test]
fn what_is_known_goes_on_when_the_settings_change() {
    let server = open(FEW);
    let bob = server.enter_from("192.0.2.7", "bob");
    say(&bob, "bob", 3);
    bob.types("four");
    bob.hears_about("if you continue, you will be muted");
    let more = PluginSetup::new("floods").settings("(messages: (burst: 3, per_minute: 2))");
    smol::block_on(server.server.handle().enable(more)).unwrap().unwrap();
    server.server.step(A_WHILE);
    bob.types("five");
    bob.hears_about("* you are muted for 5m");
}

#[test]
fn without_moderation_what_could_not_be_done_is_reported() {
    let floods = Floods::new(
        parse_settings("(messages: (burst: 1, per_minute: 1), steps: [Mute(\"1m\")])").unwrap(),
    );
    let server = TestServer::new().plugin("floods", floods);
    let mut reports = server.handle().watch();
    let bob = server.try_enter_from("192.0.2.7", "bob").unwrap();
    bob.types("one");
    bob.types("two");
    bob.hears_about("! too many messages at once");
    let report = next_report(&mut reports);
    assert!(
        report.starts_with("`mute duration=1m name=bob reason=too many messages at once` was"),
        "{report}"
    );
}

#[test]
fn a_mistake_in_the_settings_is_found_where_it_stands() {
    for (text, message) in [
        (
            "(messages: (burst: 0, per_minute: 1))",
            "a burst is at least 1; `None` removes the limit",
        ),
        (
            "(messages: (burst: 1, per_minute: 0))",
            "`0` a minute is not a rate; write more than 0, such as 30 or 0.5",
        ),
        ("(messages: (burst: 1))", "the field `per_minute` is missing"),
        ("(steps: [Mute(\"soon\")])", "`soon` is not a duration; write one such as 30m, 2h or 7d"),
        (
            "(steps: [Scold])",
            "unknown choice `Scold`; known choices: `Warn`, `Mute`, `Kick`, `Ban`, `BanAddress`",
        ),
        (
            "(capitals: (percent: 100, from: 3))",
            "`100` percent is never reached; write 0 to 99, or `None`",
        ),
        (
            "(repeats: (times: 0, within: \"1m\"))",
            "a text can be sent at least once; `None` allows repeats",
        ),
    ] {
        let error = parse_settings::<FloodSettings>(text).unwrap_err();
        let (_, problem) = error.split_once(": ").unwrap();
        assert_eq!(problem, message, "{error}");
        assert!(error.starts_with("1:"), "{error}");
    }
    let lifted: FloodSettings = parse_settings("(messages: None)").unwrap();
    assert_eq!(lifted.messages, None);
}

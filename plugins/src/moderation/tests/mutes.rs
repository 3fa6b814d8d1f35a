//! Who may not speak.

use std::time::SystemTime;

use super::*;

#[test]
fn who_is_muted_reads_but_does_not_speak() {
    let server = open("");
    let bob = server.server.enter("bob");
    let ada = server.server.enter("ada");
    let moderator = server.server.enter("mod1");
    moderator.types("!mute bob 10m calm down");
    moderator.hears("* bob is muted for 10m");
    bob.hears("* you are muted for 10m: calm down");
    for line in ["hello", "!me waves", "!msg ada hello"] {
        bob.types(line);
        bob.hears(
            "! you are muted for 10 more minutes (calm down); you can still write to a moderator",
        );
    }
    bob.types("!nick bobby");
    bob.hears("! you are muted for 10 more minutes (calm down); keep your name until then");
    bob.types("!msg mod1 sorry");
    moderator.hears("[bob to mod1] sorry");
    bob.types("!msg host sorry");
    bob.hears("[bob to host] sorry");
    ada.types("poor bob");
    bob.hears("ada: poor bob");
    server.server.step(Duration::from_secs(600));
    bob.types("I am back");
    ada.hears("bob: I am back");
    assert!(!ada.transcript().iter().any(|line| line.contains("waves") || line == "bob: hello"));
    assert_eq!(server.types("mutes"), "nobody is muted");
}

#[test]
fn a_mute_lasts_as_long_as_was_said_however_the_clock_is_set() {
    let server = open("");
    let bob = server.server.enter("bob");
    let moderator = server.server.enter("mod1");
    server.types("slow lobby 60");
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    for set_to in [start - 2 * HOUR, start + 24 * HOUR] {
        moderator.types("!mute bob 10m");
        bob.hears("* you are muted for 10m");
        server.server.set_time(set_to.into());
        bob.types("hello");
        bob.hears("! you are muted for 10 more minutes; you can still write to a moderator");
        server.server.step(Duration::from_secs(599));
        bob.types("hello");
        bob.hears("! you are muted for 1 more second; you can still write to a moderator");
        server.server.step(SECOND);
        assert_eq!(server.types("mutes"), "nobody is muted");
        bob.types("I am back");
        bob.hears("bob: I am back");
        server.server.set_time(start.into());
        bob.types("and again");
        bob.hears("! lobby is in slow mode; you can write again in 60s");
        server.server.step(Duration::from_secs(60));
    }
}

#[test]
fn a_mute_is_not_evaded_by_a_name_nor_by_coming_back() {
    let server = open("");
    let bob = server.enter_from("192.0.2.7", "bob");
    server.types("mute bob");
    leave(bob);
    let bob = server.enter_from("192.0.2.7", "bob2");
    bob.types("hello");
    bob.hears_about("! you are muted permanently");
    let elsewhere = server.enter_from("198.51.100.1", "B0B");
    elsewhere.types("hello");
    elsewhere.hears_about("! you are muted permanently");
    leave(bob);
    // Whom a moderator lets speak is somebody else.
    let dora = server.enter_from("192.0.2.7", "dora");
    assert_eq!(server.types("unmute dora"), "dora is no longer muted");
    dora.hears("* you are no longer muted");
    dora.types("hello");
    dora.hears("dora: hello");
    leave(dora);
    let dora = server.enter_from("192.0.2.7", "dora");
    dora.types("hello again");
    dora.hears("dora: hello again");
    leave(dora);
    let bob = server.enter_from("192.0.2.7", "bob3");
    bob.types("hello");
    bob.hears_about("! you are muted");
    assert_eq!(server.types("unmute bob"), "bob is no longer muted");
    for guest in [&bob, &elsewhere] {
        guest.types("free");
        guest.hears_about(": free");
    }
}

#[test]
fn who_shares_an_address_with_the_muted_and_others_is_not_muted() {
    let server = open("");
    let bob = server.enter_from("192.0.2.7", "bob");
    let classmate = server.enter_from("192.0.2.7", "carl");
    server.types("mute bob");
    for pupil in ["dora", "eve"] {
        let newcomer = server.enter_from("192.0.2.7", pupil);
        newcomer.types("hello");
        newcomer.hears(&format!("{pupil}: hello"));
    }
    classmate.types("hello");
    classmate.hears("carl: hello");
    bob.types("hello");
    bob.hears_about("! you are muted");
}

#[test]
fn last_words_are_words() {
    let server = open("");
    let ada = server.server.enter("ada");
    let bob = server.server.enter("bob");
    server.types("mute bob");
    let carl = server.server.enter("carl");
    bob.types("!quit buy my pills");
    assert_eq!(bob.hears_goodbye(), "* goodbye (quit)");
    carl.types("!quit see you");
    assert_eq!(carl.hears_goodbye(), "* goodbye (quit: see you)");
    ada.types("end");
    ada.hears("ada: end");
}

#[test]
fn who_only_shares_an_address_with_the_muted_may_speak_as_a_moderator() {
    let server = open("");
    let _bob = server.enter_from("192.0.2.7", "bob");
    server.types("mute bob");
    let moderator = server.enter_from("192.0.2.7", "mod1");
    moderator.types("hello");
    moderator.hears("mod1: hello");
    server.types("mute mod1");
    moderator.types("hello?");
    moderator.hears_about("! you are muted permanently");
}

#[test]
fn addresses_are_left_alone_where_the_settings_say_so() {
    let server = open("mute_addresses: false");
    let _bob = server.enter_from("192.0.2.7", "bob");
    server.types("mute bob");
    let carl = server.enter_from("192.0.2.7", "carl");
    carl.types("hello");
    carl.hears("carl: hello");
}

#[test]
fn a_plugin_that_is_switched_off_and_on_goes_on_where_it_was() {
    let server = open("");
    let bob = server.server.enter("bob");
    server.types("mute bob 2h loud");
    server.types("slow lobby 10");
    server.types("open dev");
    server.types("lock dev");
    server.types("plugins disable moderation");
    bob.types("free");
    bob.hears("bob: free");
    server.server.step(HOUR);
    server.types("plugins enable moderation");
    bob.types("hello");
    bob.hears_about("! you are muted for 1 more hour (loud)");
    bob.types("!join dev");
    bob.hears_about("! `dev` is locked");
    server.server.step(HOUR + SECOND);
    bob.types("over");
    bob.hears("bob: over");
    bob.types("and slow");
    bob.hears_about("! lobby is in slow mode");
}

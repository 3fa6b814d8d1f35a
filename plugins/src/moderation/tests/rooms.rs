//! Slow rooms, and rooms for the invited.

use super::*;

#[test]
fn in_a_slow_room_everybody_waits_but_moderators() {
    let server = open("");
    let ada = server.server.enter("ada");
    let bob = server.server.enter("bob");
    let moderator = server.server.enter("mod1");
    moderator.types("!slow lobby 10");
    ada.hears("* slow mode is on: one message every 10s from each member");
    ada.types("one");
    bob.types("two");
    ada.hears("bob: two");
    server.server.step(SECOND);
    ada.types("three");
    ada.hears("! lobby is in slow mode; you can write again in 9s");
    ada.types("!join dev");
    ada.hears_about("you are in dev");
    for text in ["fast", "elsewhere"] {
        ada.types(text);
        ada.hears_about(text);
    }
    for text in ["I", "may"] {
        moderator.types(text);
        bob.hears(&format!("mod1: {text}"));
    }
    server.server.step(SECOND * 9);
    ada.types("!join lobby");
    ada.types("three");
    bob.hears("ada: three");
    moderator.types("!slow lobby 0");
    bob.hears("* slow mode is off");
    for text in ["quick", "and quicker"] {
        ada.types(text);
        bob.hears(&format!("ada: {text}"));
    }
}

#[test]
fn slow_mode_is_not_evaded_by_coming_back_nor_by_a_name_nor_with_last_words() {
    let server = open("");
    let ada = server.enter_from("192.0.2.1", "ada");
    let bob = server.enter_from("192.0.2.7", "bob");
    server.types("slow lobby 10");
    bob.types("one");
    bob.hears("bob: one");
    bob.types("!nick bobby");
    bob.hears_about("bobby");
    bob.types("two");
    bob.hears_about("! lobby is in slow mode");
    bob.types("!quit and three");
    assert_eq!(bob.hears_goodbye(), "* goodbye (quit)");
    for (address, name) in [("198.51.100.1", "bob"), ("198.51.100.2", "B0B"), ("192.0.2.7", "eve")]
    {
        let back = server.enter_from(address, name);
        back.types("four");
        back.hears_about("! lobby is in slow mode");
        leave(back);
    }
    server.server.step(SECOND * 10);
    let back = server.enter_from("192.0.2.7", "eve");
    back.types("five");
    ada.hears("eve: five");
    // Somebody else from there waits for nobody else.
    let carl = server.enter_from("192.0.2.7", "carl");
    carl.types("six");
    ada.hears("carl: six");
}

#[test]
fn a_locked_room_is_for_moderators_and_the_invited() {
    let server = open("");
    let ada = server.server.enter("ada");
    let bob = server.server.enter("bob");
    let carl = server.server.enter("carl");
    let moderator = server.server.enter("mod1");
    ada.types("!join dev");
    ada.hears_about("you are in dev");
    server.types("topic dev secrets");
    moderator.types("!lock dev");
    moderator.hears("* dev is locked; `!invite NAME dev` invites a user");
    bob.types("!join DEV");
    bob.hears("! `dev` is locked; ask a moderator to invite you");
    moderator.types("!join dev");
    moderator.hears_about("you are in dev");
    // The room it is typed in.
    moderator.types("!invite bob");
    bob.hears("* mod1 invites you to dev: `!join dev`");
    bob.types("!join dev");
    bob.hears_about("you are in dev");
    // Who was inside may come back.
    ada.types("!leave dev");
    ada.types("!join dev");
    ada.hears_about("you are in dev");
    carl.types("!join dev");
    carl.hears_about("! `dev` is locked");
    moderator.types("!unlock");
    moderator.hears_about("open to everybody again");
    carl.types("!join dev");
    carl.hears_about("you are in dev");
    assert_eq!(
        done(&server)[1..],
        ["mod1: lock in dev", "mod1: invite bob in dev", "mod1: unlock in dev"]
    );
}

#[test]
fn a_room_may_be_locked_from_the_start_and_who_is_kicked_is_invited_no_more() {
    let server = open("invite_only: [\"staff\"]");
    let bob = server.server.enter("bob");
    bob.types("!join staff");
    bob.hears_about("! `staff` is locked");
    server.types("invite bob staff");
    bob.types("!join staff");
    bob.hears_about("you are in staff");
    server.types("kick bob");
    bob.hears_goodbye();
    // The room has closed with him, and stays locked.
    let bob = server.server.enter("bob");
    bob.types("!join staff");
    bob.hears_about("! `staff` is locked");
    assert_eq!(server.types("unlock staff"), "staff is open to everybody again");
    bob.types("!join staff");
    bob.hears_about("you are in staff");
}

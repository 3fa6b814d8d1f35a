//! What holds in one room, as a server with people in it sees it.

use salotto::PluginSetup;
use salotto::testing::Guest;
use tempfile::TempDir;

use crate::common::testing::{ModeratedServer, moderation};

fn open(settings: &str) -> ModeratedServer {
    open_with(settings, tempfile::tempdir().unwrap())
}

fn open_with(settings: &str, folder: TempDir) -> ModeratedServer {
    let rooms = PluginSetup::new("rooms").settings(format!("({settings})"));
    let moderation = moderation(&folder, "");
    ModeratedServer::open(folder, vec![rooms, moderation])
}

/// Somebody comes and joins rooms.
fn in_room(server: &ModeratedServer, name: &str, room: &str) -> Guest {
    let guest = server.server.enter(name);
    guest.types(&format!("!join {room}"));
    guest.hears_about(&format!("you are in {room}"));
    guest
}

#[test]
fn who_opens_a_room_keeps_order_there_and_nowhere_else() {
    let server = open("");
    let ada = in_room(&server, "ada", "dev");
    let bob = in_room(&server, "bob", "dev");
    bob.types("!topic dev mine");
    bob.hears("! only moderators set the topic of `dev`");
    bob.types("!remove dev ada");
    bob.hears_about("! there is no command `!remove`");
    ada.types("!topic dev what we build");
    bob.hears_about("what we build");
    ada.types("!remove lobby bob");
    ada.hears("! only a moderator of that room can do this");
    ada.types("!kick bob");
    ada.hears_about("! there is no command `!kick`");
    ada.types("!remove dev bob too loud");
    bob.hears_about("you are out of dev");
    ada.types("!help remove");
    ada.hears_about("needs the role moderator, on the server or in the room");
    // What a room had is over with it.
    ada.types("!leave dev");
    ada.hears_about("you are out of dev");
    ada.types("!remove lobby bob");
    ada.hears_about("! there is no command `!remove`");
}

#[test]
fn a_room_that_the_operator_opened_or_the_settings_list_has_no_founder() {
    let server = open("");
    server.types("open news");
    for room in ["news", "lobby"] {
        let guest = server.server.enter(&format!("guest-of-{room}"));
        guest.types(&format!("!join {room}"));
        guest.hears_about(&format!("you are in {room}"));
        guest.types(&format!("!hush {room} on"));
        guest.hears_about("! there is no command `!hush`");
    }
}

#[test]
fn the_operator_can_do_without_founders_or_keep_single_commands_from_them() {
    let server = open("founders: false");
    let ada = in_room(&server, "ada", "dev");
    ada.types("!op ada dev");
    ada.hears_about("! there is no command `!op`");
    assert_eq!(server.types("op ada dev"), "ada moderates dev now");
    ada.hears("* host made you a moderator of dev");
    ada.types("!room limit dev 5");
    ada.hears_about("at most 5 may be in dev now");
    let server = open("not_for_founders: [\"lock\"]");
    let ada = in_room(&server, "ada", "dev");
    ada.types("!lock dev");
    ada.hears("! `lock` is for moderators of the server");
    ada.types("!hush dev on");
    ada.hears_about("only moderators speak in dev now");
    let moderator = server.server.enter("mod1");
    moderator.types("!lock dev");
    moderator.hears_about("dev is locked");
}

#[test]
fn the_right_is_passed_on_and_taken_away_and_goes_with_the_person_not_the_name() {
    let server = open("");
    let (ada, bob) = (in_room(&server, "ada", "dev"), in_room(&server, "bob", "dev"));
    let moderator = in_room(&server, "mod1", "dev");
    ada.types("!op bob");
    bob.hears("* ada made you a moderator of dev");
    ada.types("!nick countess");
    ada.hears("* your name is countess");
    ada.types("!op bob");
    ada.hears("! bob moderates dev already");
    bob.types("!deop countess");
    ada.hears("* you are no moderator of dev any more");
    let eve = server.server.enter("ada");
    eve.types("!hush dev on");
    eve.hears_about("! there is no command `!hush`");
    ada.types("!hush dev on");
    ada.hears_about("! there is no command `!hush`");
    bob.types("!deop mod1");
    bob.hears("! mod1 is a moderator of the server");
    bob.types("!remove dev mod1");
    bob.hears_about("! mod1 is a moderator as you are");
    moderator.types("!deop bob");
    bob.hears("* you are no moderator of dev any more");
}

#[test]
fn who_has_a_voice_speaks_in_a_hushed_room() {
    let server = open("");
    let (ada, bob) = (in_room(&server, "ada", "dev"), in_room(&server, "bob", "dev"));
    ada.types("!hush dev on");
    ada.hears_about("only moderators speak in dev now");
    ada.types("I may");
    bob.hears_about("ada: I may");
    bob.types("and I");
    bob.hears_about("! only moderators speak in dev at the moment");
    ada.types("!voice bob");
    bob.hears("* ada gave you a voice in dev");
    bob.types("now I do");
    ada.hears_about("bob: now I do");
    ada.types("!devoice bob");
    bob.hears("* you have no voice in dev any more");
    bob.types("no more");
    bob.hears_about("! only moderators speak in dev at the moment");
}

#[test]
fn a_ban_from_a_room_holds_for_the_person_until_it_is_over_and_exceptions_are_made() {
    let server = open("");
    let (ada, bob) = (in_room(&server, "ada", "dev"), in_room(&server, "bob", "dev"));
    ada.types("!room ban dev bob 1h spam");
    ada.hears(
        "* bob is banned from dev for 1h, and can only read; `!remove dev bob` sends them out",
    );
    bob.types("hello?");
    bob.hears_about("! you are banned from `dev` until");
    bob.types("!nick robert");
    bob.hears("* your name is robert");
    bob.types("hello?");
    bob.hears_about("! you are banned from `dev` until");
    bob.types("!leave dev");
    bob.hears_about("you are out of dev");
    bob.types("!join dev");
    bob.hears_about("! you are banned from `dev` until");
    ada.types("!room except dev robert");
    ada.hears_about("no ban of dev means robert");
    bob.types("!join dev");
    bob.hears_about("you are in dev");
    ada.types("!room unexcept dev robert");
    ada.hears_about("no more");
    bob.types("hello?");
    bob.hears_about("! you are banned from `dev` until");
    server.server.step(std::time::Duration::from_secs(3601));
    bob.types("at last");
    ada.hears_about("robert: at last");
}

#[test]
fn a_ban_is_of_a_pattern_or_an_address_and_never_of_half_of_the_internet() {
    let server = open("");
    let ada = in_room(&server, "ada", "dev");
    ada.types("!room ban dev spam*");
    ada.hears_about("spam* is banned from dev permanently");
    ada.types("!room ban dev 10.0.0.0/16");
    ada.hears_about("10.0.0.0/16 is banned from dev permanently");
    ada.types("!room ban dev 10.0.0.0/2");
    ada.hears_about("is too wide for a moderator");
    ada.types("!room ban dev 10.0.0.300");
    ada.hears_about("! `10.0.0.300` is no address");
    for (address, name, is_let_in) in [
        ("192.0.2.7", "spammer", false),
        ("10.0.4.7", "carl", false),
        ("192.0.2.7", "dora", true),
        ("10.0.4.7", "mod1", true),
    ] {
        let guest = server.enter_from(address, name);
        guest.types("!join dev");
        match is_let_in {
            true => drop(guest.hears_about("you are in dev")),
            false => drop(guest.hears_about("! you are banned from `dev`")),
        }
    }
    ada.types("!room bans dev");
    ada.hears_about("spam*");
    ada.types("!room unban dev spam*");
    ada.hears_about("spam* is on that list of dev no more");
    ada.types("!room unban dev spam*");
    ada.hears("! `spam*` is not on that list; `!room bans dev` shows it");
}

#[test]
fn a_key_and_a_limit_keep_out_and_those_who_were_inside_keep_order_still() {
    let server = open("");
    let ada = in_room(&server, "ada", "dev");
    let bob = server.server.enter("bob");
    bob.types("!join dev room");
    bob.hears("! room names have no spaces; try `dev_room`");
    ada.types("!room key dev swordfish");
    ada.hears_about("dev has a key now");
    for (line, answer) in [
        ("!join dev", "! `dev` has a key; give it after the name of the room"),
        ("!join dev sword", "! that is not the key of `dev`"),
        ("!join dev swordfish", "* you are in dev"),
    ] {
        bob.types(line);
        bob.hears_about(answer);
    }
    ada.types("!room limit dev 2");
    ada.hears_about("at most 2 may be in dev now");
    let carl = server.server.enter("carl");
    carl.types("!join dev swordfish");
    carl.hears_about("! `dev` is full");
    let moderator = server.server.enter("mod1");
    moderator.types("!join dev");
    moderator.hears_about("you are in dev");
    assert!(
        !ada.transcript().join("\n").replace("!room key dev swordfish", "").contains("swordfish")
    );
    ada.types("!room unkey dev");
    ada.hears_about("dev has no key any more");
    ada.types("!room limit dev 0");
    ada.hears_about("dev has no limit");
    carl.types("!join dev");
    carl.hears_about("you are in dev");
}

#[test]
fn a_hidden_room_is_told_of_to_nobody_outside_and_unlocking_does_not_show_it() {
    let server = open("");
    let ada = in_room(&server, "ada", "dev");
    let bob = server.server.enter("bob");
    for line in ["!room hide dev on", "!lock dev", "!unlock dev"] {
        ada.types(line);
        ada.hears_about("dev");
    }
    bob.types("!who dev");
    bob.hears_about("! `dev` is locked");
    ada.types("!room hide dev off");
    ada.hears_about("everybody is told of dev again");
    bob.types("!who dev");
    bob.hears("* 1 in dev: ada");
}

#[test]
fn who_is_admitted_joins_a_locked_room_and_everybody_sets_an_open_topic() {
    let server = open("");
    let ada = in_room(&server, "ada", "dev");
    ada.types("!lock dev");
    ada.hears_about("dev is locked");
    ada.types("!room admit dev b*");
    ada.hears_about("b* can join dev also while it is locked");
    let (bob, carl) = (in_room(&server, "bob", "dev"), server.server.enter("carl"));
    carl.types("!join dev");
    carl.hears_about("! `dev` is locked");
    ada.types("!room topic dev everybody");
    ada.hears_about("everybody may set the topic of dev now");
    bob.types("!topic dev ours");
    ada.hears_about("ours");
    carl.types("!topic dev mine");
    carl.hears("! only moderators set the topic of `dev`");
    ada.types("!room");
    ada.hears("* topic       everybody");
    ada.types("!help room");
    ada.hears("* !room key ROOM KEY");
}

#[test]
fn a_room_that_closes_is_another_one_when_it_is_opened_again() {
    let server = open("");
    let ada = in_room(&server, "ada", "dev");
    ada.types("!room key dev swordfish");
    ada.hears_about("dev has a key now");
    ada.types("!room ban dev bob");
    ada.hears_about("bob is banned");
    ada.types("!leave dev");
    ada.hears_about("you are out of dev");
    let bob = in_room(&server, "bob", "dev");
    bob.types("!room limit dev 3");
    bob.hears_about("at most 3 may be in dev now");
}

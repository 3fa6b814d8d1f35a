//! Moderation as a house with people in it sees it.

use std::fs;
use std::path::PathBuf;

use salotto::{PluginSetup, Server};
use tempfile::TempDir;

use super::*;
use crate::testing::{House, PATIENCE, leave, moderation, next_report};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

fn open(more: &str) -> House {
    open_in(tempfile::tempdir().unwrap(), more)
}

fn open_in(folder: TempDir, more: &str) -> House {
    let setup = moderation(&folder, more);
    House::open(folder, vec![setup])
}

/// Closes a house and opens another on the same file.
fn restart(house: House) -> House {
    house.house.stop();
    open_in(house.folder, "")
}

fn reload(house: &House) {
    let handle = house.house.handle();
    let settings = (*handle.settings()).clone();
    smol::block_on(handle.apply(settings, None)).unwrap();
}

fn file(house: &House) -> PathBuf {
    house.folder.path().join("bans.ron")
}

/// Waits until the file says something, or does not any more.
fn wait_for_the_file(house: &House, part: &str, is_there: bool) {
    let started = std::time::Instant::now();
    loop {
        let text = fs::read_to_string(file(house)).unwrap_or_default();
        if text.contains(part) == is_there {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "{part:?} in {text}: {}", !is_there);
        std::thread::yield_now();
    }
}

/// A house whose bans are in a folder that is not there, and where that would be.
fn open_without_a_folder() -> (House, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state/bans.ron");
    let setup = PluginSetup::new("moderation").settings(format!("(bans: {path:?})"));
    (House::open(folder, vec![setup]), path)
}

/// What was recorded up to now, but for what the house itself does.
fn done(house: &House) -> Vec<String> {
    let actions = house.actions().into_iter();
    let by_itself = ["enable", "replace", "role", "reload"];
    let done = actions.filter(|action| !by_itself.contains(&action.what.as_str()));
    done.map(|action| action.to_string()).collect()
}

#[test]
fn who_is_banned_is_sent_out_and_does_not_come_back_in_whatever_letters() {
    let house = open("");
    let bob = house.house.enter("bob");
    assert_eq!(house.types("ban BOB 2h flooding"), "bob is banned for 2h");
    assert_eq!(bob.hears_goodbye(), "* goodbye (kicked by host: banned for 2h: flooding)");
    for name in ["bob", "B0B", "bоb"] {
        let refusal = house.refusal("192.0.2.1", name);
        let end = "is banned for another 2h (flooding); choose another";
        assert!(refusal.ends_with(end), "{refusal}");
    }
    house.house.enter("bobby");
    let ada = house.house.enter("ada");
    ada.types("!nick bob");
    ada.hears_about("! the name `bob` is banned for another 2h (flooding)");
    assert_eq!(
        done(&house),
        [
            "host: ban bob until 2026-01-01T02:00:00.000Z (flooding)",
            "host: kick bob (banned for 2h: flooding)"
        ]
    );
}

#[test]
fn a_ban_is_over_when_its_time_is_and_is_dropped() {
    let house = open("");
    assert_eq!(house.types("ban bob 2h"), "nobody here is called `bob`; the name is banned for 2h");
    wait_for_the_file(&house, "bob", true);
    house.house.step(HOUR);
    assert!(house.refusal("192.0.2.1", "bob").contains("for another 1h;"));
    house.house.step(HOUR + SECOND);
    house.house.enter("bob");
    assert_eq!(house.types("bans"), "nobody is banned");
    wait_for_the_file(&house, "bob", false);
}

#[test]
fn an_address_or_a_network_keeps_out_everybody_behind_it() {
    let house = open("");
    let _bob = house.enter_from("192.0.2.7", "bob");
    let eve = house.enter_from("192.0.2.8", "eve");
    let ada = house.enter_from("198.51.100.1", "ada");
    assert_eq!(
        house.types("ban 192.0.2.0/24 forever 3 warnings"),
        "192.0.2.0/24 is banned for good; 2 people were sent out"
    );
    assert_eq!(eve.hears_goodbye(), "* goodbye (kicked by host: banned for good: 3 warnings)");
    assert_eq!(house.refusal("192.0.2.99", "carl"), "your address is banned for good (3 warnings)");
    house.enter_from("192.0.3.1", "carl");
    ada.types("still here");
    ada.hears("ada: still here");
    assert_eq!(
        house.types("unban 192.0.2.7"),
        "! `192.0.2.7` is banned with all of 192.0.2.0/24; `unban 192.0.2.0/24`"
    );
    assert_eq!(house.types("unban 192.0.2.0/24"), "192.0.2.0/24 may come in again");
    house.enter_from("192.0.2.7", "bob");
}

#[test]
fn the_address_of_somebody_is_banned_only_when_that_is_said() {
    let house = open("");
    let bob = house.enter_from("192.0.2.7", "bob");
    let classmate = house.enter_from("192.0.2.7", "carl");
    assert_eq!(house.types("ban bob"), "bob is banned for good");
    bob.hears_goodbye();
    classmate.types("hello");
    classmate.hears("carl: hello");
    let bob = house.enter_from("192.0.2.7", "bob2");
    assert_eq!(
        house.types("ban address bob2 1h"),
        "bob2 (192.0.2.7) is banned for 1h; 2 people were sent out"
    );
    bob.hears_goodbye();
    classmate.hears_goodbye();
    // The name is banned with it, wherever it comes from.
    assert!(house.refusal("198.51.100.1", "bob2").contains("the name `bob2` is banned"));
    assert_eq!(house.types("unban bob2"), "bob2 (192.0.2.7) may come in again");
    house.enter_from("192.0.2.7", "carl");
}

#[test]
fn of_ipv6_the_network_of_a_customer_is_banned() {
    let house = open("");
    let _bob = house.enter_from("2001:db8:1:2::7", "bob");
    assert!(house.types("ban address bob").starts_with("bob (2001:db8:1:2::/64) is banned"));
    house.refusal("2001:db8:1:2:ffff::1", "eve");
    house.enter_from("2001:db8:1:3::1", "eve");
}

#[test]
fn nobody_bans_this_machine_by_accident() {
    let house = open("");
    let _bob = house.enter_from("127.0.0.1", "bob");
    let _bot = house.house.enter("bot");
    assert!(house.types("ban address bob").starts_with("! bob comes from this machine itself;"));
    assert!(house.types("ban address bot").starts_with("! bot has no address"));
    assert!(house.types("ban address eve").starts_with("! nobody here is called `eve`"));
    assert!(house.types("ban 0.0.0.0/0").starts_with("! `0.0.0.0/0` is everybody"));
    assert!(house.types("ban host").starts_with("! `host` is the host"));
    assert_eq!(house.types("bans"), "nobody is banned");
}

#[test]
fn a_name_that_is_an_address_is_nobodys() {
    let house = open("");
    assert_eq!(
        house.refusal("192.0.2.1", "10.0.0.7"),
        "`10.0.0.7` is an address; choose another name"
    );
}

#[test]
fn what_cannot_be_meant_is_said_with_what_could() {
    let house = open("");
    for (line, answer) in [
        ("ban", "! WHO is missing; usage: ban WHO [DURATION] [REASON]"),
        (
            "ban bob 2x",
            "! `2x` is no length of time; write one such as 30m, 2h or 7d, or `forever` before the reason",
        ),
        (
            "ban bob 0s",
            "! `0s` is too short; write a length of time such as 30m, 2h or 7d, or `forever` before the reason",
        ),
        ("ban b:b", "! `b:b` is no address; write one such as 192.0.2.7 or 10.0.0.0/8"),
        ("ban \"b b\"", "! `b b` is nobody: a name cannot contain spaces; try `b_b`"),
        ("unban bob", "! `bob` is not banned; `bans` lists those who are"),
        ("unmute bob", "! `bob` is not muted; `mutes` lists those who are"),
        ("mutes", "nobody is muted"),
        ("slow nowhere 3", "! there is no room `nowhere`; open it first, or check its name"),
        ("slow lobby fast", "! SECONDS is `fast`, not a number; usage: slow ROOM SECONDS"),
        ("slow lobby 100000", "! a pause has at most 86400 seconds; `lock` keeps people out"),
        ("lock", "! name a room"),
        ("unlock lobby", "! lobby is not locked"),
        ("invite bob lobby", "! lobby is not locked, so bob may come in as everybody may"),
    ] {
        assert_eq!(house.types(line), answer, "{line}");
    }
    assert_eq!(
        house.types("ban bob no more of this"),
        "nobody here is called `bob`; the name is banned for good"
    );
    assert!(house.types("bans").ends_with("bob            for good  host  no more of this"));
}

#[test]
fn nobody_acts_against_somebody_of_the_same_role_or_a_higher_one() {
    let house = open("");
    let moderator = house.enter_from("192.0.2.1", "mod1");
    let _other = house.enter_from("192.0.2.2", "mod2");
    let _operator = house.enter_from("192.0.2.2", "op1");
    let bob = house.enter_from("192.0.2.3", "bob");
    for (line, answer) in [
        ("!ban mod2", "! mod2 is a moderator as you are; ask the host"),
        ("!ban mod1", "! that would be yourself"),
        ("!ban op1", "! op1 is an operator; ask the host"),
        ("!mute mod2", "! mod2 is a moderator as you are; ask the host"),
        ("!unmute mod1", "! nobody unmutes themselves; ask another"),
        ("!ban 192.0.0.0/16", "! that would be yourself"),
        ("!ban 192.0.2.2", "! mod2 is a moderator as you are; ask the host"),
    ] {
        moderator.types(line);
        moderator.hears(answer);
    }
    bob.types("!ban mod1");
    bob.hears_about("! there is no command `!ban`");
    moderator.types("!ban bob 10m");
    moderator.hears("* bob is banned for 10m");
    assert_eq!(bob.hears_goodbye(), "* goodbye (kicked by mod1: banned for 10m)");
    // The console may.
    assert_eq!(house.types("ban op1"), "op1 is banned for good");
}

#[test]
fn bans_outlive_the_house() {
    let house = open("");
    assert!(!file(&house).exists());
    house.types("ban bob 2h flooding");
    house.types("ban 192.0.2.0/24");
    let house = restart(house);
    assert!(house.refusal("198.51.100.1", "bob").contains("for another 2h (flooding)"));
    house.refusal("192.0.2.7", "eve");
    house.types("unban bob");
    let house = restart(house);
    house.enter_from("198.51.100.1", "bob");
    house.refusal("192.0.2.7", "eve");
}

#[test]
fn a_broken_file_refuses_the_start_and_the_reload_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let broken = "[\n    (name: \"bob\"),\n    (nam: \"eve\"),\n]";
    fs::write(folder.path().join("bans.ron"), broken).unwrap();
    let builder = Server::builder().catalog(crate::catalog()).listen(Vec::<String>::new());
    let error = builder.enable(moderation(&folder, "")).start().err().unwrap().to_string();
    let place =
        format!("{}:3:6: there is no field `nam`", folder.path().join("bans.ron").display());
    assert!(error.contains(&place), "{error}");

    let house = open("");
    house.types("ban bob");
    wait_for_the_file(&house, "bob", true);
    fs::write(file(&house), broken).unwrap();
    let handle = house.house.handle();
    let settings = (*handle.settings()).clone();
    let plugins = vec![moderation(&house.folder, "")];
    let error = smol::block_on(handle.apply(settings, Some(plugins))).unwrap_err().to_string();
    assert!(error.contains(":3:6: there is no field `nam`"), "{error}");
    // What is done meanwhile holds, and is kept when the file is whole again.
    house.types("ban carl");
    let report = next_report(&house.reports);
    assert!(report.contains(":3:6: there is no field `nam`"), "{report}");
    assert_eq!(fs::read_to_string(file(&house)).unwrap(), broken);
    house.refusal("192.0.2.1", "bob");
    house.refusal("192.0.2.1", "carl");
    fs::write(file(&house), broken.replace("nam:", "name:")).unwrap();
    house.house.step(Duration::from_secs(5));
    wait_for_the_file(&house, "carl", true);
    assert!(next_report(&house.reports).ends_with("again"));
    house.refusal("192.0.2.1", "eve");
}

#[test]
fn what_an_editor_changes_is_taken_over_by_a_reload() {
    let house = open("");
    house.types("ban bob");
    wait_for_the_file(&house, "bob", true);
    let eve = house.house.enter("eve");
    fs::write(file(&house), "[(name: \"eve\", why: \"by hand\")]").unwrap();
    reload(&house);
    assert_eq!(eve.hears_goodbye(), "* goodbye (kicked: banned for good (by hand))");
    house.house.enter("bob");
    // Without a reload, what the house writes next does not undo it either.
    fs::write(file(&house), "[(name: \"carl\")]").unwrap();
    house.types("ban bob");
    wait_for_the_file(&house, "bob", true);
    wait_for_the_file(&house, "carl", true);
}

#[test]
fn a_file_that_cannot_be_written_is_reported_and_tried_again_and_the_ban_holds() {
    let (house, path) = open_without_a_folder();
    let inner = path.parent().unwrap().to_owned();
    house.types("ban bob");
    let report = next_report(&house.reports);
    let advice = format!("create the folder `{}`; until then the new bans hold", inner.display());
    assert!(report.contains(&advice), "{report}");
    house.refusal("192.0.2.1", "bob");
    house.types("ban eve");
    house.house.step(Duration::from_secs(5));
    fs::create_dir(&inner).unwrap();
    // That try may end only now, and then sets the time of the next one.
    let started = std::time::Instant::now();
    while !path.exists() {
        assert!(started.elapsed() < PATIENCE, "it is not tried again");
        house.house.step(Duration::from_secs(5));
    }
    // One report for all the tries that failed, and one for the one that did not.
    let report = next_report(&house.reports);
    assert_eq!(report, format!("the bans are kept in `{}` again", path.display()));
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("bob") && text.contains("eve"), "{text}");
}

#[test]
fn bans_that_could_not_be_kept_are_named_when_the_house_closes() {
    let (house, _) = open_without_a_folder();
    house.types("ban bob");
    assert!(next_report(&house.reports).contains("cannot write the bans"));
    house.house.stop();
    assert!(next_report(&house.reports).ends_with("not kept are the bans of bob"));
}

#[test]
fn who_is_muted_reads_but_does_not_speak() {
    let house = open("");
    let bob = house.house.enter("bob");
    let ada = house.house.enter("ada");
    let moderator = house.house.enter("mod1");
    moderator.types("!mute bob 10m calm down");
    moderator.hears("* bob is muted for 10m");
    bob.hears("* you are muted for 10m: calm down");
    for line in ["hello", "!me waves", "!msg ada hello"] {
        bob.types(line);
        bob.hears(
            "! you are muted for another 10m (calm down); you can still write to a moderator",
        );
    }
    bob.types("!nick bobby");
    bob.hears("! you are muted for another 10m (calm down); keep your name until then");
    bob.types("!msg mod1 sorry");
    moderator.hears("[bob to mod1] sorry");
    bob.types("!msg host sorry");
    bob.hears("[bob to host] sorry");
    ada.types("poor bob");
    bob.hears("ada: poor bob");
    house.house.step(Duration::from_secs(600));
    bob.types("I am back");
    ada.hears("bob: I am back");
    assert!(!ada.transcript().iter().any(|line| line.contains("waves") || line == "bob: hello"));
    assert_eq!(house.types("mutes"), "nobody is muted");
}

#[test]
fn a_mute_is_not_evaded_by_a_name_nor_by_coming_back() {
    let house = open("");
    let bob = house.enter_from("192.0.2.7", "bob");
    let classmate = house.enter_from("192.0.2.7", "carl");
    house.types("mute bob");
    leave(bob);
    let bob = house.enter_from("192.0.2.7", "bob2");
    bob.types("hello");
    bob.hears_about("! you are muted for good");
    let elsewhere = house.enter_from("198.51.100.1", "B0B");
    elsewhere.types("hello");
    elsewhere.hears_about("! you are muted for good");
    // Who was here already is somebody else, and so is whom a moderator lets speak.
    classmate.types("hello");
    classmate.hears("carl: hello");
    leave(bob);
    let dora = house.enter_from("192.0.2.7", "dora");
    assert_eq!(house.types("unmute dora"), "dora may speak again");
    dora.hears("* you may speak again");
    dora.types("hello");
    dora.hears("dora: hello");
    leave(dora);
    let dora = house.enter_from("192.0.2.7", "dora");
    dora.types("hello again");
    dora.hears("dora: hello again");
    let bob = house.enter_from("192.0.2.7", "bob3");
    bob.types("hello");
    bob.hears_about("! you are muted");
    assert_eq!(house.types("unmute bob"), "bob may speak again");
    for guest in [&bob, &elsewhere] {
        guest.types("free");
        guest.hears_about(": free");
    }
}

#[test]
fn last_words_are_words() {
    let house = open("");
    let ada = house.house.enter("ada");
    let bob = house.house.enter("bob");
    house.types("mute bob");
    let carl = house.house.enter("carl");
    bob.types("!quit buy my pills");
    assert_eq!(bob.hears_goodbye(), "* goodbye (quit)");
    carl.types("!quit see you");
    assert_eq!(carl.hears_goodbye(), "* goodbye (quit: see you)");
    ada.types("end");
    ada.hears("ada: end");
}

#[test]
fn who_only_shares_an_address_with_the_muted_may_speak_as_a_moderator() {
    let house = open("");
    let _bob = house.enter_from("192.0.2.7", "bob");
    house.types("mute bob");
    let moderator = house.enter_from("192.0.2.7", "mod1");
    moderator.types("hello");
    moderator.hears("mod1: hello");
    house.types("mute mod1");
    moderator.types("hello?");
    moderator.hears_about("! you are muted for good");
}

#[test]
fn addresses_are_left_alone_where_the_settings_say_so() {
    let house = open("mute_addresses: false");
    let _bob = house.enter_from("192.0.2.7", "bob");
    house.types("mute bob");
    let carl = house.enter_from("192.0.2.7", "carl");
    carl.types("hello");
    carl.hears("carl: hello");
}

#[test]
fn in_a_slow_room_everybody_waits_but_moderators() {
    let house = open("");
    let ada = house.house.enter("ada");
    let bob = house.house.enter("bob");
    let moderator = house.house.enter("mod1");
    moderator.types("!slow lobby 10");
    ada.hears("* this room is slow: one message in 10s from each");
    ada.types("one");
    bob.types("two");
    ada.hears("bob: two");
    house.house.step(SECOND);
    ada.types("three");
    ada.hears("! lobby is slow; you can say something again in 9s");
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
    house.house.step(SECOND * 9);
    ada.types("!join lobby");
    ada.types("three");
    bob.hears("ada: three");
    moderator.types("!slow lobby 0");
    bob.hears("* this room is not slow any more");
    for text in ["quick", "and quicker"] {
        ada.types(text);
        bob.hears(&format!("ada: {text}"));
    }
}

#[test]
fn a_locked_room_is_for_moderators_and_the_invited() {
    let house = open("");
    let ada = house.house.enter("ada");
    let bob = house.house.enter("bob");
    let carl = house.house.enter("carl");
    let moderator = house.house.enter("mod1");
    ada.types("!join dev");
    ada.hears_about("you are in dev");
    house.types("topic dev secrets");
    moderator.types("!lock dev");
    moderator.hears("* dev is locked; `invite NAME dev` lets somebody in");
    bob.types("!join DEV");
    bob.hears("! `dev` is locked; ask a moderator to invite you");
    moderator.types("!join dev");
    moderator.hears_about("you are in dev");
    // The room it is typed in.
    moderator.types("!invite bob");
    bob.hears("* mod1 invites you to dev: !join dev");
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
        done(&house)[1..],
        ["mod1: lock in dev", "mod1: invite bob in dev", "mod1: unlock in dev"]
    );
}

#[test]
fn a_room_may_be_locked_from_the_start_and_who_is_kicked_is_invited_no_more() {
    let house = open("invite_only: [\"staff\"]");
    let bob = house.house.enter("bob");
    bob.types("!join staff");
    bob.hears_about("! `staff` is locked");
    house.types("invite bob staff");
    bob.types("!join staff");
    bob.hears_about("you are in staff");
    house.types("kick bob");
    bob.hears_goodbye();
    // The room has closed with him, and stays locked.
    let bob = house.house.enter("bob");
    bob.types("!join staff");
    bob.hears_about("! `staff` is locked");
    assert_eq!(house.types("unlock staff"), "staff is open to everybody again");
    bob.types("!join staff");
    bob.hears_about("you are in staff");
}

#[test]
fn what_holds_goes_on_when_the_settings_change() {
    let house = open("invite_only: [\"staff\", \"old\"]");
    let bob = house.house.enter("bob");
    let ada = house.house.enter("ada");
    house.types("mute bob 1h");
    house.types("slow lobby 10");
    house.types("invite ada staff");
    house.types("open dev");
    house.types("lock dev");
    house.types("ban carl");
    let changed = moderation(&house.folder, "invite_only: [\"staff\", \"new\"]");
    smol::block_on(house.house.handle().enable(changed)).unwrap().unwrap();
    bob.types("hello");
    bob.hears_about("! you are muted for another 1h");
    house.refusal("192.0.2.1", "carl");
    ada.types("one");
    ada.types("two");
    ada.hears_about("! lobby is slow");
    for (room, is_locked) in [("dev", true), ("new", true), ("old", false), ("staff", false)] {
        ada.types(&format!("!join {room}"));
        let heard = ada.hears_about(room);
        assert_eq!(heard.starts_with("! "), is_locked, "{heard}");
    }
    house.house.step(HOUR);
    bob.types("free");
    bob.hears("bob: free");
}

#[test]
fn every_example_is_a_line_that_its_command_takes() {
    let commands = commands::commands();
    for command in &commands {
        for line in &command.examples {
            let (found, rest) = salotto::command::find(commands.iter(), line).unwrap();
            assert_eq!(found.path, command.path, "{line}");
            let host = Name::new("host", &Default::default()).unwrap();
            found.parse(rest, salotto::Caller::operator(host)).unwrap();
        }
    }
}

#[test]
fn what_is_done_is_recorded_with_who_whom_why_and_when() {
    let house = open("");
    house.types("mute bob 1h loud");
    house.types("unmute bob");
    house.types("ban 192.0.2.7 1h");
    house.types("unban 192.0.2.7");
    house.types("slow lobby 3");
    let shown = done(&house);
    assert_eq!(
        shown,
        [
            "host: mute bob until 2026-01-01T01:00:00.000Z (loud)",
            "host: unmute bob",
            "host: ban 192.0.2.7 until 2026-01-01T01:00:00.000Z",
            "host: unban 192.0.2.7",
            "host: slow in lobby (3s)",
        ]
    );
}

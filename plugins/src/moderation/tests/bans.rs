//! Who may not come in, and the file that says so.

use super::*;

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

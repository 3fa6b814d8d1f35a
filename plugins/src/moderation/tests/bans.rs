//! Who may not come in, and the file that says so.

use super::*;

#[test]
fn a_banned_user_is_disconnected_and_cannot_return_under_a_similar_name() {
    let server = open("");
    let bob = server.server.enter("bob");
    assert_eq!(server.types("ban BOB 2h flooding"), "bob is banned for 2h");
    assert_eq!(bob.hears_goodbye(), "* goodbye (kicked by host: banned for 2h: flooding)");
    for name in ["bob", "B0B", "bоb"] {
        let refusal = server.refusal("192.0.2.1", name);
        let end = "you are banned for 2 more hours (flooding)";
        assert!(refusal.ends_with(end), "{refusal}");
    }
    server.server.enter("bobby");
    let ada = server.server.enter("ada");
    ada.types("!nick bob");
    ada.hears_about("! you are banned for 2 more hours (flooding)");
    assert_eq!(
        done(&server),
        [
            "host: ban bob until 2026-01-01T02:00:00.000Z (flooding)",
            "host: kick bob (banned for 2h: flooding)"
        ]
    );
}

#[test]
fn a_ban_is_over_when_its_time_is_and_is_dropped() {
    let server = open("");
    assert_eq!(server.types("ban bob 2h"), "no user `bob` is connected; the name is banned for 2h");
    wait_for_the_file(&server, "bob", true);
    server.server.step(HOUR);
    assert!(server.refusal("192.0.2.1", "bob").contains("for 1 more hour"));
    server.server.step(HOUR + SECOND);
    server.server.enter("bob");
    assert_eq!(server.types("bans"), "nobody is banned");
    wait_for_the_file(&server, "bob", false);
}

#[test]
fn a_ban_of_an_address_or_a_network_applies_to_everybody_behind_it() {
    let server = open("");
    let _bob = server.enter_from("192.0.2.7", "bob");
    let eve = server.enter_from("192.0.2.8", "eve");
    let ada = server.enter_from("198.51.100.1", "ada");
    assert_eq!(
        server.types("ban 192.0.2.0/24 permanently 3 warnings"),
        "192.0.2.0/24 is banned permanently; 2 users were disconnected"
    );
    assert_eq!(eve.hears_goodbye(), "* goodbye (kicked by host: banned permanently: 3 warnings)");
    assert_eq!(
        server.refusal("192.0.2.99", "carl"),
        "your address is banned permanently (3 warnings)"
    );
    server.enter_from("192.0.3.1", "carl");
    ada.types("still here");
    ada.hears("ada: still here");
    assert_eq!(
        server.types("unban 192.0.2.7"),
        "! `192.0.2.7` is part of 192.0.2.0/24, which is banned; `unban 192.0.2.0/24`"
    );
    assert_eq!(server.types("unban 192.0.2.0/24"), "removed the ban of 192.0.2.0/24");
    server.enter_from("192.0.2.7", "bob");
}

#[test]
fn the_address_of_somebody_is_banned_only_when_that_is_said() {
    let server = open("");
    let bob = server.enter_from("192.0.2.7", "bob");
    let classmate = server.enter_from("192.0.2.7", "carl");
    assert_eq!(
        server.types("ban bob"),
        "bob is banned permanently; `ban 192.0.2.7` bans the address too, with 1 other user"
    );
    bob.hears_goodbye();
    classmate.types("hello");
    classmate.hears("carl: hello");
    let bob = server.enter_from("192.0.2.7", "bob2");
    assert_eq!(
        server.types("ban-address bob2 1h"),
        "bob2 (192.0.2.7) is banned for 1h; 2 users were disconnected"
    );
    bob.hears_goodbye();
    classmate.hears_goodbye();
    // The name is banned with it, wherever it comes from.
    assert!(server.refusal("198.51.100.1", "bob2").contains("you are banned"));
    assert_eq!(server.types("unban bob2"), "removed the ban of bob2 (192.0.2.7)");
    server.enter_from("192.0.2.7", "carl");
}

#[test]
fn of_ipv6_the_network_of_a_customer_is_banned() {
    let server = open("");
    let _bob = server.enter_from("2001:db8:1:2::7", "bob");
    assert!(server.types("ban-address bob").starts_with("bob (2001:db8:1:2::/64) is banned"));
    server.refusal("2001:db8:1:2:ffff::1", "eve");
    server.enter_from("2001:db8:1:3::1", "eve");
}

#[test]
fn nobody_bans_this_machine_by_accident() {
    let server = open("");
    let _bob = server.enter_from("127.0.0.1", "bob");
    let _bot = server.server.enter("bot");
    assert!(server.types("ban-address bob").starts_with("! bob connects from this machine;"));
    assert!(
        server
            .types("ban-address bot")
            .starts_with("! bot is code in this program and has no address")
    );
    assert!(server.types("ban-address eve").starts_with("! no user `eve`"));
    assert!(server.types("ban 0.0.0.0/0").starts_with("! `0.0.0.0/0` is everybody"));
    assert!(server.types("ban host").starts_with("! `host` is the operator"));
    assert_eq!(server.types("bans"), "nobody is banned");
}

#[test]
fn a_name_that_is_an_address_is_nobodys() {
    let server = open("");
    assert_eq!(
        server.refusal("192.0.2.1", "10.0.0.7"),
        "`10.0.0.7` looks like an address; choose another name"
    );
}

#[test]
fn what_cannot_be_meant_is_said_with_what_could() {
    let server = open("");
    for (line, answer) in [
        ("ban", "! WHO is missing; usage: ban WHO [DURATION] [REASON]"),
        (
            "ban bob 2x",
            "! `2x` is not a duration; write one such as 30m, 2h or 7d, or `permanently` before the reason",
        ),
        (
            "ban bob 0s",
            "! `0s` is too short; write a duration such as 30m, 2h or 7d, or `permanently` before the reason",
        ),
        ("ban b:b", "! `b:b` is not an address; write one such as 192.0.2.7 or 10.0.0.0/8"),
        ("ban \"b b\"", "! `b b` is not a valid name: a name cannot contain spaces; try `b_b`"),
        ("unban bob", "! `bob` is not banned; `bans` lists the bans"),
        ("unmute bob", "! `bob` is not muted; `mutes` lists the mutes"),
        ("mutes", "nobody is muted"),
        ("slow nowhere 3", "! no room `nowhere`; open it first, or check its name"),
        (
            "slow lobby fast",
            "! `fast` is not a delay; write seconds, such as 10, or a duration, such as 2m",
        ),
        ("slow lobby 100000", "! the longest delay is 1d; choose a shorter one"),
        ("lock", "! name a room"),
        ("unlock lobby", "! lobby is not locked"),
        ("invite bob lobby", "! lobby is not locked; everybody can join it"),
    ] {
        assert_eq!(server.types(line), answer, "{line}");
    }
    assert_eq!(
        server.types("ban bob no more of this"),
        "no user `bob` is connected; the name is banned permanently"
    );
    assert!(server.types("bans").ends_with("bob            permanently  host  no more of this"));
}

#[test]
fn what_looks_like_a_duration_or_an_address_is_one_or_a_mistake() {
    let server = open("");
    let banned = |line: &str| {
        let answer = server.types(line);
        server.types("unban t");
        answer.replace("no user `t` is connected; the name is banned", "banned")
    };
    for (line, answer) in [
        ("ban t for 2h", "banned for 2h"),
        ("ban t 1h 30m spam", "banned for 1h30m"),
        ("ban t 1h30m", "banned for 1h30m"),
        ("ban t 10 minutes", "banned for 10m"),
        ("ban t for 10 more minutes", "banned for 10m"),
        ("ban t until 2026-02-01T00:00:00Z spam", "banned until 2026-02-01T00:00:00Z"),
        ("ban t 2026-02-01 00:00:00 spam", "banned until 2026-02-01T00:00:00Z"),
        ("ban t permanently 3 warnings", "banned permanently"),
        ("ban t for spam", "banned permanently"),
        ("ban t 2h 3 warnings", "banned for 2h"),
    ] {
        assert_eq!(banned(line), answer, "{line}");
    }
    for (line, mistake) in [
        ("ban t -5m", "`-5m` is not a duration"),
        ("ban t for -5m", "`-5m` is not a duration"),
        ("ban t 5", "`5` is not a duration"),
        ("ban t 3 warnings", "`3` is not a duration"),
        ("ban t until 2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z has passed already"),
        ("ban 300.0.0.1", "`300.0.0.1` is not an address"),
        ("ban 010.9.5.1", "`010.9.5.1` is not an address"),
        ("ban 10.0.0", "`10.0.0` is not an address"),
        ("ban 10.0.0.0/33", "`10.0.0.0/33` is not an address"),
        ("mute t -5m", "`-5m` is not a duration"),
    ] {
        let answer = banned(line);
        assert!(answer.starts_with(&format!("! {mistake}")), "{line}: {answer}");
    }
    assert_eq!(server.types("bans"), "nobody is banned");
    // What is listed can be typed.
    server.types("ban t 1h spam");
    let listed = server.types("bans");
    let until = listed.split_whitespace().find(|word| word.starts_with("2026-")).unwrap();
    assert_eq!(banned(&format!("ban t until {until}")), format!("banned until {until}"));
}

#[test]
fn accounts_are_as_safe_as_those_who_are_here_and_networks_have_a_width() {
    let hash = salotto::PasswordHash::new("swordfish").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let roles = PluginSetup::new("roles").settings(format!(
        "(accounts: [(name: \"boss\", role: operator, password: \"{hash}\"), (name: \"carl\", password: \"{hash}\")])"
    ));
    let moderation = moderation(&folder, "");
    let server = ModeratedServer::open(folder, vec![roles, moderation]);
    let moderator = server.enter_from("192.0.2.1", "mod1");
    for line in ["!ban boss", "!ban B0SS 1h", "!mute boss"] {
        moderator.types(line);
        moderator.hears_about("is an operator; ask the operator");
    }
    for line in ["!ban 0.0.0.0/1", "!ban 10.0.0.0/8", "!ban 2001:db8::/16"] {
        moderator.types(line);
        moderator.hears_about("is too wide for a moderator");
    }
    moderator.types("!ban carl 1h");
    moderator.hears_about("the name is banned for 1h");
    moderator.types("!ban 198.51.0.0/16 1h");
    moderator.hears_about("198.51.0.0/16 is banned for 1h");
    assert!(server.types("ban 10.0.0.0/8").starts_with("10.0.0.0/8 is banned"));
    assert!(server.types("ban boss").contains("is banned"));
}

#[test]
fn nobody_acts_against_somebody_of_the_same_role_or_a_higher_one() {
    let server = open("");
    let moderator = server.enter_from("192.0.2.1", "mod1");
    let _other = server.enter_from("192.0.2.2", "mod2");
    let _operator = server.enter_from("192.0.2.2", "op1");
    let bob = server.enter_from("192.0.2.3", "bob");
    for (line, answer) in [
        ("!ban mod2", "! mod2 is a moderator as you are; ask the operator"),
        ("!ban mod1", "! that would be yourself"),
        ("!ban op1", "! op1 is an operator; ask the operator"),
        ("!mute mod2", "! mod2 is a moderator as you are; ask the operator"),
        ("!unmute mod1", "! you cannot unmute yourself; ask another moderator"),
        ("!ban 192.0.0.0/16", "! that would be yourself"),
        ("!ban 192.0.2.2", "! mod2 is a moderator as you are; ask the operator"),
    ] {
        moderator.types(line);
        moderator.hears(answer);
    }
    bob.types("!ban mod1");
    bob.hears_about("! there is no command `!ban`");
    moderator.types("!ban bob 10m");
    moderator.hears_about("* bob is banned for 10m");
    assert_eq!(bob.hears_goodbye(), "* goodbye (kicked by mod1: banned for 10m)");
    // The console may.
    assert!(server.types("ban op1").starts_with("op1 is banned permanently"));
}

#[test]
fn bans_outlive_the_server() {
    let server = open("");
    assert!(!file(&server).exists());
    server.types("ban bob 2h flooding");
    server.types("ban 192.0.2.0/24");
    let server = restart(server);
    assert!(server.refusal("198.51.100.1", "bob").contains("for 2 more hours (flooding)"));
    server.refusal("192.0.2.7", "eve");
    server.types("unban bob");
    let server = restart(server);
    server.enter_from("198.51.100.1", "bob");
    server.refusal("192.0.2.7", "eve");
}

#[test]
fn a_broken_file_refuses_the_start_and_the_reload_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let broken = "[\n    (name: \"bob\"),\n    (nam: \"eve\"),\n]";
    fs::write(folder.path().join("bans.ron"), broken).unwrap();
    let builder = Server::builder().catalog(crate::catalog()).listen(Vec::<String>::new());
    let error = builder.enable(moderation(&folder, "")).start().err().unwrap().to_string();
    let position = format!("{}:3:6: unknown field `nam`", folder.path().join("bans.ron").display());
    assert!(error.contains(&position), "{error}");

    let server = open("");
    server.types("ban bob");
    wait_for_the_file(&server, "bob", true);
    fs::write(file(&server), broken).unwrap();
    let handle = server.server.handle();
    let settings = (*handle.settings()).clone();
    let plugins = vec![moderation(&server.folder, "")];
    let error = smol::block_on(handle.apply(settings, Some(plugins))).unwrap_err().to_string();
    assert!(error.contains(":3:6: unknown field `nam`"), "{error}");
    // What is done meanwhile holds, and is kept when the file is whole again.
    server.types("ban carl");
    let report = next_report(&mut server.reports.borrow_mut());
    assert!(report.contains(":3:6: unknown field `nam`"), "{report}");
    assert_eq!(fs::read_to_string(file(&server)).unwrap(), broken);
    server.refusal("192.0.2.1", "bob");
    server.refusal("192.0.2.1", "carl");
    fs::write(file(&server), broken.replace("nam:", "name:")).unwrap();
    server.server.step(Duration::from_secs(5));
    wait_for_the_file(&server, "carl", true);
    assert!(next_report(&mut server.reports.borrow_mut()).ends_with("again"));
    server.refusal("192.0.2.1", "eve");
}

#[test]
fn what_an_editor_changes_is_taken_over_by_a_reload() {
    let server = open("");
    server.types("ban bob");
    wait_for_the_file(&server, "bob", true);
    let eve = server.server.enter("eve");
    fs::write(file(&server), "[(name: \"eve\", why: \"by hand\")]").unwrap();
    reload(&server);
    assert_eq!(eve.hears_goodbye(), "* goodbye (kicked: banned permanently (by hand))");
    server.server.enter("bob");
    // Without a reload, what the server writes next does not undo it either.
    fs::write(file(&server), "[(name: \"carl\")]").unwrap();
    server.types("ban bob");
    wait_for_the_file(&server, "bob", true);
    wait_for_the_file(&server, "carl", true);
}

/// Why the plugin cannot do its work, once it cannot.
fn failing(server: &ModeratedServer) -> String {
    let started = std::time::Instant::now();
    loop {
        let status = smol::block_on(server.server.handle().status()).unwrap();
        let plugin = status.plugins.into_iter().find(|plugin| plugin.name == "moderation");
        if let PluginState::Failing { reason } = plugin.unwrap().state {
            return reason;
        }
        assert!(started.elapsed() < PATIENCE, "it is not failing");
    }
}

#[test]
fn a_file_that_cannot_be_written_is_reported_and_tried_again_and_the_ban_holds() {
    let (server, path) = open_without_a_folder();
    let inner = path.parent().unwrap().to_owned();
    let reason = failing(&server);
    let advice =
        format!("create the folder `{}`; until then new bans are in force", inner.display());
    assert!(reason.contains(&advice), "{reason}");
    let answer = server.types("ban bob");
    assert!(answer.contains("it is not kept when the server stops"), "{answer}");
    server.refusal("192.0.2.1", "bob");
    server.types("ban eve");
    server.server.step(Duration::from_secs(5));
    fs::create_dir(&inner).unwrap();
    // That try may end only now, and then sets the time of the next one.
    let started = std::time::Instant::now();
    while !path.exists() {
        assert!(started.elapsed() < PATIENCE, "it is not tried again");
        server.server.step(Duration::from_secs(5));
    }
    // One report at most for all the tries that failed, and one for the one that did not.
    let again = format!("the bans are saved to `{}` again", path.display());
    let mut report = next_report(&mut server.reports.borrow_mut());
    while report.contains("cannot write the bans") {
        report = next_report(&mut server.reports.borrow_mut());
    }
    assert_eq!(report, again);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("bob") && text.contains("eve"), "{text}");
}

#[test]
fn bans_that_could_not_be_kept_are_named_when_the_server_stops() {
    let (server, _) = open_without_a_folder();
    assert!(failing(&server).contains("cannot write the bans"));
    server.types("ban bob");
    server.server.stop();
    while !next_report(&mut server.reports.borrow_mut()).ends_with("these bans are not saved: bob")
    {
    }
}

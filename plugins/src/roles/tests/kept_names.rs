//! The name of an account is for its owner.

use super::registering::{open, register};
use super::*;

const GRACE: &str = "* the name `ada` belongs to somebody; if that is you, log in within 30s: type `!login PASSWORD`; until then you can only read";

/// Ada has an account and is gone.
fn with_account() -> TestServer {
    let server = open();
    let ada = register(&server, "ada");
    ada.types("!quit");
    ada.hears_goodbye();
    server
}

#[test]
fn who_takes_a_kept_name_only_reads_until_they_log_in_or_are_renamed() {
    let server = with_account();
    let (bob, eve) = (server.enter("bob"), server.enter("ada"));
    eve.hears(GRACE);
    eve.types("trust me");
    eve.hears("! log in first: `!login PASSWORD`, or take another name");
    eve.types("!me is ada");
    eve.hears("! log in first: `!login PASSWORD`, or take another name");
    bob.types("!msg ada our secret");
    bob.hears("! whoever has the name `ada` has not logged in yet");
    server.step(Duration::from_secs(29));
    bob.types("still there?");
    eve.hears("bob: still there?");
    server.step(Duration::from_secs(2));
    eve.hears("* your name is ada-guest");
    eve.hears("* you have not logged in, and the name `ada` belongs to somebody");
    eve.types("hello");
    bob.hears("ada-guest: hello");
    assert!(!bob.transcript().iter().any(|line| line.contains("trust me")));
}

#[test]
fn the_owner_logs_in_within_the_while_and_speaks() {
    let server = with_account();
    let ada = server.enter("Ada");
    ada.hears(GRACE);
    logs_in(&ada, "!login correct-horse", "* you are logged in as ada (member)");
    ada.types("hello");
    ada.hears("ada: hello");
    server.step(Duration::from_secs(60));
    ada.types("still me");
    ada.hears("ada: still me");
    // Without the account the name is kept again.
    logs_in(&ada, "!logout", "* you are logged out of ada");
    ada.types("and now?");
    ada.hears("! log in first: `!login PASSWORD`, or take another name");
    logs_in(&ada, "!nick other", "* your name is other");
    ada.types("as somebody else");
    ada.hears("other: as somebody else");
}

#[test]
fn an_owner_who_logs_in_has_the_name_at_once_whoever_sits_on_it() {
    let server = with_account();
    let (eve, ada) = (server.enter("ada"), server.enter("stranger"));
    logs_in(&ada, "!login ada correct-horse", "* your name is ada");
    eve.hears("* your name is ada-guest");
    ada.types("me again");
    eve.hears("ada: me again");
    assert_eq!(standing(&server, "ada").1, Some("ada".into()));
    assert_eq!(standing(&server, "ada-guest").1, None);
}

#[test]
fn nobody_takes_a_look_alike_nor_the_name_of_a_moderator() {
    let server = with_account();
    for name in ["аda", "ａｄａ"] {
        let error = server.try_enter(name).err().unwrap().to_string();
        assert!(error.contains("the name `ada` is reserved"), "{name}: {error}");
    }
    server.types("accounts role ada moderator").unwrap();
    let error = server.try_enter("ada").err().unwrap().to_string();
    assert!(error.contains("the name `ada` is reserved"), "{error}");
}

#[test]
fn a_connection_that_hangs_is_replaced_by_its_owner() {
    let server = TestServer::new()
        .plugin("roles", plugin("(register: Open, keep_names: false)"))
        .plugin("commands", Commands::default());
    let ada = register(&server, "ada");
    logs_in(&ada, "!logout", "* you are logged out of ada");
    let back = server.enter("ada2");
    logs_in(
        &back,
        "!ghost ada",
        "! `ada` is not your account; `!login ACCOUNT PASSWORD` is how you show that it is",
    );
    logs_in(
        &back,
        "!login ada correct-horse",
        "* the name `ada` is in use; you keep yours; `!ghost ada` takes it back",
    );
    back.types("!ghost ADA");
    ada.hears_goodbye();
    back.hears("* your name is ada");
    logs_in(&back, "!ghost ada", "! you have the name `ada`");
}

#[test]
fn the_while_is_that_of_the_settings_and_goes_on_when_they_change() {
    let server = TestServer::built(salotto::Server::builder().catalog(catalog()));
    server.types("plugins enable roles (register: Open, grace: \"2m\")").unwrap();
    let ada = register(&server, "ada");
    drop(ada);
    let eve = loop {
        if let Ok(eve) = server.try_enter("ada") {
            break eve;
        }
    };
    eve.hears(&GRACE.replace("30s", "2m"));
    server.step(Duration::from_secs(100));
    server.types("plugins enable roles (register: Off, grace: \"2m\")").unwrap();
    server.step(Duration::from_secs(30));
    eve.hears("* your name is ada-guest");
    // The account is there still, also where nobody registers any more.
    logs_in(&eve, "!login ada correct-horse", "* your name is ada");
}

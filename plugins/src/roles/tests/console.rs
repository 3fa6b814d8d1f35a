//! What the operator sees of accounts and does to them.

use super::registering::{open, register};
use super::*;

fn types(server: &TestServer, line: &str) -> String {
    match server.types(line) {
        Ok(reply) => reply.to_string(),
        Err(error) => format!("! {error}"),
    }
}

#[test]
fn accounts_are_listed_and_shown() {
    let server = open();
    assert_eq!(
        types(&server, "accounts"),
        "there are no accounts; `accounts invite` lets somebody register"
    );
    let _ada = register(&server, "ada");
    let listed = types(&server, "accounts list");
    assert!(listed.contains("ada      member  2026-01-01T00:00:00Z  ada"), "{listed}");
    let shown = types(&server, "accounts show ADA");
    for part in ["member", "2026-01-01T00:00:00Z", "set", "ada, from local"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("argon2"), "{shown}");
    assert_eq!(types(&server, "accounts show bob"), "! no account `bob`; `accounts` lists them");
    assert_eq!(types(&server, "accounts invite"), "! everybody can register here, without a code");
}

#[test]
fn a_role_takes_effect_at_once_and_at_the_next_login() {
    let server = open();
    let ada = register(&server, "ada");
    assert_eq!(types(&server, "accounts role ada moderator"), "ada is a moderator now");
    ada.hears("* you are a moderator now");
    assert_eq!(standing(&server, "ada"), (Role::Moderator, Some("ada".into())));
    assert_eq!(types(&server, "accounts role ada moderator"), "! ada is a moderator already");
    logs_in(&ada, "!logout", "* you are logged out of ada");
    logs_in(&ada, "!login correct-horse", "* you are logged in as ada (moderator)");
    // Only the operator gives roles.
    ada.types("!accounts role ada operator");
    ada.hears_about("! there is no command `!accounts`");
}

#[test]
fn a_password_that_was_reset_is_for_one_login_and_then_the_owner_chooses() {
    let server = open();
    let ada = register(&server, "ada");
    let answer = types(&server, "accounts reset ada");
    ada.hears("* your password was reset; log in again");
    assert_eq!(standing(&server, "ada").1, None);
    let password = answer.split(['`', ' ']).nth(3).unwrap().to_owned();
    let end =
        "works once, until 2026-01-02T00:00:00Z; whoever was logged in to `ada` is so no more";
    assert_eq!(answer, format!("`!login ada {password}` {end}"));
    logs_in(&ada, "!login correct-horse", "* wrong account or password; try again in 1s");
    server.step(Duration::from_secs(1));
    logs_in(
        &ada,
        &format!("!login {password}"),
        "* you are logged in as ada (member); your password was for this once; `!password OLD NEW` sets one of your own",
    );
    let other = server.enter("other");
    logs_in(
        &other,
        &format!("!login ada {password}"),
        "* this password was for one login; ask the operator for another",
    );
    logs_in(&ada, &format!("!password {password} battery-staple"), "* your password is changed");
    logs_in(&other, "!login ada battery-staple", "* you are logged in as ada (member)");
    // One that nobody used in a day is over.
    let answer = types(&server, "accounts reset ada");
    let password = answer.split(['`', ' ']).nth(3).unwrap().to_owned();
    server.step(Duration::from_secs(24 * 60 * 60));
    let late = server.enter("late");
    logs_in(
        &late,
        &format!("!login ada {password}"),
        "* this password was for one login; ask the operator for another",
    );
}

#[test]
fn an_account_that_is_removed_is_nobodys_and_its_name_is_free() {
    let server = open();
    let ada = register(&server, "ada");
    assert_eq!(
        types(&server, "accounts remove ada"),
        "the account `ada` is removed, and the name is free"
    );
    ada.hears("* your account was removed");
    assert_eq!(standing(&server, "ada"), (Role::Member, None));
    ada.types("hello");
    ada.hears("ada: hello");
    logs_in(
        &ada,
        "!register battery-staple",
        "* the name `ada` is yours, and you are logged in; `!login ada PASSWORD` next time; it lasts until the server stops, which keeps nothing",
    );
}

#[test]
fn every_example_is_a_line_that_its_command_takes() {
    let commands = plugin("").commands();
    for command in &commands {
        for line in &command.examples {
            let (found, rest) = salotto::command::find(commands.iter(), line).unwrap();
            assert_eq!(found.path, command.path, "{line}");
            found.parse(rest, salotto::Caller::operator("host".parse().unwrap())).unwrap();
        }
    }
}

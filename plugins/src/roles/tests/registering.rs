//! People make accounts of their names, and change their passwords.

use super::*;

/// Everybody may register.
pub(super) fn open() -> TestServer {
    TestServer::new()
        .plugin("roles", plugin("(register: Open)"))
        .plugin("commands", Commands::default())
        .plugin("quit", crate::quit::Quit::default())
}

/// Somebody registers their name with `correct-horse`.
pub(super) fn register(server: &TestServer, name: &str) -> Guest {
    let guest = server.enter(name);
    guest.types("!register correct-horse");
    guest.hears_about(&format!("* the name `{name}` is yours"));
    guest
}

#[test]
fn who_registers_is_logged_in_and_logs_in_again_later() {
    let server = open();
    let ada = server.enter("ada");
    ada.types("!register correct-horse");
    ada.hears(
        "* the name `ada` is yours, and you are logged in; `!login ada PASSWORD` next time; it lasts until the server stops, which keeps nothing",
    );
    assert_eq!(standing(&server, "ada"), (Role::Member, Some("ada".into())));
    ada.types("!quit");
    ada.hears_goodbye();
    let ada = server.enter("stranger");
    logs_in(&ada, "!login ada wrong-horse", "* wrong account or password; try again in 1s");
    server.step(Duration::from_secs(1));
    logs_in(&ada, "!login ada correct-horse", "* you are logged in as ada (member)");
    assert_eq!(standing(&server, "ada"), (Role::Member, Some("ada".into())));
    logs_in(&ada, "!register correct-horse", "! you are logged in as ada already");
}

#[test]
fn what_is_against_an_account_is_said_and_no_password_with_it() {
    let server = open();
    let bob = server.enter("bob");
    let long = format!("!register {}", "x".repeat(257));
    for (line, answer) in [
        ("!register", "! PASSWORD is missing; usage: !register PASSWORD [CODE]"),
        (
            "!register horse",
            "! the password has 5 characters; choose 8 to 256, several words in double quotes for example",
        ),
        (
            &long,
            "! the password has 257 characters; choose 8 to 256, several words in double quotes for example",
        ),
        (
            "!register correct horse-battery",
            "! the password has 7 characters; choose 8 to 256, several words in double quotes for example",
        ),
        (
            "!register two-long words",
            "! no code is needed here; put a password of several words in double quotes",
        ),
        ("!password one-password another-one", "! log in first: `!login ACCOUNT PASSWORD`"),
        (
            "!ghost nobody",
            "! `nobody` is not your account; `!login ACCOUNT PASSWORD` is how you show that it is",
        ),
    ] {
        bob.types(line);
        let heard = bob.hears_about("! ");
        assert!(heard == answer || line.contains("horse-battery"), "{line}: {heard}");
        assert!(!heard.contains("horse"), "{heard}");
    }
    let guest = server.enter("longenough");
    logs_in(&guest, "!register LongEnough", "! the password is your name; choose another");
}

#[test]
fn by_default_an_invitation_is_needed_and_can_be_used_once() {
    let server = TestServer::new().plugin("roles", plugin(""));
    let (ada, bob) = (server.enter("ada"), server.enter("bob"));
    logs_in(
        &ada,
        "!register correct-horse",
        "! ask the operator for an invitation code, and give it too: `!register PASSWORD CODE`",
    );
    let answer = server.types("accounts invite").unwrap().to_string();
    let code = answer.split(['`', ' ']).nth(3).unwrap().to_owned();
    assert_eq!(
        answer,
        format!("`!register PASSWORD {code}` makes an account, once, within a week")
    );
    ada.types("!register correct-horse abcd-efgh-jkmn");
    ada.hears_about("! this code invites nobody, or not any more");
    ada.types(&format!("!register correct-horse {code}"));
    ada.hears("! that is too soon after a wrong password; wait 1s");
    server.step(Duration::from_secs(1));
    ada.types(&format!("!register correct-horse {}", code.to_uppercase()));
    ada.hears_about("* the name `ada` is yours");
    bob.types(&format!("!register correct-horse {code}"));
    bob.hears_about("! this code invites nobody");
    // And not for ever.
    let answer = server.types("accounts invite").unwrap().to_string();
    let code = answer.split(['`', ' ']).nth(3).unwrap().to_owned();
    server.step(Duration::from_secs(8 * 24 * 60 * 60));
    bob.types(&format!("!register correct-horse {code}"));
    bob.hears_about("! this code invites nobody");
}

#[test]
fn where_nobody_can_register_a_password_is_kept_all_the_same() {
    let server = TestServer::new().plugin("roles", plugin("(register: Off)"));
    let (ada, bob) = (server.enter("ada"), server.enter("bob"));
    logs_in(
        &ada,
        "!register correct-horse",
        "! nobody can register here; ask the operator for an account",
    );
    logs_in(&ada, "register correct-horse", "! did you mean `!register`? nothing was said");
    ada.types("hello");
    bob.hears("ada: hello");
    assert!(!bob.transcript().iter().any(|line| line.contains("horse")));
}

#[test]
fn passwords_that_are_typed_without_the_mark_are_not_said() {
    let server = open();
    let (ada, bob) = (register(&server, "ada"), server.enter("bob"));
    for (line, command) in [
        ("register correct-horse", "register"),
        ("! register correct-horse", "register"),
        ("//register correct-horse", "register"),
        ("password correct-horse battery-staple", "password"),
        ("/ password correct-horse battery-staple", "password"),
    ] {
        logs_in(&ada, line, &format!("! did you mean `!{command}`? nothing was said"));
    }
    ada.types("!msg bob register correct-horse");
    ada.hears("! did you mean `!register`? nothing was said");
    ada.types("hello");
    bob.hears("ada: hello");
    assert!(!bob.transcript().iter().any(|line| line.contains("horse")));
}

#[test]
fn a_password_is_changed_by_who_knows_the_old_one() {
    let server = open();
    let mut reports = server.handle().watch();
    let ada = register(&server, "ada");
    logs_in(
        &ada,
        "!password wrong-horse battery-staple",
        "! the old password is wrong; try again in 1s",
    );
    server.step(Duration::from_secs(1));
    ada.types("!password correct-horse short");
    ada.hears_about("! the password has 5 characters");
    logs_in(&ada, "!password correct-horse battery-staple", "* your password is changed");
    logs_in(&ada, "!logout", "* you are logged out of ada");
    logs_in(&ada, "!login correct-horse", "* wrong account or password; try again in 2s");
    server.step(Duration::from_secs(2));
    logs_in(&ada, "!login battery-staple", "* you are logged in as ada (member)");
    // What is recorded holds none of it.
    let shown: Vec<String> = std::iter::from_fn(|| reports.try_next().ok())
        .map(|report| format!("{report:?}"))
        .collect();
    assert!(shown.iter().any(|line| line.contains("register")));
    assert!(
        !shown.iter().any(|line| line.contains("horse") || line.contains("staple")),
        "{shown:?}"
    );
}

#[test]
fn accounts_of_the_configuration_are_not_changed_in_chat_and_win() {
    let settings = format!("(accounts: [{}], register: Open)", accounts());
    let server = TestServer::new().plugin("roles", plugin(&settings));
    let guest = server.enter("stranger");
    logs_in(&guest, "!login ada swordfish", "* you are logged in as ada (operator)");
    logs_in(
        &guest,
        "!password swordfish another-one",
        "! the password of `ada` is in the configuration of the server; ask the operator",
    );
    for line in ["accounts role ada member", "accounts reset ada", "accounts remove ada"] {
        let error = server.types(line).unwrap_err().to_string();
        assert_eq!(
            error,
            "the account `ada` is in the configuration; change it there, and reload that"
        );
    }
}

#[test]
fn one_address_registers_a_class_and_not_a_crowd() {
    let server = open();
    for number in 0..41 {
        let name = format!("guest{number}");
        let guest = server.try_enter_from("192.0.2.7", &name).unwrap();
        guest.types("!register correct-horse");
        let expected = match number {
            40 => "! 40 accounts were registered from your address within an hour; try again later",
            _ => "* the name ",
        };
        guest.hears_about(expected);
        guest.types("!quit");
        guest.hears_goodbye();
    }
    server.step(Duration::from_secs(60 * 60));
    let guest = server.try_enter_from("192.0.2.7", "late").unwrap();
    guest.types("!register correct-horse");
    guest.hears_about("* the name `late` is yours");
}

mod console;
mod kept_names;
mod registering;

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use salotto::testing::{Guest, TestServer};
use salotto::{PasswordHash, Report};
use smol::block_on;

use super::*;
use crate::commands::Commands;
use crate::{catalog, parse_settings};

static SWORDFISH: LazyLock<PasswordHash> =
    LazyLock::new(|| PasswordHash::new("swordfish").unwrap());
static TIDDLER: LazyLock<PasswordHash> = LazyLock::new(|| PasswordHash::new("tiddler").unwrap());

/// `ada` is an operator (`swordfish`), `bob` a moderator (`tiddler`).
fn accounts() -> String {
    format!(
        "(name: \"ada\", role: operator, password: \"{}\"), \
         (name: \"bob\", role: moderator, password: \"{}\")",
        *SWORDFISH, *TIDDLER
    )
}

fn plugin(settings: &str) -> Roles {
    Roles::new(parse_settings(settings).unwrap()).unwrap()
}

fn server() -> TestServer {
    let settings = format!("(accounts: [{}])", accounts());
    TestServer::new().plugin("roles", plugin(&settings)).plugin("commands", Commands::default())
}

/// Role and account of somebody.
fn standing(server: &TestServer, name: &str) -> (Role, Option<String>) {
    let members = block_on(server.handle().members()).unwrap();
    let member = members.into_iter().find(|member| member.name.as_ref().is_some_and(|n| n == name));
    member.map(|member| (member.role, member.account)).unwrap()
}

fn logs_in(guest: &Guest, line: &str, answer: &str) {
    guest.types(line);
    guest.hears(answer);
}

#[test]
fn the_right_password_gives_role_and_name() {
    let server = server();
    let guest = server.enter("stranger");
    guest.types("!kick stranger");
    guest.hears_about("there is no command `!kick`");
    guest.types("!login ada swordfish");
    guest.hears("* your name is ada");
    guest.hears("* you are logged in as ada (operator)");
    assert_eq!(standing(&server, "ada"), (Role::Operator, Some("ada".into())));
    guest.types("!kick nobody");
    guest.hears_about("no user `nobody`");
    logs_in(&guest, "!login ada swordfish", "! you are logged in as ada already");
    logs_in(&guest, "!logout", "* you are logged out of ada");
    assert_eq!(standing(&server, "ada"), (Role::Member, None));
    logs_in(&guest, "!logout", "! you are not logged in");
    // Under the account's own name the password alone will do.
    logs_in(&guest, "!login swordfish", "* you are logged in as ada (operator)");
}

#[test]
fn somebody_logged_in_may_take_another_name_and_their_own_again() {
    let server = server();
    let guest = server.enter("stranger");
    logs_in(&guest, "!login ada swordfish", "* you are logged in as ada (operator)");
    logs_in(&guest, "!nick countess", "* your name is countess");
    assert_eq!(standing(&server, "countess"), (Role::Operator, Some("ada".into())));
    logs_in(&guest, "!nick Ada", "* your name is Ada");
}

#[test]
fn kept_names_and_their_look_alikes_are_for_who_logs_in() {
    let server = server();
    let guest = server.enter("stranger");
    for name in ["ada", "ADA", "аda", "ａｄａ", "b0b"] {
        let error = server.try_enter(name).err().unwrap().to_string();
        assert!(error.contains("is reserved"), "{name}: {error}");
        guest.types(&format!("!nick {name}"));
        guest.hears_about("is reserved");
    }
    logs_in(&guest, "!login ada swordfish", "* you are logged in as ada (operator)");
    // One account opens no other's name.
    guest.types("!nick bob");
    guest.hears("! the name `bob` is reserved: type `!login bob PASSWORD`, or choose another");
    assert!(server.try_enter("adam").is_ok());
}

#[test]
fn names_that_are_not_kept_are_for_everybody() {
    let settings = format!("(accounts: [{}], keep_names: false)", accounts());
    let server = TestServer::new().plugin("roles", plugin(&settings));
    let other = server.enter("ada");
    let guest = server.enter("stranger");
    logs_in(
        &guest,
        "!login ada swordfish",
        "* the name `ada` is in use; you keep yours; `!ghost ada` takes it back",
    );
    assert_eq!(standing(&server, "stranger"), (Role::Operator, Some("ada".into())));
    logs_in(&other, "!login swordfish", "* you are logged in as ada (operator)");
    assert_eq!(standing(&server, "ada"), (Role::Operator, Some("ada".into())));
}

#[test]
fn a_wrong_password_says_nothing_of_what_was_wrong() {
    let server = server();
    let guest = server.enter("stranger");
    let lines = ["!login ada tiddler", "!login nobody swordfish", "!login \"n o\" swordfish"];
    for (line, wait) in lines.into_iter().zip([1, 2, 4]) {
        let answer = format!("* wrong account or password; try again in {wait}s");
        logs_in(&guest, line, &answer);
        server.step(Duration::from_secs(wait));
    }
    guest.types("!login swordfish");
    guest.hears_about("wrong account or password");
    assert_eq!(standing(&server, "stranger"), (Role::Member, None));
}

#[test]
fn who_guesses_must_wait_and_a_connection_that_continues_is_ended() {
    let server = server();
    let mut reports = server.handle().watch();
    let (guest, other) = (server.enter("stranger"), server.enter("other"));
    for wait in [1, 2, 4, 8] {
        guest.types("!login ada wrong");
        guest.hears(&format!("* wrong account or password; try again in {wait}s"));
        guest.types("!login ada swordfish");
        guest.hears(&format!("! that is too soon after a wrong password; wait {wait}s"));
        server.step(Duration::from_secs(wait));
    }
    guest.types("!login ada wrong");
    assert_eq!(guest.hears_goodbye(), "* goodbye (kicked: 5 wrong passwords)");
    // Who shares the address waits for nobody.
    logs_in(&other, "!login ada swordfish", "* you are logged in as ada (operator)");
    let (mut told, mut failed) = (Vec::new(), Vec::new());
    while let Ok(report) = reports.try_next() {
        match report {
            Report::Plugin { text, .. } => told.push(text),
            Report::Action(action) if action.what == "failed-login" => {
                failed.push(action.to_string())
            }
            Report::Action(action) => told.push(action.to_string()),
            _ => {}
        }
    }
    assert_eq!(
        told,
        [
            "5 wrong passwords came from this process, the last for account `ada`",
            "roles: kick stranger (5 wrong passwords)",
            "ada: login ada (operator, from local)"
        ]
    );
    assert_eq!(failed, ["stranger: failed-login ada (wrong password, from local)"; 5]);
}

#[test]
fn a_clock_that_is_set_makes_nobody_wait_longer_nor_less() {
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    for set_to in [start - Duration::from_secs(7200), start + Duration::from_secs(7200)] {
        let server = server();
        let guest = server.enter("stranger");
        guest.types("!login ada wrong");
        guest.hears("* wrong account or password; try again in 1s");
        server.set_time(set_to.into());
        guest.types("!login ada swordfish");
        guest.hears("! that is too soon after a wrong password; wait 1s");
        server.step(Duration::from_secs(1));
        logs_in(&guest, "!login ada swordfish", "* you are logged in as ada (operator)");
    }
}

#[test]
fn an_attack_from_many_addresses_is_on_record() {
    let server = server();
    let mut reports = server.handle().watch();
    for number in 0..30 {
        let guest =
            server.try_enter_from(&format!("192.0.2.{number}"), &format!("g{number}")).unwrap();
        // As many for one account would make everybody wait.
        let account = if number < 10 { "ada".to_owned() } else { format!("x{number}") };
        let line = format!("!login {account} wrong");
        logs_in(&guest, &line, "* wrong account or password; try again in 1s");
    }
    server.step(Duration::from_secs(60));
    let guest = server.try_enter_from("198.51.100.1", "late").unwrap();
    logs_in(&guest, "!login nobody wrong", "* wrong account or password; try again in 1s");
    let mut failed = Vec::new();
    while let Ok(report) = reports.try_next() {
        if let Report::Action(action) = report {
            failed.push(action.to_string());
        }
    }
    assert_eq!(failed.len(), 21);
    assert_eq!(failed[7], "g7: failed-login ada (wrong password, from 192.0.2.7:50000)");
    assert_eq!(
        failed[20],
        "late: failed-login an unknown account (wrong password, from 198.51.100.1:50000, and 10 more before that)"
    );
}

#[test]
fn logging_in_again_takes_over_from_the_connection_before() {
    let server = server();
    let (first, second) = (server.enter("first"), server.enter("second"));
    logs_in(&first, "!login ada swordfish", "* you are logged in as ada (operator)");
    logs_in(&second, "!login ada swordfish", "* you are logged in as ada (operator)");
    assert_eq!(first.hears_goodbye(), "* goodbye (kicked: logged in from elsewhere)");
    assert_eq!(standing(&server, "ada"), (Role::Operator, Some("ada".into())));
}

#[test]
fn a_login_without_its_mark_is_not_sent() {
    let server = server();
    let (guest, other) = (server.enter("stranger"), server.enter("other"));
    for line in ["login ada swordfish", "! login ada swordfish", "//login ada swordfish"] {
        guest.types(line);
        guest.hears("! did you mean `!login`? nothing was said");
    }
    guest.types("login mod two words");
    guest.hears("! did you mean `!login`? nothing was said; to say it, begin with `//`");
    guest.types("!msg other login ada swordfish");
    guest.hears("! did you mean `!login`? nothing was said");
    logs_in(&guest, "/Login ada swordfish", "* you are logged in as ada (operator)");
    guest.types("login swordfish");
    guest.hears("! did you mean `!login`? nothing was said");
    logs_in(&guest, "!nick stranger", "* your name is stranger");
    // What only sounds like it is said.
    for line in ["login", "logins for ada", "my login is broken", "//login is broken today"] {
        guest.types(line);
        other.hears(&format!("stranger: {}", line.trim_start_matches('/')));
    }
    assert!(!other.transcript().iter().any(|line| line.contains("swordfish")));
}

#[test]
fn other_settings_hold_for_those_who_are_logged_in() {
    let server = TestServer::built(salotto::Server::builder().catalog(catalog()));
    let enable = |accounts: &str| {
        let line = format!("plugins enable roles (accounts: [{accounts}])");
        server.types(&line).unwrap();
    };
    enable(&accounts());
    let (ada, bob) = (server.enter("a"), server.enter("b"));
    logs_in(&ada, "!login ada swordfish", "* you are logged in as ada (operator)");
    logs_in(&bob, "!login bob tiddler", "* you are logged in as bob (moderator)");
    // Another role takes effect at once.
    enable(&accounts().replace("role: operator", "role: moderator"));
    assert_eq!(standing(&server, "ada"), (Role::Moderator, Some("ada".into())));
    assert_eq!(standing(&server, "bob"), (Role::Moderator, Some("bob".into())));
    // And so does an account that is gone.
    let (_, only_bob) =
        accounts().split_once("), ").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    enable(&only_bob);
    ada.hears("* your account was removed");
    assert_eq!(standing(&server, "ada"), (Role::Member, None));
    assert_eq!(standing(&server, "bob"), (Role::Moderator, Some("bob".into())));
    // Names that are kept from now on and worn by somebody else are reported.
    let mut reports = server.handle().watch();
    enable(&accounts());
    let report = block_on(async {
        loop {
            if let Report::Plugin { text, .. } = reports.next().await.unwrap() {
                return text;
            }
        }
    });
    assert_eq!(report, "`ada` has the name of an account and is not logged in");
}

#[test]
fn without_accounts_there_is_nothing_to_log_in_to() {
    let server = TestServer::new().plugin("roles", plugin(""));
    let guest = server.enter("ada");
    guest.types("!login ada swordfish");
    guest.hears("! there are no accounts here yet");
}

#[test]
fn accounts_that_make_no_sense_are_refused() {
    let hash = SWORDFISH.to_string();
    for (settings, problem) in [
        (
            format!("(accounts: [{}, (name: \"ADA\", password: \"{hash}\")])", accounts()),
            "1:1: the accounts `ada` and `ADA` look alike; give one of them another name",
        ),
        (
            "(accounts: [(name: \"ada\", password: \"swordfish\")])".into(),
            "1:38: not a password but its hash belongs here, `$argon2id$…`; `salotto hash-password` makes one",
        ),
        (
            format!("(accounts: [(name: \"a b\", password: \"{hash}\")])"),
            "1:21: a name cannot contain spaces; try `a_b`",
        ),
    ] {
        let setup = salotto::PluginSetup::new("roles").settings(settings);
        let error = catalog().build(&setup).err().unwrap().to_string();
        let message = error.strip_prefix("plugin `roles`: ").unwrap();
        assert_eq!(message, problem);
    }
}

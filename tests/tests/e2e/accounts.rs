//! Accounts that people make: they outlive the server, hold over every dialect, and nobody reads a password anywhere.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use salotto::protocol::ErrorCode;
use salotto::{Event, PasswordHash, PluginSetup, Reply, Request, Role};
use salotto_plugins::sqlite::{SqliteOptions, SqliteStore};
use salotto_tests::json::{hello, say};
use salotto_tests::{Client, JsonClient, TestServer, soon};
use tempfile::TempDir;

/// A server over the database in a folder, in which everybody may register.
fn open(folder: &Path) -> TestServer {
    open_with(folder, "(register: Open)")
}

fn open_with(folder: &Path, roles: &str) -> TestServer {
    let store = SqliteStore::open(&folder.join("salotto.db"), SqliteOptions::default())
        .expect("the database opens");
    let log = format!("(path: {:?})", folder.join("talk.log"));
    let audit = format!("(path: {:?})", folder.join("audit.log"));
    let bans = format!("(bans: {:?})", folder.join("bans.ron"));
    let setups = [
        PluginSetup::new("roles").settings(roles),
        PluginSetup::new("quit"),
        PluginSetup::new("commands"),
        PluginSetup::new("moderation").settings(bans),
        PluginSetup::new("history"),
        PluginSetup::new("log").settings(log),
        PluginSetup::new("audit").settings(audit),
    ];
    let store = Arc::new(store);
    let enable = |server: salotto::ServerBuilder| {
        setups.into_iter().fold(server.store(store), salotto::ServerBuilder::enable)
    };
    TestServer::builder().server(enable).open()
}

fn restart(mut server: TestServer, folder: &TempDir) -> TestServer {
    server.stops_to_restart();
    open(folder.path())
}

/// Somebody registers their name with `correct-horse`.
fn registers(server: &TestServer, name: &str) -> Client {
    let mut client = server.enters(name);
    client.says("!register correct-horse");
    client.hears(&format!(
        "* the name `{name}` is yours, and you are logged in; `!login {name} PASSWORD` next time"
    ));
    client
}

#[test]
fn where_an_owner_has_logged_in_nobody_else_makes_them_wait_after_a_restart_either() {
    let folder = TempDir::new().unwrap();
    let open = || {
        let store = SqliteStore::open(&folder.path().join("salotto.db"), SqliteOptions::default());
        let roles = PluginSetup::new("roles").settings("(register: Open, keep_names: false)");
        let store = Arc::new(store.expect("the database opens"));
        TestServer::builder()
            .settings(|settings| {
                settings.server.proxies = vec!["127.0.0.0/8".parse().expect("a network")];
            })
            .server(|server| server.store(store).enable(roles))
            .enable("quit")
            .open()
    };
    let connects = |server: &TestServer, name: &str, last: usize| {
        let mut client = server.connects();
        client.sends(format!("PROXY TCP4 192.0.2.{last} 10.0.0.1 4711 53000\r\n").as_bytes());
        client.enters(name)
    };
    let mut server = open();
    let mut ada = connects(&server, "ada", 1);
    ada.says("!register correct-horse");
    ada.hears_about("the name `ada` is yours");
    leaves(ada);
    server.stops();
    let server = open();
    for last in 10..=20 {
        let mut guesser = connects(&server, &format!("guest{last}"), last);
        guesser.says("!login ada wrong-horse");
        guesser.hears_about("wrong account or password");
        leaves(guesser);
    }
    let mut stranger = connects(&server, "stranger", 30);
    stranger.says("!login ada correct-horse");
    stranger.hears_about("too many wrong passwords for this account");
    let mut owner = connects(&server, "someone", 1);
    owner.says("!login ada correct-horse");
    owner.hears_about("you are logged in as ada");
}

fn leaves(mut client: Client) {
    client.says("!quit");
    client.hears_eof();
}

fn command(line: &str) -> Request {
    Request::Command { line: line.into(), room: None }
}

/// The reply to a command of a program.
fn reply(client: &mut JsonClient, nonce: &str) -> String {
    client.hears_where("the reply", |event| match event {
        Event::Reply { reply, nonce: Some(heard), .. } if heard == nonce => Some(reply.to_string()),
        Event::Error { text, nonce: Some(heard), .. } if heard == nonce => {
            Some(format!("! {text}"))
        }
        _ => None,
    })
}

/// Role and account of somebody.
fn standing(server: &TestServer, name: &str) -> (Role, Option<String>) {
    let members = soon("the members", server.handle().members()).expect("the server is running");
    let member = members.into_iter().find(|info| info.name.as_ref().is_some_and(|n| n == name));
    member.map(|info| (info.role, info.account)).expect("somebody of this name")
}

#[test]
fn an_account_and_its_role_are_there_after_a_restart() {
    let folder = TempDir::new().unwrap();
    let server = open(folder.path());
    leaves(registers(&server, "ada"));
    assert_eq!(server.types("accounts role ada moderator").to_string(), "ada is a moderator now");
    let server = restart(server, &folder);
    let mut ada = server.connects();
    ada.hears_about("What is your name?");
    ada.says("ada");
    ada.hears("! the name `ada` is reserved: type `!login ada PASSWORD`, or choose another");
    ada.says("!login ada correct-horse");
    ada.hears("* you are logged in as ada (moderator)");
    let mut eve = server.enters("eve");
    ada.says("!kick eve");
    eve.hears_about("* goodbye (kicked by ada");
    server.types("accounts remove ada");
    let server = restart(server, &folder);
    server.enters("ada");
    assert!(server.types("accounts").to_string().starts_with("there are no accounts"));
}

#[test]
fn who_comes_back_after_a_restart_is_logged_in_still_and_who_left_is_not() {
    let folder = TempDir::new().unwrap();
    let server = open(folder.path());
    let enter = |server: &TestServer, name: &str| {
        let mut client = server.enters_json(name);
        client.asks_with(command("register correct-horse"), Some("r"));
        assert!(reply(&mut client, "r").starts_with("the name"), "{name}");
        client
    };
    let (ada, bob, joe) = (enter(&server, "ada"), enter(&server, "bob"), enter(&server, "joe"));
    let (ada, joe, mut leaving) = (ada.resume(), joe.resume(), bob);
    let bob = leaving.resume();
    leaving.asks(Request::Quit { farewell: String::new() });
    leaving.hears_bye();
    server.types("accounts role ada moderator");
    // Whoever stole the session of joe comes back no more.
    server.types("accounts reset joe");
    let server = restart(server, &folder);
    let _ada = server.connects_json().enters_with("ada", &[], Some(ada));
    assert_eq!(standing(&server, "ada"), (Role::Moderator, Some("ada".into())));
    for (name, resume) in [("bob", bob), ("joe", joe)] {
        let mut client = server.connects_json().enters_with(name, &[], Some(resume));
        assert_eq!(standing(&server, name), (Role::Member, None));
        client.says("hello");
        let refusal = client.hears_error(ErrorCode::Denied);
        assert_eq!(refusal, "log in first: `!login PASSWORD`, or take another name");
    }
}

#[test]
fn a_session_is_never_that_of_another_account_of_its_name() {
    let folder = TempDir::new().unwrap();
    let mut server = open(folder.path());
    let mut ada = server.enters_json("ada");
    ada.asks_with(command("register correct-horse"), Some("r"));
    assert!(reply(&mut ada, "r").starts_with("the name `ada` is yours"));
    let resume = ada.resume();
    let hash = PasswordHash::new("swordfish").unwrap();
    let configured = format!(
        "(register: Open, accounts: [(name: \"ada\", role: operator, password: \"{hash}\")])"
    );
    // While people talk.
    let setup = |settings: &str| PluginSetup::new("roles").settings(settings);
    server.enables(setup(&configured)).unwrap();
    assert_eq!(standing(&server, "ada"), (Role::Member, None));
    server.enables(setup("(register: Open)")).unwrap();
    ada.asks_with(command("login correct-horse"), Some("l"));
    ada.hears_where("that she is logged in", |event| match event {
        Event::DirectNotice { text, .. } => {
            text.contains("logged in as ada (member)").then_some(())
        }
        _ => None,
    });
    // And over a restart.
    server.stops_to_restart();
    let server = open_with(folder.path(), &configured);
    let mut ada = server.connects_json();
    ada.asks(hello("ada", &[], Some(resume)));
    let refusal = ada.hears_error(ErrorCode::Denied);
    assert!(refusal.starts_with("the name `ada` is reserved"), "{refusal}");
    ada.asks(command("login ada correct-horse"));
    ada.hears_where("that the password is another", |event| match event {
        Event::DirectNotice { text, .. } => text.starts_with("wrong account").then_some(()),
        _ => None,
    });
}

#[test]
fn whom_an_account_ignores_it_ignores_after_a_restart_until_it_takes_that_back() {
    let folder = TempDir::new().unwrap();
    let server = open(folder.path());
    let mut ada = registers(&server, "ada");
    let _eve = server.enters("eve");
    ada.says("!ignore eve");
    ada.hears("* you ignore eve; `!unignore eve` takes it back");
    leaves(ada);
    let server = restart(server, &folder);
    let (mut ada, mut eve) = (server.enters("ada"), server.enters("eve"));
    ada.says("!login correct-horse");
    ada.hears("* you are logged in as ada (member)");
    let mut bob = server.enters("bob");
    eve.says("buy this");
    bob.hears("eve: buy this");
    bob.says("marker");
    ada.hears_exactly(&["bob: marker"]);
    ada.says("!unignore eve");
    ada.hears("* you read eve again");
    leaves(ada);
    let server = restart(server, &folder);
    let (mut ada, mut eve) = (server.enters("ada"), server.enters("eve"));
    ada.says("!login correct-horse");
    ada.hears("* you are logged in as ada (member)");
    eve.says("sorry");
    ada.hears("eve: sorry");
}

#[test]
fn a_program_registers_changes_its_password_and_says_none_aloud() {
    let folder = TempDir::new().unwrap();
    let server = open_with(folder.path(), "");
    let invitation = server.types("accounts invite").to_string();
    let code = invitation.split(['`', ' ']).nth(3).expect("a code").to_owned();
    let mut bot = server.connects_json();
    bot.asks(hello("bot", &[], None));
    let offered = bot.hears_where("a welcome", |event| match event {
        Event::Welcome { commands, .. } => Some(commands.clone()),
        _ => None,
    });
    for (path, is_secret) in [("register", true), ("password", true), ("ghost", false)] {
        let found = offered.iter().find(|command| command.path == path);
        assert_eq!(found.map(salotto::Command::is_secret), Some(is_secret), "{path}");
    }
    bot.asks_with(command("register correct-horse"), Some("1"));
    assert!(reply(&mut bot, "1").starts_with("! ask the operator for an invitation code"));
    bot.asks_with(command(&format!("register correct-horse {code}")), Some("2"));
    assert!(reply(&mut bot, "2").starts_with("the name `bot` is yours"));
    assert_eq!(standing(&server, "bot"), (Role::Member, Some("bot".into())));
    bot.asks_with(command("password correct-horse battery-staple"), Some("3"));
    assert_eq!(reply(&mut bot, "3"), "your password is changed");
    for text in ["register correct-horse", "!password a-password another-one", "/register x"] {
        bot.asks(say(text));
        bot.hears_where("that it was not said", |event| {
            matches!(event, Event::Error { .. }).then_some(())
        });
    }
}

#[test]
fn a_password_is_in_no_log_history_database_report_or_listing() {
    let folder = TempDir::new().unwrap();
    let mut server = open(folder.path());
    let mut reports = server.handle().watch();
    let mut ada = registers(&server, "ada");
    ada.says("!password correct-horse battery-staple");
    ada.hears("* your password is changed");
    for line in ["register battery-staple", "!password battery-staple", "password battery-staple x"]
    {
        ada.says(line);
        ada.hears_about("! ");
    }
    ada.says("marker");
    ada.hears("ada: marker");
    let mut shown = server.types("accounts show ada").to_string();
    shown += &server.types("accounts").to_string();
    if let Reply::Text(text) = server.types("accounts reset ada") {
        // The one password that is shown, to who asked for it.
        shown.push_str(&text.replace(text.split(['`', ' ']).nth(3).expect("a password"), ""));
    }
    server.stops();
    while let Ok(report) = reports.try_next() {
        shown.push_str(&format!("{report:?}\n"));
    }
    let mut files = 0;
    for file in fs::read_dir(folder.path()).unwrap() {
        shown.push_str(&String::from_utf8_lossy(&fs::read(file.unwrap().path()).unwrap()));
        files += 1;
    }
    assert!(files >= 3 && shown.contains("marker") && shown.contains("\"register\""), "{files}");
    for secret in ["correct-horse", "battery-staple"] {
        assert!(!shown.contains(secret), "{secret}");
    }
}

#[test]
fn many_wrong_passwords_make_whoever_guesses_wait_and_not_the_owner() {
    let folder = TempDir::new().unwrap();
    let server = open(folder.path());
    leaves(registers(&server, "ada"));
    // One connection each, from addresses that count as different ones.
    for host in 2..13 {
        let mut guesser = server.connects_from(&format!("127.0.0.{host}"));
        guesser.hears_about("What is your name?");
        guesser.says("!login ada wrong-horse");
        guesser.hears("* wrong account or password; try again in 1s");
    }
    let mut guesser = server.connects_from("127.0.0.14");
    guesser.hears_about("What is your name?");
    guesser.says("!login ada correct-horse");
    guesser.hears_about("! too many wrong passwords for this account; try again in ");
    // From where she has logged in before.
    let mut ada = server.connects();
    ada.hears_about("What is your name?");
    ada.says("!login ada correct-horse");
    ada.hears("* you are logged in as ada (member)");
}

//! Who logs in may do more, and nobody else may pass for them: through real sockets.

use salotto::protocol::ErrorCode;
use salotto::{Event, PasswordHash, PluginSetup, Report, Request, Role};
use salotto_tests::{TestServer, soon};

/// A server where `ada` is a moderator, with `swordfish` as her password.
fn server() -> TestServer {
    let hash = PasswordHash::new("swordfish").expect("it is a password");
    let accounts = format!("(accounts: [(name: \"ada\", role: moderator, password: \"{hash}\")])");
    let setup = PluginSetup::new("roles").settings(accounts);
    let server =
        TestServer::builder().server(|server| server.enable(setup)).enable("commands").open();
    server.status();
    server
}

fn roles(server: &TestServer) -> Vec<(String, Role, Option<String>)> {
    let members = soon("the members", server.handle().members()).expect("the server is running");
    let mut roles: Vec<_> = members
        .into_iter()
        .map(|info| {
            (info.name.map_or_else(String::new, |n| n.to_string()), info.role, info.account)
        })
        .collect();
    roles.sort();
    roles
}

fn command(line: &str) -> Request {
    Request::Command { line: line.into(), room: None }
}

#[test]
fn an_owner_can_take_their_name_when_they_connect() {
    let server = server();
    let mut ada = server.connects();
    ada.hears_about("What is your name?");
    for name in ["ada", "ADA", "аda", "ａｄａ"] {
        ada.says(name);
        ada.hears_exactly(&[
            "! the name `ada` is reserved: type `!login ada PASSWORD`, or choose another",
        ]);
    }
    ada.says("!login swordfish");
    ada.hears_exactly(&["! name the account: `!login ACCOUNT PASSWORD`"]);
    ada.says("!login ada swordfish");
    // The role comes before the rooms, so that one that is closed to others may open.
    ada.hears_exactly(&["* you are logged in as ada (moderator)", "* you are in lobby with ada"]);
    let mut bob = server.enters("bob");
    ada.says("!kick bob for a reason");
    bob.hears("* goodbye (kicked by ada: for a reason)");
    assert_eq!(roles(&server), [("ada".into(), Role::Moderator, Some("ada".into()))]);
}

#[test]
fn a_program_can_log_in_before_a_name_and_gets_its_commands() {
    let server = server();
    let mut ada = server.connects_json();
    ada.asks(salotto_tests::json::hello("ada", &[], None));
    ada.hears_error(ErrorCode::Denied);
    // What is not for guests asks for a name.
    ada.asks(command("kick ada"));
    ada.hears_error(ErrorCode::NameWanted);
    ada.asks(command("login ada swordfish"));
    let offered = ada.hears_where("a welcome", |event| match event {
        Event::Welcome { name, commands, .. } if *name == "ada" => Some(commands.clone()),
        _ => None,
    });
    let has = |commands: &[salotto::Command], path| commands.iter().any(|c| c.path == path);
    assert!(!has(&offered, "kick") && has(&offered, "login"));
    let offered = ada.hears_where("what she may type now", |event| match event {
        Event::Commands { commands } => Some(commands.clone()),
        _ => None,
    });
    assert!(has(&offered, "kick"));
    let login = offered.iter().find(|command| command.path == "login").expect("it is offered");
    assert_eq!(login.usage(), "login [ACCOUNT] PASSWORD");
    assert!(login.is_secret());
}

#[test]
fn a_wrong_password_before_a_name_is_refused_and_delays_who_gave_it_and_nobody_else() {
    let server = server();
    let mut eve = server.connects();
    eve.hears_about("What is your name?");
    eve.says("!login ada sword");
    eve.hears_exactly(&["* wrong account or password; try again in 1s"]);
    let mut other = server.connects();
    other.says("!login ada swordfish");
    other.hears_about("you are logged in as ada");
    eve.says("eve");
    eve.hears_about("* you are in lobby");
    assert_eq!(
        roles(&server),
        [("ada".into(), Role::Moderator, Some("ada".into())), ("eve".into(), Role::Member, None)]
    );
}

#[test]
fn a_member_logs_in_and_everybody_sees_the_name_change() {
    let server = server();
    let mut bob = server.enters_json("bob");
    let mut ada = server.enters("stranger");
    ada.says("!login ada swordfish");
    ada.hears("* you are logged in as ada (moderator)");
    let renamed = bob.hears_where("the new name", |event| match event {
        Event::Entry(entry) => match &entry.what {
            salotto::EntryKind::Renamed { from, who } => Some(format!("{from} {who}")),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(renamed, "stranger ada");
}

#[test]
fn who_leaves_while_their_password_is_looked_at_is_not_missed() {
    let server = server();
    for _ in 0..5 {
        let mut ada = server.connects();
        ada.says("!login ada swordfish");
        ada.dies();
    }
    server.waits_until("they are gone", |status| status.connected == 0);
    let mut ada = server.connects();
    // The last one's password may still be looked at; nobody is turned away for longer than that.
    loop {
        ada.says("!login ada swordfish");
        let answer = ada.hears_where("an answer", |line| !line.contains("What is your name"));
        if answer == "* you are logged in as ada (moderator)" {
            break;
        }
        assert!(answer.contains("is being looked at"), "{answer}");
    }
}

#[test]
fn a_password_is_in_no_report_and_in_no_reply() {
    let server = server();
    let mut reports = server.handle().watch();
    let _tracing = server.handle().trace();
    let mut eve = server.enters("eve");
    for line in [
        "!login ada swordfish too much",
        "!login \"ada swordfish",
        "!login ada swordfis",
        "login ada swordfish",
        "!help login",
    ] {
        eve.says(line);
        let answer = eve.hears_where("an answer", |line| !line.starts_with("* you are"));
        assert!(!answer.contains("swordfis"), "{line}: {answer}");
    }
    server.status();
    let mut seen = 0;
    while let Ok(report) = reports.try_next() {
        seen += usize::from(matches!(report, Report::Trace { .. }));
        let json = serde_json::to_string(&report).expect("reports can be written");
        assert!(!json.contains("swordfis"), "{json}");
    }
    assert!(seen > 5, "nothing was traced");
}

#[test]
fn an_operator_in_a_room_speaks_as_themselves() {
    let hash = PasswordHash::new("swordfish").expect("it is a password");
    let accounts = format!("(accounts: [(name: \"boss\", role: operator, password: \"{hash}\")])");
    let setup = PluginSetup::new("roles").settings(accounts);
    let server =
        TestServer::builder().server(|server| server.enable(setup)).enable("commands").open();
    let mut bob = server.enters("bob");
    let mut boss = server.connects();
    boss.says("!login boss swordfish");
    boss.hears_about("* you are in lobby with");
    boss.says("!say dinner is ready");
    bob.hears("boss: dinner is ready");
    boss.says("!msg bob and yours too");
    bob.hears("[boss to bob] and yours too");
    bob.says("!msg boss coming");
    boss.hears("[bob to boss] coming");
}

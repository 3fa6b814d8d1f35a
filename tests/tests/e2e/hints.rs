//! An answer names only commands that whoever reads it can call, and each as they type it.

use std::collections::BTreeSet;

use salotto::{PluginSetup, Reply, Request};
use salotto_tests::plugins::Ranks;
use salotto_tests::{Client, TestServer, soon};

fn full(folder: &tempfile::TempDir) -> TestServer {
    let bans = folder.path().join("bans.ron");
    let moderation = PluginSetup::new("moderation").settings(format!("(bans: {bans:?})"));
    TestServer::builder()
        .server(|server| server.enable(moderation))
        .enable("commands")
        .enable("quit")
        .plugin("ranks", Ranks)
        .open()
}

/// What stands in backticks in an answer and begins with a letter or a mark, but for what was asked about itself.
fn quoted(answer: &str) -> Vec<String> {
    let parts = answer.split('`').skip(1).step_by(2);
    parts.map(str::to_owned).collect()
}

fn answers(client: &mut Client, line: &str) -> String {
    client.says(line);
    client.hears_where("an answer", |heard| heard.starts_with("! "))
}

#[test]
fn a_moderator_is_told_of_commands_as_they_type_them_and_of_no_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = full(&folder);
    let mut moderator = server.enters("mod1");
    for (line, answer) in [
        ("!kick nobody", "! no user `nobody`; `!who` lists users"),
        ("!msg nobody x", "! no user `nobody`; `!who` lists users"),
        ("!topic nowhere tea", "! no room `nowhere`; `!rooms` lists rooms"),
        ("!who nowhere", "! no room `nowhere`; `!rooms` lists rooms"),
        ("!leave nowhere", "! no room `nowhere`; `!rooms` lists rooms"),
        ("!unban nobody", "! `nobody` is not banned; `!bans` lists the bans"),
        ("!unmute nobody", "! `nobody` is not muted; `!mutes` lists the mutes"),
        (
            "!xyzzy",
            "! there is no command `!xyzzy`; `!help` lists them; to say it, begin with `//`",
        ),
        ("!kik bob", "! there is no command `!kik`; did you mean `!kick`?"),
        ("!kick", "! NAME is missing; usage: !kick NAME [REASON]"),
        ("!rooms all", "! unexpected `all`; usage: !rooms"),
        ("!join game room", "! room names have no spaces; try `game_room`"),
        ("!join \"game room\"", "! room names have no spaces; try `game_room`"),
    ] {
        assert_eq!(answers(&mut moderator, line), answer, "{line}");
    }
    moderator.says("!lock");
    moderator.hears("* lobby is locked; `!invite NAME lobby` invites a user");
}

#[test]
fn the_console_is_told_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = full(&folder);
    for (line, answer) in [
        ("kick nobody", "no user `nobody`; `users` lists users"),
        ("topic nowhere tea", "no room `nowhere`; `rooms` lists rooms"),
        ("unban nobody", "`nobody` is not banned; `bans` lists the bans"),
        ("plugins disable nothing", "the plugin `nothing` is not enabled; `plugins` lists them"),
    ] {
        let error = soon(line, server.handle().execute(line)).expect_err(line);
        assert_eq!(error.to_string(), answer);
    }
    let Reply::Text(locked) = server.types("lock lobby") else { panic!("no text") };
    assert_eq!(locked, "lobby is locked; `invite NAME lobby` invites a user");
}

#[test]
fn before_a_name_help_lists_what_can_be_typed_then() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = full(&folder);
    let mut client = server.connects();
    client.says("!help");
    client.hears("* !help [COMMAND]   Lists the commands, or explains one");
    client.hears("* !quit [FAREWELL]  Leaves the server");
    client.says("!who");
    client.hears("! there is no command `!who`; `!help` lists them");
}

#[test]
fn core_without_plugins_names_no_command_that_is_not_there() {
    let server = TestServer::open();
    let mut unnamed = server.connects();
    unnamed.says("!help");
    unnamed.hears("! there is no command `!help`");
    let mut ada = server.enters("ada");
    let mut heard = BTreeSet::new();
    for line in ["!help", "!who", "!rooms", "!kick bob", "/join dev"] {
        heard.extend(quoted(&answers(&mut ada, line)));
    }
    heard.remove("//");
    assert_eq!(heard, ["!help", "!who", "!rooms", "!kick", "!join"].map(str::to_owned).into());
    let mut eve = server.enters_json("eve");
    eve.asks(Request::Direct { to: "nobody".into(), text: "x".into() });
    let error = eve.hears_error(salotto::ErrorCode::NoSuchMember);
    assert_eq!(error, "no user `nobody`");
    eve.asks(Request::Leave { room: Some("nowhere".into()), farewell: String::new() });
    assert_eq!(eve.hears_error(salotto::ErrorCode::NoSuchRoom), "no room `nowhere`");
}

#[test]
fn an_alias_calls_its_command_and_help_shows_it_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = full(&folder);
    let mut ada = server.enters("ada");
    let mut bob = server.enters("bob");
    ada.says("!names");
    ada.hears("* 2 in lobby: ada, bob");
    ada.says("/tell bob psst");
    bob.hears("[ada to bob] psst");
    ada.says("!help names");
    ada.hears("* !who [ROOM]");
    ada.hears("*   also !names");
    ada.says("!help");
    let listed = ada.hears_where("the last of the list", |line| line.contains("!who"));
    assert!(!listed.contains("names"), "{listed}");
    bob.says("!part");
    bob.hears("* you are out of lobby (left the room)");
    bob.says("/exit so long");
    bob.hears("* goodbye (quit: so long)");
    let Reply::Table { rows, .. } = server.types("who") else { panic!("no table") };
    assert_eq!(rows.len(), 1);
}

//! What looks like a command and is none: never said aloud, whoever types it and in whatever client.

use std::borrow::Cow;

use salotto::command::{Typed, read};
use salotto::protocol::{ErrorCode, MessageKind};
use salotto::{Event, PasswordHash, PluginSetup, Request};
use salotto_tests::TestServer;

/// A server with an account `mod`, and the commands of members.
fn server() -> TestServer {
    let hash = PasswordHash::new("swordfish").expect("it is a password");
    let accounts = format!("(accounts: [(name: \"mod\", role: moderator, password: \"{hash}\")])");
    let setup = PluginSetup::new("roles").settings(accounts);
    TestServer::builder()
        .server(|server| server.enable(setup))
        .enable("commands")
        .enable("quit")
        .open()
}

#[test]
fn a_slip_before_a_known_command_is_asked_about_and_never_said() {
    let server = server();
    let mut ada = server.enters("ada");
    let mut bob = server.enters("bob");
    for (line, command) in [
        ("! login mod swordfish", "login"),
        ("!!login mod swordfish", "login"),
        ("login mod two words", "login"),
        ("Login mod swordfish", "login"),
        (": login mod swordfish", "login"),
        ("\u{200b}login mod swordfish", "login"),
        ("！login mod swordfish", "login"),
        ("/ login mod swordfish", "login"),
        ("\\login mod swordfish", "login"),
        ("//!login mod swordfish", "login"),
        ("!!msg bob secret", "msg"),
        ("! MSG bob secret", "msg"),
        ("\u{feff}! msg bob secret", "msg"),
        ("／whisper bob secret", "msg"),
        ("！ｌｏｇｉｎ mod swordfish", "login"),
        ("ｌｏｇｉｎ mod swordfish", "login"),
        ("LOGİN mod swordfish", "login"),
        ("logın mod swordfish", "login"),
        ("login: mod swordfish", "login"),
        ("login=swordfish", "login"),
        ("“!login mod swordfish”", "login"),
        ("• login mod swordfish", "login"),
        ("¡login mod swordfish", "login"),
        ("! logn mod swordfish", "login"),
        ("7login mod swordfish", "login"),
        ("1msg bob secret", "msg"),
        ("!!msg: bob secret", "msg"),
        ("!!quit", "quit"),
    ] {
        ada.says(line);
        let answer = ada.hears_next();
        let expected = format!("! did you mean `!{command}`? nothing was said");
        assert!(answer.starts_with(&expected), "{line:?}: {answer}");
    }
    ada.says("marker");
    bob.hears_exactly(&["ada: marker"]);
}

#[test]
fn the_word_of_a_command_before_a_name_is_asked_about_and_no_name() {
    let server = server();
    let mut guest = server.connects();
    for word in ["help", "HELP", " quit ", "login"] {
        guest.says(word);
        guest.hears(&format!("! did you mean `!{}`?", word.trim().to_lowercase()));
    }
    // Where it is no command of theirs it is a name.
    guest.says("who");
    guest.hears_about("* you are in lobby with who");
}

#[test]
fn full_width_letters_call_a_command_too() {
    let server = server();
    let mut ada = server.enters("ada");
    ada.says("!ｗｈｏ");
    ada.hears("* 1 in lobby: ada");
    ada.says("/ｗｈｏ ｌｏｂｂｙ");
    ada.hears("* 1 in lobby: ada");
}

#[test]
fn what_is_done_in_a_room_that_has_closed_is_not_done_in_another() {
    let server = server();
    let mut bob = server.enters("bob");
    let mut ada = server.enters_json("ada");
    for line in ["me whispers", "leave"] {
        ada.asks(Request::Command { line: line.into(), room: Some("gone".into()) });
        let refusal = ada.hears_error(ErrorCode::Denied);
        assert_eq!(refusal, "you are in no room; `!join ROOM` joins one", "{line}");
    }
    ada.says("marker");
    bob.hears_exactly(&["ada: marker"]);
}

#[test]
fn a_command_is_one_in_any_case_with_either_mark_and_whatever_cannot_be_seen() {
    let server = server();
    let mut ada = server.enters("ada");
    let mut bob = server.enters("bob");
    for line in [
        "!msg bob psst",
        "/msg bob psst",
        "!MSG bob psst",
        "/Msg BOB psst",
        "\u{200b}!msg bob psst",
        "\u{a0}/msg bob psst",
        "!\u{feff}msg bob psst",
        "  !tell bob psst",
    ] {
        ada.says(line);
        bob.hears_exactly(&["[ada to bob] psst"]);
        ada.hears_exactly(&["[ada to bob] psst"]);
    }
    ada.says("/me waves");
    bob.hears_exactly(&["** ada waves"]);
    ada.hears_exactly(&["** ada waves"]);
    ada.says("/?");
    ada.hears_about("!help [COMMAND]");
    ada.says("/LOGIN mod swordfish");
    ada.hears("* you are logged in as mod (moderator)");
    ada.says("!KICK Bob");
    bob.hears_about("* goodbye (kicked by mod)");
}

#[test]
fn what_is_no_command_is_said_and_so_is_what_the_escape_stands_before() {
    let server = server();
    let mut ada = server.enters("ada");
    let mut bob = server.enters("bob");
    for (line, said) in [
        ("!!!", "!!!"),
        ("!?", "!?"),
        ("/ 2", "/ 2"),
        ("! wow", "! wow"),
        ("/path/to/file", "/path/to/file"),
        ("// a comment", "// a comment"),
        ("msg bob about it", "msg bob about it"),
        ("login", "login"),
        ("//!msg is the command", "!msg is the command"),
        ("//help", "/help"),
        ("//login is broken today", "login is broken today"),
        ("//! login is broken today", "! login is broken today"),
    ] {
        ada.says(line);
        bob.hears_exactly(&[&format!("ada: {said}")]);
    }
    ada.says("/unheard of");
    ada.hears("! there is no command `!unheard`; `!help` lists them; to say it, begin with `//`");
}

#[test]
fn before_a_name_a_slip_is_asked_about_too() {
    let server = server();
    let mut client = server.connects();
    for line in ["login mod swordfish", "! login mod swordfish"] {
        client.says(line);
        client.hears("! did you mean `!login`?");
    }
    client.says("!nick fred");
    client.hears("! there is no command `!nick`; `!help` lists them");
    client.says("/nick fred");
    client.hears("! a name cannot contain spaces; try `fred`; choose another name");
    client.says("/Login mod swordfish");
    client.hears("* you are logged in as mod (moderator)");
}

#[test]
fn a_program_may_say_anything_but_a_line_with_a_secret() {
    let server = server();
    let mut ada = server.enters_json("ada");
    let mut bob = server.enters("bob");
    for text in
        ["!login mod swordfish", "login mod two words", "! LOGIN mod swordfish", "//login mod x"]
    {
        ada.asks(Request::Say { text: text.into(), room: None, kind: MessageKind::Say });
        let error = ada.hears_error(ErrorCode::BadRequest);
        assert!(error.starts_with("did you mean `!login`? nothing was said"), "{error}");
        ada.asks(Request::Direct { to: "bob".into(), text: text.into() });
        ada.hears_error(ErrorCode::BadRequest);
    }
    for (text, said) in [("!help", "!help"), ("//login is broken today", "login is broken today")] {
        ada.says(text);
        bob.hears_exactly(&[&format!("ada: {said}")]);
    }
}

#[test]
fn a_client_that_asks_the_same_function_decides_as_the_server_does() {
    let server = server();
    let mut client = server.connects_json();
    client.asks(salotto_tests::json::hello("ada", &[], None));
    let commands = client.hears_where("a welcome", |event| match event {
        Event::Welcome { commands, .. } => Some(commands.clone()),
        _ => None,
    });
    let read = |line| read(commands.iter(), line);
    assert_eq!(read("/msg bob secret"), Typed::Command("msg bob secret".into()));
    assert!(matches!(read("!!quit"), Typed::Slip(_)));
    assert_eq!(read("/quit"), Typed::Command(Cow::Borrowed("quit")));
    assert!(matches!(read("login mod swordfish"), Typed::Slip(slip) if slip.is_secret));
}

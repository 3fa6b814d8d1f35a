//! People with `nc`, `telnet` or a first client written in class.

use std::time::Duration;

use salotto_tests::{TestServer, pause};

#[test]
fn several_people_talk_and_each_hears_all() {
    let server = TestServer::open();
    let mut people: Vec<_> =
        ["ada", "bob", "eve", "dan", "joe"].map(|name| server.enters(name)).into();
    people[0].says("hello");
    people[3].says("hello ada");
    for person in &mut people {
        person.hears("ada: hello");
    }
    // Two connections may be read in either order, so the second is waited for, not expected next.
    people[4].says("bye");
    for person in &mut people {
        person.hears("joe: bye");
    }
}

#[test]
fn silence_is_greeted_and_asked_for_a_name() {
    let server = TestServer::builder()
        .settings(|settings| {
            settings.server.name = "The Parlour".into();
            settings.server.greeting = "This is {server}. Who are you?".into();
        })
        .open();
    let mut ada = server.connects();
    ada.hears_exactly(&["This is The Parlour. Who are you?"]);
    ada.says("ada");
    ada.hears_exactly(&["* you are in lobby with ada"]);
}

#[test]
fn whoever_gives_a_name_first_is_not_greeted() {
    let server = TestServer::builder()
        .settings(|settings| settings.server.greeting = "Who is it?".into())
        .open();
    // On a busy machine a client may be silent for a moment against its will; it is not each time.
    let greeted = (0..5).all(|attempt| {
        let mut client = server.connects();
        client.says(&format!("ada{attempt}"));
        client.hears_next() == "Who is it?"
    });
    assert!(!greeted);
}

#[test]
fn a_name_and_messages_may_come_in_one_piece() {
    let server = TestServer::open();
    let mut ada = server.connects();
    ada.sends(b"ada\nhello\nbye\n");
    ada.hears_exactly(&["* you are in lobby with ada", "ada: hello", "ada: bye"]);
}

#[test]
fn piped_input_gets_its_answers_although_it_ends() {
    let server = TestServer::open();
    let mut ada = server.connects();
    ada.sends(b"ada\nhi\n");
    ada.half_closes();
    let heard = ada.hears_eof();
    assert_eq!(heard, ["* you are in lobby with ada", "ada: hi", "* goodbye (connection lost)"]);
}

#[test]
fn piped_input_is_said_to_its_end_also_without_a_newline() {
    let server = TestServer::open();
    let mut bob = server.enters("bob");
    let mut ada = server.connects();
    ada.sends(b"ada\nhi\nno newline here");
    ada.half_closes();
    bob.hears_exactly(&["ada: hi", "ada: no newline here"]);
    assert!(ada.hears_eof().contains(&"ada: no newline here".to_owned()));
}

#[test]
fn after_the_first_newline_half_a_line_waits_for_its_end() {
    let server = TestServer::open();
    let mut ada = server.enters("ada");
    ada.sends(b"hel");
    pause(Duration::from_millis(500));
    ada.sends(b"lo\n");
    ada.hears_exactly(&["ada: hello"]);
}

#[test]
fn telnet_negotiation_and_carriage_returns_are_no_text() {
    let server = TestServer::open();
    let mut ada = server.connects();
    // WILL NAWS, a window size as subnegotiation, DO SUPPRESS-GO-AHEAD.
    ada.sends(b"\xff\xfb\x1f\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0\xff\xfd\x03ada\r\n");
    ada.hears_exactly(&["* you are in lobby with ada"]);
    ada.sends(b"hello\xff\xf1 there\r\n");
    ada.hears_exactly(&["ada: hello there"]);
}

#[test]
fn a_telnet_client_that_only_negotiates_is_asked_for_a_name() {
    let server = TestServer::open();
    let mut ada = server.connects();
    ada.sends(b"\xff\xfb\x1f\xff\xfd\x03");
    ada.hears_about("What is your name?");
}

#[test]
fn an_empty_line_instead_of_a_name_is_asked_for_a_name() {
    let server = TestServer::open();
    let mut ada = server.connects();
    ada.says("");
    ada.hears_about("name");
    ada.says("ada");
    ada.hears("* you are in lobby with ada");
}

#[test]
fn empty_lines_in_a_conversation_say_nothing() {
    let server = TestServer::open();
    let mut ada = server.enters("ada");
    ada.sends(b"\n\r\n   \nhello\n");
    ada.hears_exactly(&["ada: hello"]);
}

#[test]
fn a_command_is_run_and_three_exclamation_marks_are_said() {
    let server = TestServer::builder().enable("quit").open();
    let mut ada = server.enters("ada");
    ada.says("!!!");
    ada.says("!qiut");
    ada.hears_exactly(&["ada: !!!", "! there is no command `!qiut`; did you mean `!quit`?"]);
}

#[test]
fn arrivals_and_departures_are_announced() {
    let server = TestServer::builder().enable("notices").enable("quit").open();
    let mut ada = server.connects();
    ada.says("ada");
    ada.hears_exactly(&["* Welcome, ada!", "* you are in lobby with ada", "* ada joined"]);
    let mut bob = server.connects();
    bob.says("bob");
    ada.hears_exactly(&["* bob joined"]);
    bob.hears("* you are in lobby with ada, bob");
    bob.hears_exactly(&["* bob joined"]);
    bob.says("!quit");
    ada.hears_exactly(&["* bob left (quit)"]);
    assert_eq!(bob.hears_eof(), ["* goodbye (quit)"]);
}

#[test]
fn a_farewell_is_shown_to_those_who_stay() {
    let server = TestServer::builder().enable("notices").enable("quit").open();
    let mut ada = server.enters("ada");
    let mut bob = server.enters("bob");
    bob.says("!quit so long");
    ada.hears("* bob left (quit: so long)");
    bob.hears("* goodbye (quit: so long)");
    bob.hears_eof();
}

#[test]
fn a_connection_that_dies_is_noticed() {
    let server = TestServer::builder().enable("notices").open();
    let mut ada = server.enters("ada");
    server.enters("bob").dies();
    ada.hears("* bob left (connection lost)");
    let joe = server.enters("joe");
    ada.hears("* joe joined");
    drop(joe);
    ada.hears("* joe left (connection lost)");
    assert_eq!(server.status().members, 1);
}

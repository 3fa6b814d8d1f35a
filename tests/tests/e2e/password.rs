//! A server with a password: nobody is let in who does not know it, and nobody else learns it.

use std::time::{Duration, Instant};

use salotto::protocol::{ErrorCode, LeaveReason};
use salotto::{
    CommandDraft, ConnectDraft, Context, Event, LimitHit, NameDraft, PasswordHash, Plugin, Report,
    Request, Verdict,
};
use salotto_tests::plugins::Notebook;
use salotto_tests::{BareClient, JsonClient, TestServer, TestServerBuilder, soon};

const PASSWORD: &str = "sword fish";

fn builder() -> TestServerBuilder {
    TestServer::builder().settings(|settings| {
        settings.server.password = Some(PasswordHash::new(PASSWORD).expect("it is a password"));
    })
}

fn hello(name: &str, password: Option<&str>) -> Request {
    Request::Hello {
        version: salotto::protocol::PROTOCOL_VERSION,
        name: name.into(),
        rooms: Vec::new(),
        password: password.map(str::to_owned),
        resume: None,
    }
}

fn is_welcomed(client: &mut JsonClient) {
    client.hears_where("a welcome", |event| matches!(event, Event::Welcome { .. }).then_some(()));
}

#[test]
fn wrong_passwords_are_recorded_with_their_addresses() {
    let server = builder()
        .settings(|settings| {
            settings.server.proxies = vec!["127.0.0.0/8".parse().expect("a network")];
        })
        .open();
    let mut watch = server.handle().watch();
    for last in 1..=6 {
        let mut guest = server.connects();
        guest.sends(format!("PROXY TCP4 192.0.2.{last} 10.0.0.1 4711 53000\r\n").as_bytes());
        guest.says("guess");
        guest.hears_about("not the password");
        if last == 6 {
            guest.says("again");
            guest.hears_about("not the password");
        }
    }
    server.types("topic lobby done");
    let mut recorded = Vec::new();
    loop {
        match soon("a report", watch.next()) {
            Some(Report::Action(action)) if action.what == "wrong-password" => {
                assert!(!action.to_string().contains("guess"));
                recorded.push(action.by);
            }
            Some(Report::Action(action)) if action.what == "topic" => break,
            Some(_) => {}
            None => panic!("the server has ended"),
        }
    }
    // The second one of an address within the minute is a part of its sum.
    assert_eq!(recorded, (1..=6).map(|last| format!("192.0.2.{last}")).collect::<Vec<_>>());
}

#[test]
fn who_is_silent_is_asked_for_the_password_and_then_for_a_name() {
    let server = builder().open();
    let mut ada = server.connects();
    ada.hears_exactly(&["Welcome to Salotto. What is the password?"]);
    ada.says("swordfish");
    ada.hears_exactly(&["! that is not the password of this server; try again"]);
    // An empty line is no try.
    ada.says("");
    ada.says(PASSWORD);
    ada.hears("Welcome to Salotto. What is your name?");
    ada.says("ada");
    ada.hears("* you are in lobby with ada");
    ada.says(PASSWORD);
    ada.hears(&format!("ada: {PASSWORD}"));
    assert_eq!(server.hits(LimitHit::Password), 1);
}

#[test]
fn password_name_and_messages_may_come_in_one_piece() {
    let server = builder().open();
    let mut ada = server.connects();
    ada.sends(format!("{PASSWORD}\nada\nhello\n").as_bytes());
    ada.half_closes();
    let heard = ada.hears_eof();
    assert_eq!(heard, ["* you are in lobby with ada", "ada: hello", "* goodbye (connection lost)"]);
}

#[test]
fn a_password_without_a_newline_is_taken_like_any_first_chunk() {
    let server = builder().open();
    let mut ada = BareClient::connects(&server);
    // Who has said nothing yet is not known to speak barely, and is asked with a whole line.
    assert_eq!(ada.row().as_deref(), Some("Welcome to Salotto. What is the password?\n"));
    ada.sends(PASSWORD);
    ada.shows_about("Welcome to Salotto. What is your name?");
    ada.sends("ada");
    ada.shows_about("* you are in lobby with ada");
}

#[test]
fn a_program_says_it_with_its_hello() {
    let server = builder().open();
    let mut ada = server.connects_json();
    ada.asks_with(hello("ada", None), Some("1"));
    let refused = ada.hears_next();
    let Event::Error { code, nonce, text } = refused else { panic!("{refused:?}") };
    assert_eq!((code, nonce.as_deref()), (ErrorCode::PasswordWanted, Some("1")));
    assert_eq!(text, "this server asks for a password; say hello with it");
    ada.asks_with(hello("ada", Some("swordfish")), Some("2"));
    let refused = ada.hears_next();
    let Event::Error { code, nonce, .. } = refused else { panic!("{refused:?}") };
    assert_eq!((code, nonce.as_deref()), (ErrorCode::WrongPassword, Some("2")));
    // Nothing but hello leads in, and a ping is answered.
    for request in [
        Request::Command { line: "help".into(), room: None },
        Request::Say { text: "hello".into(), room: None, kind: Default::default() },
        Request::Rooms,
    ] {
        ada.asks(request);
        ada.hears_error(ErrorCode::PasswordWanted);
    }
    ada.asks(Request::Ping);
    ada.hears_where("a pong", |event| matches!(event, Event::Pong { .. }).then_some(()));
    assert_eq!(server.status().members, 0);
    ada.asks(hello("ada", Some(PASSWORD)));
    is_welcomed(&mut ada);
}

#[test]
fn a_name_that_is_refused_does_not_ask_for_the_password_again() {
    let server = builder().open();
    let mut ada = server.connects_json();
    ada.asks(hello("not a name", Some(PASSWORD)));
    ada.hears_error(ErrorCode::BadName);
    ada.asks(hello("ada", None));
    is_welcomed(&mut ada);
}

#[test]
fn who_is_asked_for_the_password_may_leave() {
    let server = builder().open();
    let mut ada = server.connects_json();
    ada.asks(Request::Quit { farewell: "x".repeat(3000) });
    assert_eq!(ada.hears_bye(), LeaveReason::Quit { farewell: String::new() });
    ada.raw.hears_eof();
}

#[test]
fn tries_are_counted_and_then_it_is_over() {
    let server = builder().settings(|settings| settings.limits.name_lines = Some(3)).open();
    let mut eve = server.connects();
    eve.hears_about("What is the password?");
    eve.says("a\nb\nc\nd");
    assert_eq!(
        eve.hears_eof(),
        [
            "! that is not the password of this server; try again",
            "! that is not the password of this server; try again",
            "* goodbye (3 passwords were tried and none was right)"
        ]
    );
    assert_eq!(server.hits(LimitHit::Password), 3);
    assert_eq!(server.status().left["refused"], 1);
}

#[test]
fn guessing_is_slow_on_however_many_connections() {
    let server = builder().open();
    let started = Instant::now();
    let mut guessers: Vec<_> = (0..4).map(|_| server.connects()).collect();
    for (number, guesser) in guessers.iter_mut().enumerate() {
        guesser.says(&number.to_string());
        guesser.hears_about("! that is not the password");
    }
    // The second waited for 250 ms, the third for twice and the fourth for four times as long.
    assert!(started.elapsed() >= Duration::from_millis(250 + 500 + 1000));
}

#[test]
fn the_server_has_a_password_from_the_next_connection_on() {
    let server = TestServer::open();
    let mut ada = server.enters("ada");
    let mut at_the_door = server.connects();
    at_the_door.says("not a name");
    at_the_door.hears_about("a name cannot contain spaces");
    let mut settings = server.handle().settings().as_ref().clone();
    settings.server.password = Some(PasswordHash::new(PASSWORD).expect("it is a password"));
    soon("a reload", server.handle().apply(settings.clone(), None)).expect("it is good");
    // Who has been let through stays.
    at_the_door.says("dan");
    at_the_door.hears("* you are in lobby with ada, dan");
    ada.says("still here");
    ada.hears("ada: still here");
    let mut bob = server.connects();
    bob.hears_about("What is the password?");
    settings.server.password = None;
    soon("a reload", server.handle().apply(settings, None)).expect("it is good");
    bob.says("bob");
    bob.hears("* you are in lobby with ada, bob, dan");
}

#[test]
fn a_pending_password_does_not_delay_the_stop_of_the_server() {
    let mut server = builder().open();
    let mut waiting: Vec<_> = (0..12).map(|_| server.connects()).collect();
    for client in &mut waiting {
        client.says("wrong");
    }
    waiting[0].hears_about("! that is not the password");
    server.stops();
    for client in &mut waiting {
        client.hears_eof();
    }
}

#[test]
fn no_plugin_and_no_report_contains_a_password() {
    /// Writes down all that it is asked before a name.
    struct Nosy(Notebook);
    impl Plugin for Nosy {
        fn before_connect(&mut self, _: &mut Context<'_>, draft: &mut ConnectDraft) -> Verdict {
            self.0.write(format!("{draft:?}"));
            Verdict::Pass
        }

        fn before_name(&mut self, _: &mut Context<'_>, draft: &mut NameDraft) -> Verdict {
            self.0.write(format!("{draft:?}"));
            Verdict::Pass
        }

        fn before_command(&mut self, _: &mut Context<'_>, draft: &mut CommandDraft) -> Verdict {
            self.0.write(format!("{draft:?}"));
            Verdict::Pass
        }
    }
    let notes = Notebook::default();
    let server = builder().plugin("nosy", Nosy(notes.clone())).open();
    let mut reports = server.handle().watch();
    let _tracing = server.handle().trace();
    let mut ada = server.connects();
    ada.hears_about("What is the password?");
    ada.says("!sesame");
    ada.hears_about("! that is not");
    ada.says(PASSWORD);
    ada.hears_about("What is your name?");
    ada.says("ada");
    ada.hears_about("* you are in");
    let mut bob = server.connects_json();
    bob.asks(hello("bob", Some(PASSWORD)));
    is_welcomed(&mut bob);
    server.status();
    let mut told = notes.take();
    assert!(told.len() >= 4, "{told:?}");
    while let Ok(report) = reports.try_next() {
        told.push(serde_json::to_string(&report).expect("reports can be written"));
    }
    assert!(told.len() > 8, "{told:?}");
    for text in told {
        assert!(!text.contains(PASSWORD) && !text.contains("sesame"), "{text}");
    }
}

//! Programs that speak one object a line.

use std::time::Duration;

use salotto::NoticeKind;
use salotto::protocol::{ErrorCode, LeaveReason, MessageKind};
use salotto::{EntryKind, Event, LimitHit, Reply, Request};
use salotto_tests::json::{hello, say};
use salotto_tests::{TestServer, pause};

#[test]
fn a_client_is_welcomed_and_let_into_the_default_room() {
    let server = TestServer::builder()
        .settings(|settings| {
            settings.server.name = "The Parlour".into();
            settings.limits.rate = Some(salotto::Rate { burst: 7, per_second: 3.0 });
        })
        .enable("quit")
        .open();
    let mut ada = server.connects_json();
    ada.asks(hello("ada", &[], None));
    let Event::Welcome {
        version,
        server,
        epoch,
        name,
        commands,
        line_bytes,
        lines_at_once,
        lines_per_second,
        ..
    } = ada.hears_next()
    else {
        panic!("the first event is a welcome");
    };
    assert_eq!(
        (line_bytes, lines_at_once, lines_per_second),
        (Some(32 * 1024), Some(7), Some(3.0))
    );
    assert_eq!((version, server.as_str(), name.as_str()), (2, "The Parlour", "ada"));
    assert!(!epoch.is_empty());
    let paths: Vec<&str> = commands.iter().map(|command| command.path.as_str()).collect();
    assert_eq!(paths, ["quit"], "what a member may call and nothing else");
    let Event::Entered { room, members, count, first_id, history, .. } = ada.hears_next() else {
        panic!("then a room");
    };
    assert_eq!((room.as_str(), count, first_id, history), ("lobby", 1, 1, 0));
    assert_eq!(members, ["ada"]);
    let Event::Entry(entry) = ada.hears_next() else {
        panic!("then what happens there");
    };
    assert!(matches!(entry.what, EntryKind::Joined { who } if who == "ada"));
}

#[test]
fn a_nonce_comes_back_on_the_echo_and_on_the_error() {
    let server = TestServer::open();
    let mut ada = server.enters_json("ada");
    ada.asks_with(say("hello"), Some("7"));
    let entry = ada.hears_said("hello");
    let EntryKind::Message { nonce, .. } = entry.what else {
        panic!("it was said");
    };
    assert_eq!(nonce.as_deref(), Some("7"));
    ada.asks_with(
        Request::Say { text: "hello".into(), room: Some("nowhere".into()), kind: MessageKind::Say },
        Some("8"),
    );
    let nonce = ada.hears_where("the error", |event| match event {
        Event::Error { code: ErrorCode::NoSuchRoom, nonce, .. } => Some(nonce.clone()),
        _ => None,
    });
    assert_eq!(nonce.as_deref(), Some("8"));
    ada.asks_with(Request::Ping, Some("9"));
    ada.hears_where("the pong", |event| {
        (*event == Event::Pong { nonce: Some("9".into()) }).then_some(())
    });
    for (request, nonce) in [
        (Request::Join { room: "lobby".into(), key: None }, "10"),
        (Request::Leave { room: None, farewell: String::new() }, "11"),
    ] {
        ada.asks_with(request, Some(nonce));
        let reply = Event::Reply { reply: Reply::Done, nonce: Some(nonce.into()) };
        ada.hears_where("that it was done", |event| (*event == reply).then_some(()));
    }
    ada.asks_with(Request::Leave { room: None, farewell: String::new() }, Some("12"));
    ada.hears_where("that it is in no room", |event| match event {
        Event::Error { nonce, .. } => (nonce.as_deref() == Some("12")).then_some(()),
        _ => None,
    });
}

#[test]
fn what_is_no_request_is_answered_and_the_next_one_works() {
    let server = TestServer::open();
    let mut ada = server.enters_json("ada");
    for line in [
        r#"{"type":"dance"}"#,
        r#"{"type":"say"}"#,
        r#"{"type":"say","text":7}"#,
        r#"{"type":"say","text":"half"#,
        r#"[1,2,3]"#,
        r#"null"#,
        r#"not json at all"#,
        r#"{"type":"say","text":"\ud800"}"#,
    ] {
        ada.raw.says(line);
        ada.hears_error(ErrorCode::BadRequest);
    }
    ada.raw.says(r#"{"colour":"blue","text":"unknown fields are fine","type":"say"}"#);
    ada.hears_said("unknown fields are fine");
    assert_eq!(server.hits(LimitHit::BadRequest), 8);
}

#[test]
fn a_request_before_a_name_is_answered_with_a_request_for_hello() {
    let server = TestServer::open();
    let mut ada = server.connects_json();
    ada.asks(Request::Rooms);
    ada.hears_error(ErrorCode::NameWanted);
    let (name, rooms) = ("ada".into(), Vec::new());
    ada.asks(Request::Hello { version: 99, name, rooms, password: None, resume: None });
    assert!(ada.hears_error(ErrorCode::BadRequest).contains("version 2"));
    let mut ada = ada.enters("ada");
    ada.says("hello");
    ada.hears_said("hello");
}

#[test]
fn a_request_may_arrive_in_slow_pieces() {
    let server = TestServer::open();
    let mut ada = server.connects_json();
    ada.raw.sends(br#"{"type":"hel"#);
    // Longer than a chunk of text may stand alone, and than silence is let be.
    pause(Duration::from_millis(600));
    ada.raw.sends(br#"lo","name":"ada"}"#);
    ada.raw.sends(b"\n");
    ada.hears_where("that it is in a room", |event| {
        matches!(event, Event::Entered { .. }).then_some(())
    });
}

#[test]
fn a_client_whose_first_bytes_come_late_passes_over_the_greeting() {
    let server = TestServer::open();
    let mut ada = server.connects_json();
    ada.raw.hears_about("What is your name?");
    let mut ada = ada.enters("ada");
    ada.says("hello");
    ada.hears_said("hello");
}

#[test]
fn text_and_json_clients_are_in_one_room() {
    let server = TestServer::builder().enable("notices").open();
    let mut ada = server.enters_json("ada");
    let mut bob = server.enters("bob");
    ada.asks(Request::Say { text: "waves".into(), room: None, kind: MessageKind::Act });
    bob.hears("** ada waves");
    bob.says("hello");
    ada.hears_said("hello");
    bob.dies();
    assert_eq!(ada.hears_left("bob"), LeaveReason::Lost);
    let notice = ada.hears_where("the notice of it", |event| match event {
        Event::Entry(entry) => match &entry.what {
            EntryKind::Notice { text, kind: NoticeKind::Left } => Some(text.clone()),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(notice, "bob left (connection lost)");
}

#[test]
fn a_goodbye_is_answered_and_the_connection_ends() {
    let server = TestServer::builder().enable("notices").open();
    let mut bob = server.enters("bob");
    let mut ada = server.enters_json("ada");
    ada.asks(Request::Quit { farewell: "so long".into() });
    let quit = LeaveReason::Quit { farewell: "so long".into() };
    assert_eq!(ada.hears_bye(), quit);
    assert!(ada.raw.hears_eof().is_empty());
    bob.hears("* ada left (quit: so long)");
}

#[test]
fn a_direct_message_reaches_one_and_comes_back_to_its_sender() {
    let server = TestServer::open();
    let mut ada = server.enters_json("ada");
    let mut bob = server.enters("bob");
    let mut eve = server.enters("eve");
    let direct = |to: &str, text: &str| Request::Direct { to: to.into(), text: text.into() };
    ada.asks_with(direct("BOB", "just you"), Some("1"));
    bob.hears("[ada to bob] just you");
    let nonce = ada.hears_where("the echo", |event| match event {
        Event::Direct { from, to, text, nonce, .. } => {
            assert_eq!((from.as_str(), to.as_str(), text.as_str()), ("ada", "bob", "just you"));
            Some(nonce.clone())
        }
        _ => None,
    });
    assert_eq!(nonce.as_deref(), Some("1"));
    ada.asks(direct("nobody", "are you there?"));
    ada.hears_error(ErrorCode::NoSuchMember);
    ada.says("for all");
    assert_eq!(eve.hears_next(), "ada: for all", "eve heard none of it");
}

#[test]
fn a_client_that_is_silent_is_pinged_and_gone_without_an_answer() {
    let server = TestServer::builder()
        .settings(|settings| {
            settings.limits.ping_after = Some(Duration::from_millis(300));
            settings.limits.gone_after = Some(Duration::from_millis(1500));
        })
        .enable("notices")
        .open();
    // A person with `nc` may well be silent for longer than that.
    let mut bob = server.enters("bob");
    let mut silent = server.enters_json("silent");
    bob.hears("* silent joined");
    silent.hears_where("a ping", |event| matches!(event, Event::Ping).then_some(()));
    bob.hears("* silent left (no answer)");
    assert_eq!(silent.hears_bye(), LeaveReason::Idle);
    silent.raw.hears_eof();
    bob.says("I am still here");
    bob.hears("bob: I am still here");
    assert_eq!(server.hits(LimitHit::NoAnswer), 1);
}

#[test]
fn a_client_that_answers_pings_stays() {
    let server = TestServer::builder()
        .settings(|settings| {
            settings.limits.ping_after = Some(Duration::from_millis(100));
            settings.limits.gone_after = Some(Duration::from_secs(10));
        })
        .open();
    let mut ada = server.enters_json("ada");
    for _ in 0..5 {
        ada.hears_where("a ping", |event| matches!(event, Event::Ping).then_some(()));
        ada.asks(Request::Pong);
    }
    ada.says("hello");
    ada.hears_said("hello");
}

#[test]
fn a_line_break_in_a_message_is_a_space() {
    let server = TestServer::open();
    let mut ada = server.enters_json("ada");
    let mut bob = server.enters("bob");
    for (text, said) in [("a\nb", "a b"), ("a\r\nb", "a b"), ("a\u{2028}b", "a b")] {
        ada.says(text);
        bob.hears(&format!("ada: {said}"));
    }
}

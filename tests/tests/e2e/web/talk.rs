//! People in browsers among others.

use std::io::{Read, Write};
use std::time::Instant;

use salotto::protocol::ErrorCode;
use salotto::{EntryKind, Event, LeaveReason, PasswordHash, Request};
use salotto_tests::{PATIENCE, TestServer, soon};

use super::{Browser, server};

/// A frame that a client may send at any time: a pong that nobody asked for, masked with zeros.
const PONG: [u8; 6] = [0x8a, 0x80, 0, 0, 0, 0];

#[test]
fn browsers_nc_and_json_share_a_room() {
    let server = server();
    let mut ada = Browser::connects(server.address()).enters("ada");
    let mut bob = server.enters("bob");
    let mut eve = server.enters_json("eve");
    let mut dan = Browser::connects(server.address()).enters("dan");
    ada.says("<b>hello</b>");
    bob.hears("ada: <b>hello</b>");
    eve.hears_said("<b>hello</b>");
    let echo = ada.hears_said("<b>hello</b>");
    assert_eq!(dan.hears_said("<b>hello</b>"), echo);
    bob.says("hello, ada");
    ada.hears_said("hello, ada");
    // Private lines, and what is for one person alone.
    ada.asks(Request::Direct { to: "dan".into(), text: "psst".into() });
    dan.hears_where(|event| {
        matches!(event, Event::Direct { text, .. } if text == "psst").then_some(())
    });
}

#[test]
fn what_was_said_before_comes_in_frames_too() {
    let server =
        TestServer::builder().enable("web").settings(|settings| settings.rooms.history = 50).open();
    let mut bob = server.enters("bob");
    for line in 0..60 {
        bob.says(&format!("line {line}"));
    }
    bob.hears("bob: line 59");
    let mut ada = Browser::connects(server.address());
    ada.asks(salotto_tests::json::hello("ada", &[], None));
    for line in 20..60 {
        ada.hears_said(&format!("line {line}"));
    }
}

#[test]
fn a_taken_name_and_the_password_are_asked_about_in_frames() {
    let server = TestServer::builder()
        .settings(|settings| {
            settings.server.password = Some(PasswordHash::new("swordfish").expect("a hash"));
        })
        .enable("web")
        .open();
    let mut ada = Browser::connects(server.address());
    let hello =
        |name: &str, password: Option<&str>| match salotto_tests::json::hello(name, &[], None) {
            Request::Hello { version, name, rooms, resume, .. } => Request::Hello {
                version,
                name,
                rooms,
                password: password.map(str::to_owned),
                resume,
            },
            other => other,
        };
    ada.asks(hello("ada", None));
    ada.hears_error(ErrorCode::PasswordWanted);
    ada.asks(hello("ada", Some("trout")));
    ada.hears_error(ErrorCode::WrongPassword);
    ada.asks(hello("ada", Some("swordfish")));
    ada.hears_where(|event| matches!(event, Event::Entered { .. }).then_some(()));
    let mut eve = Browser::connects(server.address());
    eve.asks(hello("Ada", Some("swordfish")));
    eve.hears_error(ErrorCode::NameTaken);
}

#[test]
fn the_rate_holds_for_messages_in_frames() {
    let server = TestServer::builder()
        .settings(|settings| {
            settings.limits.rate = Some(salotto::Rate { burst: 5, per_second: 1000.0 });
        })
        .enable("web")
        .open();
    let mut ada = Browser::connects(server.address()).enters("ada");
    for line in 0..50 {
        ada.says(&line.to_string());
    }
    ada.hears_said("49");
    assert!(server.hits(salotto::LimitHit::Rate) > 0);
}

#[test]
fn each_goodbye_has_its_reason_and_its_code() {
    let mut server = TestServer::builder().enable("web").enable("moderation").open();
    let mut ada = Browser::connects(server.address()).enters("ada");
    let bye = |browser: &mut Browser| {
        browser.hears_where(|event| match event {
            Event::Bye { reason } => Some(reason.clone()),
            _ => None,
        })
    };
    server.types("kick ada no flooding");
    assert!(matches!(bye(&mut ada), LeaveReason::Kicked { why, .. } if why == "no flooding"));
    assert_eq!(ada.hears_end(), Some(1008));
    let mut bob = Browser::connects(server.address()).enters("bob");
    bob.asks(Request::Quit { farewell: "ciao".into() });
    assert!(matches!(bye(&mut bob), LeaveReason::Quit { farewell } if farewell == "ciao"));
    assert_eq!(bob.hears_end(), Some(1000));
    let mut dan = Browser::connects(server.address()).enters("dan");
    server.stops();
    assert_eq!(bye(&mut dan), LeaveReason::Stopping);
    assert_eq!(dan.hears_end(), Some(1001));
}

#[test]
fn a_connection_that_is_over_waits_for_the_peer_to_close_and_is_not_reset() {
    let server = TestServer::builder().enable("web").enable("moderation").enable("notices").open();
    let ada = Browser::connects(server.address()).enters("ada");
    let mut watcher = server.enters("watcher");
    server.types("kick ada no flooding");
    watcher.hears("* ada left (kicked by host: no flooding)");
    // She has not looked yet, and is still saying things: a connection that was closed meanwhile would be reset by that.
    let mut stream = ada.0.get_ref().try_clone().expect("a socket");
    for _ in 0..20 {
        stream.write_all(&PONG).expect("it is taken");
    }
    let mut told = Vec::new();
    stream.read_to_end(&mut told).expect("an end, and no reset");
    let told = String::from_utf8_lossy(&told).into_owned();
    assert!(told.ends_with("kicked by host: no flooding"), "{told}");
}

#[test]
fn who_does_not_close_after_the_goodbye_is_waited_for_only_for_a_moment() {
    let server = TestServer::builder()
        .settings(|settings| {
            settings.limits.exempt = Vec::new();
            settings.limits.connections_per_address = Some(2);
        })
        .enable("web")
        .enable("moderation")
        .open();
    let ada = Browser::connects(server.address()).enters("ada");
    let _bob = Browser::connects(server.address()).enters("bob");
    server.types("kick ada");
    // Her place is hers for as long as that takes.
    assert_eq!(Browser::connects(server.address()).hears_end(), Some(1013));
    let mut stream = ada.0.get_ref().try_clone().expect("a socket");
    stream.read_to_end(&mut Vec::new()).expect("the end of what is sent");
    let until = Instant::now() + PATIENCE;
    while stream.write_all(&PONG).is_ok() {
        assert!(Instant::now() < until, "it is still read");
        std::thread::yield_now();
    }
    // Free as soon as the session has ended.
    let is_let_in = || {
        let mut eve = Browser::connects(server.address());
        eve.asks(salotto_tests::json::hello("eve", &[], None));
        matches!(eve.next(), Ok(Event::Welcome { .. }))
    };
    while !is_let_in() {
        assert!(Instant::now() < until, "her place is still taken");
    }
}

#[test]
fn who_talks_goes_on_when_the_plugin_gets_other_settings_and_ends_with_it() {
    let server = server();
    let mut ada = Browser::connects(server.address()).enters("ada");
    let other = salotto::PluginSetup::new("web").settings("(origins: [\"https://example.org\"])");
    server.enables(other).expect("they are good");
    let mut bob = Browser::connects(server.address()).enters("bob");
    bob.says("still there?");
    ada.hears_said("still there?");
    assert!(server.disables("web"));
    assert_eq!(ada.hears_end(), Some(1008));
}

#[test]
fn who_comes_back_has_missed_nothing() {
    let server = TestServer::builder().enable("web").enable("notices").open();
    let mut bob = server.enters("bob");
    let mut ada = Browser::connects(server.address());
    ada.asks(salotto_tests::json::hello("ada", &[], None));
    let (epoch, token) = ada.hears_where(|event| match event {
        Event::Welcome { epoch, token, .. } => Some((epoch.clone(), token.clone())),
        _ => None,
    });
    bob.says("one");
    let seen = ada.hears_said("one").id;
    drop(ada);
    bob.hears_about("* ada left");
    bob.says("two");
    let rooms = [("lobby".to_owned(), seen)].into();
    let resume = salotto::Resume { epoch, token, rooms, ..Default::default() };
    let mut ada = Browser::connects(server.address());
    ada.asks(salotto_tests::json::hello("ada", &[], Some(resume)));
    let mut last = seen;
    loop {
        let entry = ada.hears_where(|event| match event {
            Event::Entry(entry) => Some(entry.clone()),
            _ => None,
        });
        last += 1;
        assert_eq!(entry.id, last);
        if matches!(&entry.what, EntryKind::Message { text, .. } if text == "two") {
            break;
        }
    }
}

#[test]
fn a_ping_of_the_page_is_answered() {
    let server = server();
    let mut ada = Browser::connects(server.address()).enters("ada");
    ada.asks(Request::Ping);
    ada.hears_where(|event| matches!(event, Event::Pong { .. }).then_some(()));
    soon("the status", server.handle().status()).expect("it runs");
}

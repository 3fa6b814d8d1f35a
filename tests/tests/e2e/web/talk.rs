//! People in browsers among others.

use salotto::protocol::ErrorCode;
use salotto::{EntryKind, Event, LeaveReason, PasswordHash, Request};
use salotto_tests::{TestServer, soon};

use super::{Browser, server};

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
    let resume = salotto::Resume { epoch, token, rooms };
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

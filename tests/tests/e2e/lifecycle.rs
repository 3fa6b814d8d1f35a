//! Opening, closing, opening again.

use std::net::TcpStream;
use std::time::Duration;

use salotto::protocol::LeaveReason;
use salotto::{ConnectDraft, Context, ListenError, Plugin, Server, StartError, Verdict};
use salotto_tests::{PATIENCE, TestServer, soon};

#[test]
fn two_servers_live_in_one_process() {
    let (one, two) = (TestServer::open(), TestServer::open());
    assert_ne!(one.address(), two.address());
    let (mut ada, mut other_ada) = (one.enters("ada"), two.enters("ada"));
    ada.says("in the first");
    other_ada.says("in the second");
    ada.hears_exactly(&["ada: in the first"]);
    other_ada.hears_exactly(&["ada: in the second"]);
    drop(one);
    other_ada.says("alone");
    other_ada.hears_exactly(&["ada: alone"]);
}

#[test]
fn two_servers_on_one_port_are_one_too_many() {
    let server = TestServer::open();
    let refused = TestServer::builder()
        .settings(|settings| settings.server.listen = vec![server.address().to_string()])
        .try_open()
        .err()
        .expect("the port is taken");
    assert!(
        matches!(refused, StartError::Listen(ListenError::InUse(address)) if address == server.address()),
        "{refused:?}"
    );
    let port = server.address().port();
    assert_eq!(
        refused.to_string(),
        format!(
            "port {port} is in use on 127.0.0.1; another server runs there, so stop it or choose another port"
        )
    );
    // The one that was there is not harmed.
    server.enters("ada");
}

#[test]
fn mistakes_in_the_settings_are_reported_all_at_once() {
    let refused = TestServer::builder()
        .settings(|settings| {
            settings.rooms.default = "two words".into();
            settings.server.threads = Some(0);
            settings.limits.mailbox = Some(1);
        })
        .try_open()
        .err()
        .expect("three mistakes");
    let text = refused.to_string();
    for field in ["rooms.default", "server.threads", "limits.mailbox"] {
        assert!(text.contains(field), "{text}");
    }
    let refused = TestServer::builder().enable("xyzzy").try_open().err();
    let text = refused.expect("it is unknown").to_string();
    assert!(text.contains("there is no plugin `xyzzy`"), "{text}");
    for address in ["nowhere", "127.0.0.1:port", "no such host:0"] {
        let refused = TestServer::builder()
            .settings(|settings| settings.server.listen = vec![address.into()])
            .try_open()
            .err();
        let text = refused.expect("no address").to_string();
        assert!(text.contains(address), "{text}");
    }
}

#[test]
fn a_stop_tells_everybody_and_flushes_what_is_pending() {
    let mut server = TestServer::open();
    let mut ada = server.enters("ada");
    let mut bob = server.enters_json("bob");
    let mut silent = server.connects();
    silent.hears_about("What is your name?");
    server.types("say closing time");
    server.stops();
    assert_eq!(ada.hears_eof(), ["host: closing time", "* goodbye (server stopping)"]);
    bob.hears_said("closing time");
    assert_eq!(bob.hears_bye(), LeaveReason::Stopping);
    assert!(bob.raw.hears_eof().is_empty());
    assert_eq!(silent.hears_eof(), ["* goodbye (server stopping)"]);
}

#[test]
fn a_stop_flushes_a_lot_to_who_reads() {
    let mut server =
        TestServer::builder().settings(|settings| settings.rooms.timeline_bytes = 1 << 30).open();
    let mut ada = server.enters("ada");
    let line = "x".repeat(2000);
    let talker = soon("joining", server.handle().join("talker")).expect("a free name");
    for _ in 0..2000 {
        soon("saying something", talker.say(line.as_str())).expect("the server is running");
    }
    let heard = std::thread::scope(|scope| {
        let reader = scope.spawn(|| ada.hears_eof());
        server.stops();
        reader.join().expect("it ends")
    });
    assert_eq!(heard.len(), 2001);
    assert_eq!(heard[2000], "* goodbye (server stopping)");
}

#[test]
fn a_stop_does_not_wait_long_for_who_does_not_read() {
    let mut server = TestServer::builder()
        .settings(|settings| {
            settings.server.stop_timeout = Duration::from_millis(300);
            settings.limits.line_bytes = Some(64 * 1024);
            settings.limits.message_characters = None;
            settings.rooms.timeline_bytes = 1 << 30;
        })
        .open();
    let slow = server.connects_narrowly().enters("slow");
    let talker = soon("joining", server.handle().join("talker")).expect("a free name");
    let line = "x".repeat(60_000);
    // More than all buffers between here and there.
    for _ in 0..200 {
        soon("saying something", talker.say(line.as_str())).expect("the server is running");
    }
    // What is measured is the stop, and not all that was said before.
    server.status();
    let took = server.stops();
    assert!(took >= Duration::from_millis(300), "it waited: {took:?}");
    assert!(took < Duration::from_secs(8), "but not long: {took:?}");
    drop(slow);
}

#[test]
fn a_server_starts_again_on_the_same_port() {
    let mut server = TestServer::open();
    let address = server.address();
    for round in 0..5 {
        let mut ada = server.enters("ada");
        ada.says(&format!("round {round}"));
        ada.hears(&format!("ada: round {round}"));
        // Some stay connected, so that the port has connections left over from before.
        let _bob = server.enters("bob");
        server.stops();
        ada.hears("* goodbye (server stopping)");
        assert!(
            TcpStream::connect_timeout(&address, PATIENCE).is_err(),
            "nobody listens in between"
        );
        server = TestServer::builder()
            .settings(|settings| settings.server.listen = vec![address.to_string()])
            .open();
    }
}

#[test]
fn a_server_that_is_dropped_frees_its_port() {
    let mut server = TestServer::open();
    let address = server.address();
    for _ in 0..20 {
        // The handle of the server before is still held here.
        server.drops();
        let next = TestServer::builder()
            .settings(|settings| settings.server.listen = vec![address.to_string()])
            .try_open();
        server = next.unwrap_or_else(|error| panic!("the port was kept: {error}"));
        server.enters("ada");
    }
}

#[test]
fn a_server_that_is_dropped_hangs_up_although_a_handle_is_held() {
    let mut server = TestServer::open();
    let handle = server.handle();
    let mut ada = server.enters("ada");
    let mut silent = server.connects();
    silent.hears_about("What is your name?");
    server.drops();
    ada.hears_eof();
    silent.hears_eof();
    soon("an answer", handle.status()).expect_err("it is closed");
}

#[test]
fn a_request_to_a_stopped_server_is_answered_with_an_error() {
    let mut server = TestServer::open();
    let handle = server.handle();
    server.stops();
    soon("an answer", handle.status()).expect_err("it is closed");
    soon("an answer", handle.say("lobby", "hello")).expect_err("it is closed");
    soon("an answer", handle.execute("status")).expect_err("it is closed");
    assert!(soon("an answer", handle.join("ada")).is_err());
}

#[test]
fn a_stop_while_people_come_and_talk_is_complete() {
    for _ in 0..5 {
        let patience = Duration::from_secs(10);
        let mut server = TestServer::builder()
            .settings(|settings| settings.server.stop_timeout = patience)
            .open();
        let address = server.address();
        let mut talkers: Vec<_> =
            (0..4).map(|index| server.enters_json(&format!("talker{index}"))).collect();
        let took = std::thread::scope(|scope| {
            for talker in &mut talkers {
                scope.spawn(move || {
                    // Until the server hangs up.
                    while talker.raw.tries_to_send(b"{\"type\":\"rooms\"}\n").is_ok() {
                        let deadline = std::time::Instant::now() + PATIENCE;
                        if talker.read_event(deadline).is_none() {
                            break;
                        }
                    }
                });
            }
            scope.spawn(move || while TcpStream::connect_timeout(&address, PATIENCE).is_ok() {});
            server.stops()
        });
        assert!(took < patience, "somebody was waited for: {took:?}");
    }
}

#[test]
fn a_server_without_people_stops_at_once() {
    let took = TestServer::open().stops();
    assert!(took < Duration::from_secs(3), "nobody has to be waited for: {took:?}");
    let server = Server::builder().listen(["127.0.0.1:0"]).start();
    drop(server.expect("it opens"));
}

/// Takes its time over each connection.
struct Thoughtful;

impl Plugin for Thoughtful {
    fn before_connect(&mut self, _: &mut Context<'_>, _: &mut ConnectDraft) -> Verdict {
        salotto_tests::pause(Duration::from_millis(50));
        Verdict::Pass
    }
}

#[test]
fn a_silent_connection_is_greeted_although_a_plugin_takes_its_time_over_it() {
    let server = TestServer::builder().plugin("thoughtful", Thoughtful).open();
    server.connects().hears_about("What is your name?");
}

#[test]
fn a_silent_connection_is_ended_although_a_plugin_takes_its_time_over_it() {
    let server = TestServer::builder()
        .settings(|settings| settings.limits.name_timeout = Some(Duration::from_millis(500)))
        .plugin("thoughtful", Thoughtful)
        .open();
    let heard = server.connects().hears_eof();
    assert!(
        heard.last().is_some_and(|line| line.contains("no name was given in time")),
        "{heard:?}"
    );
}

#[test]
fn a_crowd_that_connects_at_once_is_greeted_one_and_all() {
    let server = TestServer::open();
    let mut crowd: Vec<_> = (0..200).map(|_| server.connects()).collect();
    for client in &mut crowd {
        client.hears_about("What is your name?");
    }
}

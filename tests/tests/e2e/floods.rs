//! Floods through real sockets, up all the steps, and what does not count as one.

use std::time::Duration;

use salotto::{EntryKind, Event, Limits, PluginSetup, Rate};
use salotto_tests::{TestServer, pause};
use tempfile::TempDir;

/// A server with both plugins, in the order of the default set.
fn server(folder: &TempDir, floods: &str) -> TestServer {
    moderated(folder, floods, |_| {})
}

#[test]
fn a_flood_is_warned_muted_disconnected_and_banned_and_the_room_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = "(messages: (burst: 3, per_minute: 1), grace: \"1ms\")";
    let server = server(&folder, settings);
    let mut ada = server.enters("ada");
    let mut bob = server.enters("bob");
    // Each step is left to be heeded, so the flood goes on until the next one is taken.
    let flood_until = |bob: &mut salotto_tests::Client, part: &str| loop {
        // It may have ended by now; what was said to it meanwhile is still there to be heard.
        let _ = bob.tries_to_send(b"flood\n");
        let heard = bob.hears_where("an answer", |line| line.starts_with(['!', '*', 'b']));
        if heard.contains(part) {
            return heard;
        }
    };
    flood_until(&mut bob, "! too many messages at once; if you continue, you will be muted for 5m");
    flood_until(&mut bob, "* you are muted for 5m: too many messages at once");
    flood_until(&mut bob, "* goodbye (kicked: too many messages at once)");
    bob.hears_eof();
    // Coming back is no new beginning.
    let mut bob = server.enters("bob");
    flood_until(&mut bob, "* goodbye (kicked by floods: banned for 1h: too many messages at once)");
    bob.hears_eof();
    let mut bob = server.connects();
    bob.says("bob");
    bob.hears("! you are banned for 1 more hour (too many messages at once)");
    ada.says("peace");
    let heard = ada.hears_until("ada: peace");
    assert_eq!(heard.iter().filter(|line| *line == "bob: flood").count(), 3, "{heard:#?}");
}

#[test]
fn what_core_lets_through_in_a_burst_is_no_flood_by_the_defaults() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bans.ron");
    let setup = PluginSetup::new("moderation").settings(format!("(bans: {path:?})"));
    let server = TestServer::builder()
        .settings(|settings| settings.limits.rate = Limits::default().rate)
        .enable("floods")
        .server(|server| server.enable(setup))
        .open();
    let mut bob = server.enters("bob");
    for number in 0..10 {
        bob.says(&format!("line {number}"));
    }
    for number in 0..10 {
        bob.hears(&format!("bob: line {number}"));
    }
}

/// Reads at a pace at which a paste is held back, and that a test can wait for.
fn brisk(limits: &mut Limits) {
    limits.rate = Some(Rate { burst: 10, per_second: 100.0 });
}

/// The same with other limits.
fn moderated(folder: &TempDir, floods: &str, change: impl FnOnce(&mut Limits)) -> TestServer {
    let path = folder.path().join("bans.ron");
    TestServer::builder()
        .settings(|settings| change(&mut settings.limits))
        .server(|server| {
            server
                .enable(PluginSetup::new("floods").settings(floods))
                .enable(PluginSetup::new("moderation").settings(format!("(bans: {path:?})")))
        })
        .enable("commands")
        .open()
}

#[test]
fn a_paste_has_one_consequence_and_loses_its_end_and_nothing_from_its_middle() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = "(messages: (burst: 30, per_minute: 1), grace: \"200ms\")";
    let server = moderated(&folder, settings, brisk);
    let mut ada = server.enters("ada");
    let mut bob = server.enters("bob");
    let paste: String = (0..60).map(|line| format!("line {line}\n")).collect();
    bob.sends(paste.as_bytes());
    let warning = "! too many messages at once; if you continue, you will be muted for 5m";
    bob.hears(warning);
    assert_eq!(
        bob.hears_about("thrown away"),
        "! 29 lines that you had sent already were thrown away"
    );
    ada.says("that was long");
    let heard = ada.hears_until("ada: that was long");
    let lines: Vec<&String> = heard.iter().filter(|line| line.starts_with("bob: ")).collect();
    let expected: Vec<String> = (0..30).map(|line| format!("bob: line {line}")).collect();
    assert_eq!(lines, expected.iter().collect::<Vec<_>>());
    // Another paste after coming back is one more step, and not two.
    bob.half_closes();
    bob.hears_eof();
    pause(Duration::from_millis(250));
    let mut bob = server.enters("bob");
    bob.sends(paste.as_bytes());
    bob.hears("* you are muted for 5m: too many messages at once");
    bob.hears_about("thrown away");
    ada.says("and again");
    let heard = ada.hears_until("ada: and again");
    assert!(!heard.iter().any(|line| line.contains("kicked")), "{heard:#?}");
    assert_eq!(server.status().members, 2);
}

#[test]
fn each_request_that_is_thrown_away_is_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = moderated(&folder, "(messages: (burst: 12, per_minute: 1))", brisk);
    let mut ada = server.enters_json("ada");
    let mut lines = String::new();
    for number in 0..40 {
        lines.push_str(&format!(
            "{{\"type\":\"say\",\"text\":\"line {number}\",\"nonce\":\"n{number}\"}}\n"
        ));
    }
    ada.raw.sends(lines.as_bytes());
    let mut open: Vec<String> = (0..40).map(|number| format!("n{number}")).collect();
    while !open.is_empty() {
        let nonce = ada.hears_where("an answer", |event| match event {
            Event::Error { nonce, .. } => nonce.clone(),
            Event::Entry(entry) => match &entry.what {
                EntryKind::Message { nonce, .. } => nonce.clone(),
                _ => None,
            },
            _ => None,
        });
        open.retain(|other| *other != nonce);
    }
}

#[test]
fn a_stream_without_an_end_does_not_get_far() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = "(messages: (burst: 5, per_minute: 1), grace: \"10ms\")";
    let server = moderated(&folder, settings, brisk);
    let mut ada = server.enters("ada");
    let mut yes = server.enters("yes");
    let endless = "y\n".repeat(4096);
    // Until it is over; bounded, should it never be.
    for _ in 0..10_000 {
        if yes.tries_to_send(endless.as_bytes()).is_err() {
            break;
        }
    }
    server.waits_until("the flooder is gone", |status| status.members == 1);
    ada.says("peace");
    let heard = ada.hears_until("ada: peace");
    assert!(heard.iter().filter(|line| *line == "yes: y").count() <= 5, "{heard:#?}");
}

#[test]
fn who_shares_an_address_with_a_flooder_pays_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = "(messages: (burst: 3, per_minute: 1), grace: \"1ms\")";
    let server = moderated(&folder, settings, |limits| limits.exempt.clear());
    let from = |source: &str, name: &str| server.connects_from(source).enters(name);
    let mut class: Vec<_> =
        (0..40).map(|pupil| from("127.0.0.2", &format!("pupil{pupil}"))).collect();
    let mut bob = from("127.0.0.2", "bob");
    while bob.tries_to_send(b"flood\n").is_ok() {
        let heard = bob.hears_where("an answer", |line| line.starts_with(['!', '*', 'b']));
        if heard.contains("goodbye") {
            break;
        }
    }
    let mut eve = from("127.0.0.2", "eve");
    for line in ["one", "two", "three"] {
        eve.says(line);
        eve.hears(&format!("eve: {line}"));
    }
    eve.says("four");
    eve.hears("! too many messages at once; if you continue, you will be muted for 5m");
    class[0].says("hello");
    class[0].hears("pupil0: hello");
    // Bob goes on where he was, from another address too.
    let mut bob = from("127.0.0.3", "bob");
    let _ = bob.tries_to_send(b"flood\nflood\n");
    bob.hears_about("banned for 1h");
}

#[test]
fn many_connections_of_one_address_share_a_rate() {
    let server = TestServer::builder()
        .settings(|settings| {
            settings.limits.exempt.clear();
            settings.limits.rate_per_address = Some(Rate { burst: 10, per_second: 0.01 });
        })
        .open();
    let mut here: Vec<_> = (0..6)
        .map(|number| server.connects_from("127.0.0.2").enters(&format!("bob{number}")))
        .collect();
    let mut other = server.connects_from("127.0.0.3").enters("ada");
    // Six names and four lines make ten.
    for (number, bob) in here.iter_mut().enumerate() {
        bob.says(&format!("line {number}"));
        if number < 4 {
            other.hears(&format!("bob{number}: line {number}"));
        }
    }
    other.says("all quiet");
    let heard = other.hears_until("ada: all quiet");
    assert!(!heard.iter().any(|line| line.contains("line")), "{heard:?}");
    assert!(server.hits(salotto::LimitHit::Rate) >= 2);
}

#[test]
fn names_that_look_like_arguments_change_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = "(messages: (burst: 1, per_minute: 1), steps: [Ban(\"1h\")])";
    let server = moderated(&folder, settings, |limits| limits.exempt.clear());
    let mut victim = server.connects_from("127.0.0.9").enters("1h");
    let mut flooder = server.connects_from("127.0.0.2").enters("address");
    let _ = flooder.tries_to_send(b"one\ntwo\n");
    flooder.hears_about("banned for 1h");
    victim.says("still here");
    victim.hears("1h: still here");
    // The console gets by with such names too.
    let _next = server.connects_from("127.0.0.4").enters("for");
    let answer = server.types("ban for 1h").to_string();
    assert!(answer.starts_with("for is banned for 1h"), "{answer}");
    server.connects_from("127.0.0.9").enters("another");
}

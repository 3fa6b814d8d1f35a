//! Lines that come too fast are read later; none is lost and nobody is cut off for pasting.

use std::time::{Duration, Instant};

use salotto::LimitHit;
use salotto::protocol::Rate;
use salotto_tests::json::said;
use salotto_tests::{TestServer, TestServerBuilder};

fn rated(burst: u32, per_second: f64) -> TestServerBuilder {
    TestServer::builder()
        .settings(|settings| settings.limits.rate = Some(Rate { burst, per_second }))
}

#[test]
fn a_pasted_paragraph_arrives_whole_and_what_exceeds_the_burst_later() {
    let server = rated(10, 20.0).open();
    let mut bob = server.enters("bob");
    let mut ada = server.enters("ada");
    let pasted: String = (0..30).map(|line| format!("line {line}\n")).collect();
    let started = Instant::now();
    ada.sends(pasted.as_bytes());
    let mut at = Vec::new();
    for line in 0..30 {
        bob.hears_exactly(&[&format!("ada: line {line}")]);
        at.push(started.elapsed());
    }
    // Her name was a line too: nine at once, and twenty-one more at twenty a second.
    assert!(at[29] >= Duration::from_millis(1000), "{at:?}");
    assert!(server.hits(LimitHit::Rate) > 0);
}

#[test]
fn one_who_pastes_does_not_slow_down_the_others() {
    let server = rated(2, 0.1).open();
    let mut flood = server.enters("flood");
    flood.sends("spam\n".repeat(1000).as_bytes());
    let mut bob = server.enters("bob");
    let mut ada = server.enters("ada");
    ada.says("hello");
    bob.hears("ada: hello");
    assert_eq!(server.status().members, 3);
}

#[test]
fn piped_input_that_ends_is_read_to_its_end_all_the_same() {
    let server = rated(3, 50.0).open();
    let mut bob = server.enters("bob");
    let mut ada = server.connects();
    let pasted: String = (0..30).map(|line| format!("line {line}\n")).collect();
    ada.sends(format!("ada\n{pasted}").as_bytes());
    ada.half_closes();
    for line in 0..30 {
        bob.hears_exactly(&[&format!("ada: line {line}")]);
    }
    let heard = ada.hears_eof();
    assert_eq!(heard.len(), 32, "{heard:?}");
}

#[test]
fn commands_and_messages_share_one_limit() {
    let server = rated(4, 5.0).open();
    let mut ada = server.enters("ada");
    let started = Instant::now();
    for _ in 0..5 {
        ada.says("!nothing");
        ada.says("hello");
    }
    let mut heard = 0;
    while heard < 10 {
        ada.hears_next();
        heard += 1;
    }
    assert!(started.elapsed() >= Duration::from_millis(1000));
}

#[test]
fn who_pastes_more_than_is_read_until_a_ping_is_due_is_not_gone() {
    let server = rated(1, 10.0)
        .settings(|settings| {
            settings.limits.ping_after = Some(Duration::from_millis(500));
            settings.limits.gone_after = Some(Duration::from_millis(1500));
        })
        .open();
    let mut ada = server.enters_json("ada");
    let lines: Vec<String> = (0..40).map(|line| line.to_string()).collect();
    let pasted: String =
        lines.iter().map(|line| format!("{{\"type\":\"say\",\"text\":\"{line}\"}}\n")).collect();
    ada.raw.sends(pasted.as_bytes());
    let heard = said(&ada.entries_until("39"));
    let expected: Vec<String> = lines.iter().map(|line| format!("ada: {line}")).collect();
    assert_eq!(heard, expected);
}

#[test]
fn a_lifted_rate_holds_nobody_back() {
    let server = TestServer::open();
    let mut ada = server.enters("ada");
    ada.sends("hello\n".repeat(500).as_bytes());
    for _ in 0..500 {
        ada.hears_exactly(&["ada: hello"]);
    }
    assert_eq!(server.hits(LimitHit::Rate), 0);
}

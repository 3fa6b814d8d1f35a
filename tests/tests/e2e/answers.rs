//! Requests with wrong values in every field: each is answered once, and the next one counts.

use std::collections::BTreeMap;

use fastrand::Rng;
use salotto::{EntryKind, Event, Request};
use salotto_tests::TestServer;
use serde_json::{Value, json};

/// Every request but `pong` and `quit`, which nothing answers, and its fields.
const REQUESTS: [(&str, &[&str]); 13] = [
    ("hello", &["version", "name", "rooms", "resume", "password"]),
    ("say", &["text", "room", "kind"]),
    ("direct", &["to", "text"]),
    ("join", &["room"]),
    ("leave", &["room"]),
    ("rename", &["name"]),
    ("members", &["room", "after"]),
    ("history", &["room", "before", "after", "around", "limit"]),
    ("rooms", &[]),
    ("command", &["line", "room"]),
    ("auth", &["mechanism", "data"]),
    ("ping", &[]),
    ("dance", &["partner"]),
];
const ROUNDS: usize = 8;
const REQUESTS_A_ROUND: usize = 100;

/// A value that a field may have, or may not.
fn value(random: &mut Rng) -> Value {
    let resume = json!({"epoch": "x", "token": "y", "rooms": {"lobby": random.i64(..)}});
    let values = [
        json!(null),
        json!(true),
        json!(random.i8(..)),
        json!(1e300),
        json!(""),
        json!("lobby"),
        json!(format!("room{}", random.u8(..9))),
        json!(format!("name{}", random.u8(..9))),
        json!("x".repeat(random.usize(1..3000))),
        json!("\u{200b}"),
        json!("e\u{301}".repeat(60)),
        json!("a\nb\0c\u{1b}[2J\u{202e}"),
        json!("!who"),
        json!("// x"),
        json!("who"),
        json!("me \"waves"),
        json!("say"),
        json!("action"),
        json!(vec!["lobby"; random.usize(..300)]),
        json!([[[[]]]]),
        json!({}),
        resume,
    ];
    random.choice(values).expect("there are values")
}

/// A request with a nonce of its own, its fields in any order.
fn request(random: &mut Rng, nonce: &str) -> String {
    let (kind, fields) = random.choice(REQUESTS).expect("there are requests");
    let mut members = vec![format!("\"type\":\"{kind}\""), format!("\"nonce\":\"{nonce}\"")];
    for field in fields.iter().filter(|_| random.u8(..8) > 0).collect::<Vec<_>>() {
        members.push(format!("\"{field}\":{}", value(random)));
    }
    random.shuffle(&mut members);
    format!("{{{}}}", members.join(","))
}

/// What an event answers.
fn nonce(event: &Event) -> Option<&str> {
    match event {
        Event::Entry(entry) => match &entry.what {
            EntryKind::Message { nonce, .. } => nonce.as_deref(),
            _ => None,
        },
        Event::Error { nonce, .. }
        | Event::Reply { nonce, .. }
        | Event::Named { nonce, .. }
        | Event::Members { nonce, .. }
        | Event::Rooms { nonce, .. }
        | Event::History { nonce, .. }
        | Event::Challenge { nonce, .. }
        | Event::LoggedIn { nonce, .. }
        | Event::Direct { nonce, .. }
        | Event::Pong { nonce } => nonce.as_deref(),
        _ => None,
    }
}

#[test]
fn whatever_is_in_its_fields_each_request_is_answered_once() {
    let seed = fastrand::u64(..);
    let mut random = Rng::with_seed(seed);
    let server = TestServer::builder()
        .settings(|settings| {
            settings.rooms.open = true;
            settings.limits.rate_per_address = None;
        })
        .enable("commands")
        .open();
    let mut ada = server.enters_json("ada");
    for round in 0..ROUNDS {
        let mut sent = BTreeMap::new();
        for number in 0..REQUESTS_A_ROUND {
            let nonce = format!("{round}-{number}");
            let line = request(&mut random, &nonce);
            ada.raw.says(&line);
            sent.insert(nonce, (line, 0));
        }
        ada.asks_with(Request::Ping, Some("marker"));
        loop {
            let event = ada.hears_next();
            match nonce(&event) {
                Some("marker") => break,
                Some(nonce) => sent.get_mut(nonce).expect("it was sent in this round").1 += 1,
                None => {}
            }
        }
        for (line, answers) in sent.values() {
            assert_eq!(*answers, 1, "seed {seed}: {line}");
        }
    }
}

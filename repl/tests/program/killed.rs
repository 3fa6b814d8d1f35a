//! A server that is killed in the middle of talk has kept every message whose echo anybody got, once, and ids have no gap.
//!
//! `SALOTTO_KILLS=20` kills it so many times instead of three.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use serde_json::Value;

use crate::harness::{Folder, PATIENCE};

const TALKERS: usize = 8;
/// Lines that a talker sends before it waits for an echo.
const AHEAD: u64 = 64;
/// Echoes of all talkers after which the server is killed, so that it is in the middle of it.
const ECHOES: usize = 4_000;

/// What a talker heard of its own lines: the id of each.
type Echoes = HashMap<String, u64>;

/// Talks until the server is gone.
fn talk(address: SocketAddr, name: &str, heard: &AtomicUsize) -> Echoes {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut sending = stream.try_clone().unwrap();
    let mut lines = BufReader::new(stream).lines();
    writeln!(sending, r#"{{"type":"hello","name":"{name}"}}"#).unwrap();
    let (mut echoes, mut sent, mut answered) = (Echoes::new(), 0, 0);
    let mut is_in = false;
    loop {
        while is_in && sent < answered + AHEAD {
            sent += 1;
            let line = format!("{{\"type\":\"say\",\"text\":\"{name}-{sent}\"}}\n");
            if sending.write_all(line.as_bytes()).is_err() {
                return echoes;
            }
        }
        let Some(Ok(line)) = lines.next() else { return echoes };
        // The last line may be cut.
        let Ok(event) = serde_json::from_str::<Value>(&line) else { continue };
        is_in |= event["type"] == "entered";
        if event["type"] == "message" && event["from"] == *name {
            answered += 1;
            let text = event["text"].as_str().unwrap().to_owned();
            echoes.insert(text, event["id"].as_u64().unwrap());
            heard.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// What is kept of the lobby, by id.
fn kept(folder: &Folder, round: usize) -> BTreeMap<u64, Value> {
    let file = format!("export-{round}.jsonl");
    let exported = folder.exec(&[&format!("export lobby jsonl {file}")]);
    assert_eq!(exported.status, 0, "{}", exported.err);
    let text = folder.read(&file);
    let entries = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    entries.map(|entry| (entry["id"].as_u64().unwrap(), entry)).collect()
}

#[test]
fn a_killed_server_has_kept_every_message_that_was_echoed_once_and_ids_have_no_gap() {
    let rounds = std::env::var("SALOTTO_KILLS").ok().and_then(|text| text.parse().ok());
    let folder = Folder::new();
    folder.write(
        "salotto.ron",
        "(limits: (rate: None, rate_per_address: None), plugins: [(name: \"floods\", enabled: false)])",
    );
    let mut echoed = Echoes::new();
    for round in 0..rounds.unwrap_or(3_usize) {
        let (mut serve, address) = folder.serve(&[]);
        let heard = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            let talker = |number| {
                let heard = &heard;
                scope.spawn(move || talk(address, &format!("r{round}t{number}"), heard))
            };
            let talkers: Vec<_> = (0..TALKERS).map(talker).collect();
            let started = Instant::now();
            while heard.load(Ordering::Relaxed) < ECHOES {
                assert!(started.elapsed() < PATIENCE, "nobody is heard");
                std::thread::yield_now();
            }
            serve.signal(rustix::process::Signal::KILL);
            serve.wait();
            for talker in talkers {
                echoed.extend(talker.join().unwrap());
            }
        });
        let (mut serve, _) = folder.serve(&[]);
        let kept = kept(&folder, round);
        serve.signal(rustix::process::Signal::KILL);
        serve.wait();
        let last = kept.last_key_value().map_or(0, |(id, _)| *id);
        assert_eq!(kept.len() as u64, last, "ids have a gap");
        let mut times: HashMap<&str, usize> = HashMap::new();
        for text in kept.values().filter_map(|entry| entry["text"].as_str()) {
            *times.entry(text).or_default() += 1;
        }
        for (text, id) in &echoed {
            assert_eq!(times.get(text.as_str()), Some(&1), "`{text}` in round {round}");
            assert_eq!(kept[id]["text"], *text, "round {round}");
        }
    }
    assert!(echoed.len() >= ECHOES);
}

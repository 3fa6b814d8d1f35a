//! Clients of every pace: bytes cut anywhere, with pauses anywhere. Nothing is lost or doubled, and the server goes on.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use salotto::protocol::Rate;
use salotto::{EntryKind, Event};
use salotto_tests::{PATIENCE, TestServer, pause};

/// What was said, by whom.
type Said = BTreeMap<String, Vec<String>>;

/// How somebody ends what they say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Line(&'static str),
    /// Not at all: each chunk is a message.
    Nothing,
    Json,
}

const ENDINGS: [Ending; 5] =
    [Ending::Line("\n"), Ending::Line("\r\n"), Ending::Line("\r"), Ending::Nothing, Ending::Json];
/// Letters of one to four bytes.
const LETTERS: [char; 8] = ['a', 'k', 'é', 'ß', '中', '漢', '😀', '🦊'];
/// Milliseconds between two chunks.
const PAUSES: [u64; 10] = [0, 0, 0, 0, 1, 2, 5, 15, 40, 230];
const WRITERS: usize = 10;

/// What one of them sends: a beginning that is one chunk, the messages, and their bytes.
fn script(
    random: &mut Rng,
    ending: Ending,
    name: &str,
    messages: usize,
) -> (String, Vec<String>, Vec<u8>) {
    let messages: Vec<String> = (0..messages)
        .map(|number| {
            let word = |_| *random.choice(LETTERS.iter()).expect("there are letters");
            let length = 1 + number % 7;
            format!("{number}{}", (0..length).map(word).collect::<String>())
        })
        .collect();
    let rest: String = messages
        .iter()
        .map(|text| match ending {
            Ending::Line(end) => format!("{text}{end}"),
            Ending::Nothing => text.clone(),
            Ending::Json => format!("{{\"type\":\"say\",\"text\":\"{text}\"}}\n"),
        })
        .collect();
    let first = match ending {
        Ending::Line(end) => format!("{name}{end}"),
        Ending::Nothing => name.to_owned(),
        Ending::Json => format!("{{\"type\":\"hello\",\"name\":\"{name}\"}}\n"),
    };
    (first, messages, rest.into_bytes())
}

/// Sends in pieces, and reads nothing but that the name was accepted.
fn sends(server: SocketAddr, mut random: Rng, first: &str, rest: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(server).expect("the server listens");
    stream
        .set_nodelay(true)
        .and_then(|()| stream.set_read_timeout(Some(PATIENCE)))
        .expect("a socket that was just made takes options");
    stream.write_all(first.as_bytes()).expect("it is taken");
    let mut heard = Vec::new();
    while !String::from_utf8_lossy(&heard).contains("lobby") {
        let mut buffer = [0; 1024];
        let count = stream.read(&mut buffer).expect("the name is answered");
        assert!(count > 0, "it ended: {}", String::from_utf8_lossy(&heard));
        heard.extend_from_slice(&buffer[..count]);
    }
    let mut left = rest;
    while !left.is_empty() {
        let most = *random.choice([1, 1, 2, 3, 10, 60].iter()).expect("there are sizes");
        let (chunk, after) = left.split_at(most.min(left.len()));
        stream.write_all(chunk).expect("it is taken");
        left = after;
        pause(Duration::from_millis(*random.choice(PAUSES.iter()).expect("there are pauses")));
    }
    stream
}

/// Hears all that is said until it is as much as everybody sent.
fn listens(server: &TestServer, wanted: usize) -> thread::JoinHandle<Said> {
    let mut ada = server.enters_json("ada");
    thread::spawn(move || {
        let mut said = Said::new();
        while said.values().flatten().map(String::len).sum::<usize>() < wanted {
            let (from, text) = ada.hears_where("what is said", |event| match event {
                Event::Entry(entry) => match &entry.what {
                    EntryKind::Message { from, text, .. } => Some((from.to_string(), text.clone())),
                    _ => None,
                },
                _ => None,
            });
            said.entry(from).or_default().push(text);
        }
        said
    })
}

fn everybody_is_heard(seed: u64, messages: usize, rate: Option<Rate>) {
    let mut random = Rng::with_seed(seed);
    let server = TestServer::builder()
        .settings(|settings| {
            settings.limits.rate = rate;
            settings.limits.rate_per_address = None;
        })
        .open();
    let scripts: Vec<_> = (0..WRITERS)
        .map(|number| {
            let (ending, name) = (ENDINGS[number % ENDINGS.len()], format!("writer{number}"));
            let script = script(&mut random, ending, &name, messages);
            (ending, name, script, random.fork())
        })
        .collect();
    let messages = scripts.iter().flat_map(|(_, _, (_, messages, _), _)| messages);
    let listener = listens(&server, messages.map(String::len).sum());
    let writers: Vec<_> = scripts
        .iter()
        .map(|(_, _, (first, _, rest), random)| {
            let (address, random) = (server.address(), random.clone());
            let (first, rest) = (first.clone(), rest.clone());
            thread::spawn(move || sends(address, random, &first, &rest))
        })
        .collect();
    // It answers whoever asks meanwhile.
    while writers.iter().any(|writer| !writer.is_finished()) {
        server.status();
        pause(Duration::from_millis(20));
    }
    let streams: Vec<_> = writers.into_iter().map(|writer| writer.join().expect("sent")).collect();
    let said = listener.join().expect("all was heard");
    for (ending, name, (_, messages, _), _) in &scripts {
        let said = &said[name];
        match ending {
            // Where a chunk ends is up to the network.
            Ending::Nothing => assert_eq!(said.concat(), messages.concat(), "seed {seed}, {name}"),
            _ => assert_eq!(said, messages, "seed {seed}, {name}, {ending:?}"),
        }
    }
    drop(streams);
}

#[test]
fn bytes_cut_anywhere_with_any_pauses_are_all_said_once() {
    for seed in [fastrand::u64(..), 7] {
        everybody_is_heard(seed, 25, None);
    }
}

#[test]
fn where_the_rate_holds_lines_back_they_are_all_said_once() {
    for seed in [fastrand::u64(..), 7] {
        // A line waits for longer than a chunk must stand alone.
        everybody_is_heard(seed, 12, Some(Rate { burst: 3, per_second: 3.0 }));
    }
}

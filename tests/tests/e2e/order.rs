//! Everybody sees one and the same sequence, without gaps, their own lines included.

use proptest::prelude::*;
use salotto::Entry;
use salotto_tests::json::said;
use salotto_tests::{JsonClient, TestServer};

const MARKER: &str = "that is all";

/// Lets every member of `scripts` say their lines at once, each from a thread of its own, and returns what each of them and one who only
/// listens saw, up to a marker that is said when all is heard.
fn talk(server: &TestServer, scripts: &[Vec<String>]) -> Vec<Vec<Entry>> {
    let mut listener = server.enters_json("listener");
    let mut talkers: Vec<JsonClient> =
        (0..scripts.len()).map(|index| server.enters_json(&format!("talker{index}"))).collect();
    let expected: usize = scripts.iter().map(Vec::len).sum();
    std::thread::scope(|scope| {
        for (talker, script) in talkers.iter_mut().zip(scripts) {
            scope.spawn(move || script.iter().for_each(|line| talker.says(line)));
        }
    });
    // Everybody has sent all they have; the last of it is here when so many were heard.
    let mut heard = Vec::new();
    while said(&heard).len() < expected {
        if let salotto::Event::Entry(entry) = listener.hears_next() {
            heard.push(entry);
        }
    }
    listener.says(MARKER);
    heard.extend(listener.entries_until(MARKER));
    let mut all = vec![heard];
    all.extend(talkers.iter_mut().map(|talker| talker.entries_until(MARKER)));
    all
}

/// Whether every sequence is the end of the longest one: who came later has not seen the beginning.
fn assert_same(sequences: &[Vec<Entry>]) {
    let longest = sequences.iter().max_by_key(|entries| entries.len());
    let longest = longest.expect("somebody was there");
    for (index, entries) in sequences.iter().enumerate() {
        let end = &longest[longest.len() - entries.len()..];
        assert_eq!(entries, end, "the sequence of member {index}");
    }
}

/// Whether everybody's lines are all there, once, in the order in which they were said.
fn assert_complete(sequence: &[Entry], scripts: &[Vec<String>]) {
    let lines = said(sequence);
    for (index, script) in scripts.iter().enumerate() {
        let prefix = format!("talker{index}: ");
        let of_one: Vec<&str> =
            lines.iter().filter_map(|line| line.strip_prefix(&prefix)).collect();
        assert_eq!(of_one, *script, "what talker{index} said");
    }
}

#[test]
fn concurrent_senders_are_seen_in_one_order_by_all() {
    let server = TestServer::open();
    let scripts: Vec<Vec<String>> =
        (0..6).map(|talker| (0..150).map(|line| format!("{talker}-{line}")).collect()).collect();
    let sequences = talk(&server, &scripts);
    assert_same(&sequences);
    for sequence in &sequences[..1] {
        assert_complete(sequence, &scripts);
    }
}

#[test]
fn text_clients_see_the_same_order_as_json_clients() {
    let server = TestServer::open();
    let mut readers: Vec<_> =
        (0..3).map(|index| server.enters(&format!("reader{index}"))).collect();
    let scripts: Vec<Vec<String>> =
        (0..4).map(|talker| (0..50).map(|line| format!("{talker}-{line}")).collect()).collect();
    let sequences = talk(&server, &scripts);
    let lines = said(&sequences[0]);
    let (last, before) = lines.split_last().expect("the marker at least");
    for reader in &mut readers {
        assert_eq!(reader.hears_until(last), before);
    }
}

#[test]
fn who_is_in_two_rooms_sees_each_without_gaps_and_both_in_the_order_of_events() {
    let server = TestServer::open();
    let mut both = server.connects_json().enters_with("both", &["lobby", "dev"], None);
    let mut lobby = server.enters_json("one");
    let mut dev = server.connects_json().enters_with("two", &["dev"], None);
    for round in 0..40 {
        // Each waits for its echo, so that what is said next is later.
        for (talker, room) in [(&mut lobby, "lobby"), (&mut dev, "dev")] {
            let text = format!("{room} {round}");
            talker.says(&text);
            talker.hears_said(&text);
        }
    }
    let heard = said(&both.entries_until("dev 39"));
    let expected: Vec<String> = (0..40)
        .flat_map(|round| [format!("one: lobby {round}"), format!("two: dev {round}")])
        .collect();
    assert_eq!(heard, expected);
}

#[test]
fn coming_and_going_while_others_talk_leaves_no_gap() {
    let server = TestServer::open();
    let mut witness = server.enters_json("witness");
    let mut talker = server.enters_json("talker");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for line in 0..300 {
                talker.says(&line.to_string());
            }
        });
        for round in 0..2 {
            for visitor in 0..10 {
                let server = &server;
                scope.spawn(move || {
                    let mut client = server.enters_json(&format!("visitor{round}-{visitor}"));
                    // Whatever it sees of the talk is without gaps, or the harness panics.
                    client.says(&format!("I am visitor{round}-{visitor}"));
                    client.hears_said(&format!("I am visitor{round}-{visitor}"));
                });
            }
        }
    });
    let heard = said(&witness.entries_until("299"));
    let numbers = heard.iter().filter_map(|line| line.strip_prefix("talker: "));
    assert!(numbers.eq((0..300).map(|line| line.to_string())));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whoever_says_whatever_all_see_one_gapless_sequence(
        lines in prop::collection::vec(prop::collection::vec("[a-z]{1,300}", 0..30), 1..5),
    ) {
        let server = TestServer::open();
        let sequences = talk(&server, &lines);
        assert_same(&sequences);
        assert_complete(&sequences[0], &lines);
    }
}

//! What one line may cost: whatever a stranger sends within `line_bytes`, the server works on it for a moment and answers in proportion.
//! Alone in its process, because it looks at the time that the processor spent.

use std::time::Duration;

use proptest::prelude::*;
use rustix::time::{ClockId, clock_gettime};
use salotto_tests::TestServer;

/// How long the processor may be at it: the hub's 5 ms, and what the rest of a connection takes. Builds for debugging are slower.
const MOST_WORK: Duration = Duration::from_millis(if cfg!(debug_assertions) { 60 } else { 6 });
/// How much may be answered: the list of commands, and the histories and rosters of small rooms.
const MOST_ANSWERED: usize = 64 * 1024;
const LINE: usize = 32 * 1024;

/// The time that the processor has spent on this process.
fn work() -> Duration {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec.unsigned_abs() as u32)
}

/// Sends a line on a connection of its own. Returns how much work it was and how much was answered.
fn costs(server: &TestServer, lines: &str) -> (Duration, usize) {
    let mut client = server.connects();
    let before = work();
    client.sends(lines.as_bytes());
    client.half_closes();
    let heard = client.hears_eof();
    (work().saturating_sub(before), heard.iter().map(String::len).sum())
}

/// Checks a line. What else the machine does may fall upon one try, but not upon all.
fn is_cheap(server: &TestServer, lines: &str) {
    let mut least = Duration::MAX;
    for _ in 0..5 {
        let (work, answered) = costs(server, lines);
        assert!(answered < MOST_ANSWERED, "answered with {answered} bytes");
        least = least.min(work);
        if least < MOST_WORK {
            return;
        }
    }
    panic!("{least:?} of work for {:.300}", lines);
}

fn room_for_many() -> TestServer {
    let server = TestServer::builder()
        .enable("moderation")
        .settings(|settings| settings.limits.rate = None)
        .open();
    for room in 0..100 {
        server.types(&format!("open room{room}"));
    }
    server
}

/// A letter that is dear in one way or another: it grows when it is normalised, it stands above others, it has many look-alikes.
fn letter() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("ﷺ"), Just("l"), Just("\u{301}"), Just("ß"), Just("𝐚"), Just("中"), Just("각")]
}

fn text(bytes: usize) -> impl Strategy<Value = String> {
    (prop::collection::vec(letter(), 1..4), 1..bytes)
        .prop_map(|(letters, bytes)| {
            let text: String = letters.iter().copied().cycle().take(bytes).collect();
            text
        })
        .prop_map(move |mut text| {
            let end = (0..=bytes.min(text.len())).rev().find(|&at| text.is_char_boundary(at));
            text.truncate(end.unwrap_or(0));
            text
        })
}

/// A line that says hello: few long names of rooms, or many short ones, with what was seen in as many.
fn hello(epoch: String) -> impl Strategy<Value = String> {
    let rooms = prop_oneof![
        (text(14_000), 1..3_usize).prop_map(|(room, count)| vec![room; count]),
        prop::collection::vec(text(12), 1..1000),
        prop::collection::vec((0..100).prop_map(|room| format!("room{room}")), 1..1000),
        (1..2000_usize).prop_map(|count| vec!["lobby".to_owned(); count]),
    ];
    (rooms.clone(), rooms).prop_map(move |(rooms, seen)| {
        let quoted = |text: &String| serde_json::to_string(text).expect("a text can be quoted");
        let rooms: Vec<String> = rooms.iter().map(quoted).collect();
        let seen: Vec<String> = seen.iter().map(|room| format!("{}:0", quoted(room))).collect();
        format!(
            r#"{{"type":"hello","name":"z","rooms":[{}],"resume":{{"epoch":"{epoch}","rooms":{{{}}}}}}}"#,
            rooms.join(","),
            seen.join(",")
        )
    })
}

fn command() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("!msg "),
        Just("!join "),
        Just("!leave "),
        Just("!nick "),
        Just("!"),
        Just("!help "),
        Just(""),
        Just("!who ")
    ];
    (word, text(30_000), text(40)).prop_map(|(word, long, short)| format!("{word}{long} {short}"))
}

/// One test, because two would each be charged with the other's work.
#[test]
fn no_line_of_a_stranger_is_dear() {
    let server = room_for_many();
    what_was_dear_once_is_cheap(&server);
    let epoch = server.enters_json("witness").epoch.clone();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let line =
        prop_oneof![hello(epoch), command(), command().prop_map(|line| format!("z\n{line}"))];
    let within = line.prop_filter("longer than a line may be", |line| line.len() < LINE);
    runner
        .run(&within, |line| {
            is_cheap(&server, &format!("{line}\n"));
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

fn what_was_dear_once_is_cheap(server: &TestServer) {
    let epoch = server.enters_json("witness").epoch.clone();
    let lobbies = vec!["\"lobby\""; 2000].join(",");
    let heavy = "ﷺ".repeat(5000);
    is_cheap(
        server,
        &format!(
            "{{\"type\":\"hello\",\"name\":\"z\",\"rooms\":[{lobbies}],\"resume\":{{\"epoch\":\"{epoch}\",\"rooms\":{{\"{heavy}\":0}}}}}}\n"
        ),
    );
    let letters = "k".repeat(30_000);
    for command in ["msg", "join", "kick", "nick", ""] {
        is_cheap(server, &format!("z\n!{command} {letters}\n!{command}{letters}\n"));
    }
}

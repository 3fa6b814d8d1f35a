//! Requests of programs.

use salotto_tests::TestServer;

use crate::fuzzer::Fuzzer;
use crate::target::Target;

/// A conversation with every request in it.
pub(crate) const REQUESTS: &str = r#"{"type":"hello","version":2,"name":"eve","rooms":["lobby","dev"],"resume":{"epoch":"0123456789abcdef","token":"t","rooms":{"lobby":3}}}
{"type":"say","text":"hello","room":"dev","nonce":"1"}
{"type":"say","text":"waves","kind":"action"}
{"type":"direct","to":"witness","text":"psst","nonce":"2"}
{"type":"join","room":"garden"}
{"type":"rename","name":"mallory"}
{"type":"members","room":"lobby","after":"eve"}
{"type":"history","room":"lobby","before":9,"limit":50}
{"type":"history","around":4,"limit":1}
{"type":"rooms","nonce":"3"}
{"type":"command","line":"help nick","room":"lobby"}
{"type":"leave","room":"garden"}
{"type":"auth","mechanism":"SCRAM-SHA-256","data":"biwsbj1hZGEscj1hYmM="}
{"type":"auth","data":"Yz1iaXdzLHI9YWJj"}
{"type":"auth","mechanism":"PLAIN","data":"AGFkYQB4"}
{"type":"ping","nonce":"4"}
{"type":"pong"}
{"type":"quit","farewell":"bye"}
"#;

pub(crate) const WORDS: &[&[u8]] = &[
    b"{\"type\":\"",
    b"\"nonce\":",
    b"null",
    b"true",
    b"[]",
    b"{}",
    b"\"\\ud800\"",
    b"\"\\u0000\"",
    b",",
    b":",
    b"}\n",
    b"\"room\":",
    b"\"rooms\":[",
    b"\"after\":",
    b"\"resume\":{",
    b"\"password\":\"swordfish\"",
    b"\"type\":\"hello\"",
    b"\"version\":3",
    b"\n",
];

#[test]
fn whatever_programs_ask_the_server_goes_on() {
    let hello = "{\"type\":\"hello\",\"name\":\"eve\"}\n";
    let mut seeds = vec![REQUESTS.as_bytes().to_vec(), hello.as_bytes().to_vec()];
    seeds.extend(REQUESTS.lines().skip(1).map(|line| format!("{hello}{line}\n").into_bytes()));
    let server = TestServer::builder()
        .enable("notices")
        .enable("commands")
        .enable("roles")
        .enable("rooms")
        .enable("moderation");
    Fuzzer { name: "json", seeds, words: WORDS }
        .run(|| Target::open(server), |target, bytes| target.takes(bytes));
}

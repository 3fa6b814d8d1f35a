//! The configuration file.

use std::path::Path;
use std::time::{Duration, Instant};

use salotto_repl::settings::{Source, default_text};

use crate::fuzzer::Fuzzer;

/// How long reading may take, in a build for debugging on a busy machine.
const LONGEST: Duration = Duration::from_secs(10);
/// How long what is said of a file may be, in bytes: a list of mistakes, each quoted in part.
const MOST_SAID: usize = 64 * 1024;

/// Parses a configuration, and checks what must hold whatever it is.
pub(crate) fn is_read(text: &str) {
    let source = Source::new(None, salotto_plugins::catalog(), salotto_plugins::default_set());
    let started = Instant::now();
    let said = match source.parse(Path::new("fuzzed.ron"), text) {
        Ok(config) => config.notes.join("\n"),
        Err(error) => error.to_string(),
    };
    assert!(started.elapsed() < LONGEST, "it took {:?}", started.elapsed());
    assert!(said.len() < MOST_SAID, "{} bytes are said of it: {said:.200}", said.len());
    let is_plain = |c: char| c == '\n' || !c.is_control();
    assert!(said.chars().all(is_plain), "it could reach a terminal raw: {said:?}");
}

#[test]
fn whatever_stands_in_a_configuration_it_is_taken_or_refused_in_a_few_lines() {
    let small = r#"(server: (name: "x", listen: ["127.0.0.1:0"], threads: Some(2)), limits: (rate: None, line_bytes: 4096), log: (level: Info),
        plugins: [(name: "quit", settings: (words: ["!bye"])), (name: "audit", enabled: false, on_panic: Closed)])"#;
    let seeds = vec![default_text().into_bytes(), small.as_bytes().to_vec(), b"()".to_vec()];
    let words: &[&[u8]] = &[
        b"(",
        b")",
        b"[",
        b"]",
        b"Some(",
        b"None",
        b"r#\"",
        b"\"#",
        b"/*",
        b"*/",
        b"//",
        b"'",
        b"\"\\u{d800}\"",
        b"#![enable(",
        b"name:",
        b"plugins: [",
        b"server: (",
        b"settings:",
        b",",
        b":",
        b"1h",
        b"-",
    ];
    Fuzzer { name: "config", seeds, words }
        .run(|| (), |(), bytes| is_read(&String::from_utf8_lossy(bytes)));
}

//! The control socket, in front of which sits whoever runs the server; also a program of theirs that is wrong.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Instant;

use clap::Parser;
use salotto_repl::cli::Cli;
use salotto_tests::PATIENCE;
use tempfile::TempDir;

use crate::fuzzer::Fuzzer;
use crate::target::read_to_the_end;

const HELLO: &str = "{\"type\":\"hello\",\"protocol\":1}\n";

/// The program, in this process.
struct Program {
    folder: TempDir,
    thread: Option<JoinHandle<salotto_repl::Exit>>,
}

impl Program {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("salotto.ron");
        std::fs::write(&file, "(server: (listen: [\"127.0.0.1:0\"]), store: (file: None), plugins: [(name: \"moderation\", enabled: false), (name: \"discovery\", enabled: false)])").expect("it is written");
        let (config, control) =
            (file.display().to_string(), folder.path().join("control").display().to_string());
        let line = ["salotto", "serve", "--config", &config, "--control", &control];
        let cli = Cli::try_parse_from(line).expect("a command line");
        let thread = std::thread::spawn(move || salotto_repl::run(cli));
        let program = Self { folder, thread: Some(thread) };
        let started = Instant::now();
        while UnixStream::connect(program.control()).is_err() {
            assert!(started.elapsed() < PATIENCE, "it does not start");
            std::thread::yield_now();
        }
        program
    }

    fn control(&self) -> PathBuf {
        self.folder.path().join("control")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        runs(&self.control(), "shutdown");
        if let Some(thread) = self.thread.take() {
            // What it says of its end is looked at elsewhere.
            let _ = thread.join();
        }
    }
}

fn connect(control: &Path) -> UnixStream {
    let stream = UnixStream::connect(control).expect("it listens");
    stream
        .set_read_timeout(Some(PATIENCE))
        .and_then(|()| stream.set_write_timeout(Some(PATIENCE)))
        .expect("a new socket takes options");
    stream
}

/// Another front is answered: waits for the last word on a command.
fn runs(control: &Path, line: &str) {
    let mut stream = connect(control);
    writeln!(stream, "{HELLO}{{\"type\":\"run\",\"id\":7,\"line\":\"{line}\"}}")
        .expect("it is taken");
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    let mut answers = lines.filter(|line| {
        ["done", "failed", "leave", "bye"]
            .iter()
            .any(|word| line.starts_with(&format!("{{\"type\":\"{word}\"")))
    });
    assert!(answers.next().is_some(), "no answer to `{line}`");
}

#[test]
fn whatever_a_program_sends_to_the_control_socket_others_are_answered() {
    let requests = r#"{"type":"hello","protocol":1,"watch":"all","operator":"ada"}
{"type":"run","id":1,"line":"kick bob no flooding"}
{"type":"run","id":2,"line":"users","json":true}
{"type":"complete","id":3,"line":"plugins enable lo"}
{"type":"run","id":4,"line":"say \"hello there\""}
{"type":"run","id":5,"line":"config diff"}
{"type":"run","id":6,"line":"topic lobby games"}
"#;
    let seeds = vec![
        requests.as_bytes().to_vec(),
        format!("{HELLO}{{\"type\":\"run\",\"id\":18446744073709551615,\"line\":\"status\"}}\n")
            .into_bytes(),
    ];
    let words: &[&[u8]] = &[
        b"{\"type\":\"run\",",
        b"\"id\":",
        b"\"line\":\"",
        b"\"watch\":\"rooms\"",
        b"\"json\":true",
        b"help ",
        b"config set ",
        b"plugins ",
        b"limits",
        b"}\n",
        b"\"",
        b"\\u0000",
    ];
    Fuzzer { name: "control", seeds, words }.run(Program::start, |program, bytes| {
        let mut stream = connect(&program.control());
        // The server may have heard enough.
        let _ = stream.write_all(bytes);
        runs(&program.control(), "rooms");
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let answered = read_to_the_end(&mut stream);
        assert!(answered < 4 * 1024 * 1024, "answered with {answered} bytes");
    });
}

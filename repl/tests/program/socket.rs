//! The control socket itself: whose it is, who may have it, and what comes through it.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::harness::{Folder, Guest, PATIENCE, Running};

/// A program of somebody else's, which speaks JSON.
struct Program {
    stream: UnixStream,
    lines: BufReader<UnixStream>,
}

impl Program {
    fn connect(folder: &Folder) -> Self {
        let stream = UnixStream::connect(folder.socket()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { lines: BufReader::new(stream.try_clone().unwrap()), stream }
    }

    fn say(&mut self, line: impl ToString) {
        // One that has hung up shows it by what it says.
        let _ = writeln!(self.stream, "{}", line.to_string());
    }

    /// The next thing that is told; nothing at the end.
    fn hear(&mut self) -> Option<Value> {
        let mut line = String::new();
        let read = self.lines.read_line(&mut line);
        // A server that closes before it has read everything resets the connection.
        let has_ended = read.as_ref().is_err_and(|e| e.kind() == ErrorKind::ConnectionReset);
        assert!(read.is_ok() || has_ended, "{read:?}");
        (!line.is_empty()).then(|| serde_json::from_str(&line).unwrap())
    }

    /// Waits for what has this type.
    fn hear_of(&mut self, kind: &str) -> Value {
        loop {
            let told = self.hear().unwrap_or_else(|| panic!("nothing of {kind} was told"));
            if told["type"] == kind {
                return told;
            }
        }
    }
}

#[test]
fn nobody_else_can_use_it_and_it_goes_with_the_server() {
    let folder = Folder::new();
    let (mut serve, _) = folder.serve(&[]);
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode();
    let socket = folder.socket();
    assert!(std::fs::metadata(&socket).unwrap().file_type().is_socket());
    assert_eq!(mode(&socket) & 0o777, 0o600);
    assert_eq!(mode(socket.parent().unwrap()) & 0o777, 0o700);
    serve.signal(Signal::TERM);
    assert_eq!(serve.wait().status, 0);
    assert_eq!(std::fs::read_dir(socket.parent().unwrap()).unwrap().count(), 0);
}

#[test]
fn a_second_server_is_refused_in_one_line_unless_it_has_a_socket_of_its_own() {
    let folder = Folder::new();
    folder.keeps_nothing();
    let (first, one) = folder.serve(&[]);
    let second = folder.run(&["serve", "--listen", "127.0.0.1:0"], "");
    assert_eq!(second.status, 1);
    let (socket, process) = (folder.socket(), first.child.id());
    let socket = socket.display();
    assert_eq!(
        second.err,
        format!(
            "another server (process {process}) is controlled through `{socket}`: `salotto attach` reaches it, \
             `--control PATH` gives this one a socket of its own\n"
        )
    );
    let (_second, two) = folder.serve(&["--control", "own/socket"]);
    for (args, address) in [(&[][..], one), (&["--control", "own/socket"], two)] {
        let status = folder.run(&[args, &["exec", "--json", "status"]].concat(), "");
        let status: Value = serde_json::from_str(&status.out).unwrap();
        assert_eq!(status["addresses"], json!([address.to_string()]));
    }
}

#[test]
fn what_a_killed_server_left_behind_is_taken_over() {
    let folder = Folder::new();
    let (mut first, _) = folder.serve(&[]);
    first.signal(Signal::KILL);
    first.wait();
    assert!(folder.socket().exists());
    assert_eq!(folder.exec(&["status"]).status, 3);
    let (_second, address) = folder.serve(&[]);
    assert_eq!(folder.json("status")["addresses"], json!([address.to_string()]));
}

#[test]
fn what_is_no_socket_or_belongs_to_another_program_stays() {
    let folder = Folder::new();
    folder.write("precious", "a will");
    let refused = folder.run(&["serve", "--listen", "127.0.0.1:0", "--control", "precious"], "");
    assert_eq!(refused.status, 1);
    assert_eq!(
        refused.err,
        "`precious` exists and is not a socket; choose another path with `--control`\n"
    );
    assert_eq!(folder.read("precious"), "a will");

    let other = UnixListener::bind(folder.path().join("other")).unwrap();
    let refused = folder.run(&["serve", "--listen", "127.0.0.1:0", "--control", "other"], "");
    assert_eq!(refused.status, 1);
    assert!(refused.err.starts_with("another server is controlled through `other`"));
    UnixStream::connect(folder.path().join("other")).unwrap();
    drop(other);

    std::os::unix::fs::symlink("precious", folder.path().join("linked.lock")).unwrap();
    let refused = folder.run(&["serve", "--listen", "127.0.0.1:0", "--control", "linked"], "");
    assert_eq!(refused.status, 1);
    assert!(refused.err.starts_with("cannot open the control socket `linked`"), "{}", refused.err);
    assert_eq!(folder.read("precious"), "a will");

    let long = "x".repeat(200);
    let refused = folder.run(&["serve", "--listen", "127.0.0.1:0", "--control", &long], "");
    assert_eq!(refused.status, 1);
    assert!(refused.err.contains("is too long for a socket"), "{}", refused.err);
}

#[test]
fn the_configuration_says_where_also_once_it_is_broken() {
    let folder = Folder::new();
    let file = "(control: (socket: \"here\"), server: (listen: [\"127.0.0.1:0\"]";
    folder.write("salotto.ron", &format!("{file}))"));
    let mut serve = folder.start(&["serve"]);
    Running::address(&mut serve.err);
    assert!(folder.path().join("here").exists() && !folder.socket().exists());
    folder.write("salotto.ron", file);
    assert_eq!(folder.exec(&["status"]).status, 0);
    let reload = folder.exec(&["config reload"]);
    assert_eq!(reload.status, 1);
    assert!(reload.err.contains("the file ends too early"), "{}", reload.err);
}

#[test]
fn a_place_that_cannot_be_had_keeps_no_service_from_its_work() {
    let folder = Folder::new();
    folder.write("run", "a file where a folder should be");
    let mut serve = folder.start(&["serve", "--listen", "127.0.0.1:0"]);
    serve.err.expect("nobody can attach: cannot open the control socket");
    let _ada = Guest::join(Running::address(&mut serve.err), "ada");
}

#[test]
fn any_program_can_speak_the_protocol() {
    let folder = Folder::new();
    let (_serve, address) = folder.serve(&[]);
    let mut program = Program::connect(&folder);
    let hello = program.hear().unwrap();
    assert_eq!((&hello["type"], &hello["protocol"]), (&json!("hello"), &json!(1)));
    program.say(json!({"type": "hello", "protocol": 1, "watch": "talk"}));
    assert_eq!(program.hear().unwrap()["type"], "commands");
    let mut ada = Guest::join(address, "ada");
    ada.say("hello");
    let report = program.hear().unwrap();
    assert_eq!(report["report"]["entry"]["text"], "hello");
    program.say(json!({"type": "run", "id": 7, "line": "kick ada", "json": false}));
    let done = program.hear_of("done");
    assert_eq!(
        done,
        json!({"type": "done", "id": 7, "reply": {"kind": "text", "value": "ada was kicked"}})
    );
    program.say(json!({"type": "complete", "id": 8, "line": "plugins enable lo"}));
    let words = program.hear_of("words");
    assert_eq!(words, json!({"type": "words", "id": 8, "start": 15, "words": ["log"]}));
}

#[test]
fn bad_lines_are_refused_and_only_endless_ones_end_the_connection() {
    let folder = Folder::new();
    let (_serve, _) = folder.serve(&[]);
    let mut program = Program::connect(&folder);
    program.say(json!({"type": "hello", "protocol": 1}));
    for line in
        ["nonsense", "{\"type\":\"dance\"}", "[1]", "{\"type\":\"run\",\"id\":-1}", "\u{7f}"]
    {
        program.say(line);
        assert!(!program.hear_of("refused")["problem"].as_str().unwrap().is_empty(), "{line}");
    }
    program.say(json!({"type": "run", "id": 1, "line": "rooms"}));
    program.hear_of("done");
    program.say("x".repeat(70_000));
    program.hear_of("refused");
    assert_eq!(program.hear(), None);
    assert_eq!(folder.exec(&["status"]).status, 0);
}

#[test]
fn what_was_asked_before_the_client_hung_up_is_answered() {
    let folder = Folder::new();
    let (_serve, _) = folder.serve(&[]);
    let mut program = Program::connect(&folder);
    program.say(json!({"type": "hello", "protocol": 1}));
    program.say(json!({"type": "run", "id": 1, "line": "rooms"}));
    program.stream.shutdown(std::net::Shutdown::Write).unwrap();
    program.hear_of("done");
    assert_eq!(program.hear(), None);
}

#[test]
fn there_are_so_many_places_and_one_that_is_left_is_free_again() {
    let folder = Folder::new();
    let (_serve, _) = folder.serve(&[]);
    let attach = || {
        let mut program = Program::connect(&folder);
        program.hear().unwrap();
        program.say(json!({"type": "hello", "protocol": 1}));
        let first = program.hear().unwrap();
        (program, first)
    };
    let mut attached: Vec<Program> = (0..32).map(|_| attach().0).collect();
    let (mut one_too_many, told) = attach();
    assert_eq!(told["reason"], "32 consoles are attached already; close one of them");
    assert_eq!(one_too_many.hear(), None);
    let leaving = attached.swap_remove(0);
    leaving.stream.shutdown(std::net::Shutdown::Both).unwrap();
    while attach().1["type"] != "commands" {}
}

#[test]
fn a_program_that_takes_nothing_holds_up_neither_the_server_nor_its_end() {
    let folder = Folder::new();
    let (mut serve, address) = folder.serve(&[]);
    let mut stuck = Program::connect(&folder);
    stuck.say(json!({"type": "hello", "protocol": 1, "watch": "all"}));
    stuck.hear_of("commands");
    // More than the socket, the line and the control session take together.
    let text = "x".repeat(1500);
    let lines = format!("say {text}\n").repeat(3000);
    let ended = folder.run(&["exec"], &lines);
    assert_eq!((ended.status, ended.err.as_str()), (0, ""));
    let _ada = Guest::join(address, "ada");
    assert_eq!(folder.json("status")["messages"], 3000);
    serve.signal(Signal::TERM);
    assert_eq!(serve.wait().status, 0);
    drop(stuck);
}

#[test]
fn who_says_no_hello_at_the_control_socket_is_let_go() {
    let folder = Folder::new();
    let (_serve, _) = folder.serve(&[]);
    let mut program = Program::connect(&folder);
    assert_eq!(program.hear_of("hello")["protocol"], 1);
    assert_eq!(program.hear_of("bye")["reason"], "no hello came within 10 s");
    assert_eq!(program.hear(), None);
}

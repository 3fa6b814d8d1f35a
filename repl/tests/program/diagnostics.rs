//! What the program writes about itself.

use std::time::Instant;

use rustix::process::Signal;
use serde_json::Value;

use crate::console::{Console, ENTER};
use crate::harness::{Folder, Guest, PATIENCE, Running, user};

/// A server with these settings for its diagnostics.
fn serve(folder: &Folder, log: &str) -> (Running, std::net::SocketAddr) {
    folder.write(
        "salotto.ron",
        &format!(
            "(server: (listen: [\"127.0.0.1:0\"]), log: {log}, limits: (message_characters: 5))"
        ),
    );
    let serve = folder.start(&["serve"]);
    let address = loop {
        // It may say so in a file.
        let status = folder.exec(&["--json", "status"]);
        if let Ok(status) = serde_json::from_str::<Value>(&status.out)
            && let Some(address) = status["addresses"][0].as_str()
        {
            break address.parse().unwrap();
        }
    };
    (serve, address)
}

#[test]
fn who_did_what_and_who_hit_a_limit_is_found_without_being_asked_for() {
    let folder = Folder::new();
    let (mut serve, address) = folder.serve(&[]);
    let mut ada = Guest::join(address, "ada");
    ada.say(&"x".repeat(3000));
    let line = serve.err.expect("a limit was hit");
    assert!(line.contains("INFO") && line.contains("limit=\"message too long\""), "{line}");
    assert!(line.contains(&format!("whom=\"ada (connection 1 from {}", address.ip())), "{line}");
    folder.exec(&["kick ada no flooding"]);
    let line = serve.err.expect("action");
    let by = format!("by=\"{}\"", user());
    for part in [by.as_str(), "what=\"kick\"", "whom=\"ada\"", "why=\"no flooding\""] {
        assert!(line.contains(part), "{line}");
    }
    folder.exec(&["stop"]);
    serve.err.expect("the server is stopped");
    let line = serve.err.expect("command=\"stop\"");
    assert!(line.contains("by=\"attached 2 (process "), "{line}");
}

#[test]
fn the_level_is_changed_while_people_talk() {
    let folder = Folder::new();
    let (mut serve, address) = folder.serve(&[]);
    assert_eq!(folder.exec(&["log-level"]).out, "log-level is info\n");
    let _ada = Guest::join(address, "ada");
    assert_eq!(folder.exec(&["log-level debug"]).err, "");
    serve.err.expect("command=\"log-level\"");
    let _bob = Guest::join(address, "bob");
    let line = serve.err.expect("connected");
    // Of who came before that nothing was written.
    assert!(line.contains("DEBUG") && line.contains("member=2"), "{line}");
    assert_eq!(folder.exec(&["log-level error"]).err, "");
    let _eve = Guest::join(address, "eve");
    assert_eq!(folder.exec(&["log-level debug", "log-level"]).out, "log-level is debug\n");
    let _zoe = Guest::join(address, "zoe");
    let line = serve.err.expect("DEBUG salotto::state::report: connected");
    assert!(line.contains("member=4"), "{line}");
}

#[test]
fn programs_can_read_it_from_a_file() {
    let folder = Folder::new();
    let (mut serve, address) = serve(&folder, "(format: Json, file: \"own.log\")");
    let mut ada = Guest::join(address, "ada");
    ada.say("too long by far");
    ada.lines.expect("the message has 15 characters");
    serve.signal(Signal::TERM);
    let ended = serve.wait();
    assert_eq!((ended.status, ended.err.as_str()), (0, ""));
    let log = folder.read("own.log");
    let events: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let hits = events.iter().find(|event| event["message"] == "a limit was hit").unwrap();
    assert_eq!((&hits["level"], &hits["hits"]), (&"INFO".into(), &1.into()));
    assert!(events.iter().any(|event| event["message"] == format!("listening on {address}")));
    assert_eq!(events.last().unwrap()["message"], "the server is stopped");
    assert!(!log.contains("too long by far"), "what people say is not written");
}

#[test]
fn a_reload_changes_level_and_file_and_begins_a_file_that_was_moved_anew() {
    let folder = Folder::new();
    let (_serve, _) = serve(&folder, "(file: \"one.log\")");
    let has = |name: &str, part: &str| folder.read(name).contains(part);
    let will_have = |name: &str, part: &str| {
        let deadline = Instant::now() + PATIENCE;
        while !has(name, part) {
            assert!(Instant::now() < deadline, "{part} is not in {}", folder.read(name));
            std::thread::yield_now();
        }
    };
    std::fs::rename(folder.path().join("one.log"), folder.path().join("old.log")).unwrap();
    assert_eq!(folder.exec(&["config reload"]).err, "");
    will_have("one.log", "command=\"config reload\"");
    assert!(!has("one.log", "listening on") && has("old.log", "listening on"));

    let config = folder.read("salotto.ron");
    folder.write("salotto.ron", &config.replace("\"one.log\"", "\"two.log\", level: Debug"));
    assert_eq!(
        folder.exec(&["config reload", "log-level"]).out.lines().last(),
        Some("log-level is debug")
    );
    will_have("two.log", "command=\"log-level\"");

    folder.write("salotto.ron", &config.replace("\"one.log\"", "\"none/three.log\""));
    let refused = folder.exec(&["config reload"]);
    assert_eq!(refused.status, 1);
    assert!(refused.err.starts_with("cannot write the log `none/three.log`"), "{}", refused.err);
    assert_eq!(folder.exec(&["log-level"]).out, "log-level is debug\n");
    let start = folder.run(&["serve"], "");
    assert_eq!(start.status, 1);
    assert!(start.err.starts_with("cannot write the log"), "{}", start.err);
}

#[test]
fn a_console_shows_warnings_alone_until_it_is_asked_for_more() {
    let folder = Folder::new();
    let mut console = Console::open(&folder, &["--listen", "127.0.0.1:0"]);
    let address = console.address();
    let _ada = Guest::join(address, "ada");
    console.sees("#lobby * ada joined");
    console.press(&format!("log-level debug{ENTER}"));
    console.sees("INFO salotto_repl::supervisor: done by=\"console\" command=\"log-level\"");
    let _bob = Guest::join(address, "bob");
    let screen = console.sees("DEBUG salotto::state::report: connected member=2");
    assert!(
        !screen.contains("listening on 127.0.0.1:0") && !screen.contains("member=1"),
        "{screen}"
    );
}

#[test]
fn a_name_cannot_write_a_line_of_its_own() {
    let folder = Folder::new();
    let (mut serve, address) = folder.serve(&[]);
    folder.exec(&["log-level debug"]);
    let mut guest = Guest::connect(address);
    guest.say("\u{1b}\rada\u{9b}\u{7}");
    guest.lines.expect("you are in ");
    folder.exec(&["kick ada \u{1b}]0;gone\u{7}\r2026 ERROR all is lost"]);
    let line = serve.err.expect("what=\"kick\"");
    assert!(!line.contains(char::is_control), "{line:?}");
    serve.signal(Signal::TERM);
    let ended = serve.wait();
    assert!(!ended.err.replace('\n', "").contains(char::is_control), "{:?}", ended.err);
}

#[test]
fn a_healthy_server_with_every_plugin_warns_of_nothing() {
    let folder = Folder::new();
    folder.write(
        "salotto.ron",
        r#"(
    // How fast this machine is is not what is asked.
    server: (listen: ["127.0.0.1:0"], slow_hook: 60000.0),
    log: (file: "salotto.log"),
    plugins: [(name: "log", settings: (path: "talk.log")), (name: "audit"), (name: "metrics", settings: (listen: "127.0.0.1:0"))],
)"#,
    );
    let mut serve = folder.start(&["serve"]);
    let address = loop {
        let status = folder.exec(&["--json", "status"]);
        if let Ok(status) = serde_json::from_str::<Value>(&status.out)
            && let Some(address) = status["addresses"][0].as_str()
        {
            break address.parse().unwrap();
        }
    };
    let (mut ada, mut bob) = (Guest::join(address, "ada"), Guest::join(address, "bob"));
    bob.say("hello");
    ada.lines.expect("bob: hello");
    ada.say("!report bob is rude");
    ada.lines.expect("will read it");
    for line in ["ban eve 1h", "mute bob 1m", "config reload", "restart"] {
        assert_eq!(folder.exec(&[line]).status, 0, "{line}");
    }
    serve.signal(Signal::TERM);
    serve.wait();
    let log = folder.read("salotto.log");
    assert!(log.contains("INFO") && log.contains("metrics are at http://127.0.0.1:"), "{log}");
    let warns = |line: &&str| {
        (line.contains("WARN") || line.contains("ERROR")) && !line.contains("long turn of the hub")
    };
    assert_eq!(log.lines().find(warns), None, "{log}");
}

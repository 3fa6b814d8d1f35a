//! What a reload would change, and what it did.

use rustix::process::Signal;
use serde_json::json;

use crate::harness::{Folder, Running};

const BEFORE: &str = r#"(
    server: (listen: ["127.0.0.1:0"]),
    plugins: [(name: "notices", settings: (welcome: "hi")), (name: "quit"), (name: "commands")],
)"#;

const AFTER: &str = r#"(
    server: (listen: ["127.0.0.1:0"], threads: 1, name: "Ours"),
    limits: (mailbox: 100),
    control: (socket: "elsewhere"),
    log: (level: Debug),
    plugins: [(name: "quit"), (name: "notices", settings: (welcome: "hello")), (name: "log", settings: (path: "talk.log"))],
)"#;

fn serve(folder: &Folder) -> Running {
    folder.write("salotto.ron", BEFORE);
    let mut serve = folder.start(&["serve", "--control", "control"]);
    Running::address(&mut serve.err);
    serve
}

fn exec(folder: &Folder, args: &[&str]) -> crate::harness::Ended {
    folder.run(&[&["--control", "control", "exec"], args].concat(), "")
}

#[test]
fn what_differs_is_shown_and_nothing_is_changed() {
    let folder = Folder::new();
    let _serve = serve(&folder);
    let same = exec(&folder, &["config diff"]);
    assert_eq!((same.status, same.out.as_str()), (0, "salotto.ron has no changes\n"));
    assert_eq!(exec(&folder, &["--json", "config diff"]).out, "[]\n");

    folder.write("salotto.ron", AFTER);
    let diff = exec(&folder, &["config diff"]);
    let rows: Vec<Vec<&str>> = diff
        .out
        .lines()
        .map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect())
        .collect();
    let reload = "by `config reload`";
    assert_eq!(
        rows,
        [
            vec!["setting", "in force", "in the file", "applied"],
            vec!["server.name", "\"Salotto\"", "\"Ours\"", reload],
            vec!["server.threads", "None", "1", "by `restart`"],
            vec!["limits.mailbox", "256", "100", reload],
            vec!["control.socket", "None", "\"elsewhere\"", "when the program restarts"],
            vec!["log.level", "Info", "Debug", reload],
            vec!["plugins.notices.welcome", "\"hi\"", "\"hello\"", reload],
            vec!["plugins.commands", "on", "off", reload],
            vec!["plugins.log", "off", "on, (path: \"talk.log\")", reload],
            vec!["plugins", "notices, quit", "quit, notices", reload],
        ],
        "{}",
        diff.out
    );
    let again = exec(&folder, &["--json", "config diff"]);
    let again: serde_json::Value = serde_json::from_str(&again.out).unwrap();
    assert_eq!(
        again[1],
        json!({"setting": "server.threads", "now": "None", "file": "1", "when": "restart"})
    );
    assert!(!folder.path().join("talk.log").exists());
}

#[test]
fn a_hangup_says_in_the_log_what_it_changed() {
    let folder = Folder::new();
    let mut serve = serve(&folder);
    folder.write("salotto.ron", AFTER);
    serve.signal(Signal::HUP);
    let line = serve.err.expect("setting=\"limits.mailbox\"");
    assert!(line.contains("was=\"256\" is=\"100\""), "{line}");
    serve.err.expect("setting=\"plugins.log\"");
    let line = serve.err.expect("applied salotto.ron");
    assert!(
        line.ends_with("applied salotto.ron; needs `restart`: server.threads; needs a restart of the program: control.socket"),
        "{line}"
    );
    let left = exec(&folder, &["--json", "config diff"]);
    let left: Vec<serde_json::Value> = serde_json::from_str(&left.out).unwrap();
    let left: Vec<_> = left.iter().map(|change| change["setting"].as_str().unwrap()).collect();
    assert_eq!(left, ["server.threads", "control.socket"]);
}

#[test]
fn a_file_that_is_wrong_has_no_difference() {
    let folder = Folder::new();
    let mut serve = serve(&folder);
    folder.write("salotto.ron", "(server: (name: 5))");
    let diff = exec(&folder, &["config diff"]);
    assert_eq!(
        (diff.status, diff.err.as_str()),
        (1, "salotto.ron:1:17: found `5`; expected a string in double quotes\n")
    );
    serve.signal(Signal::HUP);
    let line = serve.err.expect("salotto.ron:1:17");
    assert!(line.contains("ERROR"), "{line}");
}

//! Hashes of passwords and other secrets appear nowhere but in the file.

use rustix::process::Signal;

use crate::console::{CTRL_D, Console, ENTER, UP};
use crate::harness::{Folder, Guest, Running};

/// A hash of `swordfish`, and another one.
fn hashes() -> [String; 2] {
    [(); 2].map(|()| salotto::PasswordHash::new("swordfish").unwrap().to_string())
}

fn config(hash: &str) -> String {
    format!(
        r#"(
    server: (listen: ["127.0.0.1:0"], password: "{hash}"),
    log: (level: Trace, file: "program.log"),
    plugins: [
        (name: "roles", settings: (accounts: [(name: "ada", role: operator, password: "{hash}")])),
        (name: "notices"), (name: "commands"),
        (name: "audit", settings: (path: "audit.jsonl")),
    ],
)"#
    )
}

fn assert_secret(what: &str, text: &str) {
    assert!(!text.contains("$argon2id$v") && !text.contains("swordfish"), "{what}: {text}");
}

#[test]
fn no_answer_log_or_history_holds_a_hash() {
    let folder = Folder::new();
    let [hash, other] = hashes();
    folder.write("salotto.ron", &config(&hash));
    let serve = folder.start(&["serve"]);
    let socket = folder.socket();
    while !socket.exists() {
        std::thread::yield_now();
    }
    folder.write("salotto.ron", &config(&other));
    let lines = [
        "plugins",
        "plugins roles",
        "config",
        "config diff",
        "config reload",
        "plugins reload",
        "status",
        "help plugins",
        "trace on",
        "plugins enable roles (accounts: [(name: \"eve\", password: \"swordfish\")])",
        "plugins enable roles (accounts: [(name: \"eve\", password: swordfish)])",
    ];
    for line in lines {
        for args in [&[line][..], &["--json", line]] {
            let ended = folder.exec(args);
            assert_secret(line, &(ended.out + &ended.err));
        }
    }
    let shown = folder.exec(&["plugins roles"]).out;
    assert!(shown.contains("password: \"…\""), "{shown}");
    serve.signal(Signal::HUP);
    let address = folder.json("status")["addresses"][0].as_str().unwrap().parse().unwrap();
    let mut ada = Guest::connect(address);
    for line in ["swordfish", "ada2", "!login ada swordfish"] {
        ada.say(line);
    }
    ada.lines.expect("you are logged in");
    ada.say("!plugins");
    let mut seen = ada.lines.expect("roles");
    ada.say("!plugins roles");
    seen += &ada.lines.expect("settings");
    assert_secret("!plugins", &seen);
    ended(serve);
    assert_secret("audit", &folder.read("audit.jsonl"));
    assert_secret("log", &folder.read("program.log"));
}

fn ended(mut serve: Running) {
    serve.signal(Signal::TERM);
    let ended = serve.wait();
    assert_eq!(ended.status, 0);
    assert_secret("standard error", &(ended.out + &ended.err));
}

#[test]
fn a_line_with_a_hash_is_not_kept_in_the_history() {
    let folder = Folder::new();
    let [hash, _] = hashes();
    let mut console = Console::open(&folder, &["--no-start"]);
    console.ends_with("salotto>");
    console.press(&format!("watch{ENTER}"));
    console.sees("watching rooms");
    console.press(&format!("plugins enable x (password: \"{hash}\"){ENTER}"));
    console.sees("the server is not running");
    console.press(UP);
    console.ends_with("salotto> watch [all|rooms|talk|none]");
    console.press(&format!("{ENTER}{CTRL_D}"));
    assert_eq!(console.exit_status(), Some(0));
    assert_secret("history", &folder.read("state/salotto/history"));
}

#[test]
fn a_password_that_is_typed_at_the_wrong_prompt_or_into_a_setting_is_not_kept_in_the_history() {
    let folder = Folder::new();
    let mut console = Console::open(&folder, &["--no-start"]);
    console.ends_with("salotto>");
    for line in [
        "login ada swordfish",
        "!logn: ada swordfish",
        "config set server.password swordfish",
        "Config sett server.pasword swordfish",
        "plugins enable x (api_token: swordfish)",
        "hash-password swordfish",
    ] {
        console.press(&format!("{line}{ENTER}"));
        console.ends_with("salotto>");
    }
    console.press(&format!("watch{ENTER}"));
    console.sees("watching rooms");
    console.ends_with("salotto>");
    console.press(CTRL_D);
    assert_eq!(console.exit_status(), Some(0));
    let kept = folder.read("state/salotto/history");
    assert!(kept.ends_with("watch\n") && !kept.contains("swordfish"), "{kept}");
}

#[test]
fn a_password_that_stands_in_the_file_as_it_is_is_not_quoted() {
    let folder = Folder::new();
    for text in [
        "(server: (password: \"swordfish\"))",
        "(server: (password: swordfish))",
        "(plugins: [(name: \"roles\", settings: (accounts: [(name: \"a\", password: \"swordfish\")]))])",
        "(plugins: [(name: \"roles\", settings: (accounts: [(name: \"a\", password: swordfish)]))])",
    ] {
        folder.write("salotto.ron", text);
        let check = folder.run(&["check"], "");
        assert_eq!(check.status, 2);
        assert_secret(text, &check.err);
        assert!(check.err.starts_with("salotto.ron:1:"), "{}", check.err);
    }
}

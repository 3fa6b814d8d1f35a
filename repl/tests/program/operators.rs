//! Who sits at a console: what they do is recorded as theirs, and what is written to them waits for them.

use rustix::process::Signal;

use crate::console::{CTRL_D, Console, ENTER};
use crate::harness::{Folder, Guest, Running, user};

fn config() -> String {
    let hash = salotto::PasswordHash::new("swordfish").unwrap();
    format!(
        r#"(
    server: (listen: ["127.0.0.1:0"]),
    plugins: [
        (name: "audit", settings: (path: "audit.jsonl")),
        (name: "roles", settings: (accounts: [(name: "boss", password: "{hash}")])),
    ],
)"#
    )
}

/// What the audit holds, each action as `by what whom why`.
fn audit(folder: &Folder) -> Vec<String> {
    let text = folder.read("audit.jsonl");
    let action = |line: &str| {
        let action: serde_json::Value = serde_json::from_str(line).unwrap();
        let word = |field: &str| action[field].as_str().unwrap_or("-").to_owned();
        format!("{} {} {}", word("by"), word("what"), word("whom"))
    };
    text.lines().map(action).collect()
}

#[test]
fn the_audit_says_who_did_what_to_the_server() {
    let folder = Folder::new();
    folder.write("salotto.ron", &config());
    let mut serve = folder.start(&["serve", "--operator", "ship"]);
    let address = Running::address(&mut serve.err);
    let mut bob = Guest::join(address, "bob");
    bob.say("!login boss wrong");
    bob.lines.expect("wrong account or password");
    assert_eq!(folder.exec(&["--operator", "ada", "kick bob"]).status, 0);
    for (operator, line) in [
        ("ada", "log-level debug"),
        ("eve", "config reload"),
        ("eve", "restart"),
        ("ada", "topic lobby games"),
        ("ada", "stop"),
    ] {
        let ended = folder.exec(&["--operator", operator, line]);
        assert_eq!((ended.status, ended.err.as_str()), (0, ""), "{line}");
    }
    assert_eq!(folder.exec(&["start"]).status, 0);
    serve.signal(Signal::TERM);
    serve.wait();
    let audit = audit(&folder);
    for expected in [
        "ship start -".to_owned(),
        "bob failed-login boss".into(),
        "ada kick bob".into(),
        "ada log-level -".into(),
        "eve reload -".into(),
        "eve restart -".into(),
        "eve start -".into(),
        "ada topic -".into(),
        "ada stop -".into(),
        format!("{} start -", user()),
    ] {
        assert!(audit.contains(&expected), "no `{expected}` in {audit:#?}");
    }
}

#[test]
fn a_console_is_told_who_sits_at_it_and_several_are_told_apart() {
    let folder = Folder::new();
    let mut host = Console::open(&folder, &["--listen", "127.0.0.1:0", "--operator", "ada"]);
    let mut bob = Guest::join(host.address(), "bob");
    let eve = Console::open(&folder, &["attach", "--operator", "eve"]);
    eve.sees("attached to salotto ");
    let mut other = Console::open(&folder, &["attach"]);
    other.sees("attached to salotto ");
    host.press(&format!("topic lobby games{ENTER}"));
    eve.sees("· ada set the topic of #lobby: games");
    other.ends_with("salotto>");
    other.press(&format!("kick bob enough{ENTER}"));
    host.sees(&format!("· {} kicked bob: enough", user()));
    bob.lines.expect(&format!("kicked by {}", user()));
}

#[test]
fn what_is_written_to_the_operator_waits_for_the_next_who_attaches() {
    let folder = Folder::new();
    let (_serve, address) = folder.serve(&[]);
    let mut bob = Guest::join(address, "bob");
    bob.say("!msg host help, please");
    bob.lines.expect("nobody is at the console; your message is kept");
    // A command is nobody who reads.
    assert_eq!(folder.exec(&["status"]).status, 0);
    let mut console = Console::open(&folder, &["attach"]);
    console.sees("bob to host: help, please");
    bob.say("!msg host thank you");
    console.sees("bob to host: thank you");
    console.ends_with("salotto>");
    console.press(CTRL_D);
    assert_eq!(console.exit_status(), Some(0));
    // What was read is not told again.
    bob.say("!msg host are you there?");
    bob.lines.expect("nobody is at the console");
    let again = Console::open(&folder, &["attach"]);
    let screen = again.sees("bob to host: are you there?");
    assert!(!screen.contains("help, please"), "{screen}");
}

#[test]
fn what_members_report_waits_for_the_next_who_attaches() {
    let folder = Folder::new();
    let (_serve, address) = folder.serve(&[]);
    let (mut bob, _eve) = (Guest::join(address, "bob"), Guest::join(address, "eve"));
    bob.say("!report eve asks for my address");
    bob.lines.expect("the first who comes will read it");
    let mut console = Console::open(&folder, &["attach"]);
    console.sees("report by bob about eve");
    bob.say("!report eve and again");
    console.sees("and again");
    console.ends_with("salotto>");
    console.press(CTRL_D);
    assert_eq!(console.exit_status(), Some(0));
    let mut again = Console::open(&folder, &["attach"]);
    again.ends_with("salotto>");
    again.press(&format!("say that was all{ENTER}"));
    let screen = again.sees("host: that was all");
    assert!(!screen.contains("and again"), "{screen}");
}

#[test]
fn connections_that_say_nothing_lock_nobody_out() {
    let folder = Folder::new();
    let (_serve, _) = folder.serve(&[]);
    let silent = || std::os::unix::net::UnixStream::connect(folder.socket()).unwrap();
    let _silent: Vec<_> = (0..40).map(|_| silent()).collect();
    assert_eq!(folder.exec(&["status"]).status, 0);
}

//! What a reload would change, and what it did.

use rustix::process::Signal;
use serde_json::json;

use crate::harness::{Folder, Running};

const BEFORE: &str = r#"(
    server: (listen: ["127.0.0.1:0"]),
    only_plugins: true,
    plugins: [(name: "notices", settings: (welcome: "hi")), (name: "quit"), (name: "commands")],
)"#;

const AFTER: &str = r#"(
    server: (listen: ["127.0.0.1:0"], threads: 1, name: "Ours"),
    limits: (mailbox: 100),
    control: (socket: "elsewhere"),
    log: (level: Debug),
    only_plugins: true,
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

#[test]
fn a_file_that_cannot_be_read_holds_up_neither_a_reload_nor_the_end() {
    let folder = Folder::new();
    let mut serve = serve(&folder);
    let path = folder.path().join("salotto.ron");
    std::fs::remove_file(&path).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let reload = exec(&folder, &["config reload"]);
    assert_eq!(
        (reload.status, reload.err.as_str()),
        (1, "cannot read `salotto.ron`: it is not a file; name one, such as `salotto.ron`\n")
    );
    serve.signal(Signal::HUP);
    serve.err.expect("cannot read `salotto.ron`");
    serve.signal(Signal::TERM);
    assert_eq!(serve.wait().status, 0);
}

#[test]
fn a_hangup_opens_the_log_anew_also_when_the_file_is_wrong() {
    let folder = Folder::new();
    let log = "log: (file: \"program.log\")";
    folder.write("salotto.ron", &format!("(server: (listen: [\"127.0.0.1:0\"]), {log})"));
    let serve = folder.start(&["serve", "--control", "control"]);
    while exec(&folder, &["status"]).status != 0 {}
    folder.write("salotto.ron", "(");
    std::fs::rename(folder.path().join("program.log"), folder.path().join("old.log")).unwrap();
    serve.signal(Signal::HUP);
    while !std::fs::read_to_string(folder.path().join("program.log"))
        .is_ok_and(|text| text.contains("the file ends too early"))
    {
        std::thread::yield_now();
    }
}

#[test]
fn a_reload_says_what_the_list_of_plugins_perhaps_does_not_mean() {
    let folder = Folder::new();
    let _serve = serve(&folder);
    let text =
        "(server: (listen: [\"127.0.0.1:0\"]), plugins: [(name: \"notices\"), (name: \"log\")])";
    folder.write("salotto.ron", text);
    let diff = exec(&folder, &["config diff"]);
    assert!(diff.out.contains("plugins.moderation"), "{}", diff.out);
    let reload = exec(&folder, &["config reload"]);
    assert_eq!(reload.status, 0);
    assert!(
        reload.out.contains("history, irc, web, discovery are on too; `only_plugins: true`"),
        "{}",
        reload.out
    );
    let check = folder.run(&["check"], "");
    assert!(check.out.contains("off: audit, cluster, metrics, tls\n"), "{}", check.out);
    assert!(check.out.contains("history, irc, web, discovery are on too"), "{}", check.out);
}

#[test]
fn a_plugin_that_is_off_in_the_file_is_enabled_with_the_settings_that_stand_there() {
    let folder = Folder::new();
    let text = r#"(
    server: (listen: ["127.0.0.1:0"]),
    plugins: [(name: "log", enabled: false, settings: (path: "talk.log"))],
)"#;
    folder.write("salotto.ron", text);
    let mut serve = folder.start(&["serve", "--control", "control"]);
    Running::address(&mut serve.err);
    assert_eq!(exec(&folder, &["plugins enable log"]).status, 0);
    let shown = exec(&folder, &["plugins log"]).out;
    assert!(shown.contains("talk.log"), "{shown}");
    let ended = exec(
        &folder,
        &["ban eve spam", "plugins disable moderation", "plugins enable moderation", "bans"],
    );
    assert!(ended.out.contains("eve"), "{}", ended.out);
    // What was done at the console is shown as what a reload would undo.
    let diff = exec(&folder, &["config diff"]).out;
    assert!(diff.contains("plugins.log") && !diff.contains("plugins.moderation"), "{diff}");
}

#[test]
fn the_environment_takes_the_place_of_the_file_and_check_says_so() {
    let folder = Folder::new();
    folder.write("salotto.ron", "(server: (name: \"Ours\"), rooms: (open: true))");
    let check = |variable: &str, value: &str| {
        let output = folder.command(&["check"]).env(variable, value).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (status, out, _) = check("SALOTTO_SERVER__NAME", "Theirs and ours");
    assert_eq!(status, Some(0));
    assert!(out.contains("from the environment: SALOTTO_SERVER__NAME"), "{out}");
    let (status, _, err) = check("SALOTTO_ROOMS__OPEN", "maybe");
    assert_eq!(status, Some(2));
    assert_eq!(err, "SALOTTO_ROOMS__OPEN: found `maybe`; expected true or false\n");
    // A value is one value: what goes on behind it is a part of a text, or a mistake.
    let (status, _, err) = check("SALOTTO_SERVER__THREADS", "1, name: \"Theirs\"");
    assert_eq!(status, Some(2));
    assert!(err.starts_with("SALOTTO_SERVER__THREADS: found `"), "{err}");
    let (status, _, err) = check("SALOTTO_SERVER__THREADS", "1 // two");
    assert_eq!(status, Some(2));
    assert!(err.starts_with("SALOTTO_SERVER__THREADS: found `"), "{err}");
    let (status, _, err) = check("SALOTTO_SERVER__NAME", "");
    assert_eq!(status, Some(2));
    assert!(err.contains("expected a name of one letter or more"), "{err}");
    let more = "\"Theirs\", operator_name: \"eve\"";
    let mut command = folder.command(&["--no-start"]);
    let mut script = Running::of(command.env("SALOTTO_SERVER__NAME", more));
    script.say("config");
    script.out.expect(r#"name: "\"Theirs\", operator_name: \"eve\"""#);
    script.out.expect("operator_name: \"host\"");
    let mut command = folder.command(&["--no-start"]);
    command.env("SALOTTO_SERVER__NAME", "Theirs").env("SALOTTO_ROOMS__OPEN", "false");
    let mut script = Running::of(&mut command);
    script.say("config");
    script.out.expect("name: \"Theirs\"");
    script.out.expect("open: false");
}

#[test]
fn check_needs_no_file_where_the_environment_has_settings_and_refuses_what_is_not_utf8() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::new();
    let mut command = folder.command(&["check"]);
    let output = command.env("SALOTTO_SERVER__NAME", "Theirs").output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(out.starts_with("there is no `salotto.ron` here; the defaults are used\n"), "{out}");
    let mut command = folder.command(&["check"]);
    let output = command.env("SALOTTO_SERVER__NAME", OsStr::from_bytes(b"\xff")).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "SALOTTO_SERVER__NAME: the value is not UTF-8; write it as UTF-8\n"
    );
}

#[test]
fn what_is_included_takes_the_place_of_what_includes_it() {
    let folder = Folder::new();
    folder.write(
        "salotto.ron",
        "(include: [\"parts/local.ron\"], server: (listen: [\"127.0.0.1:0\"], name: \"Ours\"), plugins: [(name: \"quit\", settings: (words: [\"bye\"]))])",
    );
    std::fs::create_dir(folder.path().join("parts")).unwrap();
    folder.write("parts/more.ron", "(rooms: (default: \"hall\"))");
    folder.write(
        "parts/local.ron",
        "(include: [\"more.ron\"], server: (name: \"Local\" /* here */), plugins: [(name: \"floods\", enabled: false)])",
    );
    let check = folder.run(&["check"], "");
    assert_eq!((check.status, check.err.as_str()), (0, ""));
    assert!(check.out.contains("included: parts/local.ron, parts/more.ron\n"), "{}", check.out);
    let mut serve = folder.start(&["serve", "--control", "control"]);
    Running::address(&mut serve.err);
    let config = exec(&folder, &["config"]).out;
    for part in ["name: \"Local\"", "default: \"hall\"", "words: [\"bye\"]", "enabled: false"] {
        assert!(config.contains(part), "no {part} in {config}");
    }
    assert_eq!(exec(&folder, &["config diff"]).out, "salotto.ron has no changes\n");
    // What would have no effect is not written.
    let refused = exec(&folder, &["config set server.name Mine"]);
    assert!(refused.err.contains("`server.name` is set in `parts/local.ron`"), "{}", refused.err);
    assert_eq!(exec(&folder, &["plugins enable floods"]).status, 0);
    let refused = exec(&folder, &["config save"]);
    assert!(refused.err.contains("`plugins.floods` is set in"), "{}", refused.err);
    assert_eq!(exec(&folder, &["config set rooms.history 5"]).status, 0);
    // A mistake is one of the file in which it stands.
    for (text, problem) in [
        ("(\n server: (nmae: 5))", "parts/local.ron:2:11: "),
        ("(server: (name: \"\"))", "parts/local.ron:1:17: "),
        ("(limits: (message_characters: 90000))", "parts/local.ron: `limits.line_bytes` is"),
        ("(include: [\"none.ron\"])", "parts/local.ron:1:11: cannot read `parts/none.ron`"),
        (
            "(include: [\"local.ron\"])",
            "parts/local.ron:1:11: `parts/local.ron` is one file too many",
        ),
    ] {
        folder.write("parts/local.ron", text);
        let check = folder.run(&["check"], "");
        assert_eq!(check.status, 2, "{text}: {}", check.out);
        assert!(check.err.starts_with(problem), "{text}: {}", check.err);
        assert!(exec(&folder, &["config reload"]).err.contains(problem), "{text}");
    }
    // What is right in each and wrong together is said of both.
    folder.write(
        "salotto.ron",
        "(include: [\"parts/local.ron\"], limits: (message_characters: 100, line_bytes: 4096))",
    );
    folder.write("parts/local.ron", "(limits: (message_characters: 2000))");
    let check = folder.run(&["check"], "");
    let expected = "salotto.ron: with what is included: `limits.line_bytes` is 4096";
    assert!(check.err.starts_with(expected), "{}", check.err);
}

#[test]
fn what_is_set_and_what_was_changed_goes_into_the_file_and_comments_stay() {
    let folder = Folder::new();
    folder.write(
        "salotto.ron",
        "// mine\n(\n    server: (listen: [\"127.0.0.1:0\"]), // here\n    plugins: [(name: \"quit\")], only_plugins: false,\n)",
    );
    let mut serve = folder.start(&["serve", "--control", "control"]);
    Running::address(&mut serve.err);
    let set = exec(&folder, &["config set server.name Room 12"]);
    assert_eq!(set.out, "wrote salotto.ron; `config reload` applies it\n");
    let refused = exec(&folder, &["config set server.threads many"]);
    assert_eq!(refused.status, 1);
    assert!(refused.err.contains("found `many`"), "{}", refused.err);
    for (setting, value) in [
        ("plugins.quit.words", "[\"!quit\", \"bye\"]"),
        ("plugins.notices.welcome", "Come in"),
        ("plugins.floods.messages", "(burst: 9, per_minute: 60)"),
    ] {
        let set = exec(&folder, &[&format!("config set {setting} {value}")]);
        assert_eq!(set.out, "wrote salotto.ron; `config reload` applies it\n", "{}", set.err);
    }
    for (setting, why) in [
        ("plugins.quit.wrods", "unknown field `wrods`"),
        ("plugins.log.path", "`plugins enable log SETTINGS` enables it"),
        ("plugins.quit", "only single settings can be set"),
        ("server.name.x", "only single settings can be set"),
    ] {
        let refused = exec(&folder, &[&format!("config set {setting} 5")]);
        assert_eq!(refused.status, 1);
        assert!(refused.err.contains(why), "{setting}: {}", refused.err);
    }
    assert_eq!(exec(&folder, &["config reload"]).status, 0);
    let words = exec(&folder, &["plugins quit"]).out;
    assert!(words.contains("\"bye\""), "{words}");
    let welcome = exec(&folder, &["plugins notices"]).out;
    assert!(welcome.contains("Come in"), "{welcome}");
    for line in
        ["plugins enable log (path: \"talk.log\")", "plugins disable floods", "log-level debug"]
    {
        assert_eq!(exec(&folder, &[line]).status, 0);
    }
    let saved = exec(&folder, &["config save"]);
    assert_eq!(saved.out, "wrote salotto.ron: log.level, plugins.floods, plugins.log\n");
    let text = folder.read("salotto.ron");
    for part in ["// mine", "// here", "name: \"Room 12\"", "level: Debug", "enabled: false"] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    assert_eq!(exec(&folder, &["config diff"]).out, "salotto.ron has no changes\n");
    assert_eq!(exec(&folder, &["config save"]).out, "the file has everything already\n");
}

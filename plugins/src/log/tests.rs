//! The log as a server with people in it sees it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use salotto::testing::TestServer;
use salotto::{Entry, EntryKind, Report};
use tempfile::TempDir;

use super::*;
use crate::commands::Commands;
use crate::common::testing::next_report;
use crate::parse_settings;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A log to `talk.log` in a folder, with more settings, which tries a disk that refuses again at once.
fn log(folder: &Path, more: &str) -> Log {
    let path = folder.join("talk.log");
    let settings = format!("(path: {path:?}, {more})");
    Log { retry: Duration::from_millis(1), ..Log::new(parse_settings(&settings).unwrap()) }
}

fn server(folder: &TempDir, more: &str) -> TestServer {
    TestServer::new()
        .plugin("commands", Commands::default())
        .plugin("log", log(folder.path(), more))
}

/// What the file holds when everybody is gone.
fn written(server: TestServer, folder: &TempDir) -> String {
    server.stop();
    fs::read_to_string(folder.path().join("talk.log")).unwrap()
}

#[test]
fn what_is_said_is_in_the_file_when_the_server_has_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(&folder, "");
    let ada = server.enter("ada");
    ada.types("hello");
    ada.hears("ada: hello");
    server.step(Duration::from_millis(1500));
    ada.types("!me waves");
    ada.types("!msg ada to myself");
    ada.hears_about("to myself");
    assert_eq!(
        written(server, &folder),
        "2026-01-01T00:00:00.000Z lobby -> ada joined\n\
         2026-01-01T00:00:00.000Z lobby ada: hello\n\
         2026-01-01T00:00:01.500Z lobby ** ada waves\n"
    );
}

#[test]
fn json_lines_are_entries_without_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(&folder, "format: Json");
    let ada = server.enter("ada");
    let texts = ["plain", "\"quoted\" \\ {}", "ünï 🦊"];
    for text in texts {
        ada.types(text);
    }
    ada.hears("ada: ünï 🦊");
    let written = written(server, &folder);
    let entries: Vec<Entry> =
        written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids: Vec<_> = entries.iter().map(|entry| entry.id).collect();
    assert_eq!(ids, [1, 2, 3, 4]);
    for (entry, said) in entries[1..].iter().zip(texts) {
        assert!(
            matches!(&entry.what, EntryKind::Message { text, .. } if text == said),
            "{entry:?}"
        );
    }
}

#[test]
fn what_is_said_to_one_person_is_written_only_when_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(&folder, "directs: true");
    let ada = server.enter("ada");
    let bob = server.enter("bob");
    ada.types("!msg bob psst");
    bob.hears("[ada to bob] psst");
    assert!(written(server, &folder).contains("Z @bob ada: psst\n"));
}

#[test]
fn nobody_forges_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(&folder, "");
    let ada = server.enter("ada");
    let forged = "2026-01-01T00:00:00.000Z lobby eve: I owe ada 100";
    for ending in ["\n", "\r\n", "\u{85}", "\u{2028}", "\u{2029}", "\u{b}"] {
        ada.types(&format!("hi{ending}{forged}"));
        ada.types(&format!("!me does{ending}{forged}"));
    }
    assert!(server.try_enter(&format!("eve\u{2028}{forged}")).is_err());
    assert!(server.try_enter("eve:").is_err());
    ada.types("end");
    ada.hears("ada: end");
    let written = written(server, &folder);
    let by_ada = ["lobby ada: ", "lobby ** ada ", "lobby -> ada joined"];
    // As the least strict of readers would split it.
    for line in written.split(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        let said = line.split_once(' ').map(|(_, said)| said);
        let is_hers = |said: &str| by_ada.iter().any(|begin| said.starts_with(begin));
        assert!(said.is_none_or(is_hers), "{line}");
    }
    assert_eq!(written.lines().count(), 14);
}

#[test]
fn it_comes_and_goes_while_people_talk() {
    let folder = tempfile::tempdir().unwrap();
    let server = TestServer::new();
    let ada = server.enter("ada");
    ada.types("before");
    ada.hears("ada: before");
    let server = server.plugin("log", log(folder.path(), ""));
    ada.types("one");
    ada.hears("ada: one");
    // Replaced while the first may still be writing.
    let server = server.plugin("log", log(folder.path(), ""));
    ada.types("two");
    ada.hears("ada: two");
    assert!(smol::block_on(server.handle().disable("log")).unwrap());
    ada.types("after");
    ada.hears("ada: after");
    let written = written(server, &folder);
    let said: Vec<_> = written.lines().map(|line| line.rsplit_once(' ').unwrap().1).collect();
    assert_eq!(said, ["one", "two"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_reported_once_and_the_room_goes_on() {
    let settings = parse_settings("(path: \"/dev/full\")").unwrap();
    let log = Log { retry: Duration::from_millis(1), ..Log::new(settings) };
    let server = TestServer::new();
    let mut reports = server.handle().watch();
    let server = server.plugin("log", log);
    let ada = server.enter("ada");
    let bob = server.enter("bob");
    let report = next_report(&mut reports);
    assert!(report.starts_with("cannot write the log `/dev/full`: No space left"), "{report}");
    for number in 0..20 {
        ada.types(&format!("line {number}"));
        bob.hears(&format!("ada: line {number}"));
    }
    // The last attempt, which also fails, is made when the server stops.
    server.stop();
    let report = next_report(&mut reports);
    assert!(
        report.starts_with("at the end of the log `/dev/full` 22 lines are missing: cannot write"),
        "{report}"
    );
    while let Ok(report) = reports.try_next() {
        assert!(!matches!(report, Report::Plugin { .. }), "{report:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_never_answers_holds_up_neither_the_room_nor_the_stop() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talk.log");
    // A pipe without a reader is opened for as long as it takes.
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    let server = TestServer::new();
    let mut reports = server.handle().watch();
    let server = server.plugin("log", log(folder.path(), ""));
    let ada = server.enter("ada");
    let bob = server.enter("bob");
    ada.types("hello");
    bob.hears("ada: hello");
    server.stop();
    let report = next_report(&mut reports);
    assert!(report.contains("3 lines are missing: the disk of the log"), "{report}");
    // Lets the thread go that waits for it.
    drop(fs::File::open(&path));
}

#[test]
fn a_missing_folder_is_reported_and_the_log_begins_when_it_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("logs");
    let server = TestServer::new();
    let mut reports = server.handle().watch();
    let server = server.plugin("log", log(&inner, ""));
    // Before anybody has said anything.
    let report = next_report(&mut reports);
    let advice = format!("create the folder `{}`", inner.display());
    assert!(report.ends_with(&advice), "{report}");
    let ada = server.enter("ada");
    ada.types("hello");
    ada.hears("ada: hello");
    fs::create_dir(&inner).unwrap();
    let report = next_report(&mut reports);
    assert!(report.ends_with("can be written again"), "{report}");
    server.stop();
    let written = fs::read_to_string(inner.join("talk.log")).unwrap();
    assert_eq!(written.lines().count(), 2, "{written}");
}

#[test]
fn a_new_day_begins_a_new_file() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(&folder, "rotate: Daily, keep: 1");
    let ada = server.enter("ada");
    for day in ["one", "two", "three"] {
        ada.types(day);
        ada.hears(&format!("ada: {day}"));
        server.step(DAY);
    }
    let newest = written(server, &folder);
    assert_eq!(newest, "2026-01-03T00:00:00.000Z lobby ada: three\n");
    let before = fs::read_to_string(folder.path().join("talk.log.1")).unwrap();
    assert_eq!(before, "2026-01-02T00:00:00.000Z lobby ada: two\n");
    assert!(!folder.path().join("talk.log.2").exists());
}

#[test]
fn a_mistake_in_the_settings_says_what_is_known() {
    for (text, message) in [
        ("(path: \"  \")", "1:9: the path is empty; write that of a file, such as \"talk.log\""),
        (
            "(rotate: Weekly)",
            "1:10: unknown choice `Weekly`; known choices: `Never`, `Daily`, `Size`",
        ),
        ("(rotate: Size(0))", "1:15: expected a whole number, 1 or more, found `0`"),
        (
            "(file: \"x\")",
            "1:2: unknown field `file`; known fields: `path`, `format`, `rotate`, `keep`, `directs`",
        ),
    ] {
        let error = parse_settings::<LogSettings>(text).unwrap_err();
        assert_eq!(error, message);
    }
}

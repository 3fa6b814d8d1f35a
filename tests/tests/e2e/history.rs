//! What was said is read back, searched, deleted, forgotten, exported and imported.

use std::path::Path;
use std::sync::Arc;

use salotto::store::Retention;
use salotto::{ErrorCode, Event, PluginSetup, Reply, Request, Store};
use salotto_plugins::sqlite::{SqliteOptions, SqliteStore, Words};
use salotto_tests::{JsonClient, TestServer, plugins};
use tempfile::TempDir;

/// A server over a new database, which keeps what is said.
fn open(folder: &TempDir) -> TestServer {
    open_with(folder.path(), SqliteOptions::default(), "").0
}

fn open_with(
    folder: &Path,
    options: SqliteOptions,
    history: &str,
) -> (TestServer, Arc<SqliteStore>) {
    let store = SqliteStore::open(&folder.join("salotto.db"), options).expect("the database opens");
    let store = Arc::new(store);
    let kept: Arc<dyn Store> = store.clone();
    let server = TestServer::builder()
        .plugin("ranks", plugins::Ranks)
        .enable("commands")
        .server(|server| server.store(kept).enable(PluginSetup::new("history").settings(history)))
        .open();
    (server, store)
}

/// What somebody is answered to a command, without the day and the minute.
fn answer(client: &mut JsonClient, line: &str) -> Vec<String> {
    client.asks(Request::Command { line: line.into(), room: None });
    let reply = client.hears_where("an answer", |event| match event {
        Event::Reply { reply, .. } => Some(reply.to_string()),
        Event::Error { text, .. } => Some(format!("! {text}")),
        _ => None,
    });
    lines(&reply)
}

fn lines(reply: &str) -> Vec<String> {
    let without_time = |line: &str| match line.get(..2) {
        Some("20") => line.get(17..).unwrap_or_default().to_owned(),
        _ => line.to_owned(),
    };
    reply.lines().map(without_time).collect()
}

fn says_all(client: &mut JsonClient, texts: &[&str]) -> Vec<u64> {
    let say = |text: &&str| {
        client.says(text);
        client.hears_said(text).id
    };
    texts.iter().map(say).collect()
}

#[test]
fn messages_are_found_by_their_words_whatever_their_case_and_accents() {
    let folder = TempDir::new().unwrap();
    let server = open(&folder);
    let mut ada = server.enters_json("ada");
    let mut bob = server.enters_json("bob");
    says_all(&mut ada, &["Caffè at four?", "the cat sat", "a NEAR miss", "tea"]);
    says_all(&mut bob, &["coffee? caffe!", "\"quoted\" words"]);
    assert_eq!(
        answer(&mut ada, "search CAFFE"),
        ["lobby #7 bob: coffee? caffe!", "lobby #3 ada: Caffè at four?"]
    );
    assert_eq!(answer(&mut ada, "search caffe from:ADA"), ["lobby #3 ada: Caffè at four?"]);
    assert_eq!(answer(&mut ada, "search sat cat"), ["lobby #4 ada: the cat sat"]);
    // Nothing that is typed is the language of the index.
    assert_eq!(answer(&mut ada, "search \"quoted\""), ["lobby #8 bob: \"quoted\" words"]);
    for nothing in ["cat OR tea", "NEAR(cat sat)", "ca*", "text:cat", "cat NOT", "-cat ^sat x"] {
        assert_eq!(
            answer(&mut ada, &format!("search {nothing}")),
            ["nothing was found"],
            "{nothing}"
        );
    }
    assert_eq!(answer(&mut ada, "search cat after:1d before:2000-01-01"), ["nothing was found"]);
    assert_eq!(answer(&mut ada, "search cat after:1d"), ["lobby #4 ada: the cat sat"]);
    assert_eq!(
        answer(&mut ada, "search ***"),
        ["! give a word to look for, or a name as `from:NAME`; usage: !search WORDS"]
    );
}

#[test]
fn parts_of_words_are_found_where_the_settings_say_so() {
    let folder = TempDir::new().unwrap();
    {
        let server = open(&folder);
        says_all(&mut server.enters_json("ada"), &["日本語のテキスト", "counterrevolution"]);
    }
    let parts = SqliteOptions { words: Words::Parts, ..SqliteOptions::default() };
    let (server, _) = open_with(folder.path(), parts, "");
    let mut bob = server.enters_json("bob");
    assert_eq!(answer(&mut bob, "search REVOL"), ["lobby #3 ada: counterrevolution"]);
    assert_eq!(answer(&mut bob, "search テキスト"), ["lobby #2 ada: 日本語のテキスト"]);
}

#[test]
fn members_search_and_read_where_they_are_and_the_console_everywhere() {
    let folder = TempDir::new().unwrap();
    let server = open(&folder);
    let mut ada = server.connects_json().enters_with("ada", &["den"], None);
    says_all(&mut ada, &["a secret"]);
    let mut bob = server.enters_json("bob");
    assert_eq!(answer(&mut bob, "search secret"), ["nothing was found"]);
    let refused = answer(&mut bob, "search secret room:den");
    assert_eq!(refused, ["! you are not in `den`, or nothing is kept of it"]);
    bob.asks(Request::History {
        room: Some("den".into()),
        before: None,
        after: None,
        around: None,
        limit: None,
    });
    assert!(bob.hears_error(ErrorCode::NotInRoom).contains("you are not in `den`"));
    assert_eq!(lines(&server.types("search secret").to_string()), ["den #2 ada: a secret"]);
    assert_eq!(lines(&server.types("history den").to_string()), ["ada: a secret"]);
    bob.asks(Request::Join { room: "den".into(), key: None });
    assert_eq!(answer(&mut bob, "search secret"), ["den #2 ada: a secret"]);
    assert_eq!(answer(&mut bob, "search secret room:DEN"), ["den #2 ada: a secret"]);
}

#[test]
fn where_history_is_visible_since_joining_nobody_reads_what_was_before_them() {
    let folder = TempDir::new().unwrap();
    let (server, _) = open_with(folder.path(), SqliteOptions::default(), "(visible: SinceJoin)");
    let mut ada = server.enters_json("ada");
    says_all(&mut ada, &["before bob"]);
    let mut bob = server.enters_json("bob");
    says_all(&mut ada, &["with bob"]);
    bob.hears_said("with bob");
    assert_eq!(answer(&mut bob, "search bob"), ["lobby #4 ada: with bob"]);
    assert_eq!(answer(&mut bob, "history 100"), ["ada: with bob"]);
    bob.asks(Request::History {
        room: None,
        before: Some(4),
        after: None,
        around: None,
        limit: None,
    });
    let page = bob.hears_where("a page", |event| match event {
        Event::History { entries, older, .. } => {
            Some((entries.iter().map(|e| e.id).collect::<Vec<_>>(), *older))
        }
        _ => None,
    });
    assert_eq!(page, (vec![3], false));
    assert_eq!(answer(&mut ada, "history 100"), ["ada: before bob", "ada: with bob"]);
}

#[test]
fn people_page_back_with_the_command_that_they_are_told() {
    let folder = TempDir::new().unwrap();
    let server = open(&folder);
    let mut ada = server.enters_json("ada");
    let texts: Vec<String> = (1..=9).map(|number| format!("line {number}")).collect();
    says_all(&mut ada, &texts.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(
        answer(&mut ada, "history 3"),
        ["`!history 3 8` shows what came before", "ada: line 7", "ada: line 8", "ada: line 9"]
    );
    assert_eq!(answer(&mut ada, "history 3 8")[1..], ["ada: line 4", "ada: line 5", "ada: line 6"]);
    assert_eq!(answer(&mut ada, "history 100")[0], "ada: line 1");
}

#[test]
fn a_message_that_is_deleted_is_gone_from_the_file_and_from_the_index() {
    let folder = TempDir::new().unwrap();
    let mut server = open(&folder);
    let mut ada = server.enters_json("ada");
    let [old, new] = says_all(&mut ada, &["xylophone one", "xylophone two"])[..] else { panic!() };
    server.types(&format!("delete lobby {new}"));
    let deleted = |event: &Event| match event {
        Event::Deleted { id, .. } => Some(*id),
        _ => None,
    };
    assert_eq!(ada.hears_where("a deletion", deleted), new);
    server.stops();
    // After a restart, of what is in memory no more.
    let store =
        SqliteStore::open(&folder.path().join("salotto.db"), SqliteOptions::default()).unwrap();
    let mut server = TestServer::builder()
        .settings(|settings| settings.rooms.timeline_entries = 16)
        .server(|server| server.store(Arc::new(store)).enable(PluginSetup::new("history")))
        .open();
    let mut bob = server.enters_json("bob");
    for number in 0..40 {
        bob.says(&number.to_string());
    }
    bob.hears_said("39");
    server.types(&format!("delete lobby {old}"));
    assert_eq!(bob.hears_where("a deletion", deleted), old);
    let again =
        salotto_tests::soon("a deletion", server.handle().execute(&format!("delete lobby {old}")));
    assert!(again.unwrap_err().to_string().starts_with("there is no message"));
    assert_eq!(server.types("search xylophone"), Reply::text("nothing was found"));
    let page = server.types("history lobby 50").to_string();
    assert_eq!(page.matches("a message was removed").count(), 2, "{page}");
    server.stops();
    let file = std::fs::read(folder.path().join("salotto.db")).unwrap();
    assert!(!file.windows(9).any(|bytes| bytes == b"xylophone"), "the word is still in the file");
}

#[test]
fn what_is_too_old_or_too_much_is_forgotten_and_its_space_given_back() {
    let folder = TempDir::new().unwrap();
    let (server, store) = open_with(folder.path(), SqliteOptions::default(), "");
    let mut ada = server.enters_json("ada");
    let text = "gargantuan ".repeat(100);
    for _ in 0..2000 {
        ada.says(&text);
    }
    ada.says("that is all");
    ada.hears_said("that is all");
    let forget = |retention: Retention| {
        let (sender, answer) = std::sync::mpsc::channel();
        store.retain(retention, Box::new(move |count| drop(sender.send(count))));
        answer.recv().unwrap().unwrap()
    };
    let full = store.status().bytes;
    let half = Some(full / 2);
    assert!(forget(Retention { max_bytes: half, ..Retention::default() }) > 500);
    let bytes = store.status().bytes;
    assert!(bytes <= full / 2 + 100_000, "{bytes} of {full}");
    let page = server.types("history lobby 1").to_string();
    assert!(page.contains("that is all"), "{page}");
    let week = Some(std::time::Duration::from_secs(7 * 24 * 60 * 60));
    assert_eq!(forget(Retention { keep: week, ..Retention::default() }), 0);
    assert!(
        forget(Retention { keep: Some(std::time::Duration::ZERO), ..Retention::default() }) > 100
    );
    assert_eq!(server.types("search gargantuan"), Reply::text("nothing was found"));
    assert!(store.status().bytes < full / 4, "{} of {full}", store.status().bytes);
    // Ids go on.
    let last = ada.seen["lobby"];
    assert_eq!(says_all(&mut ada, &["and on"]), [last + 1]);
}

#[test]
fn ids_go_on_whenever_a_server_is_killed_also_where_all_of_a_room_was_forgotten() {
    let folder = TempDir::new().unwrap();
    let (server, store) = open_with(folder.path(), SqliteOptions::default(), "");
    let mut ada = server.enters_json("ada");
    let left = |copy: &str| {
        let copy = folder.path().join(copy);
        std::fs::create_dir(&copy).unwrap();
        for file in ["salotto.db", "salotto.db-wal", "salotto.db.lock"] {
            std::fs::copy(folder.path().join(file), copy.join(file)).unwrap();
        }
        let store = SqliteStore::open(&copy.join("salotto.db"), SqliteOptions::default()).unwrap();
        let lobby = store.opened(&"lobby".parse().unwrap());
        (lobby.last, lobby.tail.last().map(|entry| entry.id))
    };
    for round in 0..5 {
        let last = says_all(&mut ada, &["a word", "another"])[1];
        assert_eq!(left(&format!("said {round}")), (last, Some(last)));
        let (sender, answer) = std::sync::mpsc::channel();
        let all = Retention { keep: Some(std::time::Duration::ZERO), ..Retention::default() };
        store.retain(all, Box::new(move |count| drop(sender.send(count))));
        answer.recv().unwrap().unwrap();
        assert_eq!(left(&format!("forgotten {round}")), (last, None));
    }
}

#[test]
fn what_is_exported_can_be_imported_into_another_room_and_read_there() {
    let folder = TempDir::new().unwrap();
    let server = open(&folder);
    let mut ada = server.enters_json("ada");
    says_all(&mut ada, &["one <b>", "two"]);
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (jsonl, text, html) = (file("x.jsonl"), file("x.txt"), file("x.html"));
    let exported = server.types(&format!("export lobby jsonl {jsonl}")).to_string();
    assert!(exported.starts_with("3 entries of lobby are in "), "{exported}");
    server.types(&format!("export lobby text {text}"));
    server.types(&format!("export lobby html {html}"));
    let read = |path: &str| std::fs::read_to_string(path).unwrap();
    assert!(
        read(&text).contains("ada: one <b>\n") && read(&html).contains("ada: one &lt;b&gt;</p>")
    );
    let fails = |line: String| {
        let failed = salotto_tests::soon(&line, server.handle().execute(&line));
        failed.unwrap_err().to_string()
    };
    assert!(fails(format!("export lobby text {text}")).contains("nothing was exported"));
    assert!(fails(format!("import {jsonl}")).contains("the room `lobby` is open"));
    assert!(fails(format!("import {text} archive")).contains("line 1 is no entry"));
    // What is long is not quoted whole, and a pipe that nobody writes to is not waited for.
    let long = file("long.jsonl");
    let kind = "x".repeat(100_000);
    let entry = format!(
        "{{\"room\":\"a\",\"id\":1,\"time\":\"2026-01-02T03:04:05Z\",\"type\":\"{kind}\"}}"
    );
    std::fs::write(&long, entry).unwrap();
    assert!(fails(format!("import {long} archive")).len() < 1000);
    let pipe = file("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!(fails(format!("import {pipe} archive")).contains("it is no file"));
    let empty = file("empty.jsonl");
    std::fs::write(&empty, "\n").unwrap();
    assert!(fails(format!("import {empty} archive")).starts_with("there are no entries in "));
    assert_eq!(
        server.types(&format!("import {jsonl} archive")).to_string(),
        "3 entries are in archive"
    );
    assert!(fails(format!("import {jsonl} archive")).contains("what is older cannot come before"));
    ada.asks(Request::Join { room: "archive".into(), key: None });
    assert_eq!(answer(&mut ada, "search two room:archive"), ["archive #3 ada: two"]);
    assert_eq!(answer(&mut ada, "history"), ["ada: one <b>", "ada: two"]);
}

#[test]
fn whoever_joins_a_kept_room_for_the_first_time_is_told_so() {
    let folder = TempDir::new().unwrap();
    let (server, _) = open_with(
        folder.path(),
        SqliteOptions::default(),
        "(keep: \"90days\", not_kept: [\"den\"])",
    );
    let mut ada = server.connects().enters("ada");
    ada.hears("* what is said here is kept for 90d; whoever joins the room can read it");
    ada.says("!quit");
    let mut bob = server.connects();
    bob.says("bob");
    bob.says("!join den");
    bob.hears_about("you are in den");
}

#[test]
fn a_backup_is_made_while_people_talk_and_is_whole() {
    let folder = TempDir::new().unwrap();
    let server = open(&folder);
    let mut ada = server.enters_json("ada");
    for number in 0..500 {
        ada.says(&number.to_string());
    }
    let file = folder.path().join("backup.db");
    let line = format!("backup {}", file.display());
    ada.hears_said("0");
    let copied = server.types(&line).to_string();
    assert!(copied.contains("and whole"), "{copied}");
    ada.hears_said("499");
    let again = salotto_tests::soon("a backup", server.handle().execute(&line)).unwrap_err();
    assert!(again.to_string().contains("exists; name a file that does not"), "{again}");
    let copy = SqliteStore::open(&file, SqliteOptions::default()).unwrap();
    let copy = TestServer::builder()
        .server(|server| server.store(Arc::new(copy)).enable(PluginSetup::new("history")))
        .open();
    assert!(copy.types("history lobby 100 3").to_string().contains("ada: 0"));
}

use std::fs;
use std::sync::mpsc;

use salotto::EntryKind;
use salotto::protocol::{Place, digest};
use salotto::store::Answer;
use tempfile::TempDir;

use super::schema::{APPLICATION, STEPS, VERSION};
use super::*;

fn folder() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("salotto.db");
    (folder, file)
}

fn open(file: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(file, SqliteOptions::default())
}

/// A database as a program of an earlier version left it, with two messages in the lobby.
fn of_version(file: &Path, version: usize) {
    let connection = Connection::open(file).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    for step in &STEPS[..version] {
        step.run(&connection).unwrap();
    }
    connection.pragma_update(None, "user_version", version as i64).unwrap();
    connection.pragma_update(None, "application_id", APPLICATION).unwrap();
    connection
        .execute_batch(
            "INSERT INTO meta VALUES ('epoch', '2642d15b0dda3b42');
            INSERT INTO shared VALUES ('mutes', 'bob', '1');
            INSERT INTO rooms (number, name, form, last, time) VALUES (1, 'lobby', 'lobby', 2, 5000);
            INSERT INTO entries VALUES ((1 << 40) + 1, 4000, 0, 'ada', 'an old lute', NULL);
            INSERT INTO entries VALUES ((1 << 40) + 2, 5000, 1, 'bob', 'plays it', '{\"nonce\":\"7\"}');",
        )
        .unwrap();
}

fn answered<T: Send + 'static>(ask: impl FnOnce(Answer<T>)) -> Result<T, StoreError> {
    let (sender, answer) = mpsc::channel();
    ask(Box::new(move |found| sender.send(found).unwrap()));
    answer.recv().unwrap()
}

fn is_said(entry: &salotto::Entry) -> bool {
    matches!(entry.what, EntryKind::Message { .. })
}

#[test]
fn a_database_of_each_earlier_version_is_brought_up_to_date_and_nothing_of_it_is_lost() {
    for version in 1..=STEPS.len() {
        let (_folder, file) = folder();
        of_version(&file, version);
        let store = open(&file).unwrap();
        assert_eq!(store.epoch(), "2642d15b0dda3b42", "version {version}");
        assert_eq!(store.values(), [("mutes".into(), "bob".into(), "1".into())]);
        let lobby: RoomName = "lobby".parse().unwrap();
        let Opened { last, tail } = store.opened(&lobby);
        assert_eq!((last, tail.len()), (2, 2), "version {version}");
        let query = PageQuery {
            room: lobby,
            place: Place::Last,
            since: 0,
            limit: 10,
            only_messages: false,
        };
        let page = answered(|answer| store.page(query, answer)).unwrap();
        assert_eq!(page.entries, tail);
        let first = answered(|answer| store.first_at(&tail[1].room, tail[1].time, answer)).unwrap();
        assert_eq!(first, if tail[0].time == tail[1].time { 1 } else { 2 });
        let room = tail[1].room.clone();
        let query =
            PageQuery { room, place: Place::Last, since: 0, limit: 10, only_messages: true };
        let messages = answered(|answer| store.page(query, answer)).unwrap();
        let said: Vec<_> = tail.iter().filter(|entry| is_said(entry)).cloned().collect();
        assert_eq!(messages.entries, said);
        let EntryKind::Message { nonce, .. } = &tail[1].what else { panic!("{tail:?}") };
        assert_eq!(nonce.as_deref(), Some("7"));
        let found = answered(|answer| store.search(SearchQuery::words(["LUTE"]), answer)).unwrap();
        assert_eq!(found.len(), 1, "version {version}");
        drop(store);
        assert_eq!(inspect(&file).unwrap(), VERSION);
    }
}

#[test]
fn secrets_that_an_earlier_version_kept_as_they_are_become_digests_and_are_in_no_file_any_more() {
    const TOKEN: &str = "3f2a9c5b7d8e1f604b3c2d1e0f9a8b7c";
    const CODE: &str = "k7wn-3hfa-9mzc";
    for version in 1..=2 {
        let (folder, file) = folder();
        of_version(&file, version);
        // A server that was killed: the log of changes lies beside the file.
        let killed = Connection::open(&file).unwrap();
        for (namespace, key) in [("resume", TOKEN), ("account-invitations", CODE)] {
            killed.execute("INSERT INTO shared VALUES (?1, ?2, '{}')", [namespace, key]).unwrap();
        }
        let store = open(&file).unwrap();
        let (code, mutes) = ("account-invitations".to_owned(), "mutes".to_owned());
        let kept = [
            (code, digest(CODE), "{}".to_owned()),
            (mutes, "bob".to_owned(), "1".to_owned()),
            ("resume".to_owned(), digest(TOKEN), "{}".to_owned()),
        ];
        assert_eq!(store.values(), kept, "version {version}");
        for found in fs::read_dir(folder.path()).unwrap() {
            let path = found.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            for secret in [TOKEN, CODE] {
                let is_there = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
                assert!(!is_there, "{secret} of version {version} is in {}", path.display());
            }
        }
        drop(killed);
    }
}

#[test]
fn a_database_of_a_later_version_is_refused_and_left_as_it_is() {
    let (_folder, file) = folder();
    drop(open(&file).unwrap());
    let connection = Connection::open(&file).unwrap();
    connection.pragma_update(None, "user_version", VERSION + 1).unwrap();
    drop(connection);
    let before = fs::read(&file).unwrap();
    let OpenError::Newer { found, .. } = open(&file).unwrap_err() else { panic!("it is newer") };
    assert_eq!(found, VERSION + 1);
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn what_is_none_of_ours_or_damaged_is_refused_and_left_as_it_is() {
    let (_folder, file) = folder();
    let other = Connection::open(&file).unwrap();
    other.execute_batch("CREATE TABLE recipes (name TEXT)").unwrap();
    drop(other);
    let before = fs::read(&file).unwrap();
    assert!(matches!(open(&file), Err(OpenError::Foreign { .. })));
    assert_eq!(fs::read(&file).unwrap(), before);
    for (index, bytes) in [&b"words"[..], b"SQLite format 3\0 and then nothing"].iter().enumerate()
    {
        let file = file.with_extension(index.to_string());
        fs::write(&file, bytes).unwrap();
        let refused = open(&file).unwrap_err();
        assert!(
            matches!(refused, OpenError::Foreign { .. } | OpenError::Damaged { .. }),
            "{refused}"
        );
        assert_eq!(fs::read(&file).unwrap(), *bytes);
    }
    // One of ours whose pages were overwritten.
    let file = file.with_extension("torn");
    of_version(&file, VERSION as usize);
    let mut torn = fs::read(&file).unwrap();
    torn[100..4096].fill(0xaa);
    fs::write(&file, &torn).unwrap();
    let refused = open(&file).unwrap_err();
    assert!(matches!(refused, OpenError::Damaged { .. }), "{refused}");
    assert_eq!(fs::read(&file).unwrap(), torn);
}

#[test]
fn whoever_examines_a_database_finds_a_page_that_is_damaged_wherever_it_is() {
    let (_folder, file) = folder();
    of_version(&file, VERSION as usize);
    drop(open(&file).unwrap());
    let whole = fs::read(&file).unwrap();
    assert_eq!(examine(&file).unwrap(), VERSION);
    // The first page is that of the list of tables; the second is for lists of free pages.
    for page in 2..whole.len() / 4096 {
        let mut torn = whole.clone();
        torn[4096 * page..4096 * page + 64].fill(0xaa);
        fs::write(&file, &torn).unwrap();
        let refused = examine(&file).unwrap_err();
        let text = refused.to_string();
        assert!(matches!(refused, OpenError::Damaged { .. }), "page {page}: {text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
}

#[test]
fn looking_at_a_database_makes_no_file_beside_it() {
    let (folder, file) = folder();
    let file = file.with_file_name("odd %3f#name?.db");
    drop(open(&file).unwrap());
    let names = || {
        let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    };
    let before = names();
    assert_eq!(inspect(&file).unwrap(), VERSION);
    assert_eq!(names(), before);
}

#[test]
fn one_server_has_it_at_a_time() {
    let (_folder, file) = folder();
    let first = open(&file).unwrap();
    let refused = open(&file).unwrap_err();
    assert!(matches!(refused, OpenError::InUse { .. }), "{refused}");
    drop(first);
    drop(open(&file).unwrap());
}

#[test]
fn ids_mean_the_same_unless_people_may_have_seen_what_is_not_there() {
    let (_folder, file) = folder();
    let first = open(&file).unwrap().epoch();
    assert_eq!(open(&file).unwrap().epoch(), first);
    let loose = SqliteOptions { durable: false, ..SqliteOptions::default() };
    // One that is closed has everything.
    assert_eq!(SqliteStore::open(&file, loose).unwrap().epoch(), first);
    assert_eq!(open(&file).unwrap().epoch(), first);
    let mut lock = LockFile::take(&file).unwrap();
    lock.set_in_use(true).unwrap();
    // The power goes off here.
    drop(lock);
    let second = open(&file).unwrap().epoch();
    assert_ne!(second, first);
    let mut lock = LockFile::take(&file).unwrap();
    lock.set_in_use(false).unwrap();
    drop(lock);
    assert_eq!(open(&file).unwrap().epoch(), second, "durable: nobody saw more than is there");
}

#[test]
fn the_file_is_for_its_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, file) = folder();
    let store = open(&file).unwrap();
    for name in ["salotto.db", "salotto.db-wal", "salotto.db.lock"] {
        let mode = fs::metadata(file.with_file_name(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name} {mode:o}");
    }
    store.close();
}

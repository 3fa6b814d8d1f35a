//! What the program keeps in its database, and how it says what is wrong with it.

use crate::harness::{Folder, Guest};

#[test]
fn a_restart_shows_what_was_said_and_so_does_the_next_program() {
    let folder = Folder::new();
    let (mut first, address) = folder.serve(&[]);
    let mut ada = Guest::join(address, "ada");
    ada.say("written in stone");
    ada.lines.expect("ada: written in stone");
    assert_eq!(folder.exec(&["restart"]).status, 0);
    ada.lines.expect("goodbye (server restarting; come back in a moment)");
    let address = folder.json("status")["addresses"][0].as_str().unwrap().parse().unwrap();
    let mut bob = Guest::join(address, "bob");
    bob.lines.expect("ada: written in stone");
    first.signal(rustix::process::Signal::KILL);
    first.wait();
    let (_second, address) = folder.serve(&[]);
    let mut joe = Guest::join(address, "joe");
    joe.lines.expect("ada: written in stone");
}

#[test]
fn a_database_that_is_another_servers_foreign_or_newer_is_named_and_left_alone() {
    let folder = Folder::new();
    let (serve, _) = folder.serve(&[]);
    let second = folder.run(&["serve", "--listen", "127.0.0.1:0", "--control", "own"], "");
    assert_eq!(
        (second.status, second.err.as_str()),
        (
            1,
            "the database `salotto.db` is used by a server already; stop that one, or give this one a file of its own\n"
        )
    );
    drop(serve);
    folder.write("other.db", "a will, in plain words");
    folder.write("salotto.ron", "(store: (file: \"other.db\"))");
    for args in [&["serve", "--listen", "127.0.0.1:0"][..], &["check"]] {
        let refused = folder.run(args, "");
        assert_eq!(
            (refused.status, refused.err.as_str()),
            (1, "the database `other.db` is not one of Salotto; name another file\n"),
            "{args:?}"
        );
    }
    assert_eq!(folder.read("other.db"), "a will, in plain words");
}

#[test]
fn a_backup_is_restored_only_while_no_server_runs_and_what_was_there_is_kept() {
    let folder = Folder::new();
    let (mut serve, address) = folder.serve(&[]);
    let mut ada = Guest::join(address, "ada");
    ada.say("in the backup");
    ada.lines.expect("ada: in the backup");
    let backup = folder.run(&["backup", "copy.db"], "");
    assert_eq!((backup.status, backup.err.as_str()), (0, ""));
    assert!(backup.out.starts_with("`salotto.db` is in `copy.db`: "), "{}", backup.out);
    let again = folder.run(&["backup", "copy.db"], "");
    assert!(again.err.contains("`copy.db` exists"), "{}", again.err);
    ada.say("after the backup");
    ada.lines.expect("ada: after the backup");
    let refused = folder.run(&["restore", "copy.db"], "");
    assert!(refused.err.contains("is used by a server already"), "{}", refused.err);
    let kept = |folder: &Folder| {
        let shown = folder.exec(&["history lobby"]).out;
        (shown.contains("in the backup"), shown.contains("after the backup"))
    };
    assert_eq!(kept(&folder), (true, true));
    serve.signal(rustix::process::Signal::TERM);
    serve.wait();
    folder.write("broken.db", "SQLite format 3\0 and nothing else");
    let broken = folder.run(&["restore", "broken.db"], "");
    assert_eq!(broken.status, 1, "{}", broken.out);
    let restored = folder.run(&["restore", "copy.db"], "");
    assert_eq!((restored.status, restored.err.as_str()), (0, ""));
    let aside = restored.out.lines().nth(1).unwrap().split('`').nth(1).unwrap().to_owned();
    let (mut serve, _) = folder.serve(&[]);
    assert_eq!(kept(&folder), (true, false));
    serve.signal(rustix::process::Signal::TERM);
    serve.wait();
    // And back.
    assert_eq!(folder.run(&["restore", &aside], "").status, 0);
    let (_serve, _) = folder.serve(&[]);
    assert_eq!(kept(&folder), (true, true));
}

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

//! An operator with a client of IRC reloads the configuration.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::harness::{Folder, Running};

/// Reads lines until one has this in it.
fn hears(lines: &mut impl BufRead, part: &str) {
    let mut line = String::new();
    while !line.contains(part) {
        line.clear();
        let read = lines.read_line(&mut line).expect("the server answers in time");
        assert!(read > 0, "the connection is over before `{part}`");
    }
}

#[test]
fn an_operator_with_a_client_of_irc_has_the_file_applied() {
    let folder = Folder::new();
    let config = |name: &str| {
        format!(
            "(server: (listen: [\"127.0.0.1:0\"], name: \"{name}\"), plugins: [(name: \"roles\", settings: (register: Open)), (name: \"discovery\", enabled: false)])"
        )
    };
    folder.write("salotto.ron", &config("Before"));
    let mut serve = folder.start(&["serve", "--control", "control"]);
    let address = Running::address(&mut serve.err);
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout above zero");
    let mut lines = BufReader::new(stream.try_clone().expect("a second handle"));
    let mut says = |line: &str| stream.write_all(format!("{line}\r\n").as_bytes()).expect("taken");
    says("NICK ada\r\nUSER ada 0 * :Ada\r\nREHASH");
    hears(&mut lines, " 481 ada ");
    says("REGISTER * * correct-horse");
    hears(&mut lines, "REGISTER SUCCESS");
    assert_eq!(
        folder.run(&["--control", "control", "exec", "accounts role ada operator"], "").status,
        0
    );
    hears(&mut lines, "MODE ada :+o");
    folder.write("salotto.ron", &config("After"));
    says("REHASH");
    hears(&mut lines, " 382 ada ");
    hears(&mut lines, "PRIVMSG ada :applied salotto.ron");
    says("INFO");
    hears(&mut lines, "After is a Salotto server");
}

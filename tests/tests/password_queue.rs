//! Who knows the password gets in while many guess at it from many addresses. In a process of its own: passwords are looked at in one queue of the whole
//! process.

use std::sync::mpsc::channel;

use salotto::PasswordHash;
use salotto_tests::{Client, PATIENCE, TestServer};

/// More than may wait.
const GUESSERS: usize = 150;

fn server() -> TestServer {
    TestServer::builder()
        .settings(|settings| {
            settings.server.password = Some(PasswordHash::new("swordfish").expect("a password"));
            settings.server.proxies = vec!["127.0.0.0/8".parse().expect("a network")];
        })
        .open()
}

/// Somebody connects from an address of the network 192.0.2.0/24.
fn connects(server: &TestServer, last: usize) -> Client {
    let mut client = server.connects();
    client.sends(format!("PROXY TCP4 192.0.2.{last} 10.0.0.1 4711 53000\r\n").as_bytes());
    client
}

#[test]
fn who_knows_the_password_does_not_queue_behind_those_who_guess() {
    let server = server();
    let mut known: Vec<Client> = (0..GUESSERS).map(|last| connects(&server, last)).collect();
    // A few at a time, so that all are looked at.
    for some in known.chunks_mut(20) {
        some.iter_mut().for_each(|guesser| guesser.says("wrong"));
        some.iter_mut().for_each(|guesser| {
            guesser.hears_about("not the password");
        });
    }
    let mut ada = connects(&server, 200);
    ada.hears_about("What is the password?");
    let mut flood: Vec<Client> = (0..GUESSERS).map(|last| connects(&server, last)).collect();
    let (sent_away, is_full) = channel();
    std::thread::scope(|scope| {
        for guesser in &mut flood {
            let sent_away = sent_away.clone();
            scope.spawn(move || {
                guesser.says("wrong again");
                if is_sent_away(guesser) {
                    // Only the first counts.
                    let _ = sent_away.send(());
                }
            });
        }
        is_full.recv_timeout(PATIENCE).expect("all the places in the queue are taken");
        ada.says("swordfish");
        assert!(!is_sent_away(&mut ada));
    });
}

/// Whether the answer to a password is to come back later.
fn is_sent_away(client: &mut Client) -> bool {
    let answers = ["too many passwords", "not the password", "your name?"];
    let is_answer = |line: &str| answers.iter().any(|answer| line.contains(answer));
    client.hears_where("an answer", is_answer).contains(answers[0])
}

//! The client of the library logs in, and sends no password to whom others can listen.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use salotto::client::{self, Options, Problem, Trust, Update};
use salotto::{Event, LeaveReason, PasswordHash, Role};
use salotto_tests::tls::TestCertificate;
use salotto_tests::{TestServer, soon};

use super::{base64, builder};

/// What a client is told until it is in a room and logged in, or until it ends.
fn connects(options: Options) -> Vec<Update> {
    let (client, updates, driver) = client::connect(options);
    let driver = thread::spawn(move || smol::block_on(driver));
    let (mut told, mut is_in, mut is_logged_in) = (Vec::new(), false, false);
    soon("a login or an end", async {
        while let Ok(update) = updates.recv().await {
            is_in |= matches!(&update, Update::Event(Event::Entered { .. }));
            is_logged_in |= matches!(&update, Update::Event(Event::LoggedIn { .. }));
            let is_over = matches!(&update, Update::Ended(_));
            told.push(update);
            if is_over || is_in && is_logged_in {
                break;
            }
        }
    });
    client.quit("");
    driver.join().expect("a goodbye");
    told
}

fn options(address: SocketAddr) -> Options {
    Options::new(address.to_string(), "ada").log_in("ada", "sword fish")
}

fn is_in(told: &[Update]) -> bool {
    !told.iter().any(|update| matches!(update, Update::Ended(_) | Update::Broken { .. }))
}

/// Why a client has ended, which it did without a second attempt.
fn problem(told: &[Update]) -> &Problem {
    match told {
        [.., Update::Broken { problem, retry_in: None }, Update::Ended(LeaveReason::Lost)] => {
            problem
        }
        told => panic!("{told:?}"),
    }
}

/// Leads on to a server, and keeps all that passes.
fn overheard(server: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let heard: Arc<Mutex<Vec<u8>>> = Arc::default();
    let kept = heard.clone();
    // Ends with the process; nobody connects when the test is over.
    thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let far = TcpStream::connect(server).expect("the server is running");
            let pairs = [(&near, &far), (&far, &near)];
            for (from, to) in pairs {
                let from = from.try_clone().expect("a descriptor");
                let (to, kept) = (to.try_clone().expect("a descriptor"), kept.clone());
                thread::spawn(move || leads(from, to, &kept));
            }
        }
    });
    (address, heard)
}

fn leads(mut from: TcpStream, mut to: TcpStream, kept: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        kept.lock().expect("nobody panics").extend(&buffer[..count]);
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Write);
}

#[test]
fn the_password_is_not_on_the_wire_and_the_name_is_there_with_its_role() {
    let server = builder().open();
    let (wire, heard) = overheard(server.address());
    let (client, updates, driver) = client::connect(options(wire));
    let driver = thread::spawn(move || smol::block_on(driver));
    soon("a room", async {
        while !matches!(updates.recv().await, Ok(Update::Event(Event::Entered { .. }))) {}
    });
    let members = soon("the members", server.handle().members()).expect("it runs");
    assert_eq!(members[0].account.as_deref(), Some("ada"));
    assert_eq!(members[0].role, Role::Moderator);
    client.quit("");
    driver.join().expect("a goodbye");
    let heard = String::from_utf8_lossy(&heard.lock().expect("nobody panics")).into_owned();
    assert!(heard.contains("SCRAM-SHA-256") && heard.contains("logged_in"), "{heard}");
    for said in ["sword fish".to_owned(), base64("\0ada\0sword fish")] {
        assert!(!heard.contains(&said), "{heard}");
    }
}

#[test]
fn a_wrong_password_and_an_account_without_keys_end_it_and_nothing_else_is_tried() {
    let server = builder().open();
    for (account, password) in [("ada", "wrong"), ("nobody", "x"), ("old", "sword fish")] {
        let (wire, heard) = overheard(server.address());
        let options = Options::new(wire.to_string(), "eve").log_in(account, password);
        let told = connects(options);
        let Problem::LoginRefused(text) = problem(&told) else { panic!("{told:?}") };
        assert!(text.contains("wrong account or password"), "{text}");
        let heard = String::from_utf8_lossy(&heard.lock().expect("nobody panics")).into_owned();
        assert!(!heard.contains("PLAIN") && !heard.contains("\"hello\""), "{heard}");
    }
}

#[test]
fn over_tls_the_password_is_sent_and_what_has_no_keys_logs_in_too() {
    let certificate = TestCertificate::new();
    let plugin = certificate.plugin("");
    let server = builder().server(|server| server.enable(plugin)).open();
    let pem: Arc<[u8]> = std::fs::read(certificate.path()).expect("it is there").into();
    let address = format!("localhost:{}", server.address().port());
    let options = Options::new(address, "old").log_in("old", "sword fish");
    let told = connects(options.tls(Trust::Authority(pem)));
    assert!(is_in(&told), "{told:?}");
}

#[test]
fn whoever_passes_for_the_server_and_knows_no_password_is_found_out() {
    let answers = |rounds: &'static str, last: &'static str| {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let thread = thread::spawn(move || {
            let (stream, _) = listener.accept().expect("a client");
            let mut lines =
                std::io::BufRead::lines(std::io::BufReader::new(&stream)).map_while(Result::ok);
            let first = lines.next().expect("a first step");
            let data = first.split("\"data\":\"").nth(1).and_then(|rest| rest.split('"').next());
            let first = String::from_utf8(super::unbase64(data.expect("data"))).expect("text");
            let nonce = first.split("r=").nth(1).expect("a nonce");
            let data = base64(format!("r={nonce}more,s=c2FsdA==,i={rounds}"));
            writeln!(&stream, "{{\"type\":\"challenge\",\"data\":\"{data}\"}}")
                .expect("it is taken");
            // It says so whatever comes.
            let _ = lines.next();
            let _ = writeln!(&stream, "{last}");
            lines.collect::<Vec<_>>()
        });
        (address, thread)
    };
    for (rounds, last) in [
        ("4096", r#"{"type":"logged_in","account":"ada","data":"dj1BQUFB"}"#),
        ("4096", r#"{"type":"logged_in","account":"ada"}"#),
        ("4096", r#"{"type":"challenge","data":"cj1h"}"#),
        ("1", ""),
        ("4000000000", ""),
    ] {
        let (address, thread) = answers(rounds, last);
        let told = connects(options(address));
        assert_eq!(problem(&told), &Problem::NotTheServer, "{last}");
        // Not even a name was told.
        assert_eq!(thread.join().expect("it does not panic"), Vec::<String>::new());
    }
}

#[test]
fn a_server_with_a_password_is_told_that_first() {
    let password = PasswordHash::new("sesame").expect("a hash");
    let server = builder().settings(|settings| settings.server.password = Some(password)).open();
    let told = connects(options(server.address()).password("sesame"));
    assert!(is_in(&told), "{told:?}");
    let refused = |update: &Update| matches!(update, Update::NameRefused { .. });
    assert!(!told.iter().any(refused), "{told:?}");
    // Or when a person has typed it.
    let (client, updates, driver) = client::connect(options(server.address()));
    let driver = thread::spawn(move || smol::block_on(driver));
    soon("a room", async {
        loop {
            match updates.recv().await.expect("it goes on") {
                Update::PasswordWanted { wrong: false, .. } => client.offer_password("sesame"),
                Update::Event(Event::Entered { .. }) => break,
                update @ (Update::Broken { .. } | Update::Ended(_)) => panic!("{update:?}"),
                _ => {}
            }
        }
    });
    client.quit("");
    driver.join().expect("a goodbye");
}

#[test]
fn who_comes_back_logs_in_again_and_has_missed_nothing() {
    let mut first = builder().open();
    let address = first.address();
    let (client, updates, driver) = client::connect(options(address));
    let driver = thread::spawn(move || smol::block_on(driver));
    let enters = || {
        soon("a room, as ada", async {
            let mut is_logged_in = false;
            loop {
                match updates.recv().await.expect("it goes on") {
                    Update::Event(Event::LoggedIn { .. }) => is_logged_in = true,
                    Update::Event(Event::Entered { .. }) if is_logged_in => break,
                    Update::Ended(reason) => panic!("{reason}"),
                    _ => {}
                }
            }
        });
    };
    enters();
    first.stops();
    let second: TestServer =
        builder().settings(|settings| settings.server.listen = vec![address.to_string()]).open();
    client.retry_now();
    enters();
    let members = soon("the members", second.handle().members()).expect("it runs");
    assert_eq!(members[0].account.as_deref(), Some("ada"));
    client.quit("");
    driver.join().expect("a goodbye");
}

//! The client of the library over TLS: whom it believes, and what it says of whom it does not.

use std::io::Read;
use std::net::TcpListener;

use salotto::client::{self, Options, Problem, Trust, Update};
use salotto::protocol::Fingerprint;
use salotto::{Event, LeaveReason};
use salotto_tests::tls::{TestCertificate, pem};
use salotto_tests::{TestServer, soon};

use super::{builder, member};

/// What a client is told until it is welcomed, or until it ends.
pub(super) fn connects(options: Options) -> Vec<Update> {
    let (client, updates, driver) = client::connect(options);
    let driver = std::thread::spawn(move || smol::block_on(driver));
    let mut told = Vec::new();
    soon("a welcome or an end", async {
        while let Ok(update) = updates.recv().await {
            let is_last =
                matches!(&update, Update::Event(Event::Welcome { .. }) | Update::Ended(_));
            told.push(update);
            if is_last {
                break;
            }
        }
    });
    client.quit("");
    driver.join().expect("a goodbye");
    told
}

fn options(server: &TestServer, trust: Trust) -> Options {
    Options::new(format!("localhost:{}", server.address().port()), "ada").tls(trust)
}

fn fingerprint(server: &TestServer) -> Fingerprint {
    server.status().certificate.expect("TLS is on").fingerprint
}

fn is_welcomed(told: &[Update]) -> bool {
    matches!(told.last(), Some(Update::Event(Event::Welcome { .. })))
}

/// Why a client has ended, which it did without a second attempt.
pub(super) fn problem(told: &[Update]) -> &Problem {
    match told {
        [
            Update::Connecting { attempt: 1 },
            Update::Broken { problem, retry_in: None },
            Update::Ended(LeaveReason::Lost),
        ] => problem,
        told => panic!("{told:?}"),
    }
}

#[test]
fn a_client_believes_an_authority_that_it_was_given() {
    let certificate = TestCertificate::new();
    let server = builder(&certificate, "").open();
    let pem = std::fs::read(certificate.path()).expect("it is there");
    let told = connects(options(&server, Trust::Authority(pem.into())));
    assert!(is_welcomed(&told), "{told:?}");
    let shown = told.iter().find_map(|update| match update {
        Update::Encrypted(certificate) => Some(certificate.fingerprint),
        _ => None,
    });
    assert_eq!(shown, Some(fingerprint(&server)));
}

#[test]
fn at_first_use_a_person_is_asked_and_later_the_fingerprint_is_known() {
    let certificate = TestCertificate::new();
    let server = builder(&certificate, "").open();
    let told = connects(options(&server, Trust::System));
    let Problem::Untrusted { certificate: shown, why } = problem(&told) else { panic!("{told:?}") };
    assert!(!why.is_empty());
    assert_eq!(
        (shown.fingerprint, &shown.names[..]),
        (fingerprint(&server), &["localhost".to_owned()][..])
    );
    // Nobody was told a name.
    assert_eq!(server.status().connections, 0);
    assert!(is_welcomed(&connects(options(&server, Trust::Pinned(shown.fingerprint)))));
}

#[test]
fn another_certificate_than_the_known_one_is_never_passed_over() {
    let certificate = TestCertificate::new();
    let server = builder(&certificate, "").open();
    let before = fingerprint(&server);
    certificate.write(&pem(&["localhost"]));
    let handle = server.handle();
    let applied = handle.apply((*handle.settings()).clone(), None);
    soon("a reload", applied).expect("good settings");
    server.waits_until("it is shown", |status| {
        status.certificate.as_ref().is_some_and(|shown| shown.fingerprint != before)
    });
    let told = connects(options(&server, Trust::Pinned(before)));
    let Problem::CertificateChanged { known, found } = problem(&told) else { panic!("{told:?}") };
    assert_eq!((*known, found.fingerprint), (before, fingerprint(&server)));
    let text = problem(&told).to_string();
    assert!(text.contains(&known.to_string()) && text.contains(&found.fingerprint.to_string()));
    assert_eq!(server.status().connections, 0);
}

#[test]
fn a_certificate_for_another_name_is_doubted_even_where_its_authority_is_trusted() {
    let certificate = TestCertificate::new();
    let server = builder(&certificate, "").open();
    let pem = std::fs::read(certificate.path()).expect("it is there");
    let options =
        Options::new(server.address().to_string(), "ada").tls(Trust::Authority(pem.into()));
    let told = connects(options);
    assert!(
        matches!(problem(&told), Problem::Untrusted { why, .. } if why.contains("127.0.0.1")),
        "{told:?}"
    );
}

#[test]
fn a_server_without_tls_is_told_nothing() {
    let server = TestServer::builder().open();
    let told = connects(options(&server, Trust::System).once());
    assert!(matches!(problem(&told), Problem::NoTls(_)), "{told:?}");
    assert_eq!(server.status().members, 0);
}

#[test]
fn a_server_that_is_gone_before_it_has_said_anything_may_speak_tls_all_the_same() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound").to_string();
    let gone = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the client connects");
        stream.read_exact(&mut [0; 5]).expect("it begins");
    });
    let told = connects(Options::new(address, "ada").tls(Trust::System).once());
    assert!(matches!(problem(&told), Problem::Lost(_)), "{told:?}");
    gone.join().expect("it was asked");
}

#[test]
fn a_client_over_tls_says_and_hears() {
    let certificate = TestCertificate::new();
    let server = builder(&certificate, "").open();
    let trust = Trust::Pinned(fingerprint(&server));
    let (client, updates, driver) = client::connect(options(&server, trust));
    let driver = std::thread::spawn(move || smol::block_on(driver));
    let mut bob = server.enters("bob");
    let hears = |wanted: &dyn Fn(&Update) -> bool| {
        soon("an update", async { while !wanted(&updates.recv().await.expect("it goes on")) {} });
    };
    hears(&|update| matches!(update, Update::Event(Event::Entered { .. })));
    client.say("lobby", "x".repeat(2000));
    bob.hears(&format!("ada: {}", "x".repeat(2000)));
    assert!(member(&server, "ada").encrypted);
    let id = member(&server, "ada").id;
    soon("a kick of the connection", server.handle().execute("kick bob")).expect("bob is here");
    hears(
        &|update| matches!(update, Update::Event(Event::Entry(entry)) if format!("{:?}", entry.what).contains("bob")),
    );
    assert_eq!(member(&server, "ada").id, id);
    client.quit("bye");
    driver.join().expect("a goodbye");
    server.waits_until("ada is gone", |status| status.connected == 0);
}

//! Which certificate is shown, and that it changes while people talk.

use std::io::Write;
use std::net::SocketAddr;

use salotto::PluginState;
use salotto::client::{self, Options, Problem, Trust, Update};
use salotto::protocol::Fingerprint;
use salotto_tests::soon;
use salotto_tests::tls::{TestCertificate, connect, enters, pem, read_line, shake_hands};

use super::builder;

/// The certificate that newcomers are shown, who know another.
fn shown(address: SocketAddr) -> Fingerprint {
    let none = Fingerprint::of(b"none");
    let options = Options::new(address.to_string(), "eve").tls(Trust::Pinned(none));
    let (_client, updates, driver) = client::connect(options);
    let driver = std::thread::spawn(move || smol::block_on(driver));
    let found = soon("a certificate", async {
        loop {
            let update = updates.recv().await.expect("it is told why it is not let in");
            if let Update::Broken { problem: Problem::CertificateChanged { found, .. }, .. } =
                update
            {
                return found.fingerprint;
            }
        }
    });
    driver.join().expect("it ends");
    found
}

#[test]
fn a_certificate_is_swapped_while_people_talk() {
    let certificate = TestCertificate::new();
    let server = builder(&certificate, "").open();
    let mut ada = enters(certificate.connects(server.address()), "ada");
    let before = shown(server.address());
    let fingerprint = |status: salotto::Status| status.certificate.expect("TLS is on").fingerprint;
    let known = fingerprint(server.status());
    let reload = || {
        let handle = server.handle();
        let applied = handle.apply((*server.handle().settings()).clone(), None);
        soon("a reload", applied).expect("good settings");
    };
    // One that is of no use leaves the old one in place, and says so.
    let key = |pem: &str| pem[pem.find("-----BEGIN PRIVATE").expect("a key")..].to_owned();
    let one = pem(&["localhost"]);
    let certificate_only = one.replace(&key(&one), "");
    certificate.write(&certificate_only);
    reload();
    server.waits_until("it says so", |status| {
        let tls = status.plugins.iter().find(|plugin| plugin.name == "tls").expect("it is on");
        matches!(&tls.state, PluginState::Failing { reason, .. } if reason.contains("no private key") && reason.contains("the old certificate stays in use"))
    });
    assert_eq!(shown(server.address()), before);
    // Somebody else's key.
    let other = pem(&["localhost"]);
    certificate.write(&(certificate_only + &key(&other)));
    reload();
    server.waits_until("it says so", |status| {
        let tls = status.plugins.iter().find(|plugin| plugin.name == "tls").expect("it is on");
        matches!(&tls.state, PluginState::Failing { reason, .. } if reason.contains("does not fit"))
    });
    assert_eq!(shown(server.address()), before);
    certificate.write(&other);
    reload();
    server.waits_until("it is shown", |status| fingerprint(status.clone()) != known);
    assert_ne!(shown(server.address()), before);
    server.waits_until("it works again", |status| {
        let tls = status.plugins.iter().find(|plugin| plugin.name == "tls").expect("it is on");
        tls.state == PluginState::Running
    });
    // Who was there noticed nothing.
    ada.write_all(b"still here\n").expect("it is taken");
    read_line(&mut ada, "ada: still here");
}

#[test]
fn who_is_called_otherwise_is_not_believed() {
    let certificate = TestCertificate::new();
    let server = builder(&certificate, "").open();
    let name = rustls::pki_types::ServerName::try_from("chat.example.org").expect("a name");
    let config = certificate.config(rustls::ALL_VERSIONS);
    let mut connection = rustls::ClientConnection::new(config, name).expect("a client");
    let mut stream = connect(server.address());
    let error = connection.complete_io(&mut stream).expect_err("another name");
    assert!(error.to_string().contains("not valid for name"), "{error}");
    assert!(
        shake_hands(connect(server.address()), certificate.config(rustls::ALL_VERSIONS)).is_ok()
    );
}

#[test]
fn a_server_does_not_start_with_what_is_no_certificate() {
    let certificate = TestCertificate::new();
    certificate.write("nothing");
    let error = match builder(&certificate, "").try_open() {
        Ok(_) => panic!("it starts"),
        Err(error) => error.to_string(),
    };
    assert!(
        error.contains("there is no certificate in it") && error.contains("tls.pem"),
        "{error}"
    );
}

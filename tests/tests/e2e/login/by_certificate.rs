//! Certificates of clients: an account knows them, and whoever shows one needs no password.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use salotto::client::{self, Options, Trust, Update};
use salotto::protocol::{ErrorCode, Fingerprint};
use salotto::tls::Identity;
use salotto::{Event, PluginSetup};
use salotto_tests::json::hello;
use salotto_tests::tls::{TestCertificate, pem, tunnel};
use salotto_tests::{Client, JsonClient, TestServer, TestServerBuilder, soon};

use super::{HASH, auth, builder, outcome, with_store};

/// A certificate of a client, and its key.
struct Own {
    pem: String,
    /// Of a client that shows it to a server.
    config: Arc<ClientConfig>,
}

impl Own {
    /// One to be shown to the server with that certificate.
    fn for_server(certificate: &TestCertificate) -> Self {
        let pem = pem(&["a client"]);
        let config = certificate.config_with(chain(&pem), key(&pem));
        Self { pem, config }
    }

    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&chain(&self.pem)[0])
    }

    /// Where any client is led on through TLS and shows this.
    fn tunnel(&self, server: SocketAddr) -> SocketAddr {
        tunnel(server, self.config.clone(), b"")
    }

    fn text(&self, server: &TestServer, label: &str) -> Client {
        Client::to(self.tunnel(server.address()), label)
    }

    fn json(&self, server: &TestServer, label: &str) -> JsonClient {
        JsonClient::to(self.tunnel(server.address()), label)
    }
}

fn chain(pem: &str) -> Vec<CertificateDer<'static>> {
    vec![CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate")]
}

fn key(pem: &str) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from_pem_slice(pem.as_bytes()).expect("a key")
}

fn asking(certificate: &TestCertificate) -> TestServerBuilder {
    let plugin = certificate.plugin("client_certificates: true");
    builder().enable("commands").server(|server| server.enable(plugin))
}

#[test]
fn an_account_knows_a_certificate_that_was_added_and_logs_its_owner_in_after_a_restart_too() {
    let certificate = TestCertificate::new();
    let own = Own::for_server(&certificate);
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = with_store(asking(&certificate), folder.path()).open();
    let mut bea = own.text(&server, "bea").enters("bea");
    bea.says("!certificate add");
    bea.hears_about("log in first");
    bea.says("!register \"sword fish\"");
    bea.hears_about("the name `bea` is yours");
    bea.says("!certificate");
    bea.hears("* your account knows no certificate; `!certificate add` has it know the one that you have shown");
    bea.says("!certificate add");
    bea.hears_about(&own.fingerprint().to_string());
    bea.says("!certificate add");
    bea.hears("! your account knows this certificate already");
    server.stops_to_restart();
    let server = with_store(asking(&certificate), folder.path()).open();
    // Under the name of the account by itself.
    let mut bea = own.text(&server, "bea again");
    bea.hears_about("What is your name?");
    bea.says("bea");
    bea.hears("* you are logged in as bea (member)");
    bea.says("!certificate");
    bea.hears_about("yours, now");
    // Whoever has another certificate is nobody.
    let mut eve = Own::for_server(&certificate).text(&server, "eve").enters("eve");
    eve.says("!nick bea");
    eve.hears_about("is taken");
    bea.says(&format!("!certificate remove {}", own.fingerprint()));
    bea.hears_about("knows the certificate");
    bea.says("!quit");
    bea.hears_eof();
    let mut bea = own.text(&server, "bea unknown");
    bea.says("bea");
    bea.hears_about("belongs to somebody");
}

#[test]
fn programs_log_in_by_external_whatever_their_name_and_only_to_their_own_account() {
    let certificate = TestCertificate::new();
    let own = Own::for_server(&certificate);
    let accounts = format!(
        "(accounts: [(name: \"cleo\", role: operator, password: \"{}\", certificates: [\"{}\"]), (name: \"dan\", password: \"{}\")])",
        *HASH,
        own.fingerprint(),
        *HASH
    );
    let tls = certificate.plugin("client_certificates: true");
    let roles = PluginSetup::new("roles").settings(accounts);
    let server = TestServer::builder().server(|server| server.enable(tls).enable(roles)).open();
    let mut bot = own.json(&server, "bot").enters("bot");
    bot.asks(auth(Some("EXTERNAL"), "dan"));
    let (code, text) = outcome(&mut bot).expect_err("it is that of cleo");
    assert!(code == ErrorCode::LoginFailed && text.contains("another account"), "{text}");
    bot.asks(auth(Some("external"), ""));
    assert_eq!(outcome(&mut bot), Ok(("cleo".to_owned(), Vec::new())));
    let mut stranger = Own::for_server(&certificate).json(&server, "stranger");
    stranger.asks(auth(Some("EXTERNAL"), ""));
    assert!(stranger.hears_error(ErrorCode::LoginFailed).contains("no account knows"));
    // The name of an account of the configuration is there for its certificate.
    drop(bot);
    server.waits_until("the bot is gone", |status| status.members == 0);
    let mut cleo = own.json(&server, "cleo");
    cleo.asks(hello("cleo", &[], None));
    cleo.hears_where("its role", |event| match event {
        Event::DirectNotice { text, .. } => text.contains("cleo (operator)").then_some(()),
        _ => None,
    });
}

#[test]
fn the_client_of_the_library_shows_its_certificate() {
    let certificate = TestCertificate::new();
    let own = Own::for_server(&certificate);
    let server = asking(&certificate).open();
    let mut bea = own.text(&server, "bea").enters("bea");
    bea.says("!register \"sword fish\"");
    bea.hears_about("the name `bea` is yours");
    bea.says("!certificate add");
    bea.hears_about("is logged in to your account from now on");
    bea.says("!quit");
    bea.hears_eof();
    let identity = Identity::from_pem(own.pem.as_bytes(), own.pem.as_bytes()).expect("a pair");
    let address = format!("localhost:{}", server.address().port());
    let shown = server.status().certificate.expect("TLS is on").fingerprint;
    let options = Options::new(address, "bea").tls(Trust::Pinned(shown)).certificate(identity);
    let (client, updates, driver) = client::connect(options);
    let driver = std::thread::spawn(move || smol::block_on(driver));
    soon("a login", async {
        loop {
            match updates.recv().await.expect("it goes on") {
                Update::Event(Event::DirectNotice { text, .. })
                    if text.contains("logged in as bea") =>
                {
                    break;
                }
                update @ Update::Broken { .. } => panic!("{update:?}"),
                _ => {}
            }
        }
    });
    client.quit("");
    driver.join().expect("a goodbye");
}

#[test]
fn where_clients_are_not_asked_none_shows_one_and_those_without_are_let_in_everywhere() {
    let certificate = TestCertificate::new();
    let own = Own::for_server(&certificate);
    let plugin = certificate.plugin("");
    let server = builder().server(|server| server.enable(plugin)).open();
    let mut bea = own.json(&server, "bea").enters("bea");
    bea.asks(auth(Some("EXTERNAL"), ""));
    assert!(bea.hears_error(ErrorCode::LoginFailed).contains("you have shown no certificate"));
    let server = asking(&certificate).open();
    let _plain = server.enters("plain");
    let _without = Client::to(certificate.tunnel(server.address(), b""), "without").enters("eve");
}

#[test]
fn a_certificate_whose_key_one_has_not_is_no_handshake() {
    let certificate = TestCertificate::new();
    let server = asking(&certificate).open();
    let (shown, other) = (Own::for_server(&certificate), Own::for_server(&certificate));
    let config = certificate.config_with(chain(&shown.pem), key(&other.pem));
    let stream = salotto_tests::tls::connect(server.address());
    let Ok(mut stream) = salotto_tests::tls::shake_hands(stream, config) else { return };
    // With TLS 1.3 the client learns it after the handshake.
    let read = std::io::Read::read(&mut stream, &mut [0; 64]);
    assert!(matches!(read, Err(_) | Ok(0)), "{read:?}");
    assert_eq!(server.status().connected, 0);
}

//! What is not taken over a connection that others can read.

use std::io::{Write, copy};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use salotto::client::{Options, Problem};
use salotto::{LimitHit, PasswordHash, PluginSetup};
use salotto_tests::tls::TestCertificate;
use salotto_tests::{Client, TestServer, TestServerBuilder};

use super::client::{connects, problem};
use super::{builder, member};

/// Somebody on another machine, as a proxy tells it.
const ELSEWHERE: &[u8] = b"PROXY TCP4 192.0.2.7 10.0.0.1 4711 53000\r\n";
/// The same, of somebody who speaks TLS with that proxy.
const ELSEWHERE_ENCRYPTED: &[u8] =
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x14\xc0\0\x02\x07\x0a\0\0\x01\x12\x67\xcf\x08\x20\0\x05\x01\0\0\0\0";

fn behind_a_proxy(certificate: &TestCertificate, settings: &str) -> TestServerBuilder {
    builder(certificate, settings).settings(|settings| {
        settings.server.proxies = vec!["127.0.0.1".parse().expect("an address")];
    })
}

fn accounts() -> PluginSetup {
    let hash = PasswordHash::new("correct horse").expect("a hash");
    PluginSetup::new("roles").settings(format!(
        "(accounts: [(name: \"ada\", role: moderator, password: \"{hash}\")], register: Open)"
    ))
}

fn elsewhere(server: &TestServer, header: &[u8]) -> Client {
    let mut client = server.connects();
    client.sends(header);
    client
}

/// An address at which the first who connects is led on to the server, with `header` before what they say.
fn led_on(server: &TestServer, header: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let (address, server) = (listener.local_addr().expect("it is bound"), server.address());
    // Ends with the two connections.
    thread::spawn(move || {
        let (mut near, _) = listener.accept()?;
        let mut far = TcpStream::connect(server)?;
        far.write_all(header)?;
        let (mut from_near, mut to_far) = (near.try_clone()?, far.try_clone()?);
        thread::spawn(move || copy(&mut from_near, &mut to_far));
        copy(&mut far, &mut near)
    });
    address
}

#[test]
fn a_client_of_the_library_is_told_that_only_encryption_helps_and_does_not_try_again() {
    let certificate = TestCertificate::new();
    let for_passwords = behind_a_proxy(&certificate, "")
        .settings(|settings| {
            settings.server.password = Some(PasswordHash::new("swordfish").expect("a hash"));
        })
        .open();
    let for_all = behind_a_proxy(&certificate, "require: All").open();
    for server in [for_passwords, for_all] {
        let address = led_on(&server, ELSEWHERE).to_string();
        let told = connects(Options::new(address, "ada").password("swordfish"));
        let problem = problem(&told);
        assert!(
            matches!(problem, Problem::EncryptionWanted(why) if why.contains("connect with TLS")),
            "{told:?}"
        );
    }
}

#[test]
fn a_password_is_taken_over_tls_or_on_this_machine_and_nowhere_else() {
    let certificate = TestCertificate::new();
    let server = behind_a_proxy(&certificate, "").server(|server| server.enable(accounts())).open();
    let mut plain = elsewhere(&server, ELSEWHERE).enters("plain");
    for command in
        ["!login ada correct horse", "!login ada", "/register open-sesame-1", "!password a b"]
    {
        plain.says(command);
        let answer = plain.hears_about("others can read");
        assert!(answer.contains("connect with TLS"), "{answer}");
    }
    assert_eq!(server.hits(LimitHit::Unencrypted), 4);
    // It is not said aloud, and what takes no secret is taken.
    plain.says("!logout");
    plain.hears_about("not logged in");
    let tunnel = certificate.tunnel(server.address(), ELSEWHERE);
    let mut encrypted = Client::to(tunnel, "encrypted").enters("bea");
    encrypted.says("!login ada \"correct horse\"");
    encrypted.hears_about("you are logged in as ada");
    let mut by_proxy = elsewhere(&server, ELSEWHERE_ENCRYPTED).enters("cleo");
    assert!(member(&server, "cleo").is_confidential());
    by_proxy.says("!login ada \"correct horse\"");
    by_proxy.hears_about("you are logged in as ada");
    let mut here =
        elsewhere(&server, b"PROXY TCP4 127.0.0.1 127.0.0.1 4711 53000\r\n").enters("dan");
    here.says("!login ada \"correct horse\"");
    here.hears_about("you are logged in as ada");
}

#[test]
fn the_password_of_the_server_is_not_asked_for_where_others_can_read_it() {
    let certificate = TestCertificate::new();
    let server = behind_a_proxy(&certificate, "")
        .settings(|settings| {
            settings.server.password = Some(PasswordHash::new("swordfish").expect("a hash"));
        })
        .open();
    let mut plain = elsewhere(&server, ELSEWHERE);
    assert!(plain.hears_about("password").contains("connect with TLS"));
    plain.says("swordfish");
    plain.hears_about("others can read");
    plain.says("ada");
    plain.hears_about("others can read");
    let mut json = elsewhere(&server, ELSEWHERE);
    json.says(r#"{"type":"hello","name":"ada","password":"swordfish"}"#);
    json.hears_about("encryption_wanted");
    assert_eq!(server.status().members, 0);
    let tunnel = certificate.tunnel(server.address(), ELSEWHERE);
    let mut encrypted = Client::to(tunnel, "encrypted");
    encrypted.hears_about("What is the password?");
    encrypted.says("swordfish");
    encrypted.hears_about("What is your name?");
    let _ada = encrypted.enters("ada");
}

#[test]
fn a_program_from_elsewhere_proves_its_password_without_tls_and_does_not_send_it() {
    let certificate = TestCertificate::new();
    let server = behind_a_proxy(&certificate, "").server(|server| server.enable(accounts())).open();
    let mut plain = elsewhere(&server, ELSEWHERE);
    plain.says(r#"{"type":"auth","mechanism":"plain","data":"AGFkYQBjb3JyZWN0IGhvcnNl"}"#);
    assert!(plain.hears_about("encryption_wanted").contains("log in with SCRAM-SHA-256"));
    plain.says(r#"{"type":"auth","mechanism":"SCRAM-SHA-256","data":"biwsbj1hZGEscj1hYmM="}"#);
    plain.hears_about("challenge");
    assert_eq!(server.hits(LimitHit::Unencrypted), 1);
    let mut encrypted = elsewhere(&server, ELSEWHERE_ENCRYPTED);
    encrypted.says(r#"{"type":"auth","mechanism":"PLAIN","data":"AGFkYQBjb3JyZWN0IGhvcnNl"}"#);
    encrypted.hears_about("logged_in");
}

#[test]
fn where_all_is_required_nobody_is_let_in_without() {
    let certificate = TestCertificate::new();
    let server = behind_a_proxy(&certificate, "require: All").open();
    let mut plain = elsewhere(&server, ELSEWHERE);
    plain.says("ada");
    assert!(plain.hears_about("without encryption").starts_with("! "));
    plain.hears_eof();
    let mut json = elsewhere(&server, ELSEWHERE);
    json.says(r#"{"type":"hello","name":"ada"}"#);
    json.hears_about("without encryption");
    json.hears_eof();
    let mut browser = elsewhere(&server, ELSEWHERE);
    browser.sends(b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
    let answer = browser.hears_bytes_about("without encryption");
    assert!(answer.contains("encryption_wanted"), "{answer}");
    for (request, answered) in [
        (
            "GET /chat.js?v=1 HTTP/1.1\r\nHost: chat.example:53000",
            "Location: https://chat.example:53000/chat.js?v=1\r\n",
        ),
        (
            "GET http://evil.example/ HTTP/1.1\r\nHost: chat.example",
            "Location: https://chat.example/\r\n",
        ),
        (
            "GET //evil.example HTTP/1.1\r\nHost: [2001:db8::1]",
            "Location: https://[2001:db8::1]//evil.example\r\n",
        ),
        ("GET / HTTP/1.0", "HTTP/1.1 403 Forbidden"),
        // What a stranger says of a proxy is not believed.
        (
            "GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-Proto: https",
            "HTTP/1.1 308 Permanent Redirect",
        ),
    ] {
        let mut page = elsewhere(&server, ELSEWHERE);
        page.sends(format!("{request}\r\nConnection: close\r\n\r\n").as_bytes());
        let answer = page.hears_bytes_about("https://");
        assert!(answer.contains(answered) && !answer.contains("<html"), "{answer}");
    }
    let mut here = elsewhere(&server, b"PROXY TCP4 127.0.0.1 127.0.0.1 4711 53000\r\n");
    here.sends(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    here.hears_bytes_about("200 OK");
    let tunnel = certificate.tunnel(server.address(), ELSEWHERE);
    let _ada = Client::to(tunnel, "encrypted").enters("ada");
    let _bob = elsewhere(&server, b"PROXY TCP4 127.0.0.1 127.0.0.1 4711 53000\r\n").enters("bob");
    assert_eq!(server.status().members, 2);
}

#[test]
fn where_none_is_required_or_tls_is_off_all_is_taken() {
    let certificate = TestCertificate::new();
    let server = behind_a_proxy(&certificate, "require: None")
        .server(|server| server.enable(accounts()))
        .open();
    let mut ada = elsewhere(&server, ELSEWHERE).enters("bea");
    ada.says("!login ada \"correct horse\"");
    ada.hears_about("you are logged in as ada");
    ada.says("!logout");
    ada.hears_about("logged out");
    server.disables("tls");
    ada.says("!login ada \"correct horse\"");
    ada.hears_about("you are logged in as ada");
}

#[test]
fn a_web_proxy_says_whether_the_browser_is_encrypted() {
    let certificate = TestCertificate::new();
    let server = TestServer::builder()
        .server(|server| {
            server
                .enable(certificate.plugin(""))
                .enable(accounts())
                .enable(PluginSetup::new("web").settings("(proxies: [\"127.0.0.1\"])"))
        })
        .open();
    let joins = |name: &str, proto: &str| {
        let mut browser = server.connects();
        browser.sends(format!("GET /ws HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 192.0.2.7\r\n{proto}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n").as_bytes());
        browser.hears_bytes_about("\r\n\r\n");
        let hello = format!(r#"{{"type":"hello","name":"{name}"}}"#);
        browser.sends(&[0x81, 0x80 | hello.len() as u8, 0, 0, 0, 0]);
        browser.sends(hello.as_bytes());
        server.waits_until("the browser is in", |status| status.members > 0);
        let is_confidential = loop {
            let known = server.types("users").to_string();
            if known.contains(name) {
                break member(&server, name).is_confidential();
            }
        };
        (browser, is_confidential)
    };
    assert!(!joins("amy", "").1);
    assert!(!joins("bea", "X-Forwarded-Proto: http\r\n").1);
    assert!(joins("cleo", "X-Forwarded-Proto: https\r\n").1);
}

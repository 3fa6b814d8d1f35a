//! Programs log in by the mechanisms of SASL: message by message over JSON, with the client of the library, and with certificates.

mod by_certificate;
mod by_client;

use std::path::Path;
use std::sync::{Arc, LazyLock};

use salotto::protocol::{ErrorCode, SCRAM, ScramClient, ScramKeys};
use salotto::{Event, PasswordHash, PluginSetup, Request};
use salotto_plugins::sqlite::{SqliteOptions, SqliteStore};
use salotto_tests::json::hello;
use salotto_tests::{JsonClient, TestServer, TestServerBuilder};

static HASH: LazyLock<PasswordHash> =
    LazyLock::new(|| PasswordHash::new("sword fish").expect("a hash"));
static KEYS: LazyLock<ScramKeys> =
    LazyLock::new(|| ScramKeys::new("sword fish").expect("random numbers"));

/// `ada` is a moderator, and `old` an account from before there was SCRAM. `sword fish` is the password of both.
pub(crate) fn roles(more: &str) -> PluginSetup {
    PluginSetup::new("roles").settings(format!(
        "(accounts: [(name: \"ada\", role: moderator, password: \"{}\", scram: Some(\"{}\")), (name: \"old\", password: \"{}\")], register: Open, {more})",
        *HASH, *KEYS, *HASH
    ))
}

fn builder() -> TestServerBuilder {
    TestServer::builder().server(|server| server.enable(roles(""))).enable("quit")
}

fn with_store(builder: TestServerBuilder, folder: &Path) -> TestServerBuilder {
    let store = SqliteStore::open(&folder.join("salotto.db"), SqliteOptions::default());
    let store = Arc::new(store.expect("the database opens"));
    builder.server(|server| server.store(store))
}

/// Base64, by hand: what tests send is to be what others send.
pub(crate) fn base64(bytes: impl AsRef<[u8]>) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.as_ref().chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, i| bits << 8 | u32::from(*three.get(i).unwrap_or(&0)));
        for place in 0..4 {
            match place <= three.len() {
                true => text.push(char::from(LETTERS[(bits >> (18 - 6 * place)) as usize & 63])),
                false => text.push('='),
            }
        }
    }
    text
}

pub(crate) fn unbase64(text: &str) -> Vec<u8> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let text = text.trim_end_matches('=').as_bytes();
    let mut bytes = Vec::new();
    for four in text.chunks(4) {
        let bits = four.iter().fold(0_u32, |bits, &c| bits << 6 | u32::from(value(c)));
        let bits = bits << (6 * (4 - four.len()));
        bytes.extend(&bits.to_be_bytes()[1..four.len()]);
    }
    bytes
}

fn auth(mechanism: Option<&str>, data: impl AsRef<[u8]>) -> Request {
    Request::Auth { mechanism: mechanism.map(str::to_owned), data: base64(data), keep_name: false }
}

/// What comes of a login: the account and what the server says in the end, or the error.
type Outcome = Result<(String, Vec<u8>), (ErrorCode, String)>;

fn outcome(client: &mut JsonClient) -> Outcome {
    client.hears_where("the end of a login", |event| match event {
        Event::LoggedIn { account, data, .. } => Some(Ok((account.to_string(), unbase64(data)))),
        Event::Error { code, text, .. } => Some(Err((*code, text.clone()))),
        _ => None,
    })
}

fn challenge(client: &mut JsonClient) -> Vec<u8> {
    client.hears_where("a challenge", |event| match event {
        Event::Challenge { data, .. } => Some(unbase64(data)),
        _ => None,
    })
}

/// Proves a password, as far as that goes.
fn proves(client: &mut JsonClient, account: &str, password: &str) -> Outcome {
    let mut scram = ScramClient::new(account, password).expect("random numbers");
    client.asks(auth(Some(SCRAM), scram.first()));
    let challenge = challenge(client);
    client.asks(auth(None, scram.answer(&challenge).expect("a challenge")));
    let outcome = outcome(client);
    if let Ok((_, last)) = &outcome {
        scram.check(last).expect("the server knows the password");
    }
    outcome
}

fn sends_password(client: &mut JsonClient, account: &str, password: &str) -> Outcome {
    client.asks(auth(Some("PLAIN"), format!("\0{account}\0{password}")));
    outcome(client)
}

fn is_refused(outcome: &Outcome) -> bool {
    matches!(outcome, Err((ErrorCode::LoginFailed, text)) if text.contains("wrong account or password"))
}

#[test]
fn a_password_is_proven_before_there_is_a_name_and_the_name_comes_with_its_role() {
    let server = builder().open();
    let mut ada = server.connects_json();
    // Kept for whoever logs in.
    ada.asks(hello("ada", &[], None));
    ada.hears_error(ErrorCode::Denied);
    assert_eq!(proves(&mut ada, "ada", "sword fish").map(|(account, _)| account), Ok("ada".into()));
    let ada = ada.enters("ada");
    let members = salotto_tests::soon("the members", server.handle().members()).expect("it runs");
    assert_eq!(members[0].account.as_deref(), Some("ada"));
    assert_eq!(members[0].role, salotto::Role::Moderator);
    drop(ada);
}

#[test]
fn it_is_proven_afterwards_too_and_in_whatever_way_there_is() {
    let server = builder().open();
    let mut one = server.enters_json("stranger");
    assert!(proves(&mut one, "ADA", "sword fish").is_ok(), "a look-alike is the account");
    one.hears_where("the name", |event| matches!(event, Event::Named { .. }).then_some(()));
    // Whoever comes back is so already, and shows it again.
    assert!(proves(&mut one, "ada", "sword fish").is_ok());
    let mut other = server.enters_json("other");
    assert_eq!(sends_password(&mut other, "old", "sword fish"), Ok(("old".to_owned(), Vec::new())));
}

#[test]
fn an_account_takes_its_name_back_from_its_own_former_connection_and_from_nobody_else() {
    let server = builder().open();
    let mut former = server.connects_json();
    proves(&mut former, "ada", "sword fish").expect("the password is right");
    let mut former = former.enters("ada");
    let mut eve = server.connects_json();
    eve.asks(hello("ada", &[], None));
    eve.hears_error(ErrorCode::NameTaken);
    let mut again = server.connects_json();
    proves(&mut again, "ada", "sword fish").expect("the password is right");
    let _again = again.enters("ada");
    let why = former.hears_bye().to_string();
    assert!(why.contains("logged in from elsewhere"), "{why}");
}

#[test]
fn an_account_that_there_is_not_looks_like_one_that_there_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let shape = |challenge: &[u8]| {
        let text = String::from_utf8(challenge.to_vec()).expect("text");
        let (_, salt_and_rounds) = text.split_once(",s=").expect("a salt");
        salt_and_rounds.to_owned()
    };
    let asks = |server: &TestServer, account: &str| {
        let mut client = server.connects_json();
        let scram = ScramClient::new(account, "x").expect("random numbers");
        client.asks(auth(Some(SCRAM), scram.first()));
        shape(&challenge(&mut client))
    };
    let mut before = Vec::new();
    for round in 0..2 {
        let mut server = with_store(builder(), folder.path()).open();
        let salts: Vec<String> = ["ada", "nobody", "NOBODY", "old", "not a name,="]
            .map(|name| asks(&server, name))
            .into();
        assert_eq!(salts[1], salts[2], "one name, one salt");
        for (salt, real) in salts.iter().zip(std::iter::repeat(&salts[0])) {
            assert_eq!(salt.len(), real.len());
            assert_eq!(salt.split_once(',').map(|it| it.1), real.split_once(',').map(|it| it.1));
        }
        let mut client = server.connects_json();
        let texts = ["nobody", "old"].map(|name| {
            let outcome = proves(&mut client, name, "sword fish");
            client = server.connects_json();
            assert!(is_refused(&outcome), "{outcome:?}");
            outcome.expect_err("it is refused").1
        });
        assert_eq!(texts[0], texts[1]);
        if round == 0 {
            before = salts;
            server.stops_to_restart();
        } else {
            assert_eq!(salts, before, "the same after a restart");
        }
    }
}

#[test]
fn who_guesses_waits_and_is_disconnected_as_with_a_command() {
    let server = builder().open();
    let mut eve = server.connects_json();
    let wrong = proves(&mut eve, "ada", "wrong horse");
    assert!(is_refused(&wrong), "{wrong:?}");
    // Too soon, in every way there is.
    eve.asks(auth(Some(SCRAM), ScramClient::new("ada", "x").expect("random numbers").first()));
    let (code, text) = outcome(&mut eve).expect_err("it is refused");
    assert_eq!(code, ErrorCode::Limit);
    assert!(text.contains("too soon after a wrong password"), "{text}");
    let (code, _) = sends_password(&mut eve, "ada", "sword fish").expect_err("it is refused");
    assert_eq!(code, ErrorCode::Limit);
    // Begun at once on many connections, and found wrong one after the other: the account is guarded against all of them.
    let mut begun: Vec<_> = (0..12)
        .map(|_| {
            let mut client = server.connects_json();
            let mut scram = ScramClient::new("nobody", "guess").expect("random numbers");
            client.asks(auth(Some(SCRAM), scram.first()));
            let answer = scram.answer(&challenge(&mut client)).expect("a challenge");
            (client, answer)
        })
        .collect();
    let outcomes = begun.iter_mut().map(|(client, answer)| {
        client.asks(auth(None, answer.as_bytes()));
        outcome(client).expect_err("it is refused")
    });
    let outcomes: Vec<_> = outcomes.collect();
    assert!(outcomes[..10].iter().all(|(code, _)| *code == ErrorCode::LoginFailed), "{outcomes:?}");
    assert_eq!(outcomes[11].0, ErrorCode::Limit, "{outcomes:?}");
}

#[test]
fn what_is_no_step_of_a_login_is_answered_and_the_connection_lives_on() {
    let server = builder().open();
    let mut ada = server.connects_json();
    let scram = ScramClient::new("ada", "x").expect("random numbers");
    let raw = |mechanism: Option<&str>, data: &str| Request::Auth {
        mechanism: mechanism.map(str::to_owned),
        data: data.into(),
        keep_name: false,
    };
    let long = "AAAA".repeat(1025);
    for (request, code, part) in [
        (raw(None, ""), ErrorCode::BadRequest, "name a `mechanism`"),
        (raw(Some("MD5"), ""), ErrorCode::LoginFailed, "there are SCRAM-SHA-256, EXTERNAL, PLAIN"),
        (raw(Some(SCRAM), "?"), ErrorCode::BadRequest, "not Base64"),
        (raw(Some(SCRAM), &long), ErrorCode::BadRequest, "too long"),
        (raw(Some(SCRAM), ""), ErrorCode::LoginFailed, "not what SCRAM-SHA-256 sends"),
        (auth(Some(SCRAM), [0xff, 0xfe]), ErrorCode::LoginFailed, "not what SCRAM-SHA-256 sends"),
        (auth(Some(SCRAM), "p=tls-exporter,,n=a,r=b"), ErrorCode::LoginFailed, "channel binding"),
        (auth(Some("PLAIN"), "no parts"), ErrorCode::LoginFailed, "not what PLAIN sends"),
        (auth(Some("PLAIN"), "bob\0ada\0x"), ErrorCode::LoginFailed, "leave the other name out"),
        (raw(Some("EXTERNAL"), ""), ErrorCode::LoginFailed, "no certificate"),
    ] {
        ada.asks_with(request.clone(), Some("7"));
        let nonce = ada.hears_where("an error", |event| match event {
            Event::Error { code: told, text, nonce } => {
                assert!(*told == code && text.contains(part), "{request:?}: {told:?} {text}");
                Some(nonce.clone())
            }
            _ => None,
        });
        assert_eq!(nonce.as_deref(), Some("7"));
    }
    // What follows an exchange that broke off begins nothing, and another first step begins anew.
    ada.asks(auth(Some(SCRAM), scram.first()));
    challenge(&mut ada);
    ada.asks(auth(None, "nonsense"));
    assert_eq!(outcome(&mut ada).expect_err("nonsense").0, ErrorCode::LoginFailed);
    ada.asks(auth(None, "more"));
    assert_eq!(outcome(&mut ada).expect_err("it is over").0, ErrorCode::BadRequest);
    ada.asks(auth(Some(SCRAM), scram.first()));
    challenge(&mut ada);
    assert!(proves(&mut ada, "ada", "sword fish").is_ok());
    let _ada = ada.enters("ada");
}

#[test]
fn one_password_is_looked_at_at_a_time() {
    let server = builder().open();
    let mut ada = server.connects_json();
    let twice = |client: &mut JsonClient| {
        for nonce in ["1", "2"] {
            client.asks_with(auth(Some("PLAIN"), "\0old\0sword fish"), Some(nonce));
        }
    };
    twice(&mut ada);
    let mut heard = Vec::new();
    while heard.len() < 2 {
        heard.push(ada.hears_where("both answers", |event| match event {
            Event::LoggedIn { nonce, .. } => Some((nonce.clone(), true)),
            Event::Error { nonce, text, .. } => {
                assert!(text.contains("one login at a time"), "{text}");
                Some((nonce.clone(), false))
            }
            _ => None,
        }));
    }
    assert_eq!(heard, [(Some("2".into()), false), (Some("1".into()), true)]);
}

#[test]
fn an_account_from_before_has_keys_after_its_next_login_and_a_new_password_has_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut before = with_store(
        TestServer::builder().server(|server| server.enable(roles("scram: false"))),
        folder.path(),
    )
    .open();
    let mut bea = before.enters("bea");
    bea.says("!register \"first horse\"");
    bea.hears_about("the name `bea` is yours");
    before.stops_to_restart();
    let server = with_store(builder(), folder.path()).open();
    let tries = |password: &str| proves(&mut server.connects_json(), "bea", password);
    assert!(is_refused(&tries("first horse")));
    let mut bea = server.enters("stranger");
    bea.says("!login bea \"first horse\"");
    bea.hears_about("you are logged in as bea");
    assert!(tries("first horse").is_ok());
    bea.says("!password \"first horse\" \"second horse\"");
    bea.hears_about("your password is changed");
    assert!(is_refused(&tries("first horse")));
    assert!(tries("second horse").is_ok());
    // A password that the operator gives is sent once, and proves nothing.
    server.types("accounts reset bea");
    assert!(is_refused(&tries("second horse")));
    let shown = server.types("accounts show bea").to_string();
    assert!(!shown.contains("SCRAM-SHA-256$"), "{shown}");
}

#[test]
fn where_scram_is_off_no_keys_are_kept_and_those_that_were_are_forgotten() {
    let folder = tempfile::tempdir().expect("a folder");
    let kept = || {
        let database =
            rusqlite::Connection::open(folder.path().join("salotto.db")).expect("it opens");
        let sql = "SELECT value FROM shared WHERE namespace = 'accounts'";
        database.query_row(sql, [], |row| row.get::<_, String>(0)).expect("an account")
    };
    let mut server = with_store(builder(), folder.path()).open();
    let mut bea = server.enters("bea");
    bea.says("!register \"first horse\"");
    bea.hears_about("the name `bea` is yours");
    server.stops_to_restart();
    drop(server);
    assert!(kept().contains("SCRAM-SHA-256$"), "{}", kept());
    let off = TestServer::builder().server(|server| server.enable(roles("scram: false")));
    let mut server = with_store(off, folder.path()).open();
    let mut client = server.connects_json();
    client.asks(auth(Some(SCRAM), ScramClient::new("bea", "x").expect("random numbers").first()));
    let (code, text) = outcome(&mut client).expect_err("it is not there");
    assert!(code == ErrorCode::LoginFailed && text.contains("there are EXTERNAL, PLAIN"), "{text}");
    server.stops_to_restart();
    drop(server);
    assert!(!kept().contains("SCRAM-SHA-256$") && kept().contains("$argon2id$"), "{}", kept());
}

#[test]
fn a_server_with_a_password_asks_for_it_first_and_one_without_accounts_says_so() {
    let password = PasswordHash::new("sesame").expect("a hash");
    let server = builder().settings(|settings| settings.server.password = Some(password)).open();
    let mut ada = server.connects_json();
    ada.asks(auth(Some("PLAIN"), "\0ada\0sword fish"));
    ada.hears_error(ErrorCode::PasswordWanted);
    let server = TestServer::open();
    let mut ada = server.connects_json();
    ada.asks(auth(Some(SCRAM), ""));
    assert!(ada.hears_error(ErrorCode::LoginFailed).contains("nobody can log in here"));
}

#[test]
fn a_plugin_that_goes_ends_what_was_begun_with_it() {
    let server = builder().open();
    let mut ada = server.connects_json();
    let mut scram = ScramClient::new("ada", "sword fish").expect("random numbers");
    ada.asks(auth(Some(SCRAM), scram.first()));
    let answer = scram.answer(&challenge(&mut ada)).expect("a challenge");
    assert!(server.disables("roles"));
    assert!(ada.hears_error(ErrorCode::LoginFailed).contains("begin anew"));
    ada.asks(auth(None, answer));
    ada.hears_error(ErrorCode::BadRequest);
    let _ada = ada.enters("ada");
}

//! Many browsers, slow ones and those that want nothing good.

use std::io::{BufRead, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use salotto::{LimitHit, Report};
use salotto_tests::raw::exchanged;
use salotto_tests::{PATIENCE, TestServer, soon};

use super::{Browser, Http, server};

/// A server with the limits of the default configuration, for this machine too.
fn strict() -> TestServer {
    TestServer::builder()
        .settings(|settings| {
            let usual = salotto::Settings::default();
            settings.limits = usual.limits;
            settings.limits.exempt = Vec::new();
        })
        .enable("floods")
        .enable("web")
        .open()
}

#[test]
fn thirty_pupils_behind_one_address_open_the_page_at_once() {
    let server = strict();
    let address = server.address();
    let mut pages: Vec<_> = (0..30 * 6).map(|_| Http::connects(address)).collect();
    for page in &mut pages {
        page.sends("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
    assert!(pages.iter_mut().all(|page| page.hears().status == 200));
    // While the connections of the pages are still open.
    let mut pupils: Vec<_> = (0..30)
        .map(|number| Browser::connects(address).enters(&format!("pupil{number}")))
        .collect();
    pupils[0].says("present");
    pupils.iter_mut().for_each(|pupil| {
        pupil.hears_said("present");
    });
    assert_eq!(server.hits(LimitHit::ConnectionsPerAddress), 0);
    assert_eq!(server.hits(LimitHit::NewConnections), 0);
}

#[test]
fn who_talks_has_the_places_that_it_always_had() {
    let server = TestServer::builder()
        .settings(|settings| {
            settings.limits.exempt = Vec::new();
            settings.limits.connections_per_address = Some(3);
        })
        .enable("web")
        .open();
    let mut pages: Vec<_> = (0..9).map(|_| Http::connects(server.address())).collect();
    assert!(pages.iter_mut().all(|page| page.gets("/", "").status == 200));
    let _ada = server.enters("ada");
    let _bob = Browser::connects(server.address()).enters("bob");
    let _eve = server.enters_json("eve");
    let mut dan = server.connects();
    dan.says("dan");
    dan.hears_about("! your address has 3 connections already");
    let mut silent = server.connects();
    silent.hears_about("! your address has 3 connections already");
    let mut fay = Browser::connects(server.address());
    let text = fay.hears_error(salotto::protocol::ErrorCode::Limit);
    assert!(text.contains("3 connections already"), "{text}");
    drop(fay);
    assert_eq!(server.hits(LimitHit::ConnectionsPerAddress), 3);
    // And those who only visit have four times as many.
    pages.extend((0..2).map(|_| Http::connects(server.address())));
    pages.push(visits_at_last(server.address()));
    assert!(pages.iter_mut().skip(9).all(|page| page.gets("/", "").status == 200));
    let mut more = Http::connects(server.address()).0.into_inner();
    let mut told = String::new();
    more.read_to_string(&mut told).expect("a text");
    assert!(told.starts_with("! your address has 12 connections already"), "{told}");
}

/// A connection that may visit as soon as another is over.
fn visits_at_last(address: SocketAddr) -> Http {
    let until = Instant::now() + PATIENCE;
    loop {
        let mut page = Http::connects(address);
        page.sends("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        if page.0.fill_buf().is_ok_and(|told| told.starts_with(b"HTTP/")) {
            assert_eq!(page.hears().status, 200);
            return page;
        }
        assert!(Instant::now() < until, "there is still no place");
    }
}

#[test]
fn a_visit_is_no_member_and_nobody_is_told_of_it() {
    let server = server();
    let mut reports = server.handle().watch();
    let mut browser = Http::connects(server.address());
    assert_eq!(browser.gets("/", "").status, 200);
    let status = server.status();
    assert_eq!((status.connected, status.connections), (0, 0), "{status:?}");
    drop(browser);
    drop(TcpStream::connect(server.address()).expect("it listens"));
    server.enters("ada");
    // The first that is reported is ada's connection.
    let first = soon("a report", reports.next()).expect("it runs");
    assert!(matches!(first, Report::Connected { .. }), "{first:?}");
    let second = soon("a report", reports.next()).expect("it runs");
    assert!(
        !matches!(second, Report::Connected { .. } | Report::Disconnected { .. }),
        "{second:?}"
    );
}

#[test]
fn half_open_requests_do_no_harm() {
    rlimit::increase_nofile_limit(8192).expect("enough files");
    let server = TestServer::builder()
        .settings(|settings| {
            settings.limits.exempt = vec!["127.0.0.0/8".parse().expect("a network")]
        })
        .enable("web")
        .open();
    let half_open: Vec<_> = (0..512)
        .map(|_| {
            let mut browser = Http::connects(server.address());
            browser.sends("GET / HTTP/1.1\r\nHost: loc");
            browser
        })
        .collect();
    let mut ada = server.enters("ada");
    let mut bob = Browser::connects(server.address()).enters("bob");
    bob.says("we talk");
    ada.hears("bob: we talk");
    assert_eq!(Http::connects(server.address()).gets("/", "").status, 200);
    // And each of them can still be made whole.
    for mut browser in half_open {
        browser.sends("alhost\r\n\r\n");
        assert_eq!(browser.hears().status, 200);
    }
}

#[test]
fn half_a_request_ends_in_time_and_a_silent_connection_is_greeted() {
    let server = server();
    let mut half = Http::connects(server.address());
    half.sends("GET / HTTP/1.1\r\n");
    // Nobody says so, for who sent half a request may be anybody.
    assert!(half.has_ended());
    assert_eq!(server.hits(LimitHit::Visit), 1);
    server.connects().hears_about("What is your name?");
}

#[test]
fn a_connection_that_a_browser_opens_ahead_is_not_greeted_in_the_midst_of_a_page() {
    let server = server();
    let mut ahead = Http::connects(server.address());
    let mut first = Http::connects(server.address());
    first.gets("/", "");
    // Of two that are silent, the one from where no browser comes is greeted, though it came later.
    let mut elsewhere = server.connects_from("127.0.0.2");
    elsewhere.hears_about("What is your name?");
    assert_eq!(ahead.gets("/", "").status, 200);
}

#[test]
fn who_reads_slowly_gets_the_whole_page_and_holds_up_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let large = vec![b'x'; 8 * 1024 * 1024];
    std::fs::write(folder.path().join("index.html"), &large).expect("it is written");
    let server = super::server_with(&format!("(root: {:?})", folder.path())).open();
    let mut slow = Http::connects(server.address());
    slow.sends("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(3));
    let mut ada = server.enters("ada");
    ada.says("hello");
    ada.hears("ada: hello");
    assert_eq!(Http::connects(server.address()).gets("/healthz", "").status, 200);
    assert!((0..3).all(|_| slow.hears().body == large));
}

#[test]
fn requests_that_come_too_fast_are_answered_later() {
    let server = strict();
    let mut browser = Http::connects(server.address());
    browser.sends("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(70));
    assert!((0..70).all(|_| browser.hears().status == 200));
    assert!(server.hits(LimitHit::Rate) > 0);
}

#[test]
fn thousands_of_requests_at_once_do_not_hold_a_place_for_as_long_as_the_rate_would() {
    let server = server();
    // Two minutes of answers.
    let requests = "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(1000);
    let answers = exchanged(server.address(), &[requests.as_bytes()]);
    let answers = String::from_utf8_lossy(&answers);
    assert_eq!(answers.matches("HTTP/1.1 404").count(), 128);
    server.waits_until("it is gone", |status| status.connected == 0);
}

#[test]
fn a_stop_does_not_wait_for_browsers_that_keep_their_connection() {
    let mut server = server();
    let mut browsers: Vec<_> = (0..4).map(|_| Http::connects(server.address())).collect();
    assert_eq!(browsers[0].gets("/", "").status, 200);
    browsers[1].sends("GET / HT");
    browsers[2].0.get_ref().shutdown(Shutdown::Write).expect("it is open");
    assert!(server.stops() < Duration::from_secs(2));
    assert!(browsers[0].has_ended());
    // What was said to nobody is lost, and nothing breaks.
    let _ = browsers[3].0.get_mut().write_all(b"ada\n");
}

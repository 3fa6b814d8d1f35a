//! Metrics as a scraper sees them, through a real socket.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use salotto::testing::TestServer;
use salotto::{PluginSetup, Server, Watch};

use super::*;
use crate::common::testing::{PATIENCE, next_report};
use crate::parse_settings;

fn metrics(settings: &str) -> Metrics {
    let retry = Duration::from_millis(20);
    Metrics { retry, ..Metrics::new(parse_settings(settings).unwrap()) }
}

/// The address of the metrics, from the report to the operator.
fn reported_address(reports: &mut Watch) -> SocketAddr {
    let report = next_report(reports);
    let address = report.strip_prefix("metrics are at http://");
    let address = address.and_then(|address| address.strip_suffix("/metrics"));
    address.and_then(|address| address.parse().ok()).unwrap_or_else(|| panic!("{report}"))
}

/// Sends bytes and returns all that comes back.
fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn get(address: SocketAddr) -> String {
    ask(address, "GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n")
}

/// The value of a sample.
fn value(answer: &str, sample: &str) -> f64 {
    let line = answer.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{sample} is not in {answer}")).parse().unwrap()
}

#[test]
fn the_metrics_are_those_of_the_server() {
    let server = TestServer::new();
    let mut reports = server.handle().watch();
    let server = server.plugin("metrics", metrics("(listen: \"127.0.0.1:0\")"));
    let address = reported_address(&mut reports);
    let answer = get(address);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8"), "{head}");
    assert!(head.contains(&format!("Content-Length: {}", body.len())), "{head}");
    assert_eq!(value(body, "salotto_members"), 0.0);
    assert_eq!(value(body, "salotto_start_time_seconds"), 1_767_225_600.0);
    let ada = server.enter("ada");
    let _bob = server.enter("bob");
    ada.types("hello");
    ada.hears("ada: hello");
    server.types("kick bob").unwrap();
    let answer = get(address);
    for (sample, expected) in [
        ("salotto_members", 1.0),
        ("salotto_messages_total", 1.0),
        ("salotto_disconnections_total{reason=\"kicked\"}", 1.0),
        ("salotto_plugin_up{plugin=\"metrics\"}", 1.0),
    ] {
        assert_eq!(value(&answer, sample), expected, "{sample}");
    }
    assert!(value(&answer, "salotto_hook_calls_total{plugin=\"metrics\"}") > 10.0);
    #[cfg(target_os = "linux")]
    assert!(value(&answer, "process_resident_memory_bytes") > 1e6);
}

#[test]
fn what_is_not_there_is_refused_in_the_words_of_http() {
    let server = TestServer::new();
    let mut reports = server.handle().watch();
    let _server = server.plugin("metrics", metrics("(listen: \"127.0.0.1:0\")"));
    let address = reported_address(&mut reports);
    let host = "Host: here\r\n\r\n";
    let head = ask(address, &format!("HEAD /metrics HTTP/1.1\r\n{host}"));
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    let missing = ask(address, &format!("GET / HTTP/1.1\r\n{host}"));
    assert!(missing.starts_with("HTTP/1.1 404 Not Found\r\n"), "{missing}");
    assert!(missing.ends_with("the metrics are at /metrics\n"), "{missing}");
    let post = format!("POST /metrics HTTP/1.1\r\nContent-Length: 5\r\n{host}hello");
    let post = ask(address, &post);
    assert!(post.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"), "{post}");
    assert!(post.contains("\r\nAllow: GET, HEAD\r\n"), "{post}");
    let long = ask(address, &format!("GET /{}", "x".repeat(20_000)));
    assert!(long.starts_with("HTTP/1.1 431 "), "{long}");
    assert!(ask(address, "hello\r\n\r\n").starts_with("HTTP/1.1 400 "));
    // Half a request and an end is no request.
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\n").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "");
}

#[test]
fn whoever_says_nothing_does_not_keep_the_others_waiting() {
    let server = TestServer::new();
    let mut reports = server.handle().watch();
    let _server = server.plugin("metrics", metrics("(listen: \"127.0.0.1:0\")"));
    let address = reported_address(&mut reports);
    let silent: Vec<_> = (0..7).map(|_| TcpStream::connect(address).unwrap()).collect();
    assert!(get(address).starts_with("HTTP/1.1 200 OK\r\n"));
    // More of them than are served at once: those who wait are answered when one leaves.
    let more: Vec<_> = (0..20).map(|_| TcpStream::connect(address).unwrap()).collect();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| get(address));
        drop((silent, more));
        assert!(waiting.join().unwrap().starts_with("HTTP/1.1 200 OK\r\n"));
    });
}

#[test]
fn a_port_that_is_taken_is_reported_and_tried_again() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let server = TestServer::new();
    let mut reports = server.handle().watch();
    let _server = server.plugin("metrics", metrics(&format!("(listen: \"{address}\")")));
    let report = next_report(&mut reports);
    assert!(report.starts_with(&format!("cannot listen on {address}: ")), "{report}");
    drop(taken);
    assert_eq!(reported_address(&mut reports), address);
    assert!(get(address).starts_with("HTTP/1.1 200 OK\r\n"));
}

#[test]
fn other_settings_on_the_same_address_go_on_with_the_same_listener() {
    let builder = Server::builder().catalog(crate::catalog());
    let server = TestServer::built(builder);
    let mut reports = server.handle().watch();
    let enable = |settings: &str| {
        let setup = PluginSetup::new("metrics").settings(settings);
        smol::block_on(server.handle().enable(setup)).unwrap().unwrap();
    };
    enable("(listen: \"127.0.0.1:0\")");
    let address = reported_address(&mut reports);
    assert!(get(address).starts_with("HTTP/1.1 200 OK\r\n"));
    // Were it another listener, it would have another port.
    enable("( listen: \"127.0.0.1:0\" )");
    assert!(get(address).starts_with("HTTP/1.1 200 OK\r\n"));
    // A third one, elsewhere, lets go of the first address.
    enable("(listen: \"127.0.0.2:0\")");
    let other = reported_address(&mut reports);
    assert!(get(other).starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(smol::block_on(server.handle().disable("metrics")).unwrap());
    let started = std::time::Instant::now();
    while TcpStream::connect(address).is_ok() || TcpStream::connect(other).is_ok() {
        assert!(started.elapsed() < PATIENCE, "somebody listens still");
        std::thread::yield_now();
    }
}

#[test]
fn a_mistake_in_the_settings_says_what_an_address_is() {
    for text in ["(listen: \"9464\")", "(listen: \"localhost:9464\")", "(listen: \"\")"] {
        let error = parse_settings::<MetricsSettings>(text).unwrap_err();
        assert!(error.ends_with("write one such as 127.0.0.1:9464"), "{error}");
    }
}

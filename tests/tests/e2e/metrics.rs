//! The metrics, scraped with a plain socket while people talk.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};

use salotto::{PluginSetup, Report};
use salotto_tests::{PATIENCE, TestServer, soon};

/// Enables the plugin on a port that the system chooses, and says which.
fn listens(server: &TestServer) -> SocketAddr {
    let mut reports = server.handle().watch();
    server
        .enables(PluginSetup::new("metrics").settings("(listen: \"127.0.0.1:0\")"))
        .expect("it is known");
    soon("a report of the address", async {
        loop {
            if let Report::Plugin { text, .. } =
                reports.next().await.expect("the server is running")
            {
                let address = text.strip_prefix("metrics are at http://").expect("it listens");
                let address = address.strip_suffix("/metrics").expect("there is a path");
                return address.parse().expect("an address");
            }
        }
    })
}

/// Every sample with its value.
fn scrape(address: SocketAddr) -> BTreeMap<String, f64> {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket takes options");
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").expect("it is taken");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it is answered");
    let (head, body) = answer.split_once("\r\n\r\n").expect("there is a head");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    let samples = body.lines().filter(|line| !line.starts_with('#'));
    let value = |line: &str| {
        let (sample, value) = line.rsplit_once(' ').expect("a value");
        (sample.to_owned(), value.parse().expect("a number"))
    };
    samples.map(value).collect()
}

#[test]
fn metrics_are_served_while_people_talk_and_only_grow() {
    let server = TestServer::builder().enable("commands").open();
    let address = listens(&server);
    let mut ada = server.enters("ada");
    let mut bob = server.enters_json("bob");
    let over = AtomicBool::new(false);
    const LINES: usize = 500;
    let scrapes = std::thread::scope(|scope| {
        let scraper = scope.spawn(|| {
            let mut scrapes = vec![scrape(address)];
            while !over.load(Ordering::Relaxed) {
                scrapes.push(scrape(address));
            }
            scrapes
        });
        for line in 0..LINES {
            ada.says(&format!("line {line}"));
            ada.hears(&format!("ada: line {line}"));
        }
        bob.hears_said(&format!("line {}", LINES - 1));
        over.store(true, Ordering::Relaxed);
        scraper.join().expect("every scrape was answered")
    });
    for pair in scrapes.windows(2) {
        for (sample, value) in &pair[0] {
            let family = sample.split('{').next().unwrap_or(sample);
            if family.ends_with("_total") {
                assert!(pair[1][sample] >= *value, "{sample} fell");
            }
        }
    }
    server.types("kick bob");
    bob.hears_bye();
    let last = scrape(address);
    let is = |sample: &str| last[sample];
    assert_eq!(is("salotto_members"), 1.0);
    assert_eq!(is("salotto_connected"), 1.0);
    assert_eq!(is("salotto_rooms"), 1.0);
    assert_eq!(is("salotto_messages_total"), LINES as f64);
    assert_eq!(is("salotto_connections_total"), 2.0);
    assert_eq!(is("salotto_disconnections_total{reason=\"kicked\"}"), 1.0);
    assert!(is("salotto_hook_calls_total{plugin=\"commands\"}") > LINES as f64);
    assert!(is("salotto_received_bytes_total") > LINES as f64 * 6.0);
}

#[test]
fn a_limit_that_is_hit_is_seen() {
    let server = TestServer::open();
    let address = listens(&server);
    let mut ada = server.enters("ada");
    ada.says(&"x".repeat(2500));
    ada.hears_about("! the message has 2500 characters");
    assert_eq!(scrape(address)["salotto_limit_hits_total{limit=\"message_length\"}"], 1.0);
}

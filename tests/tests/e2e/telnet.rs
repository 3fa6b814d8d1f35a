//! Telnet clients: those that negotiate and wait for the answer, and those that send each key as it is pressed.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use salotto_tests::{PATIENCE, TestServer};

fn connects(server: &TestServer) -> TcpStream {
    let stream = TcpStream::connect(server.address()).expect("the server listens");
    stream.set_nodelay(true).expect("an option");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout above zero");
    stream
}

/// Reads until these bytes have come, whatever is between.
fn hears(stream: &mut TcpStream, wanted: &[u8]) {
    let (mut heard, mut buffer) = (Vec::new(), [0; 4096]);
    while !heard.windows(wanted.len()).any(|window| window == wanted) {
        let count = stream.read(&mut buffer).expect("it comes in time");
        assert!(count > 0, "it ended after {:?}", String::from_utf8_lossy(&heard));
        heard.extend_from_slice(&buffer[..count]);
    }
}

#[test]
fn what_a_telnet_client_asks_for_is_declined_so_that_it_goes_on() {
    let server = TestServer::open();
    let mut ada = connects(&server);
    ada.write_all(b"ada\r\n").expect("it is taken");
    hears(&mut ada, b"you are in lobby");
    // Ctrl+C: interrupt process, and a timing mark without whose answer nothing is ever shown again.
    ada.write_all(b"\xff\xf4\xff\xfd\x06").expect("it is taken");
    hears(&mut ada, b"\xff\xfc\x06");
    ada.write_all(b"\xff\xfb\x1f\xff\xfd\x01").expect("it is taken");
    hears(&mut ada, b"\xff\xfe\x1f\xff\xfc\x01");
    // A command in the middle of a line leaves no trace in it.
    ada.write_all(b"hel\xff\xf1lo\r\0").expect("it is taken");
    hears(&mut ada, b"ada: hello\n");
}

#[test]
fn keys_that_come_one_by_one_are_a_line_when_it_ends() {
    let server = TestServer::open();
    let mut bob = server.enters("bob");
    let mut ada = connects(&server);
    // Slower than a chunk may stand alone, a key of two bytes cut in the middle among them.
    for key in [&b"c"[..], b"a", b"r", b"l", b"\xc3", b"\xb2", b"\r\n"] {
        ada.write_all(key).expect("it is taken");
        bob.hears_nothing_for(Duration::from_millis(250));
    }
    hears(&mut ada, "you are in lobby with bob, carlò".as_bytes());
    for key in [&b"h"[..], b"i"] {
        ada.write_all(key).expect("it is taken");
        bob.hears_nothing_for(Duration::from_millis(250));
    }
    ada.write_all(b"\r\n").expect("it is taken");
    bob.hears("carlò: hi");
}

#[test]
fn every_way_to_end_a_line_ends_one() {
    let server = TestServer::open();
    let mut ada = server.enters("ada");
    ada.sends(b"one\rtwo\r\0three\r\nfour\n");
    for line in ["one", "two", "three", "four"] {
        ada.hears(&format!("ada: {line}"));
    }
}

#[test]
fn keys_that_erase_do_so_whether_keys_or_commands_of_telnet() {
    let server = TestServer::open();
    let mut bob = server.enters("bob");
    let mut ada = connects(&server);
    for key in
        [&b"c"[..], b"x", b"\x08", b"a", b"r", b"l", b"\xc3", b"\xb2", b"\x7f", b"a", b"\r\n"]
    {
        ada.write_all(key).expect("it is taken");
    }
    hears(&mut ada, b"you are in lobby with bob, carla");
    ada.write_all(b"nonsense\x15hellp\xff\xf7o\r\n").expect("it is taken");
    bob.hears("carla: hello");
    ada.write_all(b"all of it\xff\xf8hi\r\n").expect("it is taken");
    bob.hears("carla: hi");
}

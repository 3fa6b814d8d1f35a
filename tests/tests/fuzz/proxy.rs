//! The header that a proxy puts in front.

use salotto_tests::TestServer;

use crate::fuzzer::Fuzzer;
use crate::target::Target;

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

fn binary(command: u8, family: u8, addresses: &[u8]) -> Vec<u8> {
    let length = (addresses.len() as u16).to_be_bytes();
    [SIGNATURE, &[command, family], &length, addresses, b"eve\nhello\n!quit\n"].concat()
}

#[test]
fn whatever_stands_before_what_a_client_sends_the_server_goes_on() {
    let seeds = vec![
        b"PROXY TCP4 192.0.2.7 10.0.0.1 4711 53000\r\neve\nhello\n!quit\n".to_vec(),
        b"PROXY TCP6 2001:db8::7 ::1 4711 53000\r\neve\nhello\n".to_vec(),
        b"PROXY UNKNOWN\r\neve\nhello\n".to_vec(),
        binary(0x21, 0x11, &[192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x34, 0xcf, 8]),
        binary(0x21, 0x21, &[7; 36]),
        binary(0x20, 0, &[]),
        binary(
            0x21,
            0x11,
            &[[1; 12].as_slice(), &[4, 0, 3, 1, 2, 3], &[0x20, 0, 5, 0, 0, 0, 0, 0]].concat(),
        ),
    ];
    let words: &[&[u8]] = &[
        b"PROXY ",
        b"TCP4 ",
        b"TCP6 ",
        b"UNKNOWN",
        b"\r\n",
        SIGNATURE,
        b"\x21\x11\0\x0c",
        b"\x21\x31\xff\xff",
        b"\x2f",
        b" ",
        b"::ffff:1.2.3.4",
        b"0x1",
    ];
    let server = || {
        let proxy = "127.0.0.2".parse().expect("an address");
        let server = TestServer::builder().enable("quit").settings(|settings| {
            settings.server.proxies = vec![proxy];
            settings.limits.rate_per_address = None;
            settings.limits.connections_per_address = None;
            settings.limits.new_connections_per_minute = None;
        });
        Target::open(server).from("127.0.0.2")
    };
    Fuzzer { name: "proxy", seeds, words }.run(server, |target, bytes| target.takes(bytes));
}

//! Lines of text, telnet and commands.

use salotto_tests::TestServer;

use crate::fuzzer::Fuzzer;
use crate::target::Target;

#[test]
fn whatever_people_type_the_server_goes_on() {
    let seeds = [
        "eve\nhello there\n!me waves\n!quit bye\n",
        "eve\r\n!join garden\r\n!msg witness psst\r\n!nick mallory\r\n!who\r\n!rooms\r\n",
        "eve\n!help\n!help nick\n/help\n! help\n!!help\n//!help\n",
        "eve\n!register swordfish\n!login eve swordfish\n!password swordfish marlin2\n!ghost eve\n!logout\n",
        "eve\n!history 5\n!search after:3d from:eve cat\n!ignore witness\n!unignore witness\n!report witness rude\n",
    ];
    let mut seeds: Vec<Vec<u8>> = seeds.iter().map(|seed| seed.as_bytes().to_vec()).collect();
    seeds.push(
        b"\xff\xfb\x1f\xff\xfa\x1f\0P\0\x18\xff\xf0eve\r\0\xff\xf4\xff\xfd\x06hi\r\n".to_vec(),
    );
    // Without a newline: a bare client.
    seeds.push(b"eve".to_vec());
    const WORDS: &[&[u8]] = &[
        b"\xff\xfa",
        b"\xff\xf0",
        b"\xff\xfd",
        b"!",
        b"/",
        b"!quit",
        b"!join #",
        b"!msg ",
        b"{quit}",
        b"{",
        b"\r\0",
        b"room:",
        b"from:",
        b"GET / HTTP/1.1\r\n",
        b"SSH-2.0-x\r\n",
        b"\x16\x03\x01",
        b"PROXY TCP4 1.2.3.4 1.2.3.4 1 1\r\n",
        "\u{200b}!quit".as_bytes(),
    ];
    let server = TestServer::builder()
        .enable("notices")
        .enable("quit")
        .enable("commands")
        .enable("roles")
        .enable("rooms")
        .enable("moderation")
        .enable("web");
    Fuzzer { name: "text", seeds, words: WORDS }
        .run(|| Target::open(server), |target, bytes| target.takes(bytes));
}

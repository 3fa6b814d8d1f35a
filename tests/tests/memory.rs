//! Memory returns to its baseline after connections that came to nothing. In a process of its own: it is the whole process that is measured.

use std::time::Duration;

use salotto_tests::TestServer;
use salotto_tests::memory::resident;

const ROUNDS: usize = 10;
const CONNECTIONS: usize = 200;
/// What may be left of them all. One kept buffer of 16 KiB each would be 32 MiB.
const BOUND: u64 = 8 * 1024 * 1024;

#[test]
fn connections_that_never_give_a_name_leave_nothing_behind() {
    let server = TestServer::builder()
        .settings(|settings| {
            settings.limits.name_timeout = Some(Duration::from_secs(30));
            // They come from as many addresses, of which something is remembered.
            settings.limits.exempt = Vec::new();
        })
        .open();
    let mut ada = server.enters("ada");
    // The first round warms up: threads, allocator, reactor.
    crowd(&server, 0);
    let Some(before) = resident() else {
        return;
    };
    for round in 1..=ROUNDS {
        crowd(&server, round);
    }
    let after = resident().expect("it was told before");
    assert!(after < before + BOUND, "{before} bytes before, {after} bytes after");
    ada.says("I am still here");
    ada.hears("ada: I am still here");
}

/// Many connect at once, some send half a line, none gives a name, and all are gone again.
fn crowd(server: &TestServer, round: usize) {
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|index| {
            let mut client = server.connects_from(&format!("127.1.{round}.{index}"));
            match index % 4 {
                0 => client.sends(b"{\"type\":\"hello\",\"name\":\"half a line that does not end"),
                1 => client.says("not a name"),
                2 => client.sends(&[b'{'; 4000]),
                _ => {}
            }
            client
        })
        .collect();
    server.waits_until("all are connected", |status| status.connected == CONNECTIONS + 1);
    for (index, client) in clients.into_iter().enumerate() {
        if index % 2 == 0 {
            client.dies();
        }
    }
    server.waits_until("all are gone", |status| status.connected == 1);
}

//! A server on the network, from its announcement to the talk. The network is the loopback interface.

use std::time::Duration;

use salotto::discovery::{Announcer, Interfaces, Record};

use crate::desktop::Desktop;
use crate::guest::{Guest, port, server};
use crate::program::{ENTRY, Program};
use crate::{ADA, JOINED, home};

#[test]
fn a_server_that_is_announced_is_listed_chosen_and_entered_and_then_the_search_is_over() {
    let (desktop, home, server) = (Desktop::new(1100, 800), home(), server(0));
    let record = Record::new("Our place").password(false);
    let (loopback, host) = (Interfaces::named(["lo"]), "salotto-window-test");
    let announcer = match Announcer::start(&loopback, host, port(&server), &record) {
        Ok(announcer) => announcer,
        Err(error) => return eprintln!("skipped, as there is no multicast on loopback: {error}"),
    };
    let mut bob = Guest::enter(port(&server), "bob");
    let mut program = Program::start(&desktop, &home, &[]);
    program.wait_log("saw a server");
    program.wait_drawn();
    program.keep(&desktop, "nearby");
    // Past the five fields and the button, to the first server.
    for _ in 0..6 {
        desktop.key("Tab");
    }
    desktop.key("space");
    // The name is what is missing, so that is where one writes.
    desktop.keys("ada");
    desktop.key("Return");
    bob.wait(&[JOINED, ADA]);
    program.wait_ahead("the search for servers has ended");
    program.wait_for_all(&[ENTRY]);
    program.wait_rest();
    let idle = program.idle(Duration::from_secs(10));
    assert!(idle.wakes() == 0 && idle.ticks == 0, "{idle:?}");
    smol::block_on(announcer.stop());
    smol::block_on(server.stop());
}

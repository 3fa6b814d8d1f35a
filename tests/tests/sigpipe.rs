//! A peer that resets while it is written to does not end the process, also where SIGPIPE is not ignored, as it may not be in a program that
//! embeds the server. In a process of its own, because the signal is the whole process's.

#![cfg(unix)]

use std::process::Command;

use salotto_tests::{Client, TestServer};

const INSIDE: &str = "SALOTTO_SIGPIPE_TEST";
const TEST: &str = "a_peer_that_resets_does_not_end_a_process_that_minds_sigpipe";

#[test]
fn a_peer_that_resets_does_not_end_a_process_that_minds_sigpipe() {
    if std::env::var_os(INSIDE).is_some() {
        mind_sigpipe();
        return talk_to_peers_that_reset();
    }
    let program = std::env::current_exe().expect("this test");
    let status = Command::new(program).args(["--exact", TEST]).env(INSIDE, "1").status();
    let status = status.expect("it starts");
    assert!(status.success(), "{status}");
}

#[expect(
    unsafe_code,
    reason = "Rust ignores the signal before `main`; only the system takes that back"
)]
fn mind_sigpipe() {
    // SAFETY: the default action is no code of ours.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
}

/// Several lines in several chunks for each, and nobody who reads them.
fn talk_to_peers_that_reset() {
    let server = TestServer::open();
    let mut ada = server.enters("ada");
    for _ in 0..20 {
        let peers: Vec<Client> = (0..10).map(|_| server.connects()).collect();
        for (number, mut peer) in peers.into_iter().enumerate() {
            peer.sends(format!("p{number}\none\n!join dev\ntwo\n!nobody\nthree\n").as_bytes());
            // Its end first, and then the reset: the next write finds a broken pipe.
            peer.half_closes();
            peer.dies();
        }
        ada.says("still here");
        ada.hears("ada: still here");
    }
    server.waits_until("all peers are gone", |status| status.connected == 1);
}

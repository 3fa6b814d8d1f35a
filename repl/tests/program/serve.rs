//! The server without a console.

use crate::harness::{Folder, Guest, Running};

#[test]
fn a_signal_closes_the_server_and_people_are_told() {
    use rustix::process::Signal;
    for ending in [Signal::TERM, Signal::INT] {
        let folder = Folder::new();
        let mut serve = folder.start(&["serve", "--listen", "127.0.0.1:0"]);
        let address = Running::address(&mut serve.err);
        let mut ada = Guest::join(address, "ada");
        serve.signal(ending);
        ada.lines.expect("goodbye (server stopping)");
        let ended = serve.wait();
        assert_eq!((ended.status, ended.out.as_str()), (0, ""), "{ending:?}");
        // The port is free again.
        let again = folder.run(&["--listen", &address.to_string()], "status");
        assert_eq!(again.status, 0, "{}", again.err);
    }
}

#[test]
fn a_hangup_reads_the_configuration_again() {
    let folder = Folder::new();
    folder.write("salotto.ron", "(server: (listen: [\"127.0.0.1:0\"]))");
    let mut serve = folder.start(&["serve"]);
    Running::address(&mut serve.err);
    folder.write("salotto.ron", "(server: (listen: [\"127.0.0.1:0\"], threads: 1))");
    serve.signal(rustix::process::Signal::HUP);
    serve.err.expect("applied salotto.ron; needs `restart`: server.threads");
    folder.write("salotto.ron", "(server: 5)");
    serve.signal(rustix::process::Signal::HUP);
    serve.err.expect("salotto.ron:1:10: found `5`");
}

#[test]
fn every_address_is_named() {
    let folder = Folder::new();
    let args = ["serve", "--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0"];
    let mut serve = folder.start(&args);
    let first = Running::address(&mut serve.err);
    let second = Running::address(&mut serve.err);
    assert_ne!(first.port(), second.port());
    assert!(first.port() != 0 && second.port() != 0);
}

#[test]
fn a_port_alone_is_every_address() {
    let folder = Folder::new();
    let mut serve = folder.start(&["serve", "--listen", ":0"]);
    let address = Running::address(&mut serve.err);
    assert!(address.ip().is_unspecified() && address.port() != 0, "{address}");
    let _ada = Guest::join(([127, 0, 0, 1], address.port()).into(), "ada");
}

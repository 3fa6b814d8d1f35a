//! What a member over TLS takes while it is silent. In a process of its own: it is the whole process that is measured.

use std::io::Write;
use std::net::TcpStream;

use salotto_tests::TestServer;
use salotto_tests::memory::resident;
use salotto_tests::tls::TestCertificate;

/// What a member over TLS may take while it is silent, beside what the kernel keeps.
const IDLE: u64 = 10 * 1024;
const MEMBERS: usize = 1000;

#[test]
fn a_member_over_tls_takes_little_while_it_is_silent() {
    let certificate = TestCertificate::new();
    let plugin = certificate.plugin("");
    let server = TestServer::builder().server(|server| server.enable(plugin)).open();
    // The first ones warm up.
    let first = sockets(&server, &certificate, "first", 50);
    let Some(before) = resident() else {
        return;
    };
    let crowd = sockets(&server, &certificate, "guest", MEMBERS);
    let each = resident().expect("it was told before").saturating_sub(before) / MEMBERS as u64;
    assert!(each <= IDLE, "{each} bytes a member");
    drop((first, crowd));
}

/// People come in over TLS and are silent. Of their own end nothing is kept but the socket, so that it is the server's memory that is measured.
fn sockets(
    server: &TestServer,
    certificate: &TestCertificate,
    name: &str,
    count: usize,
) -> Vec<TcpStream> {
    let before = server.status().members;
    let sockets = (0..count).map(|index| {
        let mut stream = certificate.connects(server.address());
        stream.write_all(format!("{name}{index}\n").as_bytes()).expect("it is taken");
        let (_, socket) = stream.into_parts();
        socket
    });
    let sockets = sockets.collect();
    server.waits_until("all are in", |status| status.members == before + count);
    sockets
}

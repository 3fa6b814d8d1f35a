//! Running out of file descriptors refuses the newcomer and keeps the room, and neither that nor anything else that strangers bring about fills the log.
//! In a process of its own: the limit and the log are the whole process's.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use salotto::LimitHit;
use salotto_tests::TestServer;
use salotto_tests::raw::exchanged;

/// Descriptors that the harness and the server may have open, beside the connections that use up the rest.
const LIMIT: u64 = 96;

/// What is logged at `INFO` and above.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// How many lines have this in them.
    fn lines_about(&self, part: &str) -> usize {
        let text = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&text).lines().filter(|line| line.contains(part)).count()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn running_out_of_file_descriptors_refuses_the_newcomer_and_keeps_the_room() {
    // Both limits, or the server would raise the soft one again.
    rlimit::setrlimit(rlimit::Resource::NOFILE, LIMIT, LIMIT).expect("a limit can be lowered");
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).init();
    let server = TestServer::open();
    let mut ada = server.enters("ada");
    let mut bob = server.enters("bob");
    // Each guest takes two: one here and one in the server. The one here is had first, so that it is the server that runs out.
    let mut guests = Vec::new();
    let mut reserved: Vec<std::fs::File> = Vec::new();
    while let Ok(file) = std::fs::File::open("/dev/null") {
        reserved.push(file);
    }
    reserved.pop();
    reserved.pop();
    // Two are free: the first guest gets in, and takes both.
    let mut guest = server.connects();
    // Asking for the status instead would open a file.
    guest.hears_about("What is your name?");
    guests.push(guest);
    // One more is free, and it is the newcomer's own.
    reserved.pop();
    for _ in 0..20 {
        let mut newcomer = server.connects();
        let heard = newcomer.hears_eof();
        assert_eq!(heard, ["! the server is full; try again later"]);
    }
    assert!(server.hits(LimitHit::OpenFiles) >= 20);
    assert_eq!(log.lines_about("newcomers are refused (raise `ulimit -n`)"), 1);
    assert_eq!(log.lines_about("limit=\"out of file descriptors\""), 1);
    ada.says("we go on");
    bob.hears("ada: we go on");

    // Where there is room again, the next one gets in.
    reserved.clear();
    drop(guests);
    let mut eve = server.enters("eve");
    eve.says("here I am");
    bob.hears("eve: here I am");

    for _ in 0..20 {
        exchanged(server.address(), &[b"GET / HTTP/1.1\r\n\r\n"]);
    }
    assert_eq!(server.hits(LimitHit::Stray), 20);
    assert_eq!(log.lines_about("cut off"), 1);
    assert_eq!(log.lines_about("limit=\"another protocol\""), 1);
}

//! A server that takes whatever comes, with somebody in it who is to notice nothing.

use std::cell::{Cell, RefCell};
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use salotto_tests::memory::resident;
use salotto_tests::raw::connect_from;
use salotto_tests::server::TestServerBuilder;
use salotto_tests::{Client, PATIENCE, TestServer};

/// How long a bystander's message may take to come back with `SALOTTO_HOLD_FIGURES=1`; on a machine that is busy with something else, [`PATIENCE`].
const ECHO: Duration = Duration::from_secs(1);
/// How much may be answered to one connection: the page for browsers, or the list of commands and the past of a room.
const MOST_ANSWERED: usize = 1024 * 1024;
/// How much may be answered to each further line, where no rate holds lines back: help is long.
const MOST_ANSWERED_TO_A_LINE: usize = 4 * 1024;
/// How long a refusal may be for who typed a line, in bytes.
const MOST_SAID: usize = 2048;
/// What may be left when all are gone: the timelines of rooms that were opened, and what the allocator keeps.
const LEFT: u64 = 64 * 1024 * 1024;

/// See the module.
pub(crate) struct Target {
    server: TestServer,
    witness: RefCell<Client>,
    said: Cell<u64>,
    /// From where what is mutated comes.
    source: IpAddr,
    memory: Option<u64>,
}

impl Target {
    pub(crate) fn open(builder: TestServerBuilder) -> Self {
        let server = builder.open();
        let mut witness = server.enters("witness");
        witness.says("here");
        witness.hears("witness: here");
        let memory = resident();
        Self {
            server,
            witness: RefCell::new(witness),
            said: Cell::new(0),
            source: Ipv4Addr::LOCALHOST.into(),
            memory,
        }
    }

    /// The same, with what is mutated from another address of this machine.
    pub(crate) fn from(mut self, source: &str) -> Self {
        self.source = source.parse().expect("an address");
        self
    }

    /// Sends bytes in two pieces on a connection of their own, and checks what must hold whatever they are.
    pub(crate) fn takes(&self, bytes: &[u8]) {
        self.takes_after(&[], bytes);
    }

    /// The same, and goes without waiting for the answer: that is as slow as the server paces it.
    pub(crate) fn takes_without_answer(&self, bytes: &[u8]) {
        let _unread = self.sends(&[], bytes);
    }

    /// The same after something that is not mutated, such as a handshake.
    pub(crate) fn takes_after(&self, before: &[u8], bytes: &[u8]) {
        let mut stream = self.sends(before, bytes);
        self.ends(&mut stream, bytes);
    }

    /// Sends all of it, and sees that somebody else is heard.
    fn sends(&self, before: &[u8], bytes: &[u8]) -> TcpStream {
        let mut stream = connect_from(self.source, self.address(), &[]);
        let options =
            stream.set_nodelay(true).and_then(|()| stream.set_read_timeout(Some(PATIENCE)));
        options
            .and_then(|()| stream.set_write_timeout(Some(PATIENCE)))
            .expect("a new socket takes options");
        let (one, two) = bytes.split_at(bytes.len() / 2);
        for piece in [before, one, two] {
            // The server may have heard enough.
            let _ = stream.write_all(piece);
        }
        self.goes_on();
        stream
    }

    /// Says that nothing more comes, and waits for the end. What is answered is in proportion to what was sent.
    pub(crate) fn ends(&self, stream: &mut TcpStream, bytes: &[u8]) {
        let _ = stream.shutdown(Shutdown::Write);
        let answered = read_to_the_end(stream);
        let lines = bytes.iter().filter(|&&byte| byte == b'\n' || byte == b'\r').count();
        let most = MOST_ANSWERED + lines * MOST_ANSWERED_TO_A_LINE;
        assert!(answered < most, "{lines} lines were answered with {answered} bytes");
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The operator types something, which may be refused in a few words.
    pub(crate) fn types(&self, line: &str) {
        if let Err(error) = salotto_tests::soon(line, self.server.handle().execute(line)) {
            let error = error.to_string();
            assert!(error.len() < MOST_SAID, "refused in {} bytes", error.len());
        }
        self.goes_on();
    }

    /// Somebody else is heard in time.
    pub(crate) fn goes_on(&self) {
        let number = self.said.get() + 1;
        self.said.set(number);
        let mut witness = self.witness.borrow_mut();
        let started = Instant::now();
        witness.says(&format!("still here {number}"));
        witness.hears(&format!("witness: still here {number}"));
        let took = started.elapsed();
        let is_held = std::env::var_os("SALOTTO_HOLD_FIGURES").is_some();
        assert!(took < ECHO || !is_held, "a bystander waited for {took:?}");
    }

    /// Everybody is gone, and what they took is back.
    fn is_as_before(&self) {
        self.server.waits_until("all are gone", |status| status.connected == 1);
        if let (Some(before), Some(after)) = (self.memory, resident()) {
            assert!(after < before + LEFT, "{before} bytes before, {after} bytes after");
        }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.is_as_before();
        }
    }
}

/// How much comes until the connection ends.
///
/// # Panics
/// When it does not end.
pub(crate) fn read_to_the_end(stream: &mut impl Read) -> usize {
    let (mut count, mut buffer) = (0, [0; 16 * 1024]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return count,
            Ok(more) => count += more,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => panic!("the connection did not end: {error}"),
        }
        assert!(count < 64 * 1024 * 1024, "an answer without an end");
    }
}

//! A raw TCP client that remembers what it hears. It knows lines and nothing of what they mean.

use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::{Domain, SockRef, Socket, Type};

use crate::PATIENCE;
use crate::transcript::Transcript;

/// What a narrow client's kernel takes for it, about: little beside what the server's kernel takes.
const NARROW: usize = 32 * 1024;

/// Somebody with a socket. Reads only while it is asked what it hears.
#[derive(Debug)]
pub struct Client {
    label: String,
    stream: BufReader<TcpStream>,
    /// Half a line that came before a wait was over.
    partial: Vec<u8>,
    /// Whether anything was sent.
    has_spoken: bool,
    transcript: Transcript,
}

/// What a server of default settings asks whoever is silent.
const GREETING: &str = "Welcome to Salotto. What is your name?";

/// What reading brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A line without its end.
    Line(String),
    /// The connection has ended.
    End,
    /// Nothing in time.
    Nothing,
}

impl Client {
    /// Somebody connects to a server that is none of this harness, and says nothing.
    ///
    /// # Panics
    /// When nobody listens there.
    pub fn to(address: SocketAddr, label: &str) -> Self {
        Self::connect(address, label, &Transcript::default())
    }

    pub(crate) fn connect(address: SocketAddr, label: &str, transcript: &Transcript) -> Self {
        let stream = TcpStream::connect_timeout(&address, PATIENCE);
        Self::new(
            stream.unwrap_or_else(|error| panic!("{label} cannot connect: {error}")),
            label,
            transcript,
        )
    }

    /// From an address of this machine; on Linux all of 127.0.0.0/8 are.
    pub(crate) fn connect_from(
        source: IpAddr,
        address: SocketAddr,
        label: &str,
        transcript: &Transcript,
    ) -> Self {
        let bind = |socket: &Socket| socket.bind(&SocketAddr::new(source, 0).into());
        Self::connect_with(bind, address, label, transcript)
    }

    pub(crate) fn connect_narrow(
        address: SocketAddr,
        label: &str,
        transcript: &Transcript,
    ) -> Self {
        let narrow = |socket: &Socket| socket.set_recv_buffer_size(NARROW);
        Self::connect_with(narrow, address, label, transcript)
    }

    /// Through a socket that is prepared before it connects.
    fn connect_with(
        prepare: impl FnOnce(&Socket) -> io::Result<()>,
        address: SocketAddr,
        label: &str,
        transcript: &Transcript,
    ) -> Self {
        let connected = || {
            let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
            prepare(&socket)?;
            socket.connect(&address.into())?;
            Ok::<_, io::Error>(socket.into())
        };
        Self::new(
            connected().unwrap_or_else(|error| panic!("{label} cannot connect: {error}")),
            label,
            transcript,
        )
    }

    fn new(stream: TcpStream, label: &str, transcript: &Transcript) -> Self {
        stream
            .set_write_timeout(Some(PATIENCE))
            .and_then(|()| stream.set_nodelay(true))
            .expect("a socket that was just made takes options");
        transcript.noted(label, "connected");
        Self {
            label: label.to_owned(),
            stream: BufReader::new(stream),
            partial: Vec::new(),
            has_spoken: false,
            transcript: transcript.clone(),
        }
    }

    /// Gives a name and hears that it was accepted.
    pub fn enters(mut self, name: &str) -> Self {
        self.is_called(name);
        self.says(name);
        self.hears_about("* you are in ");
        self
    }

    /// What the transcript calls it from here on.
    pub fn is_called(&mut self, label: &str) {
        self.label = label.to_owned();
    }

    /// Sends a line.
    pub fn says(&mut self, line: &str) {
        self.sends(format!("{line}\n").as_bytes());
    }

    /// Sends bytes as they are.
    ///
    /// # Panics
    /// When they are not taken.
    pub fn sends(&mut self, bytes: &[u8]) {
        if let Err(error) = self.tries_to_send(bytes) {
            panic!("{} cannot send: {error}", self.label);
        }
    }

    /// Sends bytes to a server that may have hung up.
    ///
    /// # Errors
    /// What the socket says.
    pub fn tries_to_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.transcript.said(&self.label, bytes);
        self.has_spoken = true;
        self.stream.get_mut().write_all(bytes)
    }

    /// Waits for this line; others are passed over.
    ///
    /// # Panics
    /// When it does not come.
    pub fn hears(&mut self, line: &str) {
        self.hears_where(&format!("{line:?}"), |heard| heard == line);
    }

    /// Waits for a line that contains this, and returns it; others are passed over.
    ///
    /// # Panics
    /// When none comes.
    pub fn hears_about(&mut self, part: &str) -> String {
        self.hears_where(&format!("anything about {part:?}"), |heard| heard.contains(part))
    }

    /// Waits for the next line. A greeting that crossed with what was sent on a busy machine does not count.
    ///
    /// # Panics
    /// When none comes.
    pub fn hears_next(&mut self) -> String {
        let spoken = self.has_spoken;
        self.hears_where("another line", |line| !(spoken && line == GREETING))
    }

    /// Waits for exactly these lines and no others between them.
    ///
    /// # Panics
    /// When something else comes, or nothing.
    pub fn hears_exactly(&mut self, lines: &[&str]) {
        for line in lines {
            assert_eq!(self.hears_next(), *line, "{} heard", self.label);
        }
    }

    /// Waits for a line, and returns all lines that came before it.
    ///
    /// # Panics
    /// When it does not come.
    pub fn hears_until(&mut self, last: &str) -> Vec<String> {
        let mut before = Vec::new();
        loop {
            match self.hears_where(&format!("{last:?}"), |_| true) {
                line if line == last => return before,
                line => before.push(line),
            }
        }
    }

    /// Waits until the connection has ended, and returns the lines before that, but for a greeting that crossed with what was sent.
    ///
    /// # Panics
    /// When it does not end.
    pub fn hears_eof(&mut self) -> Vec<String> {
        let deadline = Instant::now() + PATIENCE;
        let mut lines = Vec::new();
        loop {
            match self.read_line(deadline) {
                Heard::Line(line) if self.has_spoken && line == GREETING => {}
                Heard::Line(line) => lines.push(line),
                Heard::End => return lines,
                Heard::Nothing => panic!("the connection of {} did not end", self.label),
            }
        }
    }

    /// Waits for a line that is wanted; others are passed over.
    ///
    /// # Panics
    /// When none comes.
    pub fn hears_where(&mut self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.read_line(deadline) {
                Heard::Line(line) if wanted(&line) => return line,
                Heard::Line(_) => {}
                Heard::End => panic!("{} did not hear {what}: the connection ended", self.label),
                Heard::Nothing => panic!("{} did not hear {what} in {PATIENCE:?}", self.label),
            }
        }
    }

    /// Lets a time pass in which nothing is to come. For what a client does slowly, not to wait for anything.
    ///
    /// # Panics
    /// When something comes.
    pub fn hears_nothing_for(&mut self, time: Duration) {
        let heard = self.read_line(Instant::now() + time);
        assert_eq!(heard, Heard::Nothing, "{} heard something", self.label);
    }

    /// Reads one line, until a deadline.
    ///
    /// # Panics
    /// When it could harm a terminal: whatever was sent in, no line that comes out may.
    pub fn read_line(&mut self, deadline: Instant) -> Heard {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            // A timeout of zero would mean none.
            let timeout = left.max(Duration::from_millis(1));
            let socket = self.stream.get_ref();
            socket.set_read_timeout(Some(timeout)).expect("a timeout above zero");
            let read = self.stream.read_until(b'\n', &mut self.partial);
            match read {
                Ok(_) if self.partial.ends_with(b"\n") => {
                    self.partial.pop();
                    let line = without_telnet(&std::mem::take(&mut self.partial));
                    let line = String::from_utf8(line);
                    let line = line.expect("the server speaks UTF-8");
                    self.transcript.heard(&self.label, &line);
                    assert!(
                        !line.contains(char::is_control),
                        "{} was sent control characters: {line:?}",
                        self.label
                    );
                    return Heard::Line(line);
                }
                Err(error) if is_timeout(&error) => {
                    if left.is_zero() {
                        self.transcript.noted(&self.label, "heard nothing more");
                        return Heard::Nothing;
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // The end, in whatever way it comes.
                Ok(_) | Err(_) => {
                    self.transcript.noted(&self.label, "the connection ended");
                    return Heard::End;
                }
            }
        }
    }

    /// Hears bytes, whatever they are, until this is in them, and returns them.
    ///
    /// # Panics
    /// When it does not come.
    pub fn hears_bytes_about(&mut self, part: &str) -> String {
        let timeout = self.stream.get_ref().set_read_timeout(Some(PATIENCE));
        timeout.expect("a timeout above zero");
        let mut heard = String::new();
        loop {
            let bytes = self.stream.fill_buf().unwrap_or_else(|error| {
                panic!("{} did not hear {part:?} in {heard:?}: {error}", self.label)
            });
            assert!(!bytes.is_empty(), "{} did not hear {part:?} in {heard:?}", self.label);
            heard.push_str(&String::from_utf8_lossy(bytes));
            let count = bytes.len();
            self.stream.consume(count);
            if heard.contains(part) {
                return heard;
            }
        }
    }

    /// Says that nothing more comes from here, and goes on listening: `nc -N` at the end of its input.
    pub fn half_closes(&mut self) {
        self.transcript.noted(&self.label, "half-closed");
        // A connection that the server has ended already is no news to who reads on.
        let _ = self.stream.get_ref().shutdown(Shutdown::Write);
    }

    /// Dies without a goodbye: the server gets a reset.
    pub fn dies(self) {
        self.transcript.noted(&self.label, "died");
        let socket = SockRef::from(self.stream.get_ref());
        socket.set_linger(Some(Duration::ZERO)).expect("linger can be set");
    }
}

/// A line without the answers to telnet's requests, which random bytes may contain.
fn without_telnet(mut line: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    while let Some((&first, rest)) = line.split_first() {
        match (first, rest) {
            (255, [252 | 254, _, rest @ ..]) => line = rest,
            _ => {
                text.push(first);
                line = rest;
            }
        }
    }
    text
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

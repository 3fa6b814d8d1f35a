//! The load generator: many connections, one thread, one epoll loop.
//!
//! It has to be cheaper than what it measures. Lines that are measured all have one length, so a receiver only counts bytes, and the
//! kernel throws them away without copying them. Only who talks, and who is about to be let in, looks at what came.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, Event, EventData, EventFlags};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, sockopt};

use crate::speech::{Answer, Speech};

/// What a person says: so many bytes.
pub(crate) const PAYLOAD: usize = 64;

/// See the module.
pub(crate) struct Load {
    epoll: OwnedFd,
    address: SocketAddr,
    speech: &'static dyn Speech,
    connections: Vec<Connection>,
    events: Vec<Event>,
    buffer: Box<[u8]>,
}

/// One connection, referred to by its index.
pub(crate) struct Connection {
    socket: OwnedFd,
    state: State,
    /// Bytes received.
    pub(crate) received: u64,
    /// Whether what comes is only counted.
    counts: bool,
    /// A line that has not come whole, while the connection is not in.
    rest: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not connected yet.
    Dialling,
    /// The greeting was sent.
    Asked,
    /// The server has let it in.
    In,
    /// Refused or closed by the server.
    Gone,
}

/// Something came.
pub(crate) struct Arrival<'a> {
    /// Which connection.
    pub(crate) index: usize,
    /// How many bytes came.
    pub(crate) count: u64,
    /// How many came with it and before it on that connection.
    pub(crate) total: u64,
    /// What came; empty where it is only counted.
    pub(crate) bytes: &'a [u8],
}

/// How a crowd came in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Joined {
    /// From the first connect to the last answer.
    pub(crate) took: Duration,
    /// How many were not let in.
    pub(crate) lost: usize,
}

impl Load {
    /// Nobody yet.
    pub(crate) fn new(address: SocketAddr, speech: &'static dyn Speech) -> io::Result<Self> {
        Ok(Self {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            address,
            speech,
            connections: Vec::new(),
            events: Vec::with_capacity(1024),
            buffer: vec![0; 256 * 1024].into(),
        })
    }

    pub(crate) fn connections(&self) -> &[Connection] {
        &self.connections
    }

    /// Lets `count` people connect and give a name, `at_once` of them at a time, and waits until each was answered.
    pub(crate) fn join(
        &mut self,
        count: usize,
        at_once: usize,
        patience: Duration,
    ) -> io::Result<Joined> {
        let first = self.connections.len();
        let started = Instant::now();
        let mut took = Duration::ZERO;
        let mut decided = 0;
        loop {
            while self.connections.len() - first < count
                && self.connections.len() - first - decided < at_once
            {
                self.dial(None)?;
            }
            let before = self.decided(first);
            self.turn(Duration::from_millis(20), |_| {})?;
            decided = self.decided(first);
            if decided > before {
                took = started.elapsed();
            }
            if decided == count || started.elapsed() > patience {
                break;
            }
        }
        let crowd = &self.connections[first..];
        let lost = count - crowd.iter().filter(|one| one.state == State::In).count();
        Ok(Joined { took, lost })
    }

    /// Begins a connection, which asks to be let in as soon as it stands. A small `receive_buffer` makes it full early.
    pub(crate) fn dial(&mut self, receive_buffer: Option<usize>) -> io::Result<usize> {
        let index = self.connections.len();
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket =
            rustix::net::socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?;
        sockopt::set_tcp_nodelay(&socket, true)?;
        if let Some(bytes) = receive_buffer {
            sockopt::set_socket_recv_buffer_size(&socket, bytes)?;
        }
        let mut state = State::Dialling;
        match rustix::net::connect(&socket, &self.address) {
            Ok(()) => {
                send(&socket, &self.speech.greeting(index))?;
                state = State::Asked;
            }
            Err(Errno::INPROGRESS) => {}
            Err(error) => return Err(error.into()),
        }
        let interest = match state {
            State::Dialling => EventFlags::IN | EventFlags::OUT,
            _ => EventFlags::IN,
        };
        epoll::add(&self.epoll, &socket, EventData::new_u64(index as u64), interest)?;
        let rest = Vec::new();
        self.connections.push(Connection { socket, state, received: 0, counts: false, rest });
        Ok(index)
    }

    /// Whether the server has let it in.
    pub(crate) fn is_in(&self, index: usize) -> bool {
        self.connections[index].state == State::In
    }

    /// From now on this connection only counts what comes, or looks at it too.
    pub(crate) fn only_count(&mut self, index: usize, counts: bool) {
        self.connections[index].counts = counts;
    }

    /// From now on nothing is read from this connection.
    pub(crate) fn stop_reading(&mut self, index: usize) -> io::Result<()> {
        Ok(epoll::delete(&self.epoll, &self.connections[index].socket)?)
    }

    /// Sends all of `bytes`.
    ///
    /// # Errors
    /// When the socket does not take them whole: nobody here sends so much at once.
    pub(crate) fn send(&self, index: usize, bytes: &[u8]) -> io::Result<()> {
        send(&self.connections[index].socket, bytes)
    }

    /// Waits up to `patience` for something and reads once from each connection that has something.
    pub(crate) fn turn(
        &mut self,
        patience: Duration,
        mut take: impl FnMut(Arrival<'_>),
    ) -> io::Result<bool> {
        let patience =
            Timespec { tv_sec: patience.as_secs() as _, tv_nsec: patience.subsec_nanos().into() };
        self.events.clear();
        match epoll::wait(&self.epoll, spare_capacity(&mut self.events), Some(&patience)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for index in 0..self.events.len() {
            let Event { flags, data } = self.events[index];
            let index = data.u64() as usize;
            let connection = &mut self.connections[index];
            if connection.state == State::Dialling && flags.contains(EventFlags::OUT) {
                // One that was refused shows when it is read from.
                let _ = send(&connection.socket, &self.speech.greeting(index));
                connection.state = State::Asked;
                epoll::modify(&self.epoll, &connection.socket, data, EventFlags::IN)?;
            }
            if !flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR) {
                continue;
            }
            let discard = if connection.counts { RecvFlags::TRUNC } else { RecvFlags::empty() };
            let count = match rustix::net::recv(&connection.socket, &mut self.buffer[..], discard) {
                Ok((_, count)) => count,
                Err(Errno::AGAIN | Errno::INTR) => continue,
                Err(_) => 0,
            };
            if count == 0 {
                connection.state = State::Gone;
                epoll::delete(&self.epoll, &connection.socket)?;
                continue;
            }
            let bytes = if connection.counts { &[] } else { &self.buffer[..count] };
            if connection.state == State::Asked {
                connection.take_answer(self.speech, bytes);
            }
            let count = count as u64;
            connection.received += count;
            take(Arrival { index, count, total: connection.received, bytes });
        }
        Ok(!self.events.is_empty())
    }

    /// Reads until nothing has come for `silence`, at most for `patience`.
    pub(crate) fn settle(&mut self, silence: Duration, patience: Duration) -> io::Result<()> {
        let started = Instant::now();
        while started.elapsed() < patience && self.turn(silence, |_| {})? {}
        Ok(())
    }

    fn decided(&self, first: usize) -> usize {
        let decided = |one: &&Connection| matches!(one.state, State::In | State::Gone);
        self.connections[first..].iter().filter(decided).count()
    }
}

impl Connection {
    /// Goes through the lines that come before the connection is in.
    fn take_answer(&mut self, speech: &dyn Speech, bytes: &[u8]) {
        self.rest.extend_from_slice(bytes);
        let mut start = 0;
        while self.state == State::Asked
            && let Some(length) = self.rest[start..].iter().position(|&byte| byte == b'\n')
        {
            match speech.answer(&self.rest[start..start + length]) {
                Answer::Wait => {}
                // One that cannot be sent to shows when it is read from.
                Answer::Reply(reply) => drop(send(&self.socket, &reply)),
                Answer::In => self.state = State::In,
                Answer::Refused => self.state = State::Gone,
            }
            start += length + 1;
        }
        match self.state {
            State::Asked => drop(self.rest.drain(..start)),
            _ => self.rest = Vec::new(),
        }
    }
}

/// Counts in what one connection hears the lines of one talker.
#[derive(Debug, Default)]
pub(crate) struct Ear {
    /// A line that has not come whole.
    rest: Vec<u8>,
}

impl Ear {
    /// How many lines of this talker end in `bytes`.
    pub(crate) fn count(&mut self, mut bytes: &[u8], talker: usize) -> usize {
        let mut count = 0;
        while let Some(end) = bytes.iter().position(|&byte| byte == b'\n') {
            let (line, after) = bytes.split_at(end);
            if self.rest.is_empty() {
                count += usize::from(is_from(talker, line));
            } else {
                self.rest.extend_from_slice(line);
                count += usize::from(is_from(talker, &self.rest));
                self.rest.clear();
            }
            bytes = &after[1..];
        }
        self.rest.extend_from_slice(bytes);
        count
    }
}

/// What a talker says. The first byte says whose it is.
pub(crate) fn payload(talker: usize) -> Vec<u8> {
    let mut payload = vec![b'x'; PAYLOAD];
    payload[0] = mark(talker);
    payload
}

fn is_from(talker: usize, line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    line.len() >= PAYLOAD && line[line.len() - PAYLOAD] == mark(talker)
}

fn mark(talker: usize) -> u8 {
    b'0' + talker as u8
}

fn send(socket: &OwnedFd, bytes: &[u8]) -> io::Result<()> {
    match rustix::net::send(socket, bytes, SendFlags::NOSIGNAL)? {
        taken if taken == bytes.len() => Ok(()),
        taken => Err(io::Error::other(format!("{taken} of {} bytes were taken", bytes.len()))),
    }
}

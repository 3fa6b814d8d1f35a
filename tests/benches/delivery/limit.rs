//! The least that a chat server can do, as a measure for ours: one thread, one epoll loop, nothing parsed.
//!
//! The first line of a connection lets it in. Every byte after that goes to everybody who is in, the speaker included; what has come in one
//! turn of the loop leaves as one write per connection.

use std::convert::Infallible;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::fd::OwnedFd;

/// What a connection that is let in is told; it begins like the line with which Salotto does the same.
const WELCOME: &[u8] = b"* in\n";
/// What may wait for a peer that does not read, before it is cut off.
const MAX_WAITING: usize = 8 * 1024 * 1024;
/// The listener's mark among the events; connections are marked with their index.
const LISTENER: u64 = u64::MAX;
const BACKLOG: i32 = 4096;

struct Limit {
    epoll: OwnedFd,
    listener: TcpListener,
    peers: Vec<Option<Peer>>,
    /// Indices in `peers` that are free.
    free: Vec<usize>,
    /// What came in this turn, for everybody.
    pending: Vec<u8>,
    buffer: Box<[u8]>,
}

struct Peer {
    stream: TcpStream,
    /// Whether its first line has come.
    is_in: bool,
    /// What its full socket did not take.
    waiting: Vec<u8>,
}

/// Serves until the process is killed.
pub(crate) fn serve(listener: TcpListener) -> io::Result<Infallible> {
    rustix::net::listen(&listener, BACKLOG)?;
    listener.set_nonblocking(true)?;
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    epoll::add(&epoll, &listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
    let mut limit = Limit {
        epoll,
        listener,
        peers: Vec::new(),
        free: Vec::new(),
        pending: Vec::new(),
        buffer: vec![0; 64 * 1024].into(),
    };
    let mut events = Vec::with_capacity(1024);
    loop {
        match epoll::wait(&limit.epoll, spare_capacity(&mut events), None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for event in events.drain(..) {
            let (mark, flags) = (event.data.u64(), event.flags);
            if mark == LISTENER {
                limit.accept()?;
                continue;
            }
            if flags.contains(EventFlags::OUT) {
                limit.write_waiting(mark as usize)?;
            }
            if flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR) {
                limit.read(mark as usize);
            }
        }
        limit.broadcast()?;
    }
}

impl Limit {
    fn accept(&mut self) -> io::Result<()> {
        loop {
            let stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
                Err(error) => return Err(error),
            };
            stream.set_nonblocking(true)?;
            stream.set_nodelay(true)?;
            let index = self.free.pop().unwrap_or_else(|| {
                self.peers.push(None);
                self.peers.len() - 1
            });
            epoll::add(&self.epoll, &stream, EventData::new_u64(index as u64), EventFlags::IN)?;
            self.peers[index] = Some(Peer { stream, is_in: false, waiting: Vec::new() });
        }
    }

    fn read(&mut self, index: usize) {
        let Some(peer) = &mut self.peers[index] else {
            return;
        };
        let bytes = match peer.stream.read(&mut self.buffer) {
            Ok(count @ 1..) => &self.buffer[..count],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
            Ok(0) | Err(_) => return self.forget(index),
        };
        if peer.is_in {
            self.pending.extend_from_slice(bytes);
        } else if let Some(end) = bytes.iter().position(|&byte| byte == b'\n') {
            peer.is_in = true;
            self.pending.extend_from_slice(&bytes[end + 1..]);
            if peer.stream.write(WELCOME).is_err() {
                self.forget(index);
            }
        }
    }

    fn broadcast(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        for index in 0..self.peers.len() {
            let Some(peer) = self.peers[index].as_mut().filter(|peer| peer.is_in) else {
                continue;
            };
            let taken = if peer.waiting.is_empty() {
                match peer.stream.write(&self.pending) {
                    Ok(taken) => taken,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
                    Err(_) => {
                        self.forget(index);
                        continue;
                    }
                }
            } else {
                0
            };
            if taken == self.pending.len() {
                continue;
            }
            if peer.waiting.is_empty() {
                let flags = EventFlags::IN | EventFlags::OUT;
                epoll::modify(&self.epoll, &peer.stream, EventData::new_u64(index as u64), flags)?;
            }
            peer.waiting.extend_from_slice(&self.pending[taken..]);
            if peer.waiting.len() > MAX_WAITING {
                self.forget(index);
            }
        }
        self.pending.clear();
        Ok(())
    }

    fn write_waiting(&mut self, index: usize) -> io::Result<()> {
        let Some(peer) = &mut self.peers[index] else {
            return Ok(());
        };
        match peer.stream.write(&peer.waiting) {
            Ok(taken) => drop(peer.waiting.drain(..taken)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => self.forget(index),
        }
        if let Some(peer) = self.peers[index].as_ref().filter(|peer| peer.waiting.is_empty()) {
            let mark = EventData::new_u64(index as u64);
            epoll::modify(&self.epoll, &peer.stream, mark, EventFlags::IN)?;
        }
        Ok(())
    }

    /// Closes a connection, which takes it out of the epoll set too.
    fn forget(&mut self, index: usize) {
        if self.peers[index].take().is_some() {
            self.free.push(index);
        }
    }
}

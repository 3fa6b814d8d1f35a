//! A crowd on one thread. The first of them counts messages; all others only throw away what comes.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::fd::OwnedFd;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::{Outcome, connect};

/// How people speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Text,
    Json,
    WebSocket,
}

/// Messages that are on the way at a time.
const IN_FLIGHT: u64 = 80;
/// Nothing more comes after so much silence: a large room tells how many are there once a second.
const SILENCE: Duration = Duration::from_millis(1500);

pub(crate) struct Crowd {
    address: SocketAddr,
    dialect: Dialect,
    epoll: Option<OwnedFd>,
    streams: Vec<TcpStream>,
    buffer: Vec<u8>,
    /// What came to the first and is not a whole message yet.
    rest: Vec<u8>,
    /// Messages that came to the first.
    heard: u64,
    said: u64,
    /// How long the last message was that came to the first.
    pub(crate) message_bytes: usize,
}

impl Crowd {
    pub(crate) fn new(address: SocketAddr, dialect: Dialect) -> Self {
        let buffer = vec![0; 256 * 1024];
        let (streams, rest) = (Vec::new(), Vec::new());
        let epoll = None;
        Self { address, dialect, epoll, streams, buffer, rest, heard: 0, said: 0, message_bytes: 0 }
    }

    /// Lets so many more in.
    pub(crate) fn join(&mut self, count: usize) -> Outcome<()> {
        for _ in 0..count {
            let mut stream = connect(self.address)?;
            let name = format!("m{}", self.streams.len());
            if self.dialect == Dialect::WebSocket {
                shake_hands(&mut stream)?;
            }
            let hello = match self.dialect {
                Dialect::Text => format!("{name}\n").into_bytes(),
                _ => self.framed(&format!("{{\"type\":\"hello\",\"name\":\"{name}\"}}")),
            };
            stream.write_all(&hello)?;
            stream.set_nonblocking(true)?;
            self.streams.push(stream);
            // Nobody is left with a full socket meanwhile.
            if self.streams.len().is_multiple_of(50) {
                self.watch()?;
                self.listen(Duration::from_millis(20))?;
            }
        }
        self.watch()
    }

    fn watch(&mut self) -> Outcome<()> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        for (index, stream) in self.streams.iter().enumerate() {
            epoll::add(&epoll, stream, EventData::new_u64(index as u64), EventFlags::IN)?;
        }
        self.epoll = Some(epoll);
        Ok(())
    }

    /// Waits until nothing comes any more, and counts from there.
    pub(crate) fn settle(&mut self) -> Outcome<()> {
        while self.turn(SILENCE)? {}
        self.rest.clear();
        (self.heard, self.said) = (0, 0);
        Ok(())
    }

    /// Takes what comes for a while.
    pub(crate) fn listen(&mut self, time: Duration) -> Outcome<()> {
        let end = Instant::now() + time;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            self.turn(left.max(Duration::from_millis(1)))?;
        }
        Ok(())
    }

    /// Has the first `talkers` talk in turn, so many messages being on the way, and says how many came back.
    pub(crate) fn talk(&mut self, talkers: usize, time: Duration) -> Outcome<u64> {
        let text = "x".repeat(64);
        let message = match self.dialect {
            Dialect::Text => format!("{text}\n").into_bytes(),
            _ => self.framed(&format!("{{\"type\":\"say\",\"text\":\"{text}\"}}")),
        };
        let (before, end) = (self.heard, Instant::now() + time);
        while Instant::now() < end {
            while self.said - self.heard < IN_FLIGHT {
                let talker = self.said as usize % talkers;
                self.streams[talker].write_all(&message)?;
                self.said += 1;
            }
            self.turn(Duration::from_millis(10))?;
        }
        while self.heard < self.said {
            if !self.turn(SILENCE)? {
                return Err(format!("{} of {} messages came", self.heard, self.said).into());
            }
        }
        Ok(self.heard - before)
    }

    fn framed(&self, text: &str) -> Vec<u8> {
        if self.dialect != Dialect::WebSocket {
            return format!("{text}\n").into_bytes();
        }
        // A mask of zeros changes nothing.
        let opcode = OpCode::Data(Data::Text);
        let header = FrameHeader { opcode, mask: Some([0; 4]), ..FrameHeader::default() };
        let mut frame = Vec::new();
        let _ = header.format(text.len() as u64, &mut frame);
        frame.extend_from_slice(text.as_bytes());
        frame
    }

    /// Waits, and takes what came. Says whether anything did.
    fn turn(&mut self, patience: Duration) -> Outcome<bool> {
        let Some(epoll) = &self.epoll else { return Ok(false) };
        let mut events = Vec::with_capacity(256);
        let patience = Timespec::try_from(patience)?;
        epoll::wait(epoll, spare_capacity(&mut events), Some(&patience))?;
        for event in &events {
            let index = event.data.u64() as usize;
            match self.streams[index].read(&mut self.buffer) {
                Ok(0) => return Err("the server has ended a connection".into()),
                Ok(count) if index == 0 => {
                    self.rest.extend_from_slice(&self.buffer[..count]);
                    self.count()?;
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(!events.is_empty())
    }

    /// Counts the whole messages that came to the first.
    fn count(&mut self) -> Outcome<()> {
        let mut at = 0;
        loop {
            let rest = &self.rest[at..];
            let length = match self.dialect {
                Dialect::WebSocket => {
                    let mut cursor = io::Cursor::new(rest);
                    let header = FrameHeader::parse(&mut cursor)?;
                    header.map(|(_, length)| cursor.position() as usize + length as usize)
                }
                _ => rest.iter().position(|&byte| byte == b'\n').map(|end| end + 1),
            };
            let Some(message) = length.and_then(|length| rest.get(..length)) else { break };
            if message.windows(8).any(|window| window == b"xxxxxxxx") {
                self.heard += 1;
                self.message_bytes = message.len();
            }
            at += message.len();
        }
        self.rest.drain(..at);
        Ok(())
    }
}

fn shake_hands(stream: &mut TcpStream) -> Outcome<()> {
    stream.write_all(
        b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    )?;
    let (mut answer, mut byte) = (Vec::new(), [0]);
    while !answer.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        answer.push(byte[0]);
    }
    match answer.starts_with(b"HTTP/1.1 101") {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&answer).into()),
    }
}

//! What tungstenite allows: one thread that reads messages of a crowd by epoll and writes each to everybody, and knows nothing else.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, EventData, EventFlags};
use tungstenite::protocol::Message;
use tungstenite::{Error, HandshakeError, WebSocket};

use crate::Outcome;

const LISTENER: u64 = u64::MAX;

pub(crate) fn serve(announce: impl Fn(SocketAddr) -> io::Result<()>) -> Outcome<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    announce(listener.local_addr()?)?;
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    epoll::add(&epoll, &listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
    let mut peers: Vec<WebSocket<TcpStream>> = Vec::new();
    let mut events = Vec::with_capacity(1024);
    loop {
        epoll::wait(&epoll, spare_capacity(&mut events), None)?;
        let mut said = Vec::new();
        for event in events.drain(..) {
            match event.data.u64() {
                LISTENER => {
                    let peer = accept(&listener)?;
                    let mark = EventData::new_u64(peers.len() as u64);
                    epoll::add(&epoll, peer.get_ref(), mark, EventFlags::IN)?;
                    peers.push(peer);
                }
                index => read(&mut peers[index as usize], &mut said)?,
            }
        }
        for peer in &mut peers {
            for message in &said {
                peer.write(Message::clone(message))?;
            }
            match peer.flush() {
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {}
                flushed => flushed?,
            }
        }
    }
}

fn accept(listener: &TcpListener) -> Outcome<WebSocket<TcpStream>> {
    let (stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    let peer = tungstenite::accept(stream).map_err(|error| match error {
        HandshakeError::Failure(error) => error.to_string(),
        HandshakeError::Interrupted(_) => "it was interrupted".into(),
    })?;
    peer.get_ref().set_nonblocking(true)?;
    Ok(peer)
}

fn read(peer: &mut WebSocket<TcpStream>, said: &mut Vec<Message>) -> Outcome<()> {
    loop {
        match peer.read() {
            // What only says hello is for nobody.
            Ok(message) if message.is_text() && message.len() > 60 => said.push(message),
            Ok(_) => {}
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

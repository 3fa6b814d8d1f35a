//! What rustls allows: one thread that reads lines of a crowd by epoll and writes all that came in one wait to everybody, in one record each, and knows nothing
//! else. It answers a first line as the server does, as far as the crowd listens.

use std::collections::HashMap;
use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::NoServerSessionStorage;
use rustls::{ServerConfig, ServerConnection};

const LISTENER: u64 = u64::MAX;
/// What somebody is told who has given a name.
const ENTERED: &[u8] = b"* you are in lobby\n* you are out of lobby\n";

struct Peer {
    stream: TcpStream,
    tls: ServerConnection,
    name: Option<String>,
    line: Vec<u8>,
}

pub(crate) fn serve(
    certificate: &Path,
    tickets: bool,
    announce: impl Fn(SocketAddr) -> io::Result<()>,
) -> Result<(), Box<dyn Error>> {
    let config = config(certificate, tickets)?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    announce(listener.local_addr()?)?;
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    epoll::add(&epoll, &listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
    let (mut peers, mut next) = (HashMap::<u64, Peer>::new(), 0);
    let mut events = Vec::with_capacity(1024);
    loop {
        epoll::wait(&epoll, spare_capacity(&mut events), None)?;
        let mut said = Vec::new();
        for event in events.drain(..) {
            let key = event.data.u64();
            if key == LISTENER {
                let (stream, _) = listener.accept()?;
                stream.set_nodelay(true)?;
                stream.set_nonblocking(true)?;
                epoll::add(&epoll, &stream, EventData::new_u64(next), EventFlags::IN)?;
                let tls = ServerConnection::new(config.clone())?;
                peers.insert(next, Peer { stream, tls, name: None, line: Vec::new() });
                next += 1;
            } else if peers.get_mut(&key).is_some_and(|peer| peer.read(&mut said).is_err()) {
                peers.remove(&key);
            }
        }
        if !said.is_empty() {
            peers.retain(|_, peer| peer.name.is_none() || peer.tell(&said).is_ok());
        }
    }
}

/// As the server has it, or with tickets to resume by, for which it keeps nothing.
pub(crate) fn config(
    certificate: &Path,
    tickets: bool,
) -> Result<Arc<ServerConfig>, Box<dyn Error>> {
    let pem = std::fs::read(certificate)?;
    let chain = vec![CertificateDer::from_pem_slice(&pem)?];
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_slice(&pem)?)?;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = usize::from(tickets);
    if tickets {
        config.ticketer = ring::Ticketer::new()?;
    }
    Ok(Arc::new(config))
}

impl Peer {
    /// Reads what is there; what was said is for everybody.
    fn read(&mut self, said: &mut Vec<u8>) -> io::Result<()> {
        if self.tls.read_tls(&mut self.stream)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.tls.process_new_packets().map_err(io::Error::other)?;
        let mut read = Vec::new();
        match self.tls.reader().read_to_end(&mut read) {
            Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
            _ => {}
        }
        self.line.extend_from_slice(&read);
        let mut rest = &self.line[..];
        let mut answer: &[u8] = b"";
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            let line = &rest[..end];
            rest = &rest[end + 1..];
            match &self.name {
                None => {
                    self.name = Some(String::from_utf8_lossy(line).into_owned());
                    answer = ENTERED;
                }
                Some(_) if line.starts_with(b"!") => {}
                Some(name) => said.extend([name.as_bytes(), b": ", line, b"\n"].concat()),
            }
        }
        self.line = rest.to_vec();
        self.tell(answer)
    }

    /// Sends as much as is taken. Whoever reads too slowly for the benchmark is told the rest with what comes next.
    fn tell(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.tls.writer().write_all(bytes)?;
        while self.tls.wants_write() {
            match self.tls.write_tls(&mut self.stream) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                written => written?,
            };
        }
        Ok(())
    }
}

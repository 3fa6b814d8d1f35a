//! Connections that come through a proxy which the settings trust: the header that says from where is read first, before anybody counts them
//! as a person's.

use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use async_executor::Task;
use async_io::{Async, Timer};
use futures_lite::future::FutureExt;

use super::{Acceptor, refuse};
use crate::io::proxy_header::{self, Header};
use crate::protocol::limit_hit::LimitHit;
use crate::protocol::peer::Peer;
use crate::state::adopt::Incoming;

/// How long a proxy may take to send its header; they send it with the first bytes.
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections of which the header may be awaited at once.
const AWAITED: usize = 1024;

/// The connections of a listener of which the header is awaited. Dropping it drops them.
#[derive(Default)]
pub(super) struct Awaited {
    tasks: Vec<Task<()>>,
    /// At so many, those that have ended are cleared away; twice as many as were left the last time, so that this costs little.
    clear_at: usize,
}

/// Bytes that were read, and what they say of the client.
struct Heard {
    /// `None` for the proxy itself.
    client: Option<SocketAddr>,
    is_encrypted: bool,
    /// What the client sent already.
    rest: Vec<u8>,
}

impl Awaited {
    /// Whether one more may be awaited.
    fn has_room(&mut self) -> bool {
        if self.tasks.len() >= self.clear_at {
            self.tasks.retain(|task| !task.is_finished());
            self.clear_at = (2 * self.tasks.len()).clamp(16, AWAITED);
        }
        self.tasks.len() < AWAITED
    }
}

impl Acceptor {
    /// Whether a connection from there comes through a trusted proxy.
    pub(super) fn is_proxy(&self, address: SocketAddr) -> bool {
        let settings = self.handle.shared.settings();
        settings.server.proxies.iter().any(|network| network.contains(address.ip()))
    }

    /// Has the header of a proxy read, and opens the connection as that of whom it names.
    pub(super) fn await_header(
        &self,
        stream: Async<TcpStream>,
        proxy: SocketAddr,
        protocol: Option<String>,
        awaited: &mut Awaited,
    ) {
        let shared = &self.handle.shared;
        if !awaited.has_room() {
            shared.counters.limit_hit(LimitHit::ProxyHeader, proxy);
            let text = "too many connections wait for their PROXY header; try again later";
            return refuse(stream.get_ref(), text);
        }
        // Until it is known whose it is it counts among all.
        let permit = match self.limiter.admit(None, &shared.settings().limits, Instant::now()) {
            Ok((permit, _)) => permit,
            Err(refusal) => {
                shared.counters.limit_hit(refusal.hit, proxy);
                return refuse(stream.get_ref(), &refusal.text);
            }
        };
        let acceptor = self.clone();
        let open = async move {
            let heard = heard_in_time(&stream).await;
            drop(permit);
            acceptor.open_for_client(stream, proxy, protocol, heard).await;
        };
        // Ends in time, and at the latest with its listener.
        awaited.tasks.push(self.shards[0].executor.spawn(open));
    }

    async fn open_for_client(
        &self,
        stream: Async<TcpStream>,
        proxy: SocketAddr,
        protocol: Option<String>,
        heard: Result<Option<Heard>, String>,
    ) {
        let stream = match stream.into_inner() {
            Ok(stream) => stream,
            Err(error) => return self.say_what_failed(Err(error.into())),
        };
        match heard {
            Ok(Some(Heard { client, is_encrypted, rest })) => {
                let peer = Peer::Network(client.unwrap_or(proxy));
                let mut incoming = Incoming::tcp(stream, peer).received(rest);
                (incoming.is_encrypted, incoming.protocol) = (is_encrypted, protocol);
                self.say_what_failed(self.open(incoming).await);
            }
            // Whoever looks whether the port is open.
            Ok(None) => {}
            Err(why) => {
                self.handle.shared.counters.limit_hit(LimitHit::ProxyHeader, proxy);
                let proxy = proxy.ip().to_canonical();
                let text =
                    format!("{why}; {proxy} is one of `server.proxies`, which have to send one");
                refuse(&stream, &text);
            }
        }
    }
}

/// Reads the header, or says what is wrong; nothing, where nothing came at all.
async fn heard_in_time(stream: &Async<TcpStream>) -> Result<Option<Heard>, String> {
    let late = async {
        Timer::after(HEADER_TIMEOUT).await;
        Err(format!("no PROXY header came within {} s", HEADER_TIMEOUT.as_secs()))
    };
    heard(stream).or(late).await
}

async fn heard(stream: &Async<TcpStream>) -> Result<Option<Heard>, String> {
    let mut received = Vec::new();
    let mut buffer = [0; 512];
    loop {
        let read = stream.read_with(|mut stream: &TcpStream| stream.read(&mut buffer)).await;
        let count = read.map_err(|error| error.to_string())?;
        received.extend_from_slice(&buffer[..count]);
        match Header::parse(&received).map_err(|error| error.to_string())? {
            Header::Whole { client, is_encrypted, length } => {
                return Ok(Some(Heard { client, is_encrypted, rest: received.split_off(length) }));
            }
            Header::Partial if received.is_empty() => return Ok(None),
            Header::Partial if count == 0 => return Err("it ended within its PROXY header".into()),
            Header::Partial => debug_assert!(received.len() < proxy_header::LONGEST),
        }
    }
}

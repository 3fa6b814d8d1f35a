//! Accepts connections, refuses what is too many, and hands the rest to sessions.

mod limiter;
mod newcomers;
mod proxied;

use std::fs::File;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_io::Async;
use async_io::Timer;
use futures_lite::future::FutureExt;
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use crate::protocol::limit_hit::LimitHit;

use crate::connection::session::{Attempts, Handshakes, Session};
use crate::dialect::Opening;
use crate::io::shard::Shard;
use crate::io::transport::{Tcp, Transport};
use crate::protocol::error::Closed;
use crate::protocol::peer::Peer;
use crate::state::adopt::{Adopt, AdoptError, Adopting, Incoming, Stream};
use crate::state::handle::Handle;
use crate::state::inbox::{Arrival, Inbox, StopPermit};
use crate::state::shared::AddedProtocol;

use limiter::ConnectionLimiter;
pub(crate) use limiter::{Admitted, Buckets, ConnectionPermit, SharedBucket, TooMany};
pub(crate) use newcomers::Rank;
use proxied::Awaited;

/// Connections that the kernel completes while we are busy; a class that joins at once is more than the usual 128.
const BACKLOG: i32 = 4096;
/// How long connections are accepted at a time, a few of them; then everything else that waits for this thread has its turn, the hub above all. More than one,
/// because who goes first in what follows is known of those alone that were accepted.
const AT_A_TIME: Duration = Duration::from_micros(100);
/// How long a failing accept waits before it tries again.
const RETRY: Duration = Duration::from_millis(100);

/// What a listener needs to make sessions.
#[derive(Debug, Clone)]
pub(crate) struct Acceptor {
    pub(crate) handle: Handle,
    limiter: Arc<ConnectionLimiter>,
    /// Wrong passwords, of all sessions.
    attempts: Arc<Attempts>,
    /// Those of each shard.
    handshakes: Arc<[Arc<Handshakes>]>,
    pub(crate) shards: Vec<Shard>,
    permit: StopPermit,
}

/// Why an address could not be listened on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// An address that is none, or that the system does not know.
    #[error(
        "cannot listen on `{address}`: {source}; give an address with port such as 0.0.0.0:53000"
    )]
    Address {
        /// As it was given.
        address: String,
        /// What the system says.
        source: io::Error,
    },
    /// Somebody listens there already.
    #[error("port {} is in use on {}; another server runs there, so stop it or choose another port", .0.port(), .0.ip())]
    InUse(SocketAddr),
}

/// Binds every address that is configured, or none.
pub(crate) fn bind(addresses: &[String]) -> Result<Vec<Async<TcpListener>>, ListenError> {
    let mut resolved = Vec::new();
    for address in addresses {
        let wrong = |source| ListenError::Address { address: address.clone(), source };
        resolved.extend(address.to_socket_addrs().map_err(wrong)?);
    }
    resolved.iter().map(|address| bind_one(*address, &resolved)).collect()
}

/// Takes a listener that somebody else bound.
pub(crate) fn adopt(listener: TcpListener) -> Result<Async<TcpListener>, ListenError> {
    let address = listener.local_addr().map_or("a listener".into(), |address| address.to_string());
    Async::new(listener).map_err(|source| ListenError::Address { address, source })
}

fn bind_one(address: SocketAddr, all: &[SocketAddr]) -> Result<Async<TcpListener>, ListenError> {
    let bound = || {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        if address.is_ipv6() {
            // `[::]` takes IPv4 too, unless that has a listener of its own.
            let separate =
                all.iter().any(|other| other.is_ipv4() && other.port() == address.port());
            socket.set_only_v6(separate)?;
        }
        // A server that was stopped a moment ago does not keep its port from the next.
        #[cfg(unix)]
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Async::new(TcpListener::from(socket))
    };
    bound().map_err(|source: io::Error| match source.kind() {
        io::ErrorKind::AddrInUse => ListenError::InUse(address),
        _ => ListenError::Address { address: address.to_string(), source },
    })
}

impl Acceptor {
    pub(crate) fn new(handle: Handle, shards: Vec<Shard>, permit: StopPermit) -> Self {
        let (limiter, attempts) = (Arc::default(), Arc::default());
        let of_shard = |shard: &Shard| Arc::new(Handshakes::new(shard.reactor.clone()));
        let handshakes = shards.iter().map(of_shard).collect();
        Self { handle, limiter, attempts, handshakes, shards, permit }
    }

    /// Accepts until it is cancelled, all in the same protocol if there is one.
    pub(crate) async fn accept(self, listener: Async<TcpListener>, protocol: Option<String>) {
        // Given up for a moment when the system has no other, to tell the newcomer instead of leaving it hanging.
        let mut spare = File::open("/dev/null").ok();
        let mut awaited = Awaited::default();
        let mut since = Instant::now();
        loop {
            // While more connections wait there is nothing else to wait for: in a storm this would go on for as long as that does.
            if since.elapsed() >= AT_A_TIME {
                self.shards[0].reactor.next_look().await;
                since = Instant::now();
            }
            match listener.accept().await {
                Ok((stream, address)) if self.is_proxy(address) => {
                    self.await_header(stream, address, protocol.clone(), &mut awaited);
                }
                Ok((stream, address)) => self.say_what_failed(match stream.into_inner() {
                    Ok(stream) => {
                        let mut incoming = Incoming::tcp(stream, Peer::Network(address));
                        incoming.protocol = protocol.clone();
                        self.open(incoming).await
                    }
                    Err(error) => Err(error.into()),
                }),
                Err(error) if is_out_of_files(&error) => {
                    self.handle.shared.counters.limit_hit(LimitHit::OpenFiles, "a newcomer");
                    if let Some(meanwhile) = self.handle.shared.counters.trouble() {
                        tracing::warn!(
                            meanwhile,
                            "out of file descriptors; newcomers are refused (raise `ulimit -n`)"
                        );
                    }
                    drop(spare.take());
                    match listener.get_ref().accept() {
                        Ok((stream, _)) => refuse(&stream, "the server is full; try again later"),
                        Err(_) => {
                            Timer::after(RETRY).await;
                        }
                    }
                    spare = File::open("/dev/null").ok();
                }
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    if let Some(meanwhile) = self.handle.shared.counters.trouble() {
                        tracing::warn!(%error, meanwhile, "a connection could not be accepted");
                    }
                    Timer::after(RETRY).await;
                }
            }
        }
    }

    /// Makes a session of a connection, or says why not: a limit by address or in all, an unknown protocol, a socket that cannot be watched.
    async fn open(&self, incoming: Incoming) -> Result<(), AdoptError> {
        let Incoming { stream, peer, is_encrypted, protocol, received } = incoming;
        let shared = &self.handle.shared;
        let protocol = self.protocol(protocol);
        let may_visit = self.may_visit(protocol.as_ref().ok().and_then(Option::as_ref));
        let admitted = match self.admit(peer, may_visit) {
            Ok(admitted) => admitted,
            Err(refusal) => {
                shared.counters.limit_hit(refusal.hit, peer);
                let text = refusal.text.clone();
                if let Stream::Tcp(stream) = &stream {
                    let opened = protocol
                        .ok()
                        .flatten()
                        .map(|added| added.protocol.open(peer, false, &shared.settings().limits));
                    match opened {
                        Some(Opening::Dialect { dialect, .. }) => {
                            tell(stream, &refusal.told_in(&*dialect));
                        }
                        _ => refuse(stream, &text),
                    }
                }
                return Err(AdoptError::Limit(text));
            }
        };
        let protocol = protocol?;
        let seat = shared.fanout.seat();
        let shard = &self.shards[seat.shard()];
        let socket: Arc<dyn Transport> = match stream {
            Stream::Tcp(stream) => Arc::new(Tcp::new(stream, shard.reactor.clone())?),
            Stream::Transport(transport) => transport,
        };
        let outbox = shared.outbox(seat.shard(), socket);
        if is_encrypted {
            outbox.wire.set_encrypted();
        }
        if !may_visit {
            let arrival = Arrival { outbox: outbox.clone(), peer };
            self.handle.inbox.send(Inbox::Connect(arrival)).await.map_err(|_| Closed)?;
        }
        let (attempts, handshakes) = (self.attempts.clone(), self.handshakes[seat.shard()].clone());
        let mut session =
            Session::new(outbox, &self.handle, peer, attempts, handshakes, admitted, !may_visit);
        session.begin(protocol.as_ref(), &received);
        let held = (seat, self.permit.clone());
        let run = async move {
            session.run().await;
            drop(held);
        };
        // Ends with its connection; a stop of the server waits for its permit and then abandons it.
        shard.executor.spawn(run).detach();
        Ok(())
    }

    /// A connection was opened, or why not; who hit a limit was told.
    fn say_what_failed(&self, opened: Result<(), AdoptError>) {
        if let Err(AdoptError::Io(error)) = opened
            && let Some(meanwhile) = self.handle.shared.counters.trouble()
        {
            tracing::warn!(%error, meanwhile, "a connection could not be watched and was dropped");
        }
    }

    /// The protocol that was asked for by name.
    fn protocol(&self, name: Option<String>) -> Result<Option<AddedProtocol>, AdoptError> {
        let Some(name) = name else { return Ok(None) };
        let protocols = self.handle.shared.protocols();
        let found = protocols.iter().find(|added| added.protocol.name() == name);
        found.cloned().map(Some).ok_or(AdoptError::NoSuchProtocol(name))
    }

    /// Whether a connection may turn out to visit only: by the protocol that was asked for, or any of those that its first bytes choose from.
    fn may_visit(&self, protocol: Option<&AddedProtocol>) -> bool {
        match protocol {
            Some(added) => added.protocol.takes_visits(),
            None => {
                let protocols = self.handle.shared.protocols();
                protocols.iter().any(|added| added.protocol.takes_visits())
            }
        }
    }

    fn admit(&self, peer: Peer, may_visit: bool) -> Result<Admitted, TooMany> {
        let settings = self.handle.shared.settings();
        let (address, limits, now) = (peer.address(), &settings.limits, Instant::now());
        if may_visit {
            return self.limiter.admit_or_visit(address, limits, now);
        }
        let (permit, buckets) = self.limiter.admit(address, limits, now)?;
        Ok(Admitted { permit, buckets, refusal: None })
    }
}

impl Adopt for Acceptor {
    fn adopt(&self, incoming: Incoming) -> Adopting<'_> {
        Box::pin(self.open(incoming))
    }

    fn accept(&self, listener: TcpListener, protocol: Option<String>) -> Adopting<'_> {
        // It ends with the hub, or it would hold up the end of the server.
        let ended = async {
            self.handle.inbox.closed().await;
            Ok(())
        };
        Box::pin(async move {
            let accept = self.clone().accept(Async::new(listener)?, protocol);
            let accept = async {
                accept.await;
                Ok(())
            };
            accept.or(ended).await
        })
    }
}

/// Tells somebody who is not let in why, if they take one line at once.
fn refuse(stream: &TcpStream, text: &str) {
    tell(stream, format!("! {text}\n").as_bytes());
}

/// Sends as much as is taken at once to somebody who is not let in.
fn tell(mut stream: &TcpStream, bytes: &[u8]) {
    let _ = SockRef::from(stream).set_nonblocking(true);
    let _ = stream.write(bytes);
}

fn is_out_of_files(error: &io::Error) -> bool {
    const EMFILE: i32 = 24;
    const ENFILE: i32 = 23;
    matches!(error.raw_os_error(), Some(EMFILE | ENFILE))
}

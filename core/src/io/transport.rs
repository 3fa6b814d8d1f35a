//! The seam to sockets: bytes in and out, without waiting, and a way to be told when it is worth another try. A transport
//! knows no room and no dialect. TCP is here; TLS and others plug in beside it.

use std::fmt::Debug;
use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

use crate::io::reactor::{Reactor, Watched};

/// A connection's bytes, without waiting for any.
///
/// Reading and the two `poll_…` are called by the one task of the connection; writing by whoever has something for it, one at a time. All return at
/// once. A transport that is laid over another (see [`Opening::Transport`](crate::dialect::Opening::Transport)) passes on what it is polled for.
pub trait Transport: Debug + Send + Sync {
    /// Reads what is there; 0 at the end.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is there, and `InvalidData` when what came breaks the rules of the transport.
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize>;

    /// Writes as much as is taken. What was not taken is offered again, the same bytes first, until it was or the connection is over.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is taken.
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Ready when a read may bring something. One task waits at a time: the session.
    fn poll_readable(&self, context: &mut Context<'_>) -> Poll<()>;

    /// Ready when a write may take something. One task waits at a time: the session.
    fn poll_writable(&self, context: &mut Context<'_>) -> Poll<()>;

    /// Whether nobody on the way can read what passes. By default not.
    fn is_encrypted(&self) -> bool {
        false
    }

    /// The SHA-256 of the certificate, in DER, that the peer has shown and has the key of. By default it has shown none.
    fn certificate(&self) -> Option<[u8; 32]> {
        None
    }

    /// Whether it is still settled with the peer how to speak, so that nothing may be written yet; reading goes on with it. By default not.
    fn is_handshaking(&self) -> bool {
        false
    }

    /// Ends what is written; reading goes on until the peer ends, too. By default it ends both.
    fn finish(&self) {
        self.shutdown();
    }

    /// Ends both directions.
    fn shutdown(&self);
}

/// How long the peer may leave unacknowledged what was sent to it before the connection counts as broken; the system alone would try for a quarter
/// of an hour.
#[cfg(any(target_os = "linux", target_os = "android"))]
const UNACKNOWLEDGED: Duration = Duration::from_secs(75);

/// TCP, unencrypted.
#[derive(Debug)]
pub(crate) struct Tcp(Watched);

impl Tcp {
    /// Prepares an accepted connection: what is gathered leaves at once, and a peer whose cable was pulled is noticed.
    ///
    /// # Errors
    /// When the system cannot watch any more sockets.
    pub(crate) fn new(stream: TcpStream, reactor: Arc<Reactor>) -> io::Result<Self> {
        let keepalive = TcpKeepalive::new()
            .with_time(Duration::from_secs(60))
            .with_interval(Duration::from_secs(15));
        let socket = SockRef::from(&stream);
        // None is worth refusing anybody for.
        let options = socket.set_tcp_nodelay(true);
        let options = options.and_then(|()| socket.set_tcp_keepalive(&keepalive));
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let options = options.and_then(|()| socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED)));
        if let Err(error) = options {
            tracing::debug!(%error, "a socket option was not taken");
        }
        Watched::new(stream, reactor).map(Self)
    }
}

impl Transport for Tcp {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer, |mut socket, buffer| retry(|| socket.read(buffer)))
    }

    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.write(|mut socket| match slices {
            // `send` is cheaper than `writev`.
            [slice] => retry(|| socket.write(slice)),
            slices => retry(|| write_vectored(socket, slices)),
        })
    }

    fn poll_readable(&self, context: &mut Context<'_>) -> Poll<()> {
        self.0.poll_readable(context)
    }

    fn poll_writable(&self, context: &mut Context<'_>) -> Poll<()> {
        self.0.poll_writable(context)
    }

    fn finish(&self) {
        let _ = self.0.stream().shutdown(Shutdown::Write);
    }

    fn shutdown(&self) {
        // A peer that is gone already is no news.
        let _ = self.0.stream().shutdown(Shutdown::Both);
    }
}

/// A transport for somebody in this process, who takes events as values and needs no bytes.
#[derive(Debug)]
pub(crate) struct InProcess;

impl Transport for InProcess {
    fn read(&self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }

    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(slices.iter().map(|slice| slice.len()).sum())
    }

    fn poll_readable(&self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }

    fn poll_writable(&self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }

    fn shutdown(&self) {}
}

/// Writes several slices at once. Not `writev`, which sends SIGPIPE where the peer has reset: that would end the whole program, unless it ignores
/// the signal, and a library does not change that.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn write_vectored(socket: &TcpStream, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    const MSG_NOSIGNAL: i32 = 0x4000;
    SockRef::from(socket).send_vectored_with_flags(slices, MSG_NOSIGNAL)
}

/// Writes several slices at once; the standard library has set the socket up so that no signal is sent.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn write_vectored(mut socket: &TcpStream, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    socket.write_vectored(slices)
}

fn retry(mut attempt: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match attempt() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

    #[test]
    fn a_peer_that_acknowledges_nothing_is_gone_within_two_minutes() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let _far = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (near, _) = listener.accept().unwrap();
        let same = near.try_clone().unwrap();
        let _tcp = Tcp::new(near, Arc::new(Reactor::new().unwrap())).unwrap();
        let socket = SockRef::from(&same);
        let gone_after = socket.tcp_user_timeout().unwrap().unwrap();
        assert!(gone_after <= Duration::from_secs(120), "{gone_after:?}");
        let idle =
            socket.tcp_keepalive_time().unwrap() + 3 * socket.tcp_keepalive_interval().unwrap();
        assert!(socket.keepalive().unwrap() && idle <= Duration::from_secs(120), "{idle:?}");
    }
}

//! Connects to an address, whatever it takes to find out where that is.

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};

use async_io::Async;
use futures_lite::io::{AsyncRead, AsyncWrite};

use super::Problem;
use crate::io::thread;

/// A connection, of which one half is read while the other is written.
pub(super) type Halves = (Reading, Writing);
pub(super) type Reading = Box<dyn AsyncRead + Send + Unpin>;
pub(super) type Writing = Box<dyn AsyncWrite + Send + Unpin>;

/// Takes the socket, or what is laid over it, apart.
pub(super) fn halves(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Halves {
    let (from_server, to_server) = futures_lite::io::split(stream);
    (Box::new(from_server), Box::new(to_server))
}

/// Tries all that the address stands for, one after the other.
pub(super) async fn dial(address: String) -> Result<Async<TcpStream>, Problem> {
    let resolved = resolve(address.clone()).await;
    let Some(addresses) = resolved.ok().filter(|addresses| !addresses.is_empty()) else {
        return Err(Problem::NoSuchHost(address));
    };
    let mut problem = Problem::TimedOut(address.clone());
    for candidate in addresses {
        match Async::<TcpStream>::connect(candidate).await {
            Ok(stream) => {
                // A line is sent whole; waiting for more would only be felt.
                let _ = stream.get_ref().set_nodelay(true);
                return Ok(stream);
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                problem = Problem::Refused(address.clone());
            }
            Err(error) => problem = Problem::Lost(error.to_string()),
        }
    }
    Err(problem)
}

/// Asks the system for the addresses of a host, which may take its time.
async fn resolve(address: String) -> io::Result<Vec<SocketAddr>> {
    let resolve = move || address.to_socket_addrs().map(Vec::from_iter);
    let answer = thread::answer("resolve", resolve)?;
    answer.recv().await.unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
}

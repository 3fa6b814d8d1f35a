//! Connections that somebody else accepted come in through a handle.

use crate::protocol::error::Closed;
use crate::state::adopt::{AdoptError, Incoming};
use crate::state::handle::Handle;

impl Handle {
    /// Takes over a connection that was accepted elsewhere. From here on it is one like all others: limits, bans, the password and the gates hold,
    /// and its first bytes choose how it is spoken to, unless [`Incoming::protocol`] says so.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use std::net::TcpListener;
    /// use salotto::{Incoming, Peer, Server};
    ///
    /// let server = Server::builder().listen(Vec::<String>::new()).start()?;
    /// let listener = TcpListener::bind("127.0.0.1:0")?;
    /// # let guest = std::net::TcpStream::connect(listener.local_addr()?)?;
    /// let (stream, address) = listener.accept()?;
    /// server.handle().adopt(Incoming::tcp(stream, Peer::Network(address))).await?;
    /// # drop(guest);
    /// server.stop().await;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// When a limit by address or in all is hit, the protocol is unknown, or the server has stopped. The connection is closed then.
    pub async fn adopt(&self, incoming: Incoming) -> Result<(), AdoptError> {
        let adopter = self.shared.adopter().ok_or(Closed)?;
        adopter.adopt(incoming).await
    }
}

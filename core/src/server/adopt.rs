//! Connections that somebody else accepted, and listeners that somebody else bound, come in through a handle.

use std::net::TcpListener;

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

    /// Accepts the connections of a listener as those of the server's own addresses, until the server has stopped or this is dropped: the header of one of
    /// `server.proxies` is read, and limits, bans, the password and the gates hold. Each speaks this protocol of a plugin
    /// ([`Protocol::name`](crate::dialect::Protocol::name)) whatever its first bytes look like, and is closed where there is none of that name; without one they choose.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use std::net::TcpListener;
    /// use salotto::Server;
    ///
    /// let server = Server::builder().listen(["127.0.0.1:0"]).start()?;
    /// let another = TcpListener::bind("127.0.0.1:0")?;
    /// let accepting = smol::spawn({
    ///     let handle = server.handle();
    ///     async move { handle.accept(another, None).await }
    /// });
    /// server.stop().await;
    /// accepting.await?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// When the system cannot watch the listener, or the server has stopped before.
    pub async fn accept(
        &self,
        listener: TcpListener,
        protocol: Option<&str>,
    ) -> Result<(), AdoptError> {
        let adopter = self.shared.adopter().ok_or(Closed)?;
        adopter.accept(listener, protocol.map(Into::into)).await
    }
}

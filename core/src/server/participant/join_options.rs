//! How code joins.

use crate::protocol::peer::Peer;
use crate::protocol::settings::Rate;

/// How somebody joins from code, for [`Handle::join_with`](crate::Handle::join_with). The default is what [`Handle::join`](crate::Handle::join) does:
/// from this process, into the default room, at any rate.
///
/// ```
/// # smol::block_on(async {
/// use salotto::protocol::Rate;
/// use salotto::{JoinOptions, Peer, Server};
///
/// let server = Server::builder().listen(["127.0.0.1:0"]).start()?;
/// // Somebody who came over a bridge: bans and floods see where they are.
/// let options = JoinOptions::default()
///     .peer(Peer::Network("192.0.2.7:4711".parse()?))
///     .rooms(["lobby", "dev"])
///     .rate(Rate { burst: 10, per_second: 2.0 });
/// let ada = server.handle().join_with("ada", options).await?;
/// assert_eq!(server.handle().rooms().await?.len(), 2);
/// ada.leave().await;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
#[must_use = "it is for `Handle::join_with`"]
pub struct JoinOptions {
    /// Where it says that it comes from: what plugins see and ban by. The limits of the listener (`limits.connections…`) are not asked.
    pub peer: Peer,
    /// The rooms it wants into, in order; the last one is where a line without a room goes. None at all: the default room. A room that it is not let into is
    /// told as [`Event::Error`](crate::Event::Error), and it stays connected.
    pub rooms: Vec<String>,
    /// How fast it may ask for things; what is beyond it waits. `None`: as fast as the hub takes it. `limits.rate` is for sockets and not asked.
    pub rate: Option<Rate>,
}

impl Default for JoinOptions {
    fn default() -> Self {
        Self { peer: Peer::Local, rooms: Vec::new(), rate: None }
    }
}

impl JoinOptions {
    /// Says where it comes from.
    pub fn peer(mut self, peer: Peer) -> Self {
        self.peer = peer;
        self
    }

    /// Says into which rooms it wants, in place of the default room.
    pub fn rooms<R: Into<String>>(mut self, rooms: impl IntoIterator<Item = R>) -> Self {
        self.rooms = rooms.into_iter().map(Into::into).collect();
        self
    }

    /// Says how fast it may ask for things; `None` lifts it. A burst of 0 counts as 1, and a rate that is not above 0 as one line a day.
    pub fn rate(mut self, rate: impl Into<Option<Rate>>) -> Self {
        self.rate = rate.into();
        self
    }
}

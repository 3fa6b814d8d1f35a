//! One person, or one connection that may become one.

use std::fmt;
use std::net::{AddrParseError, IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::command::Role;
use crate::event::Timestamp;
use crate::name::Name;
use crate::outlet::Outlet;
use crate::room::RoomId;

/// Refers to a connection for as long as the house runs; never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MemberId(pub(crate) u64);

impl fmt::Display for MemberId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Where somebody comes from. Written as it is shown: `192.0.2.7:4711`, `[::1]:4711` or `local`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
#[non_exhaustive]
pub enum Peer {
    /// Through the network.
    Network(SocketAddr),
    /// From code in this process.
    Local,
}

impl Peer {
    /// What counts as one address where limits are counted by address: IPv4 whole, IPv6 by the /64 that one customer has. `None` for code in this
    /// process.
    pub fn network(self) -> Option<IpAddr> {
        match self {
            Self::Network(address) => Some(crate::listener::network(address.ip())),
            Self::Local => None,
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(address) => address.fmt(formatter),
            Self::Local => formatter.write_str("local"),
        }
    }
}

impl From<Peer> for String {
    fn from(peer: Peer) -> Self {
        peer.to_string()
    }
}

impl TryFrom<String> for Peer {
    type Error = AddrParseError;

    fn try_from(text: String) -> Result<Self, AddrParseError> {
        if text == "local" { Ok(Self::Local) } else { text.parse().map(Self::Network) }
    }
}

/// What the hub knows of a connection.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) id: MemberId,
    /// Where what it is told goes.
    pub(crate) outlet: Arc<Outlet>,
    pub(crate) peer: Peer,
    /// `None` until a name was accepted.
    pub(crate) name: Option<Name>,
    pub(crate) role: Role,
    /// The role that comes with the name: that of a member, or what a connection had that this one takes over from.
    pub(crate) role_with_name: Role,
    /// Under which account it is logged in.
    pub(crate) account: Option<String>,
    /// In the order of entering. The last one entered is where a line without a room goes.
    pub(crate) rooms: Vec<RoomId>,
    /// Which of `rooms` a line without a room goes to.
    pub(crate) current: Option<RoomId>,
    pub(crate) since: Timestamp,
    /// When it last asked for something; `None` before that.
    pub(crate) last_asked: Option<Instant>,
    pub(crate) messages: u64,
    /// Told to the member alone; whoever brings it back is the same person.
    pub(crate) token: u128,
    /// Lines that were tried as a name.
    pub(crate) name_tries: usize,
}

impl Member {
    /// A connection that has given no name yet.
    pub(crate) fn new(outlet: Arc<Outlet>, peer: Peer, since: Timestamp) -> Self {
        Self {
            id: outlet.id(),
            outlet,
            peer,
            name: None,
            role: Role::Guest,
            role_with_name: Role::Member,
            account: None,
            rooms: Vec::new(),
            current: None,
            since,
            last_asked: None,
            messages: 0,
            token: random_token(),
            name_tries: 0,
        }
    }
}

/// 128 bits that nobody can guess: SipHash under keys that the system made at random, which is what the standard library has.
fn random_token() -> u128 {
    use std::hash::{BuildHasher, RandomState};
    let half = || u128::from(RandomState::new().hash_one(0));
    half() << 64 | half()
}

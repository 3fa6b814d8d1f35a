//! Members and rooms, as they are listed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::protocol::fingerprint::Fingerprint;
use crate::protocol::ids::MemberId;
use crate::protocol::name::{Name, RoomName};
use crate::protocol::peer::Peer;
use crate::protocol::role::Role;
use crate::protocol::timestamp::Timestamp;

/// One member as plugins see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MemberInfo {
    /// Refers to it.
    pub id: MemberId,
    /// `None` until a name was accepted.
    pub name: Option<Name>,
    /// What it may do.
    pub role: Role,
    /// Under which account it is logged in, which need not be its name.
    pub account: Option<String>,
    /// Where it comes from.
    pub peer: Peer,
    /// Whether the connection is encrypted: by TLS here, or as far as a proxy that the settings trust.
    #[serde(default)]
    pub encrypted: bool,
    /// The client's own certificate, where the server asks for one: by its fingerprint it is known again, and whoever has connected has its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Fingerprint>,
    /// When it connected.
    pub since: Timestamp,
    /// How many messages it has said.
    pub messages: u64,
    /// For how long it has asked for nothing; in seconds where it is written as JSON.
    #[serde(with = "crate::protocol::durations::seconds")]
    pub idle: Duration,
    /// The rooms it is in, in the order of entering.
    pub rooms: Vec<RoomName>,
    /// The room where a line without a room goes.
    pub current: Option<RoomName>,
}

impl MemberInfo {
    /// Whether nobody on the way can read what it says: it is encrypted, or does not leave this machine.
    pub fn is_confidential(&self) -> bool {
        self.encrypted || self.peer.is_here()
    }
}

/// One room in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RoomInfo {
    /// What it is called.
    pub room: RoomName,
    /// What it is about; may be empty.
    pub topic: String,
    /// How many are in it.
    pub members: usize,
    /// Whether those outside may not see who is in it and what it is about, as in a locked one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// Whether only those join it who were let in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub locked: bool,
    /// Whether only moderators speak in it at the moment, and who has [a voice](crate::Context::show_voiced).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hushed: bool,
}

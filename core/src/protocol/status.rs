//! How a server is doing, at one moment.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

#[cfg(feature = "tls")]
use crate::protocol::certificate::Certificate;
use crate::protocol::ids::EntryId;
use crate::protocol::limit_hit::LimitHit;
use crate::protocol::plugin_info::PluginInfo;
use crate::protocol::timestamp::Timestamp;

/// What stands where a list is empty.
pub(crate) const NONE: &str = "none";

/// How a server is doing, at one moment. What is counted is counted since it started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Status {
    /// What it is called.
    pub name: String,
    /// When it started.
    pub since: Timestamp,
    /// Where it listens.
    pub addresses: Vec<SocketAddr>,
    /// How many are connected, with or without a name.
    pub connected: usize,
    /// How many have a name.
    pub members: usize,
    /// How many of those who are connected are so through something that encrypts.
    #[serde(default)]
    pub encrypted: usize,
    /// How many rooms there are.
    pub rooms: usize,
    /// Messages said, in rooms and to one person.
    pub messages: u64,
    /// Entries and lines handed to sockets, each once for every member that it was for.
    pub deliveries: u64,
    /// Bytes that sockets took.
    pub bytes_sent: u64,
    /// Bytes that were read from sockets.
    pub bytes_received: u64,
    /// Connections accepted.
    pub connections: u64,
    /// Connections ended, by the reason as it stands on the wire: `quit`, `kicked`, `lost`, `too_slow`, `idle`, `refused`, `stopping`.
    /// A reason that was never met is left out.
    pub left: BTreeMap<String, u64>,
    /// How often each limit was hit, also where it never was.
    pub limit_hits: BTreeMap<LimitHit, u64>,
    /// Things that wait for the hub at this moment. When they are 1024, whoever has more waits.
    pub queue: usize,
    /// The plugins in the order in which their hooks run.
    pub plugins: Vec<PluginInfo>,
    /// The certificate that whoever connects over TLS is shown; `None` where TLS is off.
    #[cfg(feature = "tls")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
    /// Where what must survive a restart is kept; `None` where nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreStatus>,
    /// Who puts what happens in shared rooms into order; `None` where no other server shares them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderStatus>,
    /// Resident memory of this process in bytes, where the system tells. `None` in hooks, which must not wait for the system;
    /// [`resident_memory`](crate::resident_memory) tells it to a task.
    pub memory_bytes: Option<u64>,
}

/// How a store is doing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StoreStatus {
    /// Where it is: the path of its file.
    pub place: String,
    /// How much it takes there, in bytes.
    pub bytes: u64,
    /// Whether what is shown is on the disk.
    pub durable: bool,
    /// Entries that were kept since it was opened.
    pub kept: u64,
    /// Entries that wait to be kept.
    pub waiting: u64,
    /// Entries that were lost for good since it was opened.
    pub lost: u64,
    /// Why nothing can be kept at the moment, while it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

/// How the order of shared rooms is doing, as one node sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OrderStatus {
    /// What keeps the order: the address of the engine, without its password.
    pub place: String,
    /// What this node is called.
    pub node: String,
    /// The other nodes that were heard of lately, with how many milliseconds ago.
    pub others: BTreeMap<String, u64>,
    /// How long the last proposals took to come back, in microseconds.
    pub lag_micros: u64,
    /// Entries that wait to be taken by the engine.
    pub waiting: u64,
    /// Entries that were proposed here and came back, since the start.
    pub ordered: u64,
    /// Entries that were refused, since the start.
    pub refused: u64,
    /// How often the engine was lost, since the start.
    pub losses: u64,
    /// Of each shared room that is open here, its epoch and its last id.
    pub rooms: BTreeMap<String, (String, EntryId)>,
    /// What was last given back to the engine, and what came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_heal: Option<String>,
    /// Why it cannot be reached at the moment, while it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

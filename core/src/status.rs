//! How a house is doing, at one moment.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use crate::counters::Strike;
use crate::event::Timestamp;
use crate::hooks::PluginInfo;
use crate::house::House;
use crate::hub::Hub;

/// What stands where a list is empty.
pub(crate) const NONE: &str = "none";

/// How a house is doing, at one moment. What is counted is counted since it opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Status {
    /// What it is called.
    pub name: String,
    /// When it opened.
    pub since: Timestamp,
    /// Where it listens.
    pub addresses: Vec<SocketAddr>,
    /// How many are connected, with or without a name.
    pub connected: usize,
    /// How many have a name.
    pub members: usize,
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
    /// How often each limit struck, those that never did included.
    pub strikes: BTreeMap<Strike, u64>,
    /// Things that wait for the hub at this moment. When they are 1024, whoever has more waits.
    pub queue: usize,
    /// The plugins in the order in which their hooks run.
    pub plugins: Vec<PluginInfo>,
    /// Resident memory of this process in bytes, where the system tells. `None` in hooks, which must not wait for the system;
    /// [`resident_memory`] tells it to a task.
    pub memory_bytes: Option<u64>,
}

impl Hub {
    pub(crate) fn status(&self) -> Status {
        self.house.status(self.plugin_infos())
    }
}

impl House {
    pub(crate) fn status(&self, plugins: Vec<PluginInfo>) -> Status {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counters = &self.shared.counters;
        Status {
            name: self.shared.settings().server.name.clone(),
            since: self.since,
            addresses: self.shared.addresses(),
            connected: self.roster.connected(),
            members: self.roster.named(),
            rooms: self.rooms.len(),
            messages: count(&counters.messages),
            deliveries: count(&counters.deliveries),
            bytes_sent: count(&counters.bytes_sent),
            bytes_received: count(&counters.bytes_received),
            connections: count(&counters.connections),
            left: self.left.iter().map(|(why, count)| ((*why).to_owned(), *count)).collect(),
            strikes: counters.strikes(),
            queue: self.inbox.len(),
            plugins,
            memory_bytes: self.memory_bytes,
        }
    }
}

/// Resident memory of this process in bytes, where the system tells (procfs). A matter of some ten microseconds, but a system call all the same:
/// not for hooks.
pub fn resident_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kibibytes * 1024)
}

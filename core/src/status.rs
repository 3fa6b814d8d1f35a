//! How a house is doing, at one moment.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;

use serde::{Deserialize, Serialize};

use crate::event::Timestamp;
use crate::hooks::PluginInfo;
use crate::hub::Hub;

/// What stands where a list is empty.
pub(crate) const NONE: &str = "none";

/// How a house is doing, at one moment.
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
    /// Messages said since it opened, in rooms and to one person.
    pub messages: u64,
    /// Connections accepted since it opened.
    pub connections: u64,
    /// The plugins in the order in which their hooks run.
    pub plugins: Vec<PluginInfo>,
    /// Resident memory of this process in bytes, where the system tells.
    pub memory_bytes: Option<u64>,
}

impl Hub {
    pub(crate) fn status(&self) -> Status {
        let shared = &self.house.shared;
        Status {
            name: shared.settings().server.name.clone(),
            since: self.house.since,
            addresses: shared.addresses(),
            connected: self.house.roster.connected(),
            members: self.house.roster.named(),
            rooms: self.house.rooms.len(),
            messages: shared.counters.messages.load(Ordering::Relaxed),
            connections: shared.counters.connections.load(Ordering::Relaxed),
            plugins: self.plugin_infos(),
            memory_bytes: resident_memory(),
        }
    }
}

/// From procfs, which answers from memory.
fn resident_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kibibytes * 1024)
}

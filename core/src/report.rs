//! What the operator can watch: everything that happens in the house, for consoles and for code.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_channel::{Receiver, Sender};
use serde::{Deserialize, Serialize};

use crate::event::{Entry, Event, LeaveReason, Timestamp};
use crate::member::{MemberId, Peer};
use crate::name::Name;
use crate::plugin::{Hook, Verdict};

/// How many reports may wait for one watcher; the oldest make way, so that a stuck terminal costs nothing.
const WAITING: usize = 1024;

/// Something the operator may want to see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Report {
    /// Something happened in a room.
    Entry(Entry),
    /// Something was said to one person; an [`Event::Direct`].
    Direct(Event),
    /// Somebody connected.
    Connected {
        /// Who.
        member: MemberId,
        /// From where.
        peer: Peer,
    },
    /// A connection is over.
    Disconnected {
        /// Who.
        member: MemberId,
        /// The name it had.
        name: Option<Name>,
        /// Why.
        reason: LeaveReason,
    },
    /// A plugin has something to say.
    Plugin {
        /// Which.
        plugin: String,
        /// What.
        text: String,
    },
    /// A plugin panicked in a hook.
    PluginPanicked {
        /// Which.
        plugin: String,
        /// Where.
        hook: Hook,
        /// What the panic said.
        message: String,
        /// Whether it was turned off for it.
        disabled: bool,
    },
    /// A hook took longer than `server.slow_hook`.
    SlowHook {
        /// Whose.
        plugin: String,
        /// Which.
        hook: Hook,
        /// How long; in seconds where it is written as JSON.
        #[serde(with = "crate::config::seconds")]
        took: Duration,
    },
    /// A hook was called; only while somebody traces.
    Trace {
        /// Whose.
        plugin: String,
        /// Which.
        hook: Hook,
        /// What a gate answered.
        verdict: Option<Verdict>,
        /// How long it took; in seconds where it is written as JSON.
        #[serde(with = "crate::config::seconds")]
        took: Duration,
    },
    /// Something about the house itself.
    House {
        /// When.
        time: Timestamp,
        /// What, in one line.
        text: String,
    },
}

/// Where reports go. Clones share the watchers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reports(Arc<Mutex<Vec<Sender<Report>>>>);

impl Reports {
    /// A new watcher, until its receiver is dropped.
    pub(crate) fn watch(&self) -> Receiver<Report> {
        let (sender, receiver) = async_channel::bounded(WAITING);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        receiver
    }

    /// Whether anybody watches.
    pub(crate) fn are_watched(&self) -> bool {
        !self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    pub(crate) fn send(&self, report: Report) {
        let mut watchers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        watchers.retain(|watcher| watcher.force_send(report.clone()).is_ok());
    }
}

//! What the hub, the sessions and the listeners of one server have in common.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use crate::delivery::counters::Counters;
use crate::delivery::fanout::Fanout;
use crate::delivery::outbox::{Outbox, Published};
use crate::io::transport::Transport;
use crate::protocol::ids::MemberId;
use crate::protocol::settings::Settings;
use crate::state::directory::Directory;

/// See the module.
#[derive(Debug)]
pub(crate) struct Shared {
    /// Replaced whole by the hub when settings change while running.
    settings: RwLock<Arc<Settings>>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) directory: Directory,
    pub(crate) fanout: Arc<Fanout>,
    pub(crate) published: Arc<Published>,
    /// Where the listeners were bound.
    addresses: OnceLock<Vec<SocketAddr>>,
    next_member: AtomicU64,
}

impl Shared {
    pub(crate) fn new(settings: Settings, shards: usize) -> Self {
        Self {
            settings: RwLock::new(Arc::new(settings)),
            counters: Arc::default(),
            directory: Directory::default(),
            fanout: Arc::new(Fanout::new(shards)),
            published: Arc::default(),
            addresses: OnceLock::new(),
            next_member: AtomicU64::new(1),
        }
    }

    /// The settings in force.
    pub(crate) fn settings(&self) -> Arc<Settings> {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_settings(&self, settings: Settings) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }

    /// Where the server listens.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.addresses.get().cloned().unwrap_or_default()
    }

    /// The listeners were bound; called once.
    pub(crate) fn set_addresses(&self, addresses: Vec<SocketAddr>) {
        let _ = self.addresses.set(addresses);
    }

    /// An outbox with an id of its own, in the care of a shard.
    pub(crate) fn outbox(&self, shard: usize, transport: Box<dyn Transport>) -> Arc<Outbox> {
        let id = MemberId(self.next_member.fetch_add(1, Ordering::Relaxed));
        Arc::new(Outbox::new(id, shard, self.published.clone(), transport))
    }
}

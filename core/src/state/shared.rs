//! What the hub, the sessions and the listeners of one server have in common.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use crate::delivery::counters::Counters;
use crate::delivery::fanout::Fanout;
use crate::delivery::outbox::{Outbox, Published, Wire};
use crate::dialect::{Protocol, Require};
use crate::io::transport::Transport;
use crate::protocol::ids::MemberId;
use crate::protocol::settings::Settings;
use crate::state::adopt::Adopt;
use crate::state::directory::Directory;
use crate::state::reload::Reload;

/// A protocol with the plugin that it vanishes with.
#[derive(Debug, Clone)]
pub(crate) struct AddedProtocol {
    pub(crate) plugin: Arc<str>,
    pub(crate) protocol: Arc<dyn Protocol>,
}

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
    /// What plugins added to the port, in the order of the plugins; replaced whole by the hub.
    protocols: RwLock<Arc<[AddedProtocol]>>,
    /// How the configuration is applied anew, where somebody has said that.
    pub(crate) reload: OnceLock<Reload>,
    /// Takes connections that somebody else accepted; gone when the server stops.
    adopter: Mutex<Option<Arc<dyn Adopt>>>,
    next_member: AtomicU64,
    /// How many connections are over whose peers are waited for to close in their turn.
    pub(crate) closing: AtomicUsize,
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
            protocols: RwLock::new(Arc::new([])),
            reload: OnceLock::new(),
            adopter: Mutex::default(),
            next_member: AtomicU64::new(1),
            closing: AtomicUsize::default(),
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

    /// What plugins added to the port.
    pub(crate) fn protocols(&self) -> Arc<[AddedProtocol]> {
        self.protocols.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is not taken over a connection that others can read, by the strictest of those who offer another.
    pub(crate) fn requires(&self) -> Require {
        let requires = |added: &AddedProtocol| added.protocol.requires();
        self.protocols().iter().map(requires).max().unwrap_or(Require::None)
    }

    pub(crate) fn set_protocols(&self, protocols: Vec<AddedProtocol>) {
        *self.protocols.write().unwrap_or_else(PoisonError::into_inner) = protocols.into();
    }

    /// Who takes connections that somebody else accepted; `None` once the server stops.
    pub(crate) fn adopter(&self) -> Option<Arc<dyn Adopt>> {
        self.adopter.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_adopter(&self, adopter: Option<Arc<dyn Adopt>>) {
        *self.adopter.lock().unwrap_or_else(PoisonError::into_inner) = adopter;
    }

    /// An outbox with an id of its own, in the care of a shard.
    pub(crate) fn outbox(&self, shard: usize, socket: Arc<dyn Transport>) -> Arc<Outbox> {
        self.new_outbox(shard, Wire::new(socket))
    }

    /// The same for somebody in this process, who takes events as they are.
    pub(crate) fn outbox_in_process(&self) -> Arc<Outbox> {
        self.new_outbox(0, Wire::in_process())
    }

    fn new_outbox(&self, shard: usize, wire: Wire) -> Arc<Outbox> {
        let id = MemberId(self.next_member.fetch_add(1, Ordering::Relaxed));
        Arc::new(Outbox::new(id, shard, self.published.clone(), wire))
    }
}

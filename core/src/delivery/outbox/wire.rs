//! How one connection is spoken to: through which transport, in which dialect. Both are chosen by its first bytes and stay.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use crate::dialect::{Dialect, TEXT};
use crate::io::transport::{InProcess, Transport};

/// See the module.
#[derive(Debug)]
pub(crate) struct Wire {
    /// What the connection came through.
    socket: Arc<dyn Transport>,
    /// What was laid over it, such as encryption.
    layer: OnceLock<Box<dyn Transport>>,
    /// Whether the other end is in this process and takes events as they are, instead of bytes.
    pub(super) is_in_process: bool,
    /// Whether the peer shows what one read brings as one row; it is sent less.
    bare: AtomicBool,
    dialect: OnceLock<Arc<dyn Dialect>>,
    /// The plugin whose protocol the connection speaks, where it is one's.
    protocol_of: OnceLock<Arc<str>>,
}

impl Wire {
    /// Through a transport.
    pub(crate) fn new(socket: Arc<dyn Transport>) -> Self {
        Self {
            socket,
            layer: OnceLock::new(),
            is_in_process: false,
            bare: AtomicBool::new(false),
            dialect: OnceLock::new(),
            protocol_of: OnceLock::new(),
        }
    }

    /// To somebody in this process, who takes events as they are.
    pub(crate) fn in_process() -> Self {
        Self { is_in_process: true, ..Self::new(Arc::new(InProcess)) }
    }

    pub(crate) fn transport(&self) -> &dyn Transport {
        self.layer.get().map_or(&*self.socket, |layer| &**layer)
    }

    /// The peer shows what one read brings as one row.
    pub(crate) fn set_bare(&self) {
        self.bare.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_bare(&self) -> bool {
        self.bare.load(Ordering::SeqCst)
    }

    /// Whether another transport was laid over the socket.
    pub(crate) fn has_layer(&self) -> bool {
        self.layer.get().is_some()
    }

    /// Lays another transport over the socket, before anything was written; later calls change nothing.
    pub(crate) fn lay_over(&self, layer: impl FnOnce(Arc<dyn Transport>) -> Box<dyn Transport>) {
        self.layer.get_or_init(|| layer(self.socket.clone()));
    }

    /// The dialect that the first line chose, and text before that.
    pub(crate) fn dialect(&self) -> &dyn Dialect {
        &**self.dialect.get().unwrap_or(&TEXT)
    }

    /// The first line has come and chooses the dialect; later calls change nothing.
    pub(crate) fn choose_dialect(&self, dialect: Arc<dyn Dialect>) {
        let _ = self.dialect.set(dialect);
    }

    /// The connection speaks the protocol of a plugin from here on.
    pub(crate) fn set_protocol_of(&self, plugin: Arc<str>) {
        let _ = self.protocol_of.set(plugin);
    }

    /// The plugin whose protocol the connection speaks, where it is one's.
    pub(crate) fn protocol_of(&self) -> Option<&str> {
        self.protocol_of.get().map(|plugin| &**plugin)
    }

    /// Whether the first line has come.
    pub(crate) fn has_dialect(&self) -> bool {
        self.dialect.get().is_some()
    }
}

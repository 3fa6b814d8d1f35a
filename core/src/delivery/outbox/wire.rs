//! How one connection is spoken to: through which transport, in which dialect. Both are chosen by its first bytes and stay.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use crate::dialect::{Builtin, Dialect};
use crate::io::transport::{InProcess, Transport};

/// See the module.
#[derive(Debug)]
pub(crate) struct Wire {
    /// What the connection came through.
    socket: Arc<dyn Transport>,
    /// What was laid over it, such as encryption. Boxed to be small, as hardly any connection has one.
    layer: OnceLock<Box<Arc<dyn Transport>>>,
    /// What a visitor has had laid over that, when it joined.
    upper: OnceLock<Box<Box<dyn Transport>>>,
    /// Whether the other end is in this process and takes events as they are, instead of bytes.
    pub(super) is_in_process: bool,
    /// Whether the peer shows what one read brings as one row; it is sent less.
    bare: AtomicBool,
    /// Whether it was encrypted as far as a proxy.
    encrypted: AtomicBool,
    chosen: OnceLock<Chosen>,
}

/// What the first bytes chose. The dialect of a plugin is boxed to keep the others small.
#[derive(Debug)]
enum Chosen {
    Builtin(Builtin),
    Protocol(Box<OfPlugin>),
}

#[derive(Debug)]
struct OfPlugin {
    plugin: Arc<str>,
    dialect: Arc<dyn Dialect>,
}

impl Wire {
    /// Through a transport.
    pub(crate) fn new(socket: Arc<dyn Transport>) -> Self {
        Self {
            socket,
            layer: OnceLock::new(),
            upper: OnceLock::new(),
            is_in_process: false,
            bare: AtomicBool::new(false),
            encrypted: AtomicBool::new(false),
            chosen: OnceLock::new(),
        }
    }

    /// To somebody in this process, who takes events as they are.
    pub(crate) fn in_process() -> Self {
        // Nothing is encoded for them; they are told what programs are told.
        let chosen = OnceLock::from(Chosen::Builtin(Builtin::Json));
        Self { is_in_process: true, chosen, ..Self::new(Arc::new(InProcess)) }
    }

    pub(crate) fn transport(&self) -> &dyn Transport {
        match (self.upper.get(), self.layer.get()) {
            (Some(upper), _) => &***upper,
            (None, Some(layer)) => &***layer,
            (None, None) => &*self.socket,
        }
    }

    /// The peer shows what one read brings as one row.
    pub(crate) fn set_bare(&self) {
        self.bare.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_bare(&self) -> bool {
        self.bare.load(Ordering::SeqCst)
    }

    /// Somebody on the way who is trusted has decrypted it.
    pub(crate) fn set_encrypted(&self) {
        self.encrypted.store(true, Ordering::SeqCst);
    }

    /// Whether nobody on the way can read what passes, but a proxy that is trusted.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.encrypted.load(Ordering::SeqCst) || self.transport().is_encrypted()
    }

    /// Whether another transport was laid over the socket.
    pub(crate) fn has_layer(&self) -> bool {
        self.layer.get().is_some()
    }

    /// Lays another transport over the socket, before anything was written; later calls change nothing.
    pub(crate) fn lay_over(&self, layer: impl FnOnce(Arc<dyn Transport>) -> Box<dyn Transport>) {
        self.layer.get_or_init(|| Box::new(Arc::from(layer(self.socket.clone()))));
    }

    /// Lays another over all that is there, once; later calls change nothing.
    pub(crate) fn lay_on_top(&self, upper: impl FnOnce(Arc<dyn Transport>) -> Box<dyn Transport>) {
        let below = self.layer.get().map_or(&self.socket, |layer| layer).clone();
        self.upper.get_or_init(|| Box::new(upper(below)));
    }

    /// The dialect that the first line chose, and text before that.
    pub(crate) fn dialect(&self) -> &dyn Dialect {
        match self.chosen.get() {
            None => Builtin::Text.dialect(),
            Some(Chosen::Builtin(builtin)) => builtin.dialect(),
            Some(Chosen::Protocol(of_plugin)) => &*of_plugin.dialect,
        }
    }

    /// The first line has come and chooses the dialect; later calls change nothing.
    pub(crate) fn choose_builtin(&self, builtin: Builtin) {
        let _ = self.chosen.set(Chosen::Builtin(builtin));
    }

    /// The connection speaks the protocol of a plugin from here on; later calls change nothing.
    pub(crate) fn choose_protocol(&self, plugin: Arc<str>, dialect: Arc<dyn Dialect>) {
        let _ = self.chosen.set(Chosen::Protocol(Box::new(OfPlugin { plugin, dialect })));
    }

    /// The plugin whose protocol the connection speaks, where it is one's.
    pub(crate) fn protocol_of(&self) -> Option<&str> {
        match self.chosen.get() {
            Some(Chosen::Protocol(of_plugin)) => Some(&of_plugin.plugin),
            _ => None,
        }
    }

    /// Whether the first line has come.
    pub(crate) fn has_dialect(&self) -> bool {
        self.chosen.get().is_some()
    }
}

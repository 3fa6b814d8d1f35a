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
    /// What was laid over it. Boxed to be small, as hardly any connection has one.
    layer: OnceLock<Box<Layer>>,
    /// Whether the other end is in this process and takes events as they are, instead of bytes.
    pub(super) is_in_process: bool,
    /// Whether the peer shows what one read brings as one row; it is sent less.
    bare: AtomicBool,
    /// Whether it was encrypted as far as a proxy.
    encrypted: AtomicBool,
    chosen: OnceLock<Chosen>,
}

/// A transport over the socket, such as encryption, and what was laid over that in its turn, such as a pace.
#[derive(Debug)]
struct Layer {
    transport: Arc<dyn Transport>,
    over: OnceLock<Box<dyn Transport>>,
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
        match self.layer.get() {
            None => &*self.socket,
            Some(layer) => layer.over.get().map_or(&*layer.transport, |over| &**over),
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

    /// Whether another transport was laid over the socket already.
    pub(crate) fn has_layer(&self) -> bool {
        self.layer.get().is_some()
    }

    /// Lays another transport over the socket, or over the one that lies there; a third changes nothing. Called by the session.
    pub(crate) fn lay_over(&self, lay: impl FnOnce(Arc<dyn Transport>) -> Box<dyn Transport>) {
        match self.layer.get() {
            None => {
                let transport = lay(self.socket.clone()).into();
                self.layer.get_or_init(|| Box::new(Layer { transport, over: OnceLock::new() }));
            }
            Some(layer) => {
                layer.over.get_or_init(|| lay(layer.transport.clone()));
            }
        }
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

//! Which configuration a client is answered with, where its first message chooses: there is another for who asks for one protocol and no other.

use std::fmt;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::server::Acceptor;

/// A configuration for those who ask for one protocol (ALPN) and no other.
#[derive(Debug, Clone)]
pub(crate) struct OtherConfig {
    pub(crate) protocol: &'static [u8],
    pub(crate) config: Arc<ServerConfig>,
}

/// Reads along until the first message is there.
pub(super) struct Choosing {
    acceptor: Acceptor,
    other: OtherConfig,
}

/// What came of it so far.
pub(super) enum Chosen {
    NotYet,
    /// Also where something is wrong with the message: who answers it says so.
    Usual,
    Other(Arc<ServerConfig>),
}

impl Choosing {
    pub(super) fn new(other: OtherConfig) -> Self {
        Self { acceptor: Acceptor::default(), other }
    }

    /// Looks at what came next.
    pub(super) fn read(&mut self, mut bytes: &[u8]) -> Chosen {
        while !bytes.is_empty() && matches!(self.acceptor.read_tls(&mut bytes), Ok(1..)) {}
        match self.acceptor.accept() {
            Ok(None) => Chosen::NotYet,
            Ok(Some(accepted)) => {
                let asked = accepted.client_hello().alpn();
                match asked.into_iter().flatten().eq([self.other.protocol]) {
                    true => Chosen::Other(self.other.config.clone()),
                    false => Chosen::Usual,
                }
            }
            Err(_) => Chosen::Usual,
        }
    }
}

impl fmt::Debug for Choosing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Choosing")
    }
}

//! TLS as a protocol of the port: its first byte is that of no text, and after its handshake the first bytes choose as they always do, so that
//! each of the other protocols can be had encrypted. Needs the feature `tls`.
//!
//! A plugin that has a certificate gives the server a [`Tls`]; see [`Plugin::protocols`](crate::Plugin::protocols).

mod any_client;

use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::sign::SingleCertAndKey;
use serde::{Deserialize, Serialize};

use super::{Opening, Protocol, Recognition, Require};
use crate::io::tls::{OtherConfig, Tls as TlsTransport};
use crate::protocol::certificate::Certificate;
use crate::protocol::peer::Peer;
use crate::protocol::settings::Limits;
use any_client::AnyClient;

pub use crate::protocol::identity::{ChainError, Identity, IdentityError};

/// The first byte of a handshake.
const HANDSHAKE: u8 = 0x16;

/// The oldest version that is spoken. Those before 1.2 are not there at all, and 1.2 is with the feature `tls12`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Version {
    /// TLS 1.2 and 1.3.
    #[cfg(feature = "tls12")]
    Tls12,
    /// TLS 1.3 alone.
    Tls13,
}

/// The oldest that there is.
impl Default for Version {
    #[cfg(feature = "tls12")]
    fn default() -> Self {
        Self::Tls12
    }

    #[cfg(not(feature = "tls12"))]
    fn default() -> Self {
        Self::Tls13
    }
}

/// What newcomers are shown.
#[derive(Debug, Clone)]
struct Shown {
    config: Arc<ServerConfig>,
    certificate: Arc<Certificate>,
}

/// The protocol `tls`. Whoever has opened a connection keeps the certificate that they were shown; those that come after
/// [`replace`](Self::replace) are shown the new one.
#[derive(Debug)]
pub struct Tls {
    minimum: Version,
    require: Require,
    /// Whether clients are asked for a certificate of their own.
    asks_clients: bool,
    /// For who proves that a name is ours.
    challenge: Option<OtherConfig>,
    /// Replaced whole. Locked for a copy of the pointer.
    shown: RwLock<Shown>,
}

impl Tls {
    /// TLS with this certificate, from this version on, and what is let through without it.
    pub fn new(
        identity: &Identity,
        certificate: Certificate,
        minimum: Version,
        require: Require,
    ) -> Self {
        let shown = Shown::new(identity, certificate, minimum, false);
        Self { minimum, require, asks_clients: false, challenge: None, shown: RwLock::new(shown) }
    }

    /// Asks clients for a certificate of their own and lets everybody in who has none. Whoever has signed it, nobody vouches for it here: it is known
    /// again by its fingerprint, [`MemberInfo::certificate`](crate::MemberInfo::certificate).
    pub fn asking_clients(mut self, identity: &Identity) -> Self {
        self.asks_clients = true;
        self.replace(identity, self.certificate());
        self
    }

    /// Answers with this configuration whoever asks for the protocol `acme-tls/1` and no other, as a certificate authority does that verifies who has a name
    /// (`tls-alpn-01`, RFC 8737).
    pub fn answering_challenges(mut self, config: Arc<ServerConfig>) -> Self {
        self.challenge = Some(OtherConfig { protocol: b"acme-tls/1", config });
        self
    }

    /// Shows this certificate from the next connection on.
    pub fn replace(&self, identity: &Identity, certificate: Certificate) {
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) =
            Shown::new(identity, certificate, self.minimum, self.asks_clients);
    }

    fn shown(&self) -> Shown {
        self.shown.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the certificate that is shown now says of itself.
    pub fn certificate(&self) -> Certificate {
        (*self.shown().certificate).clone()
    }
}

impl Protocol for Tls {
    fn name(&self) -> &str {
        "tls"
    }

    /// Nobody's name or request begins so.
    fn recognise(&self, first: &[u8]) -> Recognition {
        match first {
            [HANDSHAKE, ..] => Recognition::Yes,
            _ => Recognition::No,
        }
    }

    fn open(&self, _: Peer, _: bool, _: &Limits) -> Opening {
        let (config, challenge) = (self.shown().config, self.challenge.clone());
        Opening::Transport(Box::new(move |below, first| {
            Box::new(TlsTransport::new(config, challenge, below, first))
        }))
    }

    /// So that the hub hears of nobody before their handshake is done.
    fn takes_visits(&self) -> bool {
        true
    }

    fn certificate(&self) -> Option<Certificate> {
        Some(Self::certificate(self))
    }

    fn requires(&self) -> Require {
        self.require
    }
}

impl Shown {
    fn new(
        identity: &Identity,
        certificate: Certificate,
        minimum: Version,
        asks_clients: bool,
    ) -> Self {
        let config = config(identity, minimum, asks_clients);
        Self { config, certificate: Arc::new(certificate) }
    }
}

fn config(identity: &Identity, minimum: Version, asks_clients: bool) -> Arc<ServerConfig> {
    let versions: &[_] = match minimum {
        #[cfg(feature = "tls12")]
        Version::Tls12 => &[&rustls::version::TLS13, &rustls::version::TLS12],
        Version::Tls13 => &[&rustls::version::TLS13],
    };
    let certified = identity.certified.clone();
    let provider = Arc::new(ring::default_provider());
    let clients: Arc<dyn ClientCertVerifier> = match asks_clients {
        true => Arc::new(AnyClient::new(&provider)),
        false => WebPkiClientVerifier::no_client_auth(),
    };
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .expect("ring has suites for every version")
        .with_client_cert_verifier(clients)
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    // A handshake is cheap beside keeping what a shorter one would need, for people who stay for hours.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Arc::new(config)
}

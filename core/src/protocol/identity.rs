//! A certificate with its key: what a server shows whom it speaks TLS with, and a client the server that asks.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use crate::protocol::certificate::{Certificate, CertificateError};
use crate::protocol::fingerprint::Fingerprint;

/// A chain of certificates with the key of the first.
#[derive(Clone)]
pub struct Identity {
    pub(crate) certified: Arc<CertifiedKey>,
}

/// Why what was given is no certificate with its key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// No certificate is there.
    #[error("there is no certificate in it; it begins with `-----BEGIN CERTIFICATE-----`")]
    NoCertificate,
    /// No key is there.
    #[error(
        "there is no private key in it; it begins with `-----BEGIN PRIVATE KEY-----`, and one with a passphrase cannot be used"
    )]
    NoKey,
    /// The text is broken.
    #[error("it is no PEM that can be read: {0}")]
    Pem(String),
    /// The key is of a kind that cannot be used, or not that of the certificate.
    #[error("the key does not fit the certificate: {0}")]
    Unfit(String),
}

/// A certificate of a chain was not signed by the one that follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "certificate {number} in it is not signed by the one that follows; put the server's own first, then that of who signed it, and so on"
)]
pub struct ChainError {
    /// Which, counted from 1.
    pub number: usize,
}

impl Identity {
    /// Reads a chain, that of the server first, and its key, both in PEM. They may be the same text.
    ///
    /// # Errors
    /// When one of them is missing or cannot be read, or they do not belong together.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, IdentityError> {
        let broken = |error: pem::Error| IdentityError::Pem(error.to_string());
        let chain: Vec<_> = CertificateDer::pem_slice_iter(certificate)
            .collect::<Result<_, _>>()
            .map_err(broken)?;
        if chain.is_empty() {
            return Err(IdentityError::NoCertificate);
        }
        let key = match PrivateKeyDer::from_pem_slice(key) {
            Ok(key) => key,
            Err(pem::Error::NoItemsFound) => return Err(IdentityError::NoKey),
            Err(error) => return Err(broken(error)),
        };
        let certified = CertifiedKey::from_der(chain, key, &ring::default_provider())
            .map_err(|error| IdentityError::Unfit(error.to_string()))?;
        Ok(Self { certified: Arc::new(certified) })
    }

    /// The certificates in DER form, that of the server first; at least one.
    pub fn chain(&self) -> impl Iterator<Item = &[u8]> {
        self.certified.cert.iter().map(|certificate| &**certificate)
    }

    /// Whether each certificate of the chain was signed by the next.
    ///
    /// # Errors
    /// Which was not, counted from 1.
    pub fn check_chain(&self) -> Result<(), ChainError> {
        let chain: Vec<_> = self.chain().collect();
        for (index, pair) in chain.windows(2).enumerate() {
            if !Certificate::is_signed_by(pair[0], pair[1]) {
                return Err(ChainError { number: index + 1 });
            }
        }
        Ok(())
    }

    /// What the server's own certificate says.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn certificate(&self) -> Result<Certificate, CertificateError> {
        Certificate::from_der(self.chain().next().unwrap_or_default())
    }

    /// That of the server's own certificate.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.chain().next().unwrap_or_default())
    }
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        self.certified.cert == other.certified.cert
    }
}

impl Eq for Identity {}

/// Without the key.
impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Identity").field(&self.fingerprint()).finish()
    }
}

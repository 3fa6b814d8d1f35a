//! TLS, as a client: who is believed, and what is found out about who is not.

use std::io;
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};

use async_io::Async;
use futures_rustls::TlsConnector;
use futures_rustls::client::TlsStream;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::SingleCertAndKey;
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore,
    SignatureScheme,
};

use super::{Options, Problem};
use crate::io::thread;
use crate::protocol::certificate::Certificate;
use crate::protocol::fingerprint::Fingerprint;

/// Whom a client believes that it is the server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trust {
    /// Whoever one of the certificate authorities of this system vouches for.
    System,
    /// Whoever one of these vouches for: certificates in PEM.
    Authority(Arc<[u8]>),
    /// Whose certificate has this fingerprint, and nobody else, whoever vouches for them: somebody has compared it, or has met it before.
    Pinned(Fingerprint),
}

/// Shakes hands with the server that was dialled.
///
/// # Errors
/// Who it is instead, that what it answers is no TLS, or that it was gone before it had said who it is.
pub(super) async fn secure(
    stream: Async<TcpStream>,
    options: &Options,
    trust: &Trust,
) -> Result<(TlsStream<Async<TcpStream>>, Box<Certificate>), Problem> {
    let address = options.address.as_str();
    let no_tls = || Problem::NoTls(address.to_owned());
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    // By which interface an address is reached is no part of who is there.
    let host = host.split('%').next().unwrap_or_default().to_owned();
    let name = ServerName::try_from(host).map_err(|_| Problem::NoSuchHost(address.to_owned()))?;
    let verifier = Arc::new(Verifier::new(trust).await?);
    let config = ClientConfig::builder_with_provider(verifier.provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|_| no_tls())?
        .dangerous()
        .with_custom_certificate_verifier(verifier.clone());
    let config = match &options.certificate {
        Some(identity) => {
            let own = SingleCertAndKey::from(identity.certified.clone());
            config.with_client_cert_resolver(Arc::new(own))
        }
        None => config.with_no_client_auth(),
    };
    let shaken = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    match (shaken, verifier.take()) {
        (Ok(stream), Some(Met { certificate, problem: None })) => Ok((stream, certificate)),
        (_, Some(Met { problem: Some(problem), .. })) => Err(problem),
        (Err(error), None) if is_no_tls(&error) => Err(no_tls()),
        (Err(error), _) => Err(Problem::Lost(error.to_string())),
        (Ok(_), None) => Err(no_tls()),
    }
}

/// Whether something else was answered than a handshake, or that there is none to be had: the alert with which also a Salotto without TLS answers. Who says
/// nothing, and is gone, may speak TLS the next time.
fn is_no_tls(error: &io::Error) -> bool {
    let error = error.get_ref().and_then(|error| error.downcast_ref::<Error>());
    matches!(
        error,
        Some(Error::InvalidMessage(_) | Error::AlertReceived(AlertDescription::HandshakeFailure))
    )
}

/// Decides by [`Trust`], and remembers whom it was shown.
#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    believes: Believes,
    met: Mutex<Option<Met>>,
}

#[derive(Debug)]
enum Believes {
    /// Those whom somebody vouches for; nobody, where there is no authority.
    Vouched(Option<Arc<WebPkiServerVerifier>>),
    Pinned(Fingerprint),
}

/// Who has shown a certificate.
#[derive(Debug)]
struct Met {
    certificate: Box<Certificate>,
    /// Why it is not believed.
    problem: Option<Problem>,
}

impl Verifier {
    async fn new(trust: &Trust) -> Result<Self, Problem> {
        let provider = Arc::new(ring::default_provider());
        let roots = match trust {
            Trust::Pinned(known) => {
                let believes = Believes::Pinned(*known);
                return Ok(Self { provider, believes, met: Mutex::default() });
            }
            Trust::Authority(pem) => {
                let roots: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
                roots.map_err(|error| Problem::BadAuthority(error.to_string()))?
            }
            Trust::System => system_roots().await,
        };
        let mut store = RootCertStore::empty();
        let (_, unusable) = store.add_parsable_certificates(roots);
        if unusable > 0 {
            tracing::debug!(unusable, "certificate authorities were passed over");
        }
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider.clone()).build();
        Ok(Self { provider, believes: Believes::Vouched(verifier.ok()), met: Mutex::default() })
    }

    fn take(&self) -> Option<Met> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Why a certificate is not believed.
    fn doubt(
        &self,
        shown: &Certificate,
        verify: impl FnOnce(&WebPkiServerVerifier) -> Result<ServerCertVerified, Error>,
    ) -> Option<Problem> {
        let why = match &self.believes {
            Believes::Pinned(known) if *known == shown.fingerprint => return None,
            Believes::Pinned(known) => {
                let found = Box::new(shown.clone());
                return Some(Problem::CertificateChanged { known: *known, found });
            }
            Believes::Vouched(None) => "there are no certificate authorities here".to_owned(),
            Believes::Vouched(Some(verifier)) => match verify(verifier) {
                Ok(_) => return None,
                Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
                    "nobody who is known vouches for it".to_owned()
                }
                Err(error) => error.to_string(),
            },
        };
        Some(Problem::Untrusted { certificate: Box::new(shown.clone()), why })
    }
}

/// Those of the system, whose reading may wait for a disk.
async fn system_roots() -> Vec<CertificateDer<'static>> {
    let load = || rustls_native_certs::load_native_certs().certs;
    match thread::answer("certificates", load) {
        Ok(answer) => answer.recv().await.unwrap_or_default(),
        Err(_) => Vec::new(),
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let bad = Error::InvalidCertificate(CertificateError::BadEncoding);
        let shown = Certificate::from_der(end_entity).map_err(|_| bad)?;
        let problem = self.doubt(&shown, |verifier| {
            verifier.verify_server_cert(end_entity, intermediates, name, ocsp, now)
        });
        let is_believed = problem.is_none();
        let met = Met { certificate: Box::new(shown), problem };
        *self.met.lock().unwrap_or_else(PoisonError::into_inner) = Some(met);
        match is_believed {
            true => Ok(ServerCertVerified::assertion()),
            false => {
                Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

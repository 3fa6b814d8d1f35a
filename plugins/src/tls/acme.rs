//! Certificates of an authority that issues them by itself (ACME, RFC 8555), as Let's Encrypt does. It verifies that a name is ours by asking the port of the server for a
//! protocol of its own (`tls-alpn-01`). What it issues is kept in the file of the certificate, from where it is taken over as any that has changed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_channel::{Receiver, Sender};
use async_trait::async_trait;
use rustls_acme::acme::Identifier;
use rustls_acme::rustls::crypto::ring;
use rustls_acme::rustls::pki_types::CertificateDer;
use rustls_acme::rustls::pki_types::pem::PemObject;
use rustls_acme::rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_acme::{
    AccountCache, AcmeConfig, AcmeState, CertCache, EventError, EventOk, OrderError,
};
use salotto::protocol::in_short;
use salotto::{Reporter, Stopping};
use smol::Timer;
use smol::future::FutureExt;
use smol::stream::StreamExt;

use super::AcmeSettings;
use super::files::{FilesError, TlsFiles, keep};
use crate::common::disk::DiskThread;
use crate::common::troubles::Troubles;

/// Where the key of the account at the authority is kept.
const ACCOUNT: &str = "salotto-acme-account.pem";
/// What fails where no certificate is to be had.
const ACME: &str = "acme";

/// How long after the first failure the authority is asked again, and how long after another. Let's Encrypt takes five failures an hour.
const SOON: Duration = Duration::from_secs(60);
const LATER: Duration = Duration::from_secs(15 * 60);
/// How long after a failure a file is written again.
const KEPT_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// What is made of the settings, before there is a server.
pub(super) struct Acme {
    directory: String,
    state: AcmeState<FilesError>,
    kept: Receiver<Result<(), String>>,
}

impl std::fmt::Debug for Acme {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Acme").field("directory", &self.directory).finish_non_exhaustive()
    }
}

impl Acme {
    /// Prepares to ask an authority; nothing is asked before [`run`](Self::run).
    ///
    /// # Errors
    /// When no name is given, or the certificates that are to be trusted cannot be read.
    pub(super) fn new(settings: &AcmeSettings, files: &TlsFiles) -> Result<Self, String> {
        let (told, kept) = async_channel::bounded(1);
        let roots = roots(settings.authority.as_deref())?;
        let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let cache = Kept { files: files.clone(), told };
        let directory = settings.directory.clone();
        let config = AcmeConfig::new_with_client_config(&settings.domains, Arc::new(client))
            .contact(settings.contact.iter().map(|address| format!("mailto:{address}")))
            .directory(&directory)
            .cache(cache);
        Ok(Self { directory, state: config.state(), kept })
    }

    /// What the authority is answered with that verifies a name.
    pub(super) fn challenges(&self) -> Arc<ServerConfig> {
        self.state.challenge_rustls_config()
    }

    /// Sees to it that there is a certificate, until the plugin stops; `look` has the files looked at when there is another. What fails is tried again after a while, and
    /// takes nothing away.
    pub(super) async fn run(
        mut self,
        look: Sender<()>,
        stopping: Stopping,
        reporter: Reporter,
        troubles: Arc<Troubles>,
    ) {
        let directory = self.directory;
        let mut is_first = true;
        loop {
            let stop = async {
                stopping.wait().await;
                Happened::Stop
            };
            let event = async { self.state.next().await.map_or(Happened::Stop, Happened::Event) };
            let kept = async { self.kept.recv().await.map_or(Happened::Stop, Happened::Kept) };
            match stop.or(kept).or(event).await {
                Happened::Stop => return,
                Happened::Kept(Ok(())) => {
                    troubles.working(ACME);
                    // One look is as good as two.
                    let _ = look.try_send(());
                }
                Happened::Kept(Err(text)) => troubles.failing(ACME, text),
                Happened::Event(Ok(EventOk::DeployedNewCert)) => {
                    is_first = true;
                    reporter.report(format!("{directory} has issued a certificate"));
                }
                Happened::Event(Ok(_)) => {}
                Happened::Event(Err(error)) => {
                    let wait = if is_first { SOON } else { LATER };
                    is_first = false;
                    troubles.failing(ACME, format!(
                        "no certificate from {directory}: {}; it is tried again in {}, and the present one stays in use",
                        in_words(&error),
                        in_short(wait)
                    ));
                    let late = async {
                        Timer::after(wait).await;
                        false
                    };
                    let stop = async {
                        stopping.wait().await;
                        true
                    };
                    if stop.or(late).await {
                        return;
                    }
                }
            }
        }
    }
}

/// What went wrong; where the authority has said why it does not believe that a name is ours, that alone.
fn in_words(error: &EventError<FilesError, FilesError>) -> String {
    let EventError::Order(OrderError::BadAuth(auth)) = error else { return error.to_string() };
    let Identifier::Dns(name) = &auth.identifier;
    let problems = auth.challenges.iter().filter_map(|challenge| challenge.error.as_ref());
    let details: Vec<&str> = problems.filter_map(|problem| problem.detail.as_deref()).collect();
    format!("it does not find this server at port 443 of `{name}` ({})", details.join("; "))
}

/// What makes the task act.
enum Happened {
    Stop,
    Event(rustls_acme::Event<FilesError, FilesError>),
    /// A certificate was kept, or why it was not.
    Kept(Result<(), String>),
}

/// The files in which certificate and account are kept.
struct Kept {
    files: TlsFiles,
    /// Takes whether a certificate was kept.
    told: Sender<Result<(), String>>,
}

impl Kept {
    fn account(&self) -> PathBuf {
        self.files.certificate_path().with_file_name(ACCOUNT)
    }
}

#[async_trait]
impl CertCache for Kept {
    type EC = FilesError;

    /// The one in the file, unless it is for other names, from elsewhere, or made by ourselves until there is one.
    async fn load_cert(
        &self,
        domains: &[String],
        directory: &str,
    ) -> Result<Option<Vec<u8>>, FilesError> {
        let (files, domains, origin) = (self.files.clone(), domains.to_vec(), origin(directory));
        on_disk(&files.clone(), "read", move || {
            let Ok(identity) = files.load() else { return Ok(None) };
            let certificate = files.certificate_of(&identity)?;
            let has = |name: &String| certificate.names.iter().any(|known| known == name);
            let text = fs::read_to_string(files.certificate_path()).unwrap_or_default();
            let pem = text.strip_prefix(&origin).map(|pem| pem.as_bytes().to_vec());
            Ok(pem.filter(|_| !certificate.is_self_signed && domains.iter().all(has)))
        })
        .await
    }

    async fn store_cert(
        &self,
        _: &[String],
        directory: &str,
        pem: &[u8],
    ) -> Result<(), FilesError> {
        let text = [origin(directory).as_bytes(), pem].concat();
        loop {
            let (path, text) = (self.files.certificate_path().to_owned(), text.clone());
            let kept = on_disk(&self.files, "write", move || keep(&path, &text)).await;
            let is_kept = kept.is_ok();
            let kept = kept.map_err(|error| {
                format!("the certificate that was issued is not kept yet: {error}")
            });
            // Nobody listens when the plugin stops.
            let _ = self.told.send(kept).await;
            if is_kept {
                return Ok(());
            }
            // What was issued is not thrown away for a disk that is full.
            Timer::after(KEPT_AGAIN_AFTER).await;
        }
    }
}

#[async_trait]
impl AccountCache for Kept {
    type EA = FilesError;

    async fn load_account(
        &self,
        _: &[String],
        directory: &str,
    ) -> Result<Option<Vec<u8>>, FilesError> {
        let (path, origin) = (self.account(), origin(directory).into_bytes());
        on_disk(&self.files, "read", move || match fs::read(&path) {
            Ok(kept) => Ok(kept.strip_prefix(&origin[..]).map(<[u8]>::to_vec)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(FilesError::Io { verb: "read", path, source }),
        })
        .await
    }

    async fn store_account(
        &self,
        _: &[String],
        directory: &str,
        account: &[u8],
    ) -> Result<(), FilesError> {
        let (path, kept) = (self.account(), [origin(directory).as_bytes(), account].concat());
        on_disk(&self.files, "write", move || keep(&path, &kept)).await
    }
}

/// The line before what is kept, that says from where it is: what one authority has issued is nothing to another.
fn origin(directory: &str) -> String {
    format!("# {directory}\n")
}

/// Works on a thread that may wait for a disk.
async fn on_disk<T: Send + 'static>(
    files: &TlsFiles,
    verb: &'static str,
    work: impl FnOnce() -> Result<T, FilesError> + Send + 'static,
) -> Result<T, FilesError> {
    let done = DiskThread::default().run(work).await;
    done.unwrap_or_else(|error| {
        let path = files.certificate_path().to_owned();
        Err(FilesError::Io { verb, path, source: io::Error::other(error.to_string()) })
    })
}

/// Whom to believe that it is the authority: those of the system, or those in a file.
fn roots(authority: Option<&Path>) -> Result<RootCertStore, String> {
    let found = match authority {
        None => rustls_native_certs::load_native_certs().certs,
        Some(path) => {
            let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
            read.map_err(|error| {
                format!("cannot read the certificates in `{}`: {error:?}", path.display())
            })?
        }
    };
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(found);
    match store.is_empty() {
        true => Err("no certificate is trusted here, so no authority can be asked; install `ca-certificates`, or give `authority`".into()),
        false => Ok(store),
    }
}

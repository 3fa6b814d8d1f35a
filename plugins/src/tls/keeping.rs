//! The task of the plugin: keeps what was made, takes over files that have changed, and says when a certificate is about to end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_channel::Receiver;
use salotto::protocol::{Certificate, in_short};
use salotto::tls::{Identity, Tls as TlsProtocol};
use salotto::{Reporter, Stopping, Timestamp};
use smol::Timer;
use smol::future::FutureExt;

use super::files::{FilesError, Stamp, TlsFiles};
use crate::common::disk::DiskThread;
use crate::common::duration::moment;
use crate::common::troubles::Troubles;

/// How often the files are looked at: whoever changes them waits no longer.
const EVERY: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long before its end a certificate is spoken of.
const WARN_BEFORE: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// What fails where files do.
const FILES: &str = "files";

/// See the module.
pub(super) struct Keeping {
    pub(super) files: TlsFiles,
    pub(super) protocol: Arc<TlsProtocol>,
    pub(super) identity: Identity,
    /// What was made and is to be kept.
    pub(super) unkept: Option<String>,
    /// The configuration was applied; the files may have changed.
    pub(super) asked: Receiver<()>,
    pub(super) stopping: Stopping,
    pub(super) reporter: Reporter,
    pub(super) troubles: Arc<Troubles>,
}

/// What a look at the files came to.
struct Seen {
    stamp: Stamp,
    /// What is in them; nothing, where they are what they were.
    loaded: Option<Result<(Identity, Certificate), FilesError>>,
    looseness: Option<String>,
}

impl Keeping {
    /// Goes on until the plugin stops.
    pub(super) async fn run(mut self) {
        let mut disk = DiskThread::default();
        let mut loose = None;
        if let Some(pem) = self.unkept.take() {
            let files = self.files.clone();
            let kept = disk.run(move || files.keep(&pem)).await;
            let kept = kept.map_err(|error| error.to_string());
            if let Err(error) = kept.and_then(|kept| kept.map_err(|error| error.to_string())) {
                self.troubles.failing(FILES, format!(
                    "the certificate that was made is not kept, and the next start makes another: {error}"
                ));
                return self.stopping.wait().await;
            }
        }
        self.say_which();
        let mut stamp = None;
        let mut warned = None;
        loop {
            let files = self.files.clone();
            let seen = disk.run(move || look(&files, stamp)).await;
            if let Ok(Seen { stamp: now, loaded, looseness }) = seen {
                stamp = Some(now);
                if looseness != loose {
                    loose = looseness;
                    loose.iter().for_each(|text| self.reporter.warn(text.clone()));
                }
                if let Some(loaded) = loaded {
                    self.take(loaded);
                }
            }
            self.warn_of_end(&mut warned);
            let stop = async {
                self.stopping.wait().await;
                None
            };
            let asked = async { self.asked.recv().await.ok().map(|()| true) };
            let later = async {
                Timer::after(EVERY).await;
                Some(false)
            };
            match stop.or(asked).or(later).await {
                None => return,
                // Looked at whether or not they seem to be what they were.
                Some(true) => stamp = None,
                Some(false) => {}
            }
        }
    }

    fn say_which(&self) {
        let certificate = self.protocol.certificate();
        let by = match certificate.is_self_signed {
            true => "; nobody else vouches for it, so people compare this once",
            false => "",
        };
        let fingerprint = certificate.fingerprint;
        self.reporter.report(format!(
            "TLS is on; fingerprint (SHA-256) {fingerprint}, in words {}{by}",
            fingerprint.words()
        ));
    }

    /// Shows what is in the files from here on, or says why not.
    fn take(&mut self, loaded: Result<(Identity, Certificate), FilesError>) {
        match loaded {
            Ok((identity, certificate)) => {
                if identity != self.identity {
                    self.protocol.replace(&identity, certificate);
                    self.identity = identity;
                    self.say_which();
                }
                self.troubles.working(FILES);
            }
            Err(error) => {
                self.troubles.failing(FILES, format!("{error}; the old certificate stays in use"))
            }
        }
    }

    /// Warns once a day of a certificate that ends soon.
    fn warn_of_end(&self, warned: &mut Option<Instant>) {
        let certificate = self.protocol.certificate();
        let left = certificate.left(Timestamp::now());
        // Who renews it by itself says so where that fails.
        let is_due = left <= WARN_BEFORE && (!self.files.are_issued() || left.is_zero());
        if !is_due || warned.is_some_and(|at| at.elapsed() < DAY) {
            return;
        }
        *warned = Some(Instant::now());
        let until = moment(certificate.until);
        let path = self.files.certificate_path().display();
        self.reporter.warn(match left {
            Duration::ZERO => format!(
                "the certificate in `{path}` ended on {until}, and clients refuse it; renew it"
            ),
            left => format!(
                "the certificate in `{path}` ends on {until}, in {}; renew it before",
                in_short(left)
            ),
        });
    }
}

fn look(files: &TlsFiles, known: Option<Stamp>) -> Seen {
    let stamp = files.stamp();
    let load = || {
        let identity = files.load()?;
        let certificate = files.certificate_of(&identity)?;
        Ok((identity, certificate))
    };
    let loaded = (known != Some(stamp)).then(load);
    Seen { stamp, loaded, looseness: files.looseness() }
}

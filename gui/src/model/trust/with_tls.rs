//! The window that was built with the feature `tls`.

use salotto::client::{Options, Problem, Trust, Update};
use salotto::protocol::sanitize::excerpt;

use super::{Answer, Believed, Doubt};
use crate::model::Model;
use crate::model::text::clean_line;

/// What is shown of why a certificate is not enough, in bytes: it may quote the certificate, which may say anything.
const LONGEST_WHY: usize = 300;

impl Model {
    /// Whom to believe.
    ///
    /// # Errors
    /// None here; see the other window.
    pub(super) fn encrypted(&self, options: Options) -> Result<Options, String> {
        Ok(match self.preferences.believed(&self.settings) {
            Some(Believed::Accepted { fingerprint, .. }) => {
                options.tls(Trust::Pinned(*fingerprint))
            }
            None if self.settings.is_local() && !self.settings.encrypted => options,
            None | Some(Believed::Vouched) => options.tls(Trust::System),
        })
    }

    /// Takes what is told at the end of a handshake, before the welcome.
    pub(in crate::model) fn take_certificate(&mut self, update: &Update) {
        if let Update::Encrypted(certificate) = update {
            self.trust.shown = Some(certificate.clone());
        }
    }

    /// What to make of a problem that is about who answers.
    pub(super) fn answer(&self, problem: &Problem) -> Option<Answer> {
        let known = self.preferences.believed(&self.settings);
        Some(match (problem, known) {
            (Problem::Untrusted { certificate, why }, None) => {
                Answer::Ask(Doubt::New { certificate: certificate.clone(), why: told(why) })
            }
            (Problem::Untrusted { certificate: found, why }, Some(known)) => {
                let (known, found, why) = (known.clone(), found.clone(), told(why));
                Answer::Ask(Doubt::Changed { known, found, why })
            }
            (Problem::CertificateChanged { found, .. }, Some(known)) => {
                let (known, found, why) = (known.clone(), found.clone(), String::new());
                Answer::Ask(Doubt::Changed { known, found, why })
            }
            // Who was in and comes back goes on trying, over TLS: a server that is full says so without.
            (Problem::NoTls(_), Some(_)) if !self.welcomed => Answer::Ask(Doubt::InClear),
            (Problem::NoTls(_), None) if !self.welcomed && !self.must_encrypt() => {
                Answer::ConnectInClear
            }
            _ => return None,
        })
    }
}

fn told(why: &str) -> String {
    excerpt(&clean_line(why), LONGEST_WHY).into()
}

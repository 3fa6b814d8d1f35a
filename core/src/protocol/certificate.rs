//! What a certificate says of itself.

use std::net::IpAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;
use x509_parser::prelude::X509Certificate;
use x509_parser::time::ASN1Time;

use crate::protocol::fingerprint::Fingerprint;
use crate::protocol::sanitize;
use crate::protocol::timestamp::Timestamp;

/// Names that are taken from a certificate at most; it may come from a stranger.
const MOST_NAMES: usize = 32;
/// Longest name, in bytes, that is shown.
const LONGEST_NAME: usize = 256;

/// What a certificate says of itself. Whether that is true is for others to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Certificate {
    /// By which it is told from others.
    pub fingerprint: Fingerprint,
    /// The host names and addresses that it is for, cleaned; at most 32.
    pub names: Vec<String>,
    /// Whether nobody but its own key has signed it.
    pub is_self_signed: bool,
    /// From when on it holds.
    pub from: Timestamp,
    /// Until when it holds.
    pub until: Timestamp,
}

/// Bytes are no certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no certificate (X.509) that can be read")]
pub struct CertificateError;

impl Certificate {
    /// Reads one in DER form.
    ///
    /// # Errors
    /// When it is none.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let (_, parsed) = parse_x509_certificate(der).map_err(|_| CertificateError)?;
        let validity = parsed.validity();
        Ok(Self {
            fingerprint: Fingerprint::of(der),
            names: names(&parsed),
            is_self_signed: parsed.subject() == parsed.issuer(),
            from: timestamp(validity.not_before),
            until: timestamp(validity.not_after),
        })
    }

    /// Whether the first, in DER form, names the second as its issuer and bears a signature that its key has made.
    pub fn is_signed_by(signed: &[u8], issuer: &[u8]) -> bool {
        let (Ok((_, signed)), Ok((_, issuer))) =
            (parse_x509_certificate(signed), parse_x509_certificate(issuer))
        else {
            return false;
        };
        signed.issuer() == issuer.subject()
            && signed.verify_signature(Some(issuer.public_key())).is_ok()
    }

    /// How long it still holds; nothing, once it does not.
    pub fn left(&self, now: Timestamp) -> Duration {
        self.until.system_time().duration_since(now.system_time()).unwrap_or_default()
    }
}

fn names(parsed: &X509Certificate<'_>) -> Vec<String> {
    let extension = parsed.subject_alternative_name().ok().flatten();
    let names = extension.iter().flat_map(|extension| &extension.value.general_names);
    let shown = names.filter_map(|name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
        _ => None,
    });
    let shown = shown.filter(|name| name.len() <= LONGEST_NAME);
    shown.map(|name| sanitize::line(&name).into_owned()).take(MOST_NAMES).collect()
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

fn timestamp(time: ASN1Time) -> Timestamp {
    let seconds = Duration::from_secs(time.timestamp().unsigned_abs());
    // What is before 1970 is over, and what is after the year 9999 has no end.
    let at = if time.timestamp() < 0 { None } else { UNIX_EPOCH.checked_add(seconds) };
    Timestamp::from(at.unwrap_or(SystemTime::UNIX_EPOCH))
}

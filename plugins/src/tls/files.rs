//! The files of a certificate and its key: where they are, what is in them, and how they are made where nobody gives any.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
};
use salotto::protocol::{Certificate, CertificateError};
use salotto::tls::{Identity, IdentityError};

use super::{AcmeSettings, TlsSettings};

/// Where a certificate that was made is kept, together with its key.
const OWN: &str = "salotto-tls.pem";
/// Where one is kept that an authority has issued, with its key.
const ISSUED: &str = "salotto-acme.pem";
/// No chain is longer, in bytes.
const LONGEST: u64 = 1024 * 1024;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// For how long a certificate that is made holds: whoever has compared its fingerprint once would have to do so again.
const HOLDS: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// Where certificate and key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    certificate: PathBuf,
    key: PathBuf,
    /// What a certificate is made for, where none was given.
    own_names: Option<Vec<String>>,
}

/// Why a certificate cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FilesError {
    /// A file cannot be read or written.
    #[error("cannot {verb} `{}`: {source}", path.display())]
    Io {
        /// `read` or `write`.
        verb: &'static str,
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// What is in the files is of no use.
    #[error("`{}` cannot be used: {source}", path.display())]
    Unfit {
        /// The file of the certificate, or that of the key.
        path: PathBuf,
        /// Why.
        source: IdentityError,
    },
    /// The certificate cannot be read.
    #[error("`{}` cannot be used: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: CertificateError,
    },
    /// None can be made.
    #[error("no certificate can be made: {0}")]
    Make(#[from] rcgen::Error),
    /// The certificate is somebody else's, and not for this program to make anew.
    #[error("`{}` is not made by this program; whoever signed it renews it", .0.display())]
    NotOwn(PathBuf),
}

/// When files were changed and how long they are; as long as that is the same, so are they.
pub(super) type Stamp = [Option<(SystemTime, u64)>; 2];

impl TlsFiles {
    /// Those that the settings name.
    ///
    /// # Errors
    /// When they name a key without a certificate, or something that cannot be a name.
    pub fn of(settings: &TlsSettings) -> Result<Self, String> {
        if let Some(acme) = &settings.acme {
            return Self::of_authority(settings, acme);
        }
        match (&settings.certificate, &settings.key) {
            (Some(certificate), key) => Ok(Self {
                certificate: certificate.clone(),
                key: key.as_ref().unwrap_or(certificate).clone(),
                own_names: None,
            }),
            (None, Some(key)) => {
                let key = key.display();
                Err(format!(
                    "`key` is `{key}`, but no `certificate` is given; give both, or neither"
                ))
            }
            (None, None) => {
                if let Some(name) = settings.names.iter().find(|name| !is_name(name)) {
                    return Err(format!(
                        "`{name}` in `names` is no host name and no address; write one such as `chat.example.org`"
                    ));
                }
                Ok(Self {
                    certificate: OWN.into(),
                    key: OWN.into(),
                    own_names: Some(settings.names.clone()),
                })
            }
        }
    }

    /// Where what an authority issues is kept; until there is any, one that is made for the same names.
    fn of_authority(settings: &TlsSettings, acme: &AcmeSettings) -> Result<Self, String> {
        if !cfg!(feature = "acme") {
            return Err("`acme` needs a program that was built with the feature of that name; give a `certificate` and its `key`".into());
        }
        if settings.certificate.is_some() || settings.key.is_some() {
            return Err("give `acme` or a `certificate`, not both".into());
        }
        let is_host = |name: &&String| is_name(name) && name.parse::<std::net::IpAddr>().is_err();
        match acme.domains.iter().find(|name| !is_host(name)) {
            Some(name) => Err(format!(
                "`{name}` in `acme.domains` is no host name; write one such as `chat.example.org`"
            )),
            None if acme.domains.is_empty() => {
                Err("`acme.domains` is empty; name what is to be certified".into())
            }
            None => Ok(Self {
                certificate: ISSUED.into(),
                key: ISSUED.into(),
                own_names: Some(acme.domains.clone()),
            }),
        }
    }

    /// The file of the certificate.
    pub fn certificate_path(&self) -> &Path {
        &self.certificate
    }

    /// Whether an authority issues the certificate, and renews it, when it is asked.
    pub(super) fn are_issued(&self) -> bool {
        self.certificate == Path::new(ISSUED)
    }

    /// Whether this program makes the certificate.
    pub fn are_own(&self) -> bool {
        self.own_names.is_some()
    }

    /// Whether a certificate has to be made.
    pub fn are_missing(&self) -> bool {
        self.are_own() && !self.certificate.exists()
    }

    /// Reads certificate and key.
    ///
    /// # Errors
    /// When a file cannot be read, is none or is too long, or one does not fit the other.
    pub fn load(&self) -> Result<Identity, FilesError> {
        let certificate = read(&self.certificate)?;
        let key = if self.key == self.certificate { certificate.clone() } else { read(&self.key)? };
        Identity::from_pem(&certificate, &key).map_err(|source| {
            let of_key = matches!(source, IdentityError::NoKey | IdentityError::Unfit(_));
            let path = if of_key { &self.key } else { &self.certificate };
            FilesError::Unfit { path: path.clone(), source }
        })
    }

    /// What the certificate of an identity says.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn certificate_of(&self, identity: &Identity) -> Result<Certificate, FilesError> {
        let unreadable = |source| FilesError::Unreadable { path: self.certificate.clone(), source };
        identity.certificate().map_err(unreadable)
    }

    /// Makes a certificate that its own key signs, and both in PEM.
    ///
    /// # Errors
    /// When the certificate is not this program's to make, or the system has no random numbers.
    pub fn make(&self) -> Result<(Identity, String), FilesError> {
        let names = self.own_names.as_ref();
        // What an authority has issued is not replaced by what nobody vouches for.
        let names = names.filter(|_| !self.are_issued() || !self.certificate.exists());
        let Some(names) = names else {
            return Err(FilesError::NotOwn(self.certificate.clone()));
        };
        let mut params = CertificateParams::new(all_names(names))?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "Salotto");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let now = SystemTime::now();
        // For clocks that are behind.
        params.not_before = (now - DAY).into();
        params.not_after = (now + HOLDS).into();
        let key = KeyPair::generate()?;
        let pem = key.serialize_pem() + &params.self_signed(&key)?.pem();
        let made = Identity::from_pem(pem.as_bytes(), pem.as_bytes());
        let identity =
            made.map_err(|source| FilesError::Unfit { path: self.certificate.clone(), source })?;
        Ok((identity, pem))
    }

    /// Keeps what was made, for its owner alone, whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, pem: &str) -> Result<(), FilesError> {
        keep(&self.certificate, pem.as_bytes())
    }

    /// Why others than its owner may be able to use the key, in one line, where they can read it.
    pub fn looseness(&self) -> Option<String> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&self.key).ok()?.permissions().mode();
            let path = self.key.display();
            (mode & 0o004 != 0).then(|| {
                format!("everybody on this machine can read the key in `{path}`; `chmod 600` keeps it for its owner")
            })
        }
        #[cfg(not(unix))]
        None
    }

    pub(super) fn stamp(&self) -> Stamp {
        [&self.certificate, &self.key].map(|path| {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        })
    }
}

/// Keeps what is secret in a file, for its owner alone, whole or not at all.
///
/// # Errors
/// When it cannot be written.
pub(super) fn keep(path: &Path, bytes: &[u8]) -> Result<(), FilesError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let write = || {
        let mut file = tempfile::Builder::new().prefix(".salotto-tls").make_in(
            folder.unwrap_or(Path::new(".")),
            |path| {
                let mut options = OpenOptions::new();
                options.write(true).create_new(true);
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                options.open(path)
            },
        )?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(|source| FilesError::Io { verb: "write", path: path.into(), source })
}

/// Reads a file, which may be named by mistake and be anything.
fn read(path: &Path) -> Result<Vec<u8>, FilesError> {
    let read = || {
        let metadata = fs::metadata(path)?;
        if !metadata.is_file() || metadata.len() > LONGEST {
            return Err(io::Error::other("it is no file, or too long to be one in PEM"));
        }
        fs::read(path)
    };
    read().map_err(|source| FilesError::Io { verb: "read", path: path.into(), source })
}

/// Under what this machine is called: the given names, its own, its addresses.
fn all_names(given: &[String]) -> Vec<String> {
    let mut names = given.to_vec();
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim();
    if is_name(host) {
        names.push(host.to_owned());
    }
    names.extend(["localhost", "127.0.0.1", "::1"].map(str::to_owned));
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let told = interfaces.iter().filter(|interface| !interface.is_link_local());
    names.extend(told.map(|interface| interface.ip().to_string()));
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

/// Whether it can stand in a certificate: an address, or labels of letters, digits and hyphens.
fn is_name(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'*')
    };
    name.len() <= 253 && name.split('.').all(is_label) || name.parse::<std::net::IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_is_made_is_for_the_names_of_this_machine_and_those_given() {
        let settings = TlsSettings {
            names: vec!["chat.example.org".into(), "192.0.2.7".into()],
            ..Default::default()
        };
        let files = TlsFiles::of(&settings).unwrap();
        let (identity, pem) = files.make().unwrap();
        let certificate = identity.certificate().unwrap();
        for name in ["chat.example.org", "192.0.2.7", "localhost", "127.0.0.1", "::1"] {
            assert!(certificate.names.iter().any(|known| known == name), "{certificate:?}");
        }
        assert!(certificate.is_self_signed && pem.contains("PRIVATE KEY"));
        let days = certificate.left(salotto::Timestamp::now()).as_secs() / (24 * 60 * 60);
        assert!((3600..3700).contains(&days), "{days}");
    }

    #[test]
    fn an_authority_is_asked_for_names_alone_and_only_where_the_program_can() {
        let of = |domains: &str, more: &str| {
            let text = format!("(acme: Some((domains: {domains})), {more})");
            TlsFiles::of(&crate::parse_settings(&text).unwrap())
        };
        let error = |domains: &str, more: &str| of(domains, more).unwrap_err();
        if !cfg!(feature = "acme") {
            return assert!(error("[\"chat.example.org\"]", "").contains("built with the feature"));
        }
        assert!(error("[]", "").contains("`acme.domains` is empty"));
        for name in ["192.0.2.7", "a b", ""] {
            assert!(error(&format!("[\"{name}\"]"), "").contains("is no host name"), "{name}");
        }
        let both = error("[\"chat.example.org\"]", "certificate: Some(\"x.pem\")");
        assert!(both.contains("not both"), "{both}");
        let files = of("[\"chat.example.org\"]", "").unwrap();
        let (identity, _) = files.make().unwrap();
        let names = identity.certificate().unwrap().names;
        assert!(names.contains(&"chat.example.org".to_owned()), "{names:?}");
    }

    #[test]
    fn what_is_no_name_and_a_key_alone_are_refused() {
        for name in ["", "a b", "ü.example", "x..y", "http://a"] {
            let settings = TlsSettings { names: vec![name.into()], ..Default::default() };
            assert!(TlsFiles::of(&settings).unwrap_err().contains("in `names`"), "{name:?}");
        }
        let settings = TlsSettings { key: Some("key.pem".into()), ..Default::default() };
        assert!(TlsFiles::of(&settings).unwrap_err().contains("give both"));
    }
}

//! `tls`: what is said is encrypted on its way. The port speaks it beside everything else: who begins with a handshake has it.
//!
//! ```ron
//! (
//!     certificate: Some("/etc/salotto/fullchain.pem"),
//!     key: Some("/etc/salotto/privkey.pem"),
//!     minimum: Tls12,
//!     require: Login,
//!     client_certificates: false,
//!     listen: [],
//!     names: [],
//! )
//! ```
//!
//! Without a certificate the plugin makes one, signs it with its own key and keeps both in the file `salotto-tls.pem`, for its owner alone. Nobody vouches for
//! such a certificate: people compare its fingerprint once. Files that change are taken over within a minute, and at `config reload`; where the new
//! ones cannot be used the old ones stay in use and the plugin is [failing](salotto::PluginState::Failing). The operator is warned once a day from
//! fourteen days before a certificate ends.
//!
//! By default (`require: Login`) no password is taken over a connection that others can read. This machine itself is exempt.

#[cfg(feature = "acme")]
mod acme;
mod files;
mod keeping;

use std::any::Any;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use async_channel::Sender;
use salotto::dialect::Require;
use salotto::protocol::Certificate;
use salotto::tls::{Identity, Tls as TlsProtocol, Version};
use salotto::{Context, Plugin, Protocol, Settings};
use serde::Deserialize;

use crate::common::listening::Listening;
use crate::common::troubles::Troubles;

pub use files::{FilesError, TlsFiles};
use keeping::Keeping;

/// The settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsSettings {
    /// The file with the certificate in PEM, followed by those of who signed it. Default none: one is made, and kept in `salotto-tls.pem`.
    pub certificate: Option<PathBuf>,
    /// The file with its key. Default none: it is in the same file.
    pub key: Option<PathBuf>,
    /// The oldest version that is spoken. Default TLS 1.2.
    pub minimum: Version,
    /// What is not taken over a connection that others can read. Default passwords.
    pub require: Require,
    /// Whether clients are asked for a certificate of their own, by which accounts know them. Default false: a browser that has one would ask which to show.
    pub client_certificates: bool,
    /// Addresses with port where TLS alone is spoken, from the first byte on, e.g. one that firewalls know. Default none: the port of the server speaks it.
    pub listen: Vec<SocketAddr>,
    /// Has an authority issue the certificate, and renew it. Default none. It takes the place of `certificate`, and needs the feature `acme`.
    pub acme: Option<AcmeSettings>,
    /// Further names and addresses for the certificate that is made, e.g. `chat.example.org`. Default none: the host name, the addresses of this machine, and
    /// localhost.
    pub names: Vec<String>,
}

/// Who issues certificates, and for what.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcmeSettings {
    /// The names to be certified, e.g. `chat.example.org`. Port 443 of each has to lead here: the authority looks.
    pub domains: Vec<String>,
    /// Addresses of mail to which the authority may write. Default none.
    #[serde(default)]
    pub contact: Vec<String>,
    /// Where the authority begins. Default Let's Encrypt; by asking for a certificate one agrees to its terms.
    #[serde(default = "lets_encrypt")]
    pub directory: String,
    /// A file with certificates in PEM, by which the authority is believed. Default those of the system.
    #[serde(default)]
    pub authority: Option<PathBuf>,
}

fn lets_encrypt() -> String {
    "https://acme-v02.api.letsencrypt.org/directory".to_owned()
}

/// The plugin.
#[derive(Debug)]
pub struct Tls {
    settings: TlsSettings,
    files: TlsFiles,
    identity: Identity,
    /// Made, and perhaps not kept yet: the PEM.
    made: Option<String>,
    protocol: Arc<TlsProtocol>,
    /// Until it starts.
    #[cfg(feature = "acme")]
    acme: Option<acme::Acme>,
    /// Has the files looked at now.
    look: Option<Sender<()>>,
}

impl Tls {
    /// The plugin with these settings, of which it reads the files. What it makes itself it keeps when it starts.
    ///
    /// # Errors
    /// When a file cannot be read, or its key does not fit.
    pub fn new(settings: TlsSettings) -> Result<Self, String> {
        let files = TlsFiles::of(&settings)?;
        let (identity, made) = match files.are_missing() {
            true => {
                let (identity, pem) = files.make().map_err(|error| error.to_string())?;
                (identity, Some(pem))
            }
            false => (files.load().map_err(|error| error.to_string())?, None),
        };
        let certificate = files.certificate_of(&identity).map_err(|error| error.to_string())?;
        let mut protocol =
            TlsProtocol::new(&identity, certificate, settings.minimum, settings.require);
        if settings.client_certificates {
            protocol = protocol.asking_clients(&identity);
        }
        #[cfg(feature = "acme")]
        let acme = match &settings.acme {
            Some(wanted) => Some(acme::Acme::new(wanted, &files)?),
            None => None,
        };
        #[cfg(feature = "acme")]
        if let Some(acme) = &acme {
            protocol = protocol.answering_challenges(acme.challenges());
        }
        Ok(Self {
            settings,
            files,
            identity,
            made,
            protocol: Arc::new(protocol),
            #[cfg(feature = "acme")]
            acme,
            look: None,
        })
    }

    /// What its certificate says of itself.
    pub fn certificate(&self) -> Certificate {
        self.protocol.certificate()
    }
}

impl Plugin for Tls {
    fn protocols(&self) -> Vec<Arc<dyn Protocol>> {
        vec![self.protocol.clone()]
    }

    fn start(&mut self, context: &mut Context<'_>) {
        let (look, asked) = async_channel::bounded(1);
        self.look = Some(look);
        let troubles = Arc::new(Troubles::new(context.reporter()));
        let keeping = Keeping {
            files: self.files.clone(),
            protocol: self.protocol.clone(),
            identity: self.identity.clone(),
            unkept: self.made.clone(),
            asked,
            stopping: context.stopping(),
            reporter: context.reporter(),
            troubles: troubles.clone(),
        };
        context.spawn(keeping.run());
        #[cfg(feature = "acme")]
        if let (Some(acme), Some(look)) = (self.acme.take(), self.look.clone()) {
            let (stopping, reporter) = (context.stopping(), context.reporter());
            context.spawn(acme.run(look, stopping, reporter, troubles.clone()));
        }
        for &address in &self.settings.listen {
            let listening = Listening {
                address,
                protocol: "tls",
                title: "TLS",
                handle: context.handle(),
                stopping: context.stopping(),
                reporter: context.reporter(),
                troubles: troubles.clone(),
            };
            context.spawn(listening.run());
        }
    }

    /// One that was made and is perhaps not kept yet, so that the next one does not make another.
    fn hand_over(&mut self) -> Option<Box<dyn Any + Send>> {
        Some(Box::new((self.files.clone(), self.identity.clone(), self.made.clone())))
    }

    fn take_over(&mut self, state: Box<dyn Any + Send>) {
        let Ok(state) = state.downcast::<(TlsFiles, Identity, Option<String>)>() else { return };
        let (files, identity, made) = *state;
        if self.made.is_none() || files != self.files {
            return;
        }
        if let Ok(certificate) = files.certificate_of(&identity) {
            self.protocol.replace(&identity, certificate);
            (self.identity, self.made) = (identity, made);
        }
    }

    fn after_settings_changed(&mut self, _: &mut Context<'_>, _: &Settings) {
        if let Some(look) = &self.look {
            // One look is as good as two.
            let _ = look.try_send(());
        }
    }
}

#[cfg(test)]
mod tests;

//! Whom the person believes to be a server, what is asked where that is in doubt, and who can read along.
//!
//! TLS is tried first, also where nobody asked for it, but for servers on this machine. A server that speaks none is spoken to in the clear, which the window
//! shows; one that was met over TLS once never is, unless the person says so.

#[cfg_attr(feature = "tls", path = "trust/with_tls.rs")]
#[cfg_attr(not(feature = "tls"), path = "trust/without_tls.rs")]
mod tls;

use std::net::IpAddr;

use salotto::Timestamp;
use salotto::client::Problem;
use salotto::protocol::{Certificate, Fingerprint};
use serde::{Deserialize, Serialize};

use super::{Connection, ConnectionSettings, Effect, Model, Preferences};

/// A server that was met over TLS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Met {
    /// Host of the server, as one may write it in several ways: see [`ConnectionSettings::place`].
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Why it is believed to be the one that it is.
    pub by: Believed,
}

/// Why a server is believed to be the one that it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Believed {
    /// An authority that the system trusts vouches for it.
    Vouched,
    /// The person has accepted its certificate.
    Accepted {
        /// Which one.
        fingerprint: Fingerprint,
        /// When.
        since: Timestamp,
    },
}

/// What the person has to decide. Nothing was sent to the server yet.
#[derive(Debug, Clone, PartialEq)]
pub enum Doubt {
    /// Nobody vouches for a server that was not met before.
    New {
        /// What it has shown.
        certificate: Box<Certificate>,
        /// Why that is not enough.
        why: String,
    },
    /// A server that was met before shows another certificate, or nobody vouches for it any more.
    Changed {
        /// Why it was believed until now.
        known: Believed,
        /// What it has shown.
        found: Box<Certificate>,
        /// Why nobody vouches for it; empty where it is just another certificate.
        why: String,
    },
    /// A server that was met over TLS before does not speak it.
    InClear,
}

/// Who can read what goes between the window and a server.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Privacy<'a> {
    /// The server alone, which has shown this certificate.
    Encrypted(&'a Certificate, &'a Believed),
    /// Whoever is on the way.
    InClear,
    /// It does not leave this machine.
    Local,
}

/// How it stands with one connection.
#[derive(Debug, Default)]
pub(super) struct Standing {
    doubt: Option<Doubt>,
    /// What the server at the other end has shown.
    shown: Option<Box<Certificate>>,
    /// The server takes something only where nobody can read along, and has said so.
    is_wanted: bool,
}

/// What is to be done about a problem.
#[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "without TLS nobody is in doubt"))]
enum Answer {
    Ask(Doubt),
    ConnectInClear,
}

impl Doubt {
    /// The certificate that it is about.
    pub fn certificate(&self) -> Option<&Certificate> {
        match self {
            Self::New { certificate, .. } | Self::Changed { found: certificate, .. } => {
                Some(certificate)
            }
            Self::InClear => None,
        }
    }
}

impl ConnectionSettings {
    /// The host as it is compared: of several ways to write it, one.
    pub fn place(&self) -> String {
        let host = self.host.trim().trim_start_matches('[').trim_end_matches(']');
        match host.parse::<IpAddr>() {
            Ok(address) => address.to_string(),
            Err(_) => host.trim_end_matches('.').to_lowercase(),
        }
    }

    /// Whether the server is on this machine, by its address or the name that every machine has for itself.
    fn is_local(&self) -> bool {
        let place = self.place();
        place == "localhost" || place.parse().is_ok_and(|address: IpAddr| address.is_loopback())
    }
}

impl Preferences {
    /// Why a server that was met over TLS is believed.
    pub fn believed(&self, settings: &ConnectionSettings) -> Option<&Believed> {
        let place = settings.place();
        let met = self.met.iter().find(|met| (&met.host, met.port) == (&place, settings.port));
        met.map(|met| &met.by)
    }

    fn forget(&mut self, settings: &ConnectionSettings) {
        let place = settings.place();
        self.met.retain(|met| (&met.host, met.port) != (&place, settings.port));
    }

    /// There is no bound: each is a server that the person went to, and one that is forgotten could be taken for another.
    fn meet(&mut self, settings: &ConnectionSettings, by: Believed) {
        self.forget(settings);
        self.met.push(Met { host: settings.place(), port: settings.port, by });
    }
}

impl Model {
    /// What the person has to decide before anything is sent.
    pub fn doubt(&self) -> Option<&Doubt> {
        self.trust.doubt.as_ref()
    }

    /// Whether this window was built to speak TLS.
    pub fn can_encrypt(&self) -> bool {
        cfg!(feature = "tls")
    }

    /// Whether the server takes something only over an encrypted connection, and this one is not but could be.
    pub fn wants_encryption(&self) -> bool {
        self.trust.is_wanted && self.can_encrypt()
    }

    /// Who can read along; `None` while there is no connection.
    pub fn privacy(&self) -> Option<Privacy<'_>> {
        if self.connection != Connection::Online {
            return None;
        }
        Some(match (&self.trust.shown, self.preferences.believed(&self.settings)) {
            (Some(shown), Some(believed)) => Privacy::Encrypted(shown, believed),
            _ if self.settings.is_local() => Privacy::Local,
            _ => Privacy::InClear,
        })
    }

    /// Connects as the settings say.
    pub(super) fn dial(&mut self, effects: &mut Vec<Effect>) {
        self.trust = Standing::default();
        self.refusal = None;
        self.connection = Connection::Connecting { attempt: 1 };
        match self.encrypted(self.options()) {
            Ok(options) => effects.push(Effect::Connect(options)),
            Err(problem) => {
                self.refusal = Some(problem);
                self.connection = Connection::Idle;
                effects.push(Effect::Disconnect);
            }
        }
    }

    /// Whether nothing is to be sent in the clear: the person says so, or it was never done before.
    fn must_encrypt(&self) -> bool {
        self.settings.encrypted || self.preferences.believed(&self.settings).is_some()
    }

    /// Another attempt has begun, and nothing is known of who answers.
    pub(super) fn forget_certificate(&mut self) {
        self.trust.shown = None;
    }

    /// The server was entered over a connection that its certificate made: it is never spoken to without from now on.
    pub(super) fn remember_certificate(&mut self) {
        self.trust.is_wanted = false;
        if self.trust.shown.is_some() && self.preferences.believed(&self.settings).is_none() {
            self.preferences.meet(&self.settings, Believed::Vouched);
        }
    }

    /// Something that was asked for is not taken where others can read along.
    pub(super) fn want_encryption(&mut self) {
        self.trust.is_wanted = self.trust.shown.is_none();
    }

    /// Takes a problem that is about who can read along. Returns whether it was one, and is dealt with.
    pub(super) fn take_doubt(&mut self, problem: &Problem, effects: &mut Vec<Effect>) -> bool {
        if matches!(problem, Problem::EncryptionWanted(_)) {
            self.want_encryption();
        }
        match self.answer(problem) {
            None => return false,
            Some(Answer::ConnectInClear) => {
                effects.push(Effect::Connect(self.options()));
                return true;
            }
            Some(Answer::Ask(doubt)) => self.trust.doubt = Some(doubt),
        }
        self.connection = match self.welcomed {
            true => Connection::Ended { reason: "It is not sure who answers there".into() },
            false => Connection::Idle,
        };
        effects.push(Effect::Disconnect);
        true
    }

    /// The person believes that the certificate with this fingerprint is the server's.
    pub(super) fn accept(&mut self, fingerprint: Fingerprint, effects: &mut Vec<Effect>) {
        let doubt = self.trust.doubt.as_ref();
        // What is accepted is what was shown, whatever came meanwhile.
        let shown = doubt.and_then(Doubt::certificate).map(|shown| shown.fingerprint);
        if shown != Some(fingerprint) {
            return;
        }
        let since = Timestamp::from(self.now);
        self.preferences.meet(&self.settings, Believed::Accepted { fingerprint, since });
        effects.push(Effect::Save(self.preferences.clone()));
        self.connect(self.settings.clone(), effects);
    }

    /// The person goes on without TLS at a server that spoke it before.
    pub(super) fn go_on_in_clear(&mut self, effects: &mut Vec<Effect>) {
        if self.trust.doubt != Some(Doubt::InClear) {
            return;
        }
        self.preferences.forget(&self.settings);
        self.settings.encrypted = false;
        effects.push(Effect::Save(self.preferences.clone()));
        self.connect(self.settings.clone(), effects);
    }

    /// Connects anew, and over TLS or not at all.
    pub(super) fn encrypt(&mut self, effects: &mut Vec<Effect>) {
        let settings = ConnectionSettings { encrypted: true, ..self.settings.clone() };
        self.connect(settings, effects);
    }

    /// The person does without what is taken over TLS alone.
    pub(super) fn stay_in_clear(&mut self) {
        self.trust.is_wanted = false;
    }

    /// Nothing is in doubt any more, because the person has left.
    pub(super) fn doubt_no_more(&mut self) {
        self.trust = Standing::default();
    }
}

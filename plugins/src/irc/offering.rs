//! What of it all this server can offer, by how it is set up; and who is told when that changes.

use std::sync::Arc;

use salotto::{Context, MemberId, Role};

use super::capability::{Capability, Offer, Sts};
use super::{Irc, written};

impl Irc {
    /// Looks anew what can be offered. Clients that want to know are told what is new, and what is not there any more.
    pub(super) fn offer(&mut self, context: &mut Context<'_>) {
        let new = self.possible(context);
        let old = std::mem::replace(&mut *self.setup.offer(), new.clone());
        if old == new {
            return;
        }
        let (before, now) = (old.listed(true, true), new.listed(true, true));
        let come: Vec<&str> =
            now.iter().filter(|has| !before.contains(has)).map(String::as_str).collect();
        let is_there = |had: &&str| now.iter().any(|has| word(has) == *had);
        let gone: Vec<&str> =
            before.iter().map(|had| word(had)).filter(|had| !is_there(had)).collect();
        let interested = |id: &MemberId| self.has(*id, Capability::CapNotify);
        let members: Vec<MemberId> = self.connections.keys().copied().filter(interested).collect();
        for member in members {
            let Some(nick) = context.name(member).map(ToString::to_string) else { continue };
            for (command, names) in [("NEW", &come), ("DEL", &gone)] {
                if !names.is_empty() {
                    let (host, names) = (&self.settings.host, names.join(" "));
                    let line = format!(":{host} CAP {nick} {command} :{names}");
                    context.answer(member, written::end(line));
                }
            }
        }
        for known in self.connections.values() {
            known.capabilities.keep_only(&new);
            // Of one that has come before the settings were changed.
            if !Arc::ptr_eq(&known.setup, &self.setup) {
                *known.setup.offer() = new.clone();
            }
        }
    }

    fn possible(&self, context: &Context<'_>) -> Offer {
        let mut offer = Offer::default();
        offer.sts = self.sts(context);
        offer.mechanisms = context.mechanisms().map(str::to_owned).collect();
        offer.set(Capability::Sasl, !offer.mechanisms.is_empty());
        let can_register = context.has_command("register", Role::Member);
        offer.set(Capability::AccountRegistration, can_register);
        let has_history = context.keeps_history();
        for capability in [Capability::ChatHistory, Capability::EventPlayback, Capability::Search] {
            offer.set(capability, has_history);
        }
        offer
    }

    /// Where the operator wants clients to use TLS from now on, and there is TLS to use.
    fn sts(&self, context: &Context<'_>) -> Option<Sts> {
        let duration = self.settings.sts?.duration().as_secs();
        let port = tls_port(context)?;
        Some(Sts { port, duration })
    }
}

/// The port where TLS is spoken, which is that of the server; `None` where there is no certificate.
fn tls_port(context: &Context<'_>) -> Option<u16> {
    #[cfg(feature = "tls")]
    {
        let status = context.status();
        status.certificate.as_ref()?;
        status.addresses.first().map(std::net::SocketAddr::port)
    }
    #[cfg(not(feature = "tls"))]
    {
        let _ = context;
        None
    }
}

/// The name of a capability without its value.
fn word(listed: &str) -> &str {
    listed.split('=').next().unwrap_or_default()
}

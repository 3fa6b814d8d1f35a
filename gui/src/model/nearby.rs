//! The servers on the local network, as the search sees them.

use salotto::discovery::{Found, Sighting};

use super::settings::{ConnectionSettings, DEFAULT_PORT};

/// What is found while it is wanted.
#[derive(Debug, Default)]
pub(super) struct Nearby {
    is_searching: bool,
    /// As many as a search tells of: 64.
    servers: Vec<NearbyServer>,
}

/// A server on the local network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearbyServer {
    id: u64,
    /// What it is called; it can be shown as it is.
    pub name: String,
    /// Host name or address, without port.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether it asks for a password.
    pub has_password: bool,
    /// Whether it speaks TLS, and so does the window.
    pub is_encrypted: bool,
}

impl NearbyServer {
    fn new(found: Found) -> Option<Self> {
        let address = found.addresses.first()?;
        let (host, port) = (address.ip().to_string(), address.port());
        let Found { id, name, has_password, has_tls, .. } = found;
        let is_encrypted = has_tls && cfg!(feature = "tls");
        Some(Self { id, name, host, port, has_password, is_encrypted })
    }

    /// Where it is, as it is typed: without the port where that is the usual one.
    pub fn address(&self) -> String {
        if self.port == DEFAULT_PORT { self.host.clone() } else { self.settings().address() }
    }

    /// What the form is filled in with: where it is, and nothing that was meant for another server. One that says that it speaks TLS has to.
    pub fn settings(&self) -> ConnectionSettings {
        ConnectionSettings {
            host: self.host.clone(),
            port: self.port,
            encrypted: self.is_encrypted,
            ..ConnectionSettings::default()
        }
    }
}

impl Nearby {
    /// Whether to search from now on, where that is another answer than before. Without a search nothing is known.
    pub(super) fn search(&mut self, is_wanted: bool) -> Option<bool> {
        if is_wanted == self.is_searching {
            return None;
        }
        self.is_searching = is_wanted;
        self.servers.clear();
        Some(is_wanted)
    }

    pub(super) fn take(&mut self, sighting: Sighting) {
        match sighting {
            // What was on its way when the search ended.
            _ if !self.is_searching => {}
            Sighting::Found(found) => {
                let Some(server) = NearbyServer::new(found) else { return };
                match self.servers.iter_mut().find(|other| other.id == server.id) {
                    Some(known) => *known = server,
                    None => self.servers.push(server),
                }
            }
            Sighting::Gone(id) => self.servers.retain(|server| server.id != id),
            _ => {}
        }
    }

    pub(super) fn servers(&self) -> &[NearbyServer] {
        &self.servers
    }
}

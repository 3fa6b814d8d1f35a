//! The server to connect to, and the name to use there.

use super::secret::Secret;

/// The port that a server listens on unless it says otherwise.
pub const DEFAULT_PORT: u16 = 53000;

/// What stands before an address that is spoken to over TLS or not at all.
pub const TLS: &str = "tls://";

/// What was filled into the form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConnectionSettings {
    /// Host name or address, without port.
    pub host: String,
    /// The port; see [`DEFAULT_PORT`].
    pub port: u16,
    /// Whether it is spoken to over TLS or not at all, whatever is known of it: `tls://` before the host.
    pub encrypted: bool,
    /// The name wanted.
    pub name: String,
    /// The password of the server, where it has one. It is not remembered beyond this run.
    pub password: Secret,
    /// The room to enter; empty for the default room of the server.
    pub room: String,
}

impl ConnectionSettings {
    /// Host and port as the client takes them; an address with colons gets its brackets.
    pub fn address(&self) -> String {
        let host = self.host.trim();
        if host.contains(':') && !host.starts_with('[') {
            return format!("[{host}]:{}", self.port);
        }
        format!("{host}:{}", self.port)
    }

    /// Reads `HOST`, `HOST:PORT`, `[::1]:PORT` or `::1`, each also with `tls://` before it. The rest is for the caller to fill in.
    ///
    /// # Errors
    /// If the port is not a number from 1 to 65535.
    pub fn at(address: &str) -> Result<Self, String> {
        let address = address.trim();
        let secured = address.get(..TLS.len()).filter(|start| start.eq_ignore_ascii_case(TLS));
        let encrypted = secured.is_some();
        let address = if encrypted { &address[TLS.len()..] } else { address };
        let (host, port) = match address.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port),
            _ => (address, ""),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = match port {
            "" => DEFAULT_PORT,
            port => port.parse().map_err(|_| {
                format!("the port is `{port}`; it is a number from 1 to 65535, usually 53000")
            })?,
        };
        Ok(Self { host, port, encrypted, ..Self::default() })
    }
}

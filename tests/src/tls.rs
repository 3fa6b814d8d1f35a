//! The other side of TLS: certificates for tests, rustls as a client, and a tunnel through which any other client of this harness speaks it.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_rustls::TlsConnector;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
};
use salotto::PluginSetup;
use smol::{Async, io::AsyncWriteExt};
use tempfile::TempDir;

use crate::PATIENCE;

/// A certificate for `localhost` with its key, in one file of a folder of its own.
#[derive(Debug)]
pub struct TestCertificate {
    folder: TempDir,
    pem: String,
}

/// A client's connection, read and written as a stream.
pub type TlsStream = StreamOwned<ClientConnection, TcpStream>;

impl TestCertificate {
    /// Makes one.
    ///
    /// # Panics
    /// When there is no space for it.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let certificate = Self { folder, pem: pem(&["localhost"]) };
        certificate.write(&certificate.pem);
        certificate
    }

    /// The file.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("tls.pem")
    }

    /// Puts another text into the file.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, pem: &str) {
        std::fs::write(self.path(), pem).expect("the file can be written");
    }

    /// The plugin with it, and with these settings beside it, such as `require: All`.
    pub fn plugin(&self, settings: &str) -> PluginSetup {
        setup(&self.path(), settings)
    }

    /// A client that trusts nobody but it.
    ///
    /// # Panics
    /// Never, with a certificate that was just made.
    pub fn config(&self, versions: &[&'static SupportedProtocolVersion]) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        let der = CertificateDer::from_pem_slice(self.pem.as_bytes()).expect("a certificate");
        roots.add(der).expect("it can be trusted");
        config(roots, versions)
    }

    /// The same, which shows a certificate of its own if it is asked. The key may be another's.
    ///
    /// # Panics
    /// When the key is none.
    pub fn config_with(
        &self,
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Arc<ClientConfig> {
        let key = ring::default_provider().key_provider.load_private_key(key).expect("a key");
        let own = SingleCertAndKey::from(CertifiedKey::new(chain, key));
        let mut config = Arc::unwrap_or_clone(self.config(rustls::ALL_VERSIONS));
        config.client_auth_cert_resolver = Arc::new(own);
        Arc::new(config)
    }

    /// Connects and shakes hands, with the newest version.
    pub fn connects(&self, address: SocketAddr) -> TlsStream {
        let stream = connect(address);
        shake_hands(stream, self.config(rustls::ALL_VERSIONS)).expect("a handshake")
    }

    /// An address of this machine at which any client is led on to `server` through TLS; `header` goes before it.
    pub fn tunnel(&self, server: SocketAddr, header: &[u8]) -> SocketAddr {
        tunnel(server, self.config(rustls::ALL_VERSIONS), header)
    }
}

impl Default for TestCertificate {
    fn default() -> Self {
        Self::new()
    }
}

fn setup(path: &Path, settings: &str) -> PluginSetup {
    PluginSetup::new("tls").settings(format!("(certificate: Some({path:?}), {settings})"))
}

/// Certificate and key in PEM, for these names.
///
/// # Panics
/// When a name is none.
pub fn pem(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    made.cert.pem() + &made.signing_key.serialize_pem()
}

fn config(
    roots: RootCertStore,
    versions: &[&'static SupportedProtocolVersion],
) -> Arc<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .expect("ring has suites for every version");
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Connects, with a bound for every read and write.
///
/// # Panics
/// When nobody listens there.
pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address, PATIENCE).expect("somebody listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a bound");
    stream.set_write_timeout(Some(PATIENCE)).expect("a bound");
    stream
}

/// Shakes hands over a connection, with whoever is called `localhost`.
///
/// # Errors
/// What went wrong.
pub fn shake_hands(mut stream: TcpStream, config: Arc<ClientConfig>) -> io::Result<TlsStream> {
    let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
    let mut connection = ClientConnection::new(config, name).map_err(io::Error::other)?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream)?;
    }
    Ok(StreamOwned::new(connection, stream))
}

/// What a client says first, as it goes over the wire.
///
/// # Panics
/// Never, for a client that can say something.
pub fn client_hello() -> Vec<u8> {
    let name = ServerName::try_from("localhost").expect("a name");
    // Whom it trusts is not asked yet.
    let config = config(RootCertStore::empty(), rustls::ALL_VERSIONS);
    let mut connection = ClientConnection::new(config, name).expect("a client");
    let mut hello = Vec::new();
    connection.write_tls(&mut hello).expect("memory takes everything");
    hello
}

/// Reads until a line that has this in it, and returns that.
///
/// # Panics
/// When it does not come.
pub fn read_line(stream: &mut impl Read, part: &str) -> String {
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        stream.read_exact(&mut byte).unwrap_or_else(|error| {
            panic!("no line with {part:?}, but {:?}: {error}", String::from_utf8_lossy(&line))
        });
        match byte[0] {
            b'\n' if String::from_utf8_lossy(&line).contains(part) => {
                return String::from_utf8_lossy(&line).into_owned();
            }
            b'\n' => line.clear(),
            byte => line.push(byte),
        }
    }
}

/// Gives a name and hears that it was accepted.
///
/// # Panics
/// When it was not.
pub fn enters(mut stream: TlsStream, name: &str) -> TlsStream {
    stream.write_all(format!("{name}\n").as_bytes()).expect("it is taken");
    read_line(&mut stream, "* you are in ");
    stream
}

/// An address of this machine at which any client is led on to `server` through TLS; `header` goes before it.
///
/// # Panics
/// When no port is free.
pub fn tunnel(server: SocketAddr, config: Arc<ClientConfig>, header: &[u8]) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = listener.local_addr().expect("it has one");
    let header = header.to_vec();
    // Ends with the test.
    std::thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let (config, header) = (config.clone(), header.clone());
            std::thread::spawn(move || smol::block_on(lead(near, server, config, &header)));
        }
    });
    address
}

/// Carries everything between a client and a server, each way until it ends.
async fn lead(
    near: TcpStream,
    server: SocketAddr,
    config: Arc<ClientConfig>,
    header: &[u8],
) -> io::Result<()> {
    let near = Arc::new(Async::new(near)?);
    let mut far = Async::<TcpStream>::connect(server).await?;
    far.write_all(header).await?;
    let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
    let far = TlsConnector::from(config).connect(name, far).await?;
    let (from_far, mut to_far) = smol::io::split(far);
    let there = async {
        let copied = smol::io::copy(&*near, &mut to_far).await;
        let _ = to_far.close().await;
        copied
    };
    let back = async {
        let copied = smol::io::copy(from_far, &*near).await;
        let _ = near.get_ref().shutdown(Shutdown::Write);
        copied
    };
    let _ = smol::future::zip(there, back).await;
    Ok(())
}

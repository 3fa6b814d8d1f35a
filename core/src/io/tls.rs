//! TLS over another transport, as a server. rustls does the cryptography and holds no socket; what is read and written goes through the
//! transport below, by whoever reads and writes here. There is no task, no timer and no buffer of its own: what waits is one record at most.

use std::io::{self, IoSlice, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll};

use rustls::server::Acceptor;
use rustls::{ServerConfig, ServerConnection};
use smallvec::SmallVec;

use crate::io::transport::Transport;

/// Most bytes of a record, by its specification.
const RECORD: usize = 16 * 1024;
/// Bytes that may come without a byte in them that is for us: a handshake is far shorter, and empty records are worth nothing to anybody.
const MOST_BARREN: usize = 64 * 1024;

/// See the module.
#[derive(Debug)]
pub(crate) struct Tls {
    below: Arc<dyn Transport>,
    /// Locked for one read or one write, which do not wait.
    state: Mutex<State>,
    is_handshaking: AtomicBool,
    /// The SHA-256 of the certificate that the peer has shown, from the end of the handshake on. Boxed, as hardly anybody has one.
    certificate: OnceLock<Box<[u8; 32]>>,
}

#[derive(Debug)]
struct State {
    connection: ServerConnection,
    /// What was read of the connection before TLS was known to be spoken, and before the configuration was chosen.
    received: Vec<u8>,
    /// Where the first message of the client may choose another configuration: until it has come.
    choosing: Option<Box<Choosing>>,
    /// Bytes that were decrypted and not read yet.
    decrypted: usize,
    /// Bytes that came since the last that was for us.
    barren: usize,
    /// Bytes in a record that the socket has not taken whole. Whoever writes was told that they were not taken, comes back with them, and
    /// is told that they were when the record is gone: so nobody who has something encrypted under way counts as up to date.
    ahead: usize,
}

/// Looks for who asks for one protocol and no other.
struct Choosing {
    acceptor: Acceptor,
    other: OtherConfig,
}

/// A configuration for those who ask for one protocol (ALPN) and no other.
#[derive(Debug, Clone)]
pub(crate) struct OtherConfig {
    pub(crate) protocol: &'static [u8],
    pub(crate) config: Arc<ServerConfig>,
}

impl std::fmt::Debug for Choosing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Choosing")
    }
}

impl Tls {
    /// Lays TLS over a transport, of which the first bytes were read already.
    pub(crate) fn new(
        config: Arc<ServerConfig>,
        other: Option<OtherConfig>,
        below: Arc<dyn Transport>,
        first: &[u8],
    ) -> Self {
        let choosing = other.map(|other| Choosing { acceptor: Acceptor::default(), other });
        let mut state = State {
            connection: open(config),
            received: Vec::new(),
            choosing: choosing.map(Box::new),
            decrypted: 0,
            barren: 0,
            ahead: 0,
        };
        state.receive(first);
        Self {
            below,
            state: Mutex::new(state),
            is_handshaking: AtomicBool::new(true),
            certificate: OnceLock::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The handshake is done, so that the peer has the key of what it has shown.
    fn note_certificate(&self, connection: &ServerConnection) {
        if let Some([shown, ..]) = connection.peer_certificates() {
            let digest = ring::digest::digest(&ring::digest::SHA256, shown);
            let mut bytes = Box::new([0; 32]);
            bytes.copy_from_slice(digest.as_ref());
            // There is one handshake.
            let _ = self.certificate.set(bytes);
        }
    }

    /// Tells the peer that nothing more comes, if it is taken at once.
    fn say_goodbye(&self) {
        let mut state = self.state();
        state.connection.send_close_notify();
        // A peer that is gone needs no goodbye.
        let _ = state.flush(&*self.below);
    }
}

impl Transport for Tls {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut state = self.state();
        loop {
            match state.connection.reader().read(buffer) {
                Ok(count) => {
                    state.decrypted = state.decrypted.saturating_sub(count);
                    state.barren = 0;
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // Whoever looks whether the port is open.
                Err(_) if state.connection.is_handshaking() => return Ok(0),
                // An end that the peer did not announce may be somebody else's doing, who cuts off what it was about to say.
                Err(error) => return Err(error),
            }
            let taken = state.take_in(&*self.below);
            if self.is_handshaking() && !state.connection.is_handshaking() {
                self.note_certificate(&state.connection);
                self.is_handshaking.store(false, Ordering::SeqCst);
            }
            taken?;
        }
    }

    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut state = self.state();
        state.flush(&*self.below)?;
        let mut taken = std::mem::take(&mut state.ahead);
        loop {
            let record = record_of(slices, taken);
            if record.is_empty() {
                return Ok(taken);
            }
            let count = state.connection.writer().write_vectored(&record)?;
            match state.flush(&*self.below) {
                Ok(()) => taken += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    state.ahead = count;
                    return if taken > 0 { Ok(taken) } else { Err(error) };
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn poll_readable(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if state.decrypted > 0 || state.choosing.is_none() && !state.received.is_empty() {
            return Poll::Ready(());
        }
        // What the handshake has to say waits for nobody who writes.
        if state.connection.wants_write() && self.below.poll_writable(context).is_ready() {
            // If it fails, whoever reads finds out.
            let _ = state.flush(&*self.below);
        }
        self.below.poll_readable(context)
    }

    fn poll_writable(&self, context: &mut Context<'_>) -> Poll<()> {
        self.below.poll_writable(context)
    }

    fn is_encrypted(&self) -> bool {
        true
    }

    fn certificate(&self) -> Option<[u8; 32]> {
        self.certificate.get().map(|bytes| **bytes)
    }

    fn is_handshaking(&self) -> bool {
        self.is_handshaking.load(Ordering::SeqCst)
    }

    fn finish(&self) {
        self.say_goodbye();
        self.below.finish();
    }

    fn shutdown(&self) {
        self.say_goodbye();
        self.below.shutdown();
    }
}

impl State {
    /// Keeps what came before the configuration is chosen, and looks whether it is now.
    fn receive(&mut self, bytes: &[u8]) {
        self.received.extend_from_slice(bytes);
        let Some(choosing) = &mut self.choosing else { return };
        let mut rest = bytes;
        while !rest.is_empty() && matches!(choosing.acceptor.read_tls(&mut rest), Ok(1..)) {}
        match choosing.acceptor.accept() {
            Ok(None) if self.received.len() <= MOST_BARREN => return,
            Ok(Some(accepted)) => {
                let asked = accepted.client_hello().alpn();
                if asked.into_iter().flatten().eq([choosing.other.protocol]) {
                    self.connection = open(choosing.other.config.clone());
                }
            }
            // What is wrong with it is said by who answers it.
            Ok(None) | Err(_) => {}
        }
        self.choosing = None;
    }

    /// Reads what is there, once, and decrypts it.
    fn take_in(&mut self, below: &dyn Transport) -> io::Result<()> {
        if self.choosing.is_some() {
            let mut buffer = [0; 4096];
            match below.read(&mut buffer)? {
                0 => self.choosing = None,
                count => self.receive(&buffer[..count]),
            }
            return Ok(());
        }
        if self.received.is_empty() {
            let count = self.connection.read_tls(&mut Below(below))?;
            return self.decrypt(count, below);
        }
        let received = std::mem::take(&mut self.received);
        let mut rest = &received[..];
        while !rest.is_empty() {
            let count = self.connection.read_tls(&mut rest)?;
            self.decrypt(count, below)?;
            if count == 0 {
                break;
            }
        }
        Ok(())
    }

    fn decrypt(&mut self, count: usize, below: &dyn Transport) -> io::Result<()> {
        self.barren += count;
        if self.barren > MOST_BARREN {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "nothing but empty records comes",
            ));
        }
        let processed = self.connection.process_new_packets();
        // Also where it failed: an alert says why.
        let flushed = self.flush(below);
        let processed =
            processed.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        self.decrypted = processed.plaintext_bytes_to_read();
        match flushed {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ => Ok(()),
        }
    }

    /// Writes the records that are ready.
    ///
    /// # Errors
    /// `WouldBlock` while any is left.
    fn flush(&mut self, below: &dyn Transport) -> io::Result<()> {
        while self.connection.wants_write() {
            if self.connection.write_tls(&mut Below(below))? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        Ok(())
    }
}

fn open(config: Arc<ServerConfig>) -> ServerConnection {
    ServerConnection::new(config).expect("a configuration with records of the usual size")
}

/// What goes into one record, of what comes after the first `skip` bytes.
fn record_of<'a>(slices: &'a [IoSlice<'_>], mut skip: usize) -> SmallVec<[IoSlice<'a>; 8]> {
    let mut space = RECORD;
    let mut record = SmallVec::new();
    for slice in slices {
        let skipped = skip.min(slice.len());
        skip -= skipped;
        let rest = &slice[skipped..];
        let rest = &rest[..rest.len().min(space)];
        space -= rest.len();
        if !rest.is_empty() {
            record.push(IoSlice::new(rest));
        }
    }
    record
}

/// A transport as rustls wants it.
struct Below<'a>(&'a dyn Transport);

impl Read for Below<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Below<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.write(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use rustls::crypto::ring;
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
    use rustls::{ClientConfig, ClientConnection, RootCertStore};

    use super::*;

    /// A certificate for `localhost` with its key.
    static PEM: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        (made.cert.pem() + &made.signing_key.serialize_pem()).into_bytes()
    });

    /// A socket that takes and gives as much at a time as it is told to.
    #[derive(Debug, Default)]
    struct Socket(Mutex<Ends>);

    #[derive(Debug, Default)]
    struct Ends {
        to_server: Vec<u8>,
        to_client: Vec<u8>,
        /// How much is taken of the next writes; 0 is a full socket. When it is over, everything is.
        takes: Vec<usize>,
    }

    impl Transport for Socket {
        fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
            let mut ends = self.0.lock().unwrap();
            let count = ends.to_server.len().min(buffer.len());
            buffer[..count].copy_from_slice(&ends.to_server[..count]);
            ends.to_server.drain(..count);
            if count == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(count) }
        }

        fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
            let mut ends = self.0.lock().unwrap();
            let all: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
            let takes = ends.takes.pop().unwrap_or(all.len()).min(all.len());
            ends.to_client.extend_from_slice(&all[..takes]);
            if takes == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(takes) }
        }

        fn poll_readable(&self, _: &mut Context<'_>) -> Poll<()> {
            Poll::Ready(())
        }

        fn poll_writable(&self, _: &mut Context<'_>) -> Poll<()> {
            Poll::Ready(())
        }

        fn shutdown(&self) {}
    }

    fn client() -> ClientConnection {
        client_that_asks(&[])
    }

    /// One that asks for protocols (ALPN).
    fn client_that_asks(protocols: &[&str]) -> ClientConnection {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&PEM).unwrap()).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols =
            protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").unwrap()).unwrap()
    }

    fn config() -> ServerConfig {
        ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from_pem_slice(&PEM).unwrap()],
                PrivateKeyDer::from_pem_slice(&PEM).unwrap(),
            )
            .unwrap()
    }

    fn server(socket: Arc<Socket>) -> Tls {
        Tls::new(Arc::new(config()), None, socket, &[])
    }

    /// What the client has to say goes to the server, and the other way round; returns what the client heard.
    fn carry(client: &mut ClientConnection, socket: &Socket) -> Vec<u8> {
        let mut ends = socket.0.lock().unwrap();
        while client.wants_write() {
            client.write_tls(&mut ends.to_server).unwrap();
        }
        let wire = std::mem::take(&mut ends.to_client);
        let (mut rest, mut heard) = (&wire[..], Vec::new());
        while !rest.is_empty() {
            client.read_tls(&mut rest).unwrap();
            let bytes = client.process_new_packets().unwrap().plaintext_bytes_to_read();
            let start = heard.len();
            heard.resize(start + bytes, 0);
            client.reader().read_exact(&mut heard[start..]).unwrap();
        }
        heard
    }

    /// Both, who have shaken hands.
    fn pair() -> (ClientConnection, Arc<Socket>, Tls) {
        let (mut client, socket) = (client(), Arc::new(Socket::default()));
        let server = server(socket.clone());
        while client.is_handshaking() || server.is_handshaking() {
            carry(&mut client, &socket);
            let read = server.read(&mut [0; 64]);
            assert_eq!(read.unwrap_err().kind(), io::ErrorKind::WouldBlock);
        }
        (client, socket, server)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn whatever_the_socket_takes_at_a_time_all_arrives_once_and_in_order(
            takes in proptest::collection::vec(prop_oneof![Just(0), 0..2000usize], 0..40),
            lengths in proptest::collection::vec(1..20_000usize, 1..8),
            more in 0..500usize,
        ) {
            let (mut client, socket, server) = pair();
            socket.0.lock().unwrap().takes = takes;
            let slices: Vec<Vec<u8>> = lengths
                .iter()
                .enumerate()
                .map(|(index, &length)| (0..length).map(|at| (index + at) as u8).collect())
                .collect();
            let mut all: Vec<u8> = slices.concat();
            let (mut taken, mut heard, mut tries) = (0, Vec::new(), 0);
            while taken < all.len() {
                // Offered anew: the same bytes first, and perhaps more that has come meanwhile.
                if tries == 3 {
                    all.extend(std::iter::repeat_n(7, more));
                }
                tries += 1;
                let rest = &all[taken..];
                let (one, other) = rest.split_at(rest.len() / 3);
                match server.write(&[IoSlice::new(one), IoSlice::new(other)]) {
                    Ok(count) => {
                        prop_assert!(count > 0);
                        taken += count;
                    }
                    Err(error) => prop_assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
                }
                // What was said to be taken has left.
                heard.extend(carry(&mut client, &socket));
                prop_assert!(heard.len() >= taken);
            }
            prop_assert!(heard == all);
        }

        #[test]
        fn what_comes_is_read_whole_however_it_was_cut(
            said in proptest::collection::vec(any::<u8>(), 1..40_000),
            cuts in proptest::collection::vec(1..3000usize, 1..20),
            space in 1..5000usize,
        ) {
            let (mut client, socket, server) = pair();
            let (mut wire, mut heard) = (Vec::new(), Vec::new());
            for part in said.chunks(10_000) {
                client.writer().write_all(part).unwrap();
                while client.wants_write() {
                    client.write_tls(&mut wire).unwrap();
                }
            }
            let mut cuts = cuts.iter().cycle();
            while !wire.is_empty() {
                let cut = cuts.next().copied().unwrap_or(1).min(wire.len());
                socket.0.lock().unwrap().to_server.extend(wire.drain(..cut));
                let mut buffer = vec![0; space];
                loop {
                    match server.read(&mut buffer) {
                        Ok(count) => heard.extend_from_slice(&buffer[..count]),
                        Err(error) => {
                            prop_assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                            break;
                        }
                    }
                }
            }
            prop_assert!(heard == said);
        }
    }

    #[test]
    fn garbage_in_place_of_records_is_told_from_an_end() {
        let (_client, socket, server) = pair();
        socket.0.lock().unwrap().to_server =
            b"\x17\x03\x03\0\x20not what was agreed on, by any key".to_vec();
        assert_eq!(server.read(&mut [0; 64]).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn first_bytes_that_were_read_already_are_waited_for_by_nobody() {
        let socket = Arc::new(Socket::default());
        let tls = server(socket);
        tls.state().received = b"\x16\x03\x01".to_vec();
        let mut context = Context::from_waker(std::task::Waker::noop());
        assert!(tls.poll_readable(&mut context).is_ready());
        assert!(tls.read(&mut [0; 64]).is_err() && tls.is_handshaking());
    }

    #[test]
    fn who_asks_for_one_protocol_alone_is_shown_another_configuration_however_the_bytes_come() {
        for (asked, is_other) in [
            (&["acme-tls/1"][..], true),
            (&[], false),
            (&["h2", "http/1.1"], false),
            (&["acme-tls/1", "h2"], false),
        ] {
            for step in [1, 7, 100_000] {
                let mut other = config();
                other.alpn_protocols = vec![b"acme-tls/1".to_vec()];
                let other = OtherConfig { protocol: b"acme-tls/1", config: Arc::new(other) };
                let (mut client, socket) = (client_that_asks(asked), Arc::new(Socket::default()));
                let server = Tls::new(Arc::new(config()), Some(other), socket.clone(), &[]);
                while client.is_handshaking() || server.is_handshaking() {
                    carry(&mut client, &socket);
                    let all = std::mem::take(&mut socket.0.lock().unwrap().to_server);
                    for bytes in all.chunks(step) {
                        socket.0.lock().unwrap().to_server.extend(bytes);
                        let read = server.read(&mut [0; 64]);
                        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::WouldBlock);
                    }
                }
                assert_eq!(client.alpn_protocol().is_some(), is_other, "{asked:?}");
            }
        }
    }
}

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
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
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

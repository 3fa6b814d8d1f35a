//! TLS over another transport, as a server. rustls does the cryptography and holds no socket; what is read and written goes through the
//! transport below, by whoever reads and writes here. There is no task, no timer and no buffer of its own: what waits is one record at most.

mod choosing;

use std::io::{self, IoSlice, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll};

use rustls::{ServerConfig, ServerConnection};
use smallvec::SmallVec;

use crate::io::transport::Transport;

pub(crate) use choosing::OtherConfig;
use choosing::{Choosing, Chosen};

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

impl Tls {
    /// Lays TLS over a transport, of which the first bytes were read already.
    pub(crate) fn new(
        config: Arc<ServerConfig>,
        other: Option<OtherConfig>,
        below: Arc<dyn Transport>,
        first: &[u8],
    ) -> Self {
        let mut state = State {
            connection: open(config),
            received: Vec::new(),
            choosing: other.map(|other| Box::new(Choosing::new(other))),
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
        match choosing.read(bytes) {
            Chosen::NotYet if self.received.len() <= MOST_BARREN => return,
            Chosen::NotYet | Chosen::Usual => {}
            Chosen::Other(config) => self.connection = open(config),
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
mod tests;

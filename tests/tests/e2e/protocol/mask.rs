//! A transport that a plugin lays over the socket, as TLS would be: after the byte 0x16 every byte is turned round.

use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use salotto::dialect::{Opening, Protocol, Recognition};
use salotto::{Limits, Peer, Plugin, Transport};

#[derive(Debug)]
struct Mask;

/// What was read before it was there comes first.
#[derive(Debug)]
struct Masked {
    below: Arc<dyn Transport>,
    received: Mutex<Vec<u8>>,
}

/// The same for both directions.
pub(super) fn masked(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| !byte).collect()
}

impl Protocol for Mask {
    fn name(&self) -> &str {
        "mask"
    }

    fn recognise(&self, first: &[u8]) -> Recognition {
        if first.starts_with(b"\x16") { Recognition::Yes } else { Recognition::No }
    }

    fn open(&self, _: Peer, _: bool, _: &Limits) -> Opening {
        Opening::Transport(Box::new(|below, received| {
            let received = Mutex::new(received[1..].to_vec());
            Box::new(Masked { below, received })
        }))
    }
}

impl Transport for Masked {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut received = self.received.lock().expect("nobody panics");
        let count = match received.len() {
            0 => self.below.read(buffer)?,
            waiting => {
                let count = waiting.min(buffer.len());
                buffer[..count].copy_from_slice(&received[..count]);
                received.drain(..count);
                count
            }
        };
        buffer[..count].iter_mut().for_each(|byte| *byte = !*byte);
        Ok(count)
    }

    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.below.write(&[IoSlice::new(&masked(slices.first().map_or(&[], |slice| slice)))])
    }

    fn poll_readable(&self, context: &mut Context<'_>) -> Poll<()> {
        match self.received.lock().expect("nobody panics").is_empty() {
            true => self.below.poll_readable(context),
            false => Poll::Ready(()),
        }
    }

    fn poll_writable(&self, context: &mut Context<'_>) -> Poll<()> {
        self.below.poll_writable(context)
    }

    fn shutdown(&self) {
        self.below.shutdown();
    }
}

pub(super) struct Masks;

impl Plugin for Masks {
    fn protocols(&self) -> Vec<Arc<dyn Protocol>> {
        vec![Arc::new(Mask)]
    }
}

//! A transport for clients that show whatever one `recv` brings as one row, of 1024 bytes at most: it lets one line through at a time, without its
//! end, and then waits a little, so that the next one is a row of its own. Who writes is told that the socket is full meanwhile, and goes on to others.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use async_io::Timer;

use crate::io::transport::Transport;

/// Between two rows; less, and a busy client's `recv` brings two at once.
const PAUSE: Duration = Duration::from_millis(25);
/// Most bytes of a row: what such clients ask `recv` for.
const ROW: usize = 1024;

/// See the module.
#[derive(Debug)]
pub(crate) struct Paced {
    below: Arc<dyn Transport>,
    pause: Mutex<Pause>,
}

#[derive(Debug, Default)]
struct Pause {
    until: Option<Instant>,
    timer: Option<Timer>,
}

impl Paced {
    pub(crate) fn new(below: Arc<dyn Transport>) -> Self {
        Self { below, pause: Mutex::default() }
    }

    fn pause(&self) -> MutexGuard<'_, Pause> {
        self.pause.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pause {
    fn is_over(&self) -> bool {
        self.until.is_none_or(|until| until <= Instant::now())
    }
}

impl Transport for Paced {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.below.read(buffer)
    }

    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut pause = self.pause();
        if !pause.is_over() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let (row, is_whole) = first_row(slices);
        let taken = if row.is_empty() { 0 } else { self.below.write(&[IoSlice::new(&row)])? };
        // A record that was under way before this was laid over may hold more than a row.
        if taken != row.len() {
            return Ok(taken);
        }
        if !row.is_empty() {
            pause.until = Some(Instant::now() + PAUSE);
        }
        Ok(taken + usize::from(is_whole))
    }

    fn poll_readable(&self, context: &mut Context<'_>) -> Poll<()> {
        self.below.poll_readable(context)
    }

    fn poll_writable(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut pause = self.pause();
        if let Some(until) = pause.until.filter(|_| !pause.is_over()) {
            let timer = pause.timer.get_or_insert_with(|| Timer::at(until));
            timer.set_at(until);
            if Pin::new(timer).poll(context).is_pending() {
                return Poll::Pending;
            }
        }
        pause.timer = None;
        drop(pause);
        self.below.poll_writable(context)
    }

    fn is_encrypted(&self) -> bool {
        self.below.is_encrypted()
    }

    fn is_handshaking(&self) -> bool {
        self.below.is_handshaking()
    }

    fn finish(&self) {
        self.below.finish();
    }

    fn shutdown(&self) {
        self.below.shutdown();
    }
}

/// The first line without its end, or as much of it as goes into a row, cut between characters; and whether its end comes next.
fn first_row(slices: &[IoSlice<'_>]) -> (Vec<u8>, bool) {
    let mut bytes = slices.iter().flat_map(|slice| slice.iter().copied());
    // One more, to see whether a character begins there.
    let mut row: Vec<u8> = bytes.by_ref().take(ROW + 1).take_while(|byte| *byte != b'\n').collect();
    if row.len() <= ROW {
        let total: usize = slices.iter().map(|slice| slice.len()).sum();
        let is_whole = row.len() < total;
        return (row, is_whole);
    }
    let is_inside = |byte: u8| byte & 0b1100_0000 == 0b1000_0000;
    let end = (0..=ROW).rev().find(|&at| !is_inside(row[at])).filter(|&at| at > 0).unwrap_or(ROW);
    row.truncate(end);
    (row, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[u8]) -> Vec<Vec<u8>> {
        let (mut rest, mut rows) = (bytes, Vec::new());
        while !rest.is_empty() {
            // In two slices, wherever the cut is.
            let (one, other) = rest.split_at(rest.len() / 2);
            let (row, is_whole) = first_row(&[IoSlice::new(one), IoSlice::new(other)]);
            rest = &rest[row.len() + usize::from(is_whole)..];
            rows.push(row);
        }
        rows
    }

    #[test]
    fn a_line_is_a_row_without_its_end() {
        assert_eq!(rows(b"one\ntwo\n\nthree"), [&b"one"[..], b"two", b"", b"three"]);
    }

    #[test]
    fn what_is_longer_than_a_row_is_cut_between_characters() {
        let line = "ä".repeat(1000) + "\n";
        let rows = rows(format!("x{line}").as_bytes());
        assert_eq!(rows.iter().map(Vec::len).collect::<Vec<_>>(), [1023, 978]);
        assert!(rows.iter().all(|row| std::str::from_utf8(row).is_ok()));
    }
}

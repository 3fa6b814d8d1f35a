//! Lines in frames, one each and without its end, as IRC is spoken in browsers (<https://ircv3.net/specs/extensions/websocket>): a transport that is laid over the one below.

use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use salotto::Transport;
use tungstenite::protocol::frame::coding::{CloseCode, Data};

use super::Bounds;
use super::dialect::{closing, framed, pong};
use super::frames::{Brought, Frames};

/// Bytes that are framed at once at most, and read.
const PORTION: usize = 16 * 1024;
/// Bytes of answers to pings that may wait to be taken.
const MOST_ANSWERS: usize = 4096;

/// See the module.
#[derive(Debug)]
pub(super) struct LineFrames {
    below: Arc<dyn Transport>,
    /// Locked for one read or one write, which do not wait.
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    frames: Frames,
    /// How lines are marked: as text, or as bytes.
    data: Data,
    /// Lines that came and were not read yet.
    lines: Vec<u8>,
    /// Frames that the transport below has not taken.
    unwritten: Vec<u8>,
    /// Bytes of lines in them. Whoever writes was told that they were not taken, comes back with them, and is told that they were when their frames are gone.
    ahead: usize,
    is_over: bool,
}

impl LineFrames {
    /// Laid over a transport of which something was read already.
    pub(super) fn new(
        below: Arc<dyn Transport>,
        bounds: Bounds,
        is_text: bool,
        received: &[u8],
    ) -> Self {
        let mut frames = Frames::new(bounds, !is_text);
        frames.feed(received);
        let data = if is_text { Data::Text } else { Data::Binary };
        let (lines, unwritten) = (Vec::new(), Vec::new());
        let state = State { frames, data, lines, unwritten, ahead: 0, is_over: false };
        Self { below, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes, if that is taken at once.
    fn say_goodbye(&self) {
        self.state().close(CloseCode::Normal, &*self.below);
    }
}

impl State {
    /// Takes apart what came. The peer may have closed, or be let go.
    fn take_in(&mut self, below: &dyn Transport) {
        while !self.is_over {
            match self.frames.next() {
                Ok(None) => return,
                Ok(Some(Brought::Nothing)) => {}
                Ok(Some(Brought::Message(line))) => {
                    // One line each: what looks like several is none.
                    self.lines
                        .extend(line.into_iter().filter(|byte| !matches!(byte, b'\r' | b'\n')));
                    self.lines.push(b'\n');
                }
                Ok(Some(Brought::Ping(payload))) => {
                    if self.unwritten.len() < MOST_ANSWERS {
                        self.unwritten.extend(pong(&payload));
                    }
                    // It goes with what is written next, where it is not taken now.
                    let _ = self.flush(below);
                }
                Err(code) => self.close(code, below),
            }
        }
    }

    /// Says goodbye, once.
    fn close(&mut self, code: CloseCode, below: &dyn Transport) {
        if !std::mem::replace(&mut self.is_over, true) {
            self.unwritten.extend(closing(code));
            // A peer that is gone needs no goodbye.
            let _ = self.flush(below);
        }
    }

    /// Writes the frames that are ready.
    ///
    /// # Errors
    /// `WouldBlock` while any is left.
    fn flush(&mut self, below: &dyn Transport) -> io::Result<()> {
        while !self.unwritten.is_empty() {
            match below.write(&[IoSlice::new(&self.unwritten)])? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                taken => drop(self.unwritten.drain(..taken)),
            }
        }
        self.unwritten = Vec::new();
        Ok(())
    }

    /// Frames the lines of a portion.
    fn frame(&mut self, portion: &[u8]) {
        for line in portion.split_inclusive(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            framed(self.data, line, &mut self.unwritten);
        }
        self.ahead = portion.len();
    }
}

impl Transport for LineFrames {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut state = self.state();
        loop {
            state.take_in(&*self.below);
            if !state.lines.is_empty() {
                let count = state.lines.len().min(buffer.len());
                buffer[..count].copy_from_slice(&state.lines[..count]);
                state.lines.drain(..count);
                if state.lines.is_empty() {
                    state.lines = Vec::new();
                }
                return Ok(count);
            }
            if state.is_over {
                return Ok(0);
            }
            let mut portion = [0; PORTION];
            match self.below.read(&mut portion)? {
                0 => return Ok(0),
                count => state.frames.feed(&portion[..count]),
            }
        }
    }

    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut state = self.state();
        if state.is_over {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        state.flush(&*self.below)?;
        let mut taken = std::mem::take(&mut state.ahead);
        loop {
            let portion = portion_of(slices, taken);
            if portion.is_empty() {
                return Ok(taken);
            }
            state.frame(&portion);
            match state.flush(&*self.below) {
                Ok(()) => taken += std::mem::take(&mut state.ahead),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && taken > 0 => {
                    return Ok(taken);
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn poll_readable(&self, context: &mut Context<'_>) -> Poll<()> {
        let state = self.state();
        match state.lines.is_empty() && !state.is_over {
            true => self.below.poll_readable(context),
            false => Poll::Ready(()),
        }
    }

    fn poll_writable(&self, context: &mut Context<'_>) -> Poll<()> {
        self.below.poll_writable(context)
    }

    fn is_encrypted(&self) -> bool {
        self.below.is_encrypted()
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

/// Whole lines of what comes after the first `skip` bytes, as many as are framed at once; a line that is longer is taken with its end.
fn portion_of(slices: &[IoSlice<'_>], mut skip: usize) -> Vec<u8> {
    let mut portion = Vec::new();
    for slice in slices {
        let skipped = skip.min(slice.len());
        skip -= skipped;
        for line in slice[skipped..].split_inclusive(|byte| *byte == b'\n') {
            if portion.len() >= PORTION && portion.ends_with(b"\n") {
                return portion;
            }
            portion.extend_from_slice(line);
        }
    }
    portion
}

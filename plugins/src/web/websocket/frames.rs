//! Messages out of frames, within bounds. A message may come in several frames, with others that concern the connection between them.

use std::io::Cursor;

use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};

use super::Bounds;

/// Bytes that a frame may have which concerns the connection.
const MAX_CONTROL: u64 = 125;

/// See the module.
#[derive(Debug)]
pub(super) struct Frames {
    received: Vec<u8>,
    /// How much of `received` was taken.
    taken: usize,
    /// What came of a message that is not whole.
    message: Option<Vec<u8>>,
    bounds: Bounds,
    takes_binary: bool,
}

/// What a frame brings.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Brought {
    /// The end of a message.
    Message(Vec<u8>),
    /// The peer asks whether anybody is there.
    Ping(Vec<u8>),
    /// Nothing: a part of a message, or an answer that nobody asked for.
    Nothing,
}

/// A frame that is whole.
struct Frame {
    opcode: OpCode,
    is_final: bool,
    payload: Vec<u8>,
}

impl Frames {
    pub(super) fn new(bounds: Bounds, takes_binary: bool) -> Self {
        Self { received: Vec::new(), taken: 0, message: None, bounds, takes_binary }
    }

    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.received.drain(..std::mem::take(&mut self.taken));
        self.received.extend_from_slice(bytes);
    }

    /// What the next frame brings, if it is whole.
    ///
    /// # Errors
    /// With which code a peer is let go that closes or breaks the rules.
    pub(super) fn next(&mut self) -> Result<Option<Brought>, CloseCode> {
        if let Some(frame) = self.frame()? {
            return self.take(frame).map(Some);
        }
        if self.taken == self.received.len() {
            (self.received, self.taken) = (Vec::new(), 0);
        }
        Ok(None)
    }

    pub(super) fn buffered(&self) -> usize {
        self.received.len() - self.taken + self.message.as_ref().map_or(0, Vec::len)
    }

    /// The next frame, if it is whole; or with which code a peer is let go that breaks the rules.
    fn frame(&mut self) -> Result<Option<Frame>, CloseCode> {
        let waiting = &self.received[self.taken..];
        let mut cursor = Cursor::new(waiting);
        let Some((header, length)) =
            FrameHeader::parse(&mut cursor).map_err(|_| CloseCode::Protocol)?
        else {
            return Ok(None);
        };
        let mask = self.check(&header, length)?;
        // Both are within bounds.
        let (start, length) = (cursor.position() as usize, length as usize);
        let Some(payload) = waiting.get(start..start + length) else { return Ok(None) };
        let mut payload = payload.to_vec();
        payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        self.taken += start + length;
        let FrameHeader { opcode, is_final, .. } = header;
        Ok(Some(Frame { opcode, is_final, payload }))
    }

    /// Whether a frame may be as its header says it is, before the rest of it comes. Returns what it is masked with.
    fn check(&self, header: &FrameHeader, length: u64) -> Result<[u8; 4], CloseCode> {
        let mask = header.mask.ok_or(CloseCode::Protocol)?;
        let is_extended = header.rsv1 || header.rsv2 || header.rsv3;
        let so_far = self.message.as_ref();
        let fits = match header.opcode {
            OpCode::Control(_) => header.is_final && length <= MAX_CONTROL,
            OpCode::Data(Data::Continue) => so_far.is_some(),
            OpCode::Data(Data::Binary) if !self.takes_binary => return Err(CloseCode::Unsupported),
            OpCode::Data(_) => so_far.is_none(),
        };
        if is_extended || !fits {
            return Err(CloseCode::Protocol);
        }
        let room = self.bounds.message - so_far.map_or(0, Vec::len);
        match header.opcode {
            OpCode::Data(_) if length > room as u64 => Err(CloseCode::Size),
            _ => Ok(mask),
        }
    }

    fn take(&mut self, frame: Frame) -> Result<Brought, CloseCode> {
        let Frame { opcode, is_final, payload } = frame;
        match opcode {
            OpCode::Control(Control::Ping) => return Ok(Brought::Ping(payload)),
            OpCode::Control(Control::Close) => return Err(closing_code(&payload)),
            OpCode::Control(_) => return Ok(Brought::Nothing),
            OpCode::Data(_) => {}
        }
        let message = match self.message.take() {
            Some(mut message) => {
                message.extend_from_slice(&payload);
                message
            }
            None => payload,
        };
        if is_final {
            return Ok(Brought::Message(message));
        }
        self.message = Some(message);
        Ok(Brought::Nothing)
    }
}

/// What a peer that closes is answered: its own code, if it is one.
fn closing_code(payload: &[u8]) -> CloseCode {
    match payload {
        [] => CloseCode::Status,
        [high, low, reason @ ..] => {
            let code = CloseCode::from(u16::from_be_bytes([*high, *low]));
            match (code.is_allowed(), std::str::from_utf8(reason)) {
                (false, _) => CloseCode::Protocol,
                (true, Err(_)) => CloseCode::Invalid,
                (true, Ok(_)) => code,
            }
        }
        [_] => CloseCode::Protocol,
    }
}

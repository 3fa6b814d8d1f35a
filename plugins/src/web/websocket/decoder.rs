//! The way in: frames to requests. A message may come in several frames, with others that concern the connection between them.

use std::io::Cursor;
use std::sync::Arc;

use salotto::dialect::{Decoded, Decoder, Input, Json};
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};

use super::Bounds;
use super::dialect::{Ending, pong};

/// Bytes that a frame may have which concerns the connection.
const MAX_CONTROL: u64 = 125;

/// See the module.
pub(super) struct FrameDecoder {
    received: Vec<u8>,
    /// How much of `received` was taken.
    taken: usize,
    /// What came of a message that is not whole.
    message: Option<Vec<u8>>,
    bounds: Bounds,
    ending: Arc<Ending>,
    is_over: bool,
}

/// A frame that is whole.
struct Frame {
    opcode: OpCode,
    is_final: bool,
    payload: Vec<u8>,
}

impl FrameDecoder {
    pub(super) fn new(bounds: Bounds, ending: Arc<Ending>) -> Self {
        Self { received: Vec::new(), taken: 0, message: None, bounds, ending, is_over: false }
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
            OpCode::Data(Data::Binary) => return Err(CloseCode::Unsupported),
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

    fn take(&mut self, frame: Frame) -> Result<Decoded, CloseCode> {
        let Frame { opcode, is_final, payload } = frame;
        match opcode {
            OpCode::Control(Control::Ping) => return Ok(Decoded::Answer(pong(&payload))),
            OpCode::Control(Control::Close) => return Err(closing_code(&payload)),
            // A pong that nobody asked for.
            OpCode::Control(_) => return Ok(Decoded::Input(Input::Nothing)),
            OpCode::Data(_) => {}
        }
        let message = match self.message.take() {
            Some(mut message) => {
                message.extend_from_slice(&payload);
                message
            }
            None => payload,
        };
        if !is_final {
            self.message = Some(message);
            // It counts at the rate of lines, or many small ones would cost nothing.
            return Ok(Decoded::Input(Input::Nothing));
        }
        let text = String::from_utf8(message).map_err(|_| CloseCode::Invalid)?;
        Ok(match Json::parse(&text) {
            Ok(input) => Decoded::Input(input),
            Err(bad) => Decoded::Bad(bad),
        })
    }
}

impl Decoder for FrameDecoder {
    fn feed(&mut self, bytes: &[u8]) {
        self.received.drain(..std::mem::take(&mut self.taken));
        self.received.extend_from_slice(bytes);
    }

    fn next(&mut self) -> Option<Decoded> {
        if self.is_over {
            return None;
        }
        let decoded = match self.frame() {
            Ok(Some(frame)) => self.take(frame),
            Ok(None) => {
                if self.taken == self.received.len() {
                    (self.received, self.taken) = (Vec::new(), 0);
                }
                return None;
            }
            Err(code) => Err(code),
        };
        Some(decoded.unwrap_or_else(|code| {
            self.is_over = true;
            self.ending.set(code);
            Decoded::Close
        }))
    }

    fn buffered(&self) -> usize {
        self.received.len() - self.taken + self.message.as_ref().map_or(0, Vec::len)
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

//! The way out: one object, one text frame.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, LazyLock};

use salotto::dialect::{Dialect, EncodingId, Json, RoomRole};
use salotto::{Entry, Event, LeaveReason};
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};

/// All connections read the same bytes, also those of a plugin that took the place of another.
static ENCODING: LazyLock<EncodingId> = LazyLock::new(EncodingId::new);

/// With which code the peer closed, or is to be closed by; 0 while it goes on.
#[derive(Debug, Default)]
pub(super) struct Ending(AtomicU16);

/// See the module.
#[derive(Debug)]
pub(super) struct WebSocketDialect {
    ending: Arc<Ending>,
}

impl Ending {
    /// It ends, with this code.
    pub(super) fn set(&self, code: CloseCode) {
        self.0.store(code.into(), Ordering::SeqCst);
    }

    fn code(&self) -> Option<u16> {
        Some(self.0.load(Ordering::SeqCst)).filter(|&code| code != 0)
    }
}

impl WebSocketDialect {
    pub(super) fn new(ending: Arc<Ending>) -> Self {
        Self { ending }
    }
}

impl Dialect for WebSocketDialect {
    fn encoding(&self) -> EncodingId {
        *ENCODING
    }

    fn encode_entry(&self, entry: &Entry, role: RoomRole, out: &mut Vec<u8>) {
        push_text(out, |out| Json.encode_entry(entry, role, out));
    }

    /// The goodbye is followed by a closing frame, and nothing by that. Who has closed, or broken the rules, is told that alone.
    fn encode_event(&self, event: &Event, out: &mut Vec<u8>) {
        let ending = self.ending.code();
        if ending.is_none() {
            push_text(out, |out| Json.encode_event(event, out));
        }
        if let Event::Bye { reason } = event {
            match ending {
                Some(code) => push_close(out, code, ""),
                None => push_close(out, code_of(reason).into(), &reason.to_string()),
            }
        }
    }

    fn closes_in_turn(&self) -> bool {
        true
    }
}

fn code_of(reason: &LeaveReason) -> CloseCode {
    match reason {
        LeaveReason::Quit { .. } | LeaveReason::Parted { .. } | LeaveReason::Lost => {
            CloseCode::Normal
        }
        LeaveReason::Stopping => CloseCode::Away,
        LeaveReason::Restarting => CloseCode::Restart,
        LeaveReason::Full { .. } => CloseCode::Again,
        _ => CloseCode::Policy,
    }
}

/// Appends what `encode` appends in a frame; nothing, where that is nothing.
fn push_text(out: &mut Vec<u8>, encode: impl FnOnce(&mut Vec<u8>)) {
    // Room for the header of all but the shortest and the longest.
    const USUAL: usize = 4;
    let start = out.len();
    out.extend_from_slice(&[0; USUAL]);
    encode(out);
    let encoded = &out[start + USUAL..];
    // A frame needs no end of line.
    let length = encoded.strip_suffix(b"\n").unwrap_or(encoded).len();
    out.truncate(start + USUAL + length);
    match length {
        0 => out.truncate(start),
        length => {
            let header = header(OpCode::Data(Data::Text), length);
            out.splice(start..start + USUAL, header);
        }
    }
}

/// Appends a closing frame with a code and as much of a reason as it may hold.
fn push_close(out: &mut Vec<u8>, code: u16, reason: &str) {
    const LONGEST: usize = 123;
    let mut payload = Vec::new();
    // The peer may have given none.
    if code != u16::from(CloseCode::Status) {
        payload.extend(code.to_be_bytes());
        payload.extend_from_slice(&reason.as_bytes()[..reason.floor_char_boundary(LONGEST)]);
    }
    out.extend(header(OpCode::Control(Control::Close), payload.len()));
    out.extend(payload);
}

/// Appends a line in a frame of its own.
pub(super) fn framed(data: Data, line: &[u8], out: &mut Vec<u8>) {
    out.extend(header(OpCode::Data(data), line.len()));
    out.extend_from_slice(line);
}

/// A closing frame.
pub(super) fn closing(code: CloseCode) -> Vec<u8> {
    let mut frame = Vec::new();
    push_close(&mut frame, code.into(), "");
    frame
}

/// The answer to a ping.
pub(super) fn pong(payload: &[u8]) -> Vec<u8> {
    let mut frame = header(OpCode::Control(Control::Pong), payload.len());
    frame.extend_from_slice(payload);
    frame
}

fn header(opcode: OpCode, length: usize) -> Vec<u8> {
    let header = FrameHeader { opcode, ..FrameHeader::default() };
    let mut bytes = Vec::new();
    // Writing to memory does not fail.
    let _ = header.format(length as u64, &mut bytes);
    bytes
}

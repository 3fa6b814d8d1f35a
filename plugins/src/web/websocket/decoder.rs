//! The way in: a message in frames is a request.

use std::sync::Arc;

use salotto::dialect::{Decoded, Decoder, Input, Json};
use tungstenite::protocol::frame::coding::CloseCode;

use super::Bounds;
use super::dialect::{Ending, pong};
use super::frames::{Brought, Frames};

/// See the module.
pub(super) struct FrameDecoder {
    frames: Frames,
    ending: Arc<Ending>,
    is_over: bool,
}

impl FrameDecoder {
    pub(super) fn new(bounds: Bounds, ending: Arc<Ending>) -> Self {
        Self { frames: Frames::new(bounds, false), ending, is_over: false }
    }

    fn decode(&mut self) -> Result<Option<Decoded>, CloseCode> {
        let Some(brought) = self.frames.next()? else { return Ok(None) };
        Ok(Some(match brought {
            Brought::Ping(payload) => Decoded::Answer(pong(&payload)),
            // It counts at the rate of lines, or many small ones would cost nothing.
            Brought::Nothing => Decoded::Input(Input::Nothing),
            Brought::Message(message) => {
                let text = String::from_utf8(message).map_err(|_| CloseCode::Invalid)?;
                match Json::parse(&text) {
                    Ok(input) => Decoded::Input(input),
                    Err(bad) => Decoded::Bad(bad),
                }
            }
        }))
    }
}

impl Decoder for FrameDecoder {
    fn feed(&mut self, bytes: &[u8]) {
        self.frames.feed(bytes);
    }

    fn next(&mut self) -> Option<Decoded> {
        if self.is_over {
            return None;
        }
        self.decode().unwrap_or_else(|code| {
            self.is_over = true;
            self.ending.set(code);
            Some(Decoded::Close)
        })
    }

    fn buffered(&self) -> usize {
        self.frames.buffered()
    }
}

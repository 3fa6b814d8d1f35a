//! One flat object a line, each way: the serde types of [`crate::protocol::request::`] and [`crate::protocol::event::`], as they are.

use serde::Deserialize;

use super::{BadInput, Dialect, EncodingId, Input, RoomRole};
use crate::protocol::entry::Entry;
use crate::protocol::error::ErrorCode;
use crate::protocol::event::Event;
use crate::protocol::request::Envelope;
use crate::protocol::sanitize;

/// Longest nonce that is carried back, in bytes.
const MAX_NONCE: usize = 64;

/// The JSON dialect, a line each; for a protocol that frames the same objects in another way.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json;

impl Json {
    /// Understands one object.
    ///
    /// # Errors
    /// What is to be told to the peer of what is no request.
    pub fn parse(text: &str) -> Result<Input, BadInput> {
        parse(text)
    }
}

impl Dialect for Json {
    fn encoding(&self) -> EncodingId {
        EncodingId::JSON
    }

    fn encode_entry(&self, entry: &Entry, _role: RoomRole, out: &mut Vec<u8>) {
        write_line(entry, out);
    }

    fn encode_event(&self, event: &Event, out: &mut Vec<u8>) {
        write_line(event, out);
    }

    fn answers_pings(&self) -> bool {
        true
    }
}

/// Understands one line.
pub(super) fn parse(line: &str) -> Result<Input, BadInput> {
    if line.trim().is_empty() {
        return Ok(Input::Nothing);
    }
    match serde_json::from_str::<Envelope>(line) {
        Ok(mut envelope) => {
            envelope.nonce = envelope.nonce.filter(|nonce| nonce.len() <= MAX_NONCE);
            Ok(Input::Request(Box::new(envelope)))
        }
        Err(error) => {
            #[derive(Deserialize)]
            struct OnlyNonce {
                nonce: Option<String>,
            }
            let nonce = serde_json::from_str::<OnlyNonce>(line).ok().and_then(|only| only.nonce);
            Err(BadInput {
                code: ErrorCode::BadRequest,
                text: format!(
                    "not a request that this server knows: {}",
                    sanitize::excerpt(&error.to_string(), 256)
                ),
                nonce: nonce.filter(|nonce| nonce.len() <= MAX_NONCE),
            })
        }
    }
}

fn write_line(value: &impl serde::Serialize, out: &mut Vec<u8>) {
    let start = out.len();
    match serde_json::to_writer(&mut *out, value) {
        Ok(()) => out.push(b'\n'),
        // The wire types have string keys only, so that serde_json has nothing to refuse.
        Err(error) => {
            out.truncate(start);
            tracing::error!(%error, "an event could not be encoded");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_request_brings_its_nonce_back() {
        let error = parse(r#"{"type":"dance","nonce":"7"}"#).unwrap_err();
        assert_eq!(error.nonce.as_deref(), Some("7"));
        assert!(error.text.contains("dance"), "{}", error.text);
        assert_eq!(parse("nonsense").unwrap_err().nonce, None);
    }

    #[test]
    fn a_nonce_is_not_a_place_to_store_things() {
        let line = format!(r#"{{"type":"ping","nonce":"{}"}}"#, "x".repeat(65));
        let Ok(Input::Request(envelope)) = parse(&line) else { panic!("a ping is a request") };
        assert_eq!(envelope.nonce, None);
    }
}

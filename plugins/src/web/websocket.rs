//! WebSocket: the JSON protocol in text frames, one object each; and IRC, a line each, for whoever offers that as a subprotocol. Frames are taken apart and made here, over whatever the server reads and writes;
//! their headers and the handshake are tungstenite's.

mod decoder;
mod dialect;
mod frames;
mod lines;

use std::sync::Arc;

use salotto::dialect::{Joining, Opening, Protocol, Recognition, Upgrade};
use salotto::{Limits, Peer};
use tungstenite::handshake::derive_accept_key;

use self::decoder::FrameDecoder;
use self::dialect::{Ending, WebSocketDialect};
use self::lines::LineFrames;
use super::answer::Refusal;
use super::request::Request;

/// The protocol `websocket`: a connection that was upgraded elsewhere.
#[derive(Debug)]
pub(super) struct WebSocket;

/// How long a message may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// In bytes, all its frames together.
    pub(super) message: usize,
}

impl Bounds {
    /// As long as a line, and no longer than what is kept of one without an end.
    pub(super) fn new(limits: &Limits) -> Self {
        const LONGEST_HEADER: usize = 14;
        let unended = limits.unended_bytes.map(|bytes| bytes.saturating_sub(LONGEST_HEADER));
        let message = limits.line_bytes.into_iter().chain(unended).min();
        Self { message: message.unwrap_or(usize::MAX) }
    }
}

impl Protocol for WebSocket {
    fn name(&self) -> &str {
        "websocket"
    }

    fn recognise(&self, _: &[u8]) -> Recognition {
        Recognition::No
    }

    fn open(&self, _: Peer, _: bool, limits: &Limits) -> Opening {
        let ending = Arc::new(Ending::default());
        let decoder = Box::new(FrameDecoder::new(Bounds::new(limits), ending.clone()));
        Opening::Dialect { decoder, dialect: Arc::new(WebSocketDialect::new(ending)) }
    }
}

/// What is spoken in frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subprotocol {
    /// JSON, where the client offers none.
    Json,
    /// IRC in frames of text.
    TextIrc,
    /// IRC in frames of bytes.
    BinaryIrc,
}

impl Subprotocol {
    /// Of those that a client offers, the first that is known.
    fn of(request: &Request<'_>) -> Result<Self, Refusal> {
        let mut offered = request.words("sec-websocket-protocol").peekable();
        if offered.peek().is_none() {
            return Ok(Self::Json);
        }
        // A client must not be left to believe that one is spoken which is not.
        let known = offered.find_map(|word| match word {
            "text.ircv3.net" => Some(Self::TextIrc),
            "binary.ircv3.net" => Some(Self::BinaryIrc),
            _ => None,
        });
        known.ok_or(UNKNOWN_SUBPROTOCOL)
    }

    /// The line that tells the client.
    fn header(self) -> &'static str {
        match self {
            Self::Json => "",
            Self::TextIrc => "Sec-WebSocket-Protocol: text.ircv3.net\r\n",
            Self::BinaryIrc => "Sec-WebSocket-Protocol: binary.ircv3.net\r\n",
        }
    }
}

const UNKNOWN_SUBPROTOCOL: Refusal =
    Refusal::BadRequest("that subprotocol is not spoken here; offer none to speak JSON");

/// What a request for WebSocket is answered and what is spoken then, or why it is none that is taken.
pub(super) fn shake_hands(request: &Request<'_>) -> Result<(Vec<u8>, Subprotocol), Refusal> {
    let is_current = request.values("sec-websocket-version").eq(["13"]);
    if !(request.is_upgrade() && is_current) {
        return Err(Refusal::NotWebSocket);
    }
    let mut keys = request.values("sec-websocket-key");
    let (Some(key), None) = (keys.next(), keys.next()) else {
        return Err(Refusal::BadRequest("one header Sec-WebSocket-Key is needed"));
    };
    if !is_key(key) {
        return Err(Refusal::BadRequest("Sec-WebSocket-Key is not sixteen bytes in base 64"));
    }
    let subprotocol = Subprotocol::of(request)?;
    let accept = derive_accept_key(key.as_bytes());
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n{}\r\n",
        subprotocol.header()
    );
    Ok((answer.into_bytes(), subprotocol))
}

/// A visitor, from there and encrypted on the way or not, becomes one that speaks JSON in frames; `rest` came after its request.
pub(super) fn join(
    (peer, is_encrypted): (Peer, bool),
    answer: Vec<u8>,
    bounds: Bounds,
    rest: &[u8],
) -> Joining {
    use salotto::dialect::Decoder;

    let ending = Arc::new(Ending::default());
    let mut decoder = FrameDecoder::new(bounds, ending.clone());
    decoder.feed(rest);
    Joining {
        peer,
        is_encrypted,
        answer,
        decoder: Box::new(decoder),
        dialect: Arc::new(WebSocketDialect::new(ending)),
    }
}

/// A visitor becomes one that speaks IRC, a line a frame, where a plugin brings that.
pub(super) fn upgrade(
    (peer, is_encrypted): (Peer, bool),
    answer: Vec<u8>,
    bounds: Bounds,
    is_text: bool,
    rest: &[u8],
) -> Upgrade {
    Upgrade {
        peer,
        is_encrypted,
        protocol: "irc",
        answer,
        refusal: UNKNOWN_SUBPROTOCOL.answer(false, true),
        lay: Box::new(move |below, received| {
            Box::new(LineFrames::new(below, bounds, is_text, received))
        }),
        received: rest.to_vec(),
    }
}

/// Whether it is what sixteen bytes are in base 64.
fn is_key(key: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    key.len() == 24 && key.ends_with("==") && key.bytes().take(22).all(is_digit)
}

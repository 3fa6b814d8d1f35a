//! A protocol in binary frames, in less than a hundred lines. Begins with `\x01toy`. A frame is a tag, a length in two bytes and a text: `h` is
//! a hello (a name, and a password after a space), `s` something said, `?` is answered with how many frames came. What only the plugin understands: `n` is a name
//! for whoever wants no room yet, `i` goes into a room, `w` is answered with who one is; `p` is the password of the server. What the server sends has the same form.

use std::sync::Arc;

use salotto::dialect::{
    BadInput, Decoded, Decoder, Dialect, EncodingId, Input, Opening, Own, Protocol, Recognition,
    RoomRole,
};
use salotto::protocol::{ErrorCode, PROTOCOL_VERSION};
use salotto::{
    Context, Entry, EntryKind, Envelope, Event, Limits, MemberId, Peer, Plugin, Request,
};

const SIGN: &[u8] = b"\x01toy";

#[derive(Debug)]
struct Toy(EncodingId);

struct FrameDecoder {
    received: Vec<u8>,
    frames: usize,
}

/// A frame that only the plugin understands.
struct OwnFrame {
    tag: u8,
    text: String,
}

impl Protocol for Toy {
    fn name(&self) -> &str {
        "toy"
    }

    fn recognise(&self, first: &[u8]) -> Recognition {
        match (first.starts_with(SIGN), SIGN.starts_with(first)) {
            (true, _) => Recognition::Yes,
            (_, true) => Recognition::NeedMore,
            _ => Recognition::No,
        }
    }

    fn open(&self, _: Peer, _: bool, _: &Limits) -> Opening {
        let decoder = FrameDecoder { received: Vec::new(), frames: 0 };
        Opening::Dialect { decoder: Box::new(decoder), dialect: Arc::new(Self(self.0)) }
    }
}

impl Decoder for FrameDecoder {
    fn feed(&mut self, bytes: &[u8]) {
        let sign: &[u8] = if self.frames == 0 && self.received.is_empty() { SIGN } else { b"" };
        self.received.extend_from_slice(bytes.strip_prefix(sign).unwrap_or(bytes));
    }

    fn next(&mut self) -> Option<Decoded> {
        let &[tag, high, low, ..] = &self.received[..] else { return None };
        let end = 3 + usize::from(u16::from_be_bytes([high, low]));
        let text = String::from_utf8_lossy(self.received.get(3..end)?).into_owned();
        self.received.drain(..end);
        self.frames += 1;
        let request = match tag {
            b'h' => {
                let (name, password) = text.split_once(' ').unwrap_or((&text, ""));
                let password = (!password.is_empty()).then(|| password.to_owned());
                let (name, version, rooms) = (name.into(), PROTOCOL_VERSION, Vec::new());
                Request::Hello { version, name, rooms, password, resume: None }
            }
            b's' => Request::Say { text, room: None, kind: Default::default() },
            b'?' => return Some(Decoded::Answer(frame(b'#', &self.frames.to_string()))),
            b'n' | b'i' | b'w' => {
                return Some(Decoded::Input(Input::Own(Own::new(OwnFrame { tag, text }))));
            }
            b'p' => return Some(Decoded::Input(Input::Password(text))),
            b'x' => return Some(Decoded::Close),
            _ => {
                let (code, text) = (ErrorCode::BadRequest, format!("no frame has the tag {tag}"));
                return Some(Decoded::Bad(BadInput { code, text, nonce: None }));
            }
        };
        Some(Decoded::Input(Input::Request(Box::new(request.into()))))
    }

    fn buffered(&self) -> usize {
        self.received.len()
    }
}

impl Dialect for Toy {
    fn encoding(&self) -> EncodingId {
        self.0
    }

    fn encode_entry(&self, entry: &Entry, _: RoomRole, out: &mut Vec<u8>) {
        if let EntryKind::Message { from, text, .. } = &entry.what {
            out.extend(frame(b'm', &format!("{from} {text}")));
        }
    }

    fn encode_event(&self, event: &Event, out: &mut Vec<u8>) {
        out.extend(match event {
            Event::Entered { room, .. } => frame(b'e', room.as_str()),
            Event::Error { text, nonce: Some(nonce), .. } => {
                frame(b'!', &format!("{nonce}: {text}"))
            }
            Event::Error { text, .. } => frame(b'!', text),
            Event::Bye { reason } => frame(b'b', reason.word()),
            _ => return,
        });
    }

    fn may_skip(&self) -> bool {
        true
    }

    fn skips(&self, _: &Entry, is_own: bool) -> bool {
        is_own
    }
}

pub(super) fn frame(tag: u8, text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("a short text").to_be_bytes();
    [&[tag], &length[..], text.as_bytes()].concat()
}

/// The plugin that brings it.
pub(super) struct Toys(Arc<dyn Protocol>);

impl Toys {
    pub(super) fn new() -> Self {
        Self(Arc::new(Toy(EncodingId::new())))
    }
}

impl Plugin for Toys {
    fn protocols(&self) -> Vec<Arc<dyn Protocol>> {
        vec![self.0.clone()]
    }

    fn run_request(&mut self, context: &mut Context<'_>, member: MemberId, request: &Own) {
        let Some(OwnFrame { tag, text }) = request.get() else { return };
        let nonce = Some(format!("about {text}"));
        match tag {
            b'n' => context.offer_name(member, text.as_str(), nonce),
            b'i' => {
                let request = Request::Join { room: text.clone(), key: None };
                context.request(member, Envelope { request, nonce });
            }
            _ => {
                let name = context.name(member).map_or("nobody", |name| name.as_str()).to_owned();
                context.answer(member, frame(b'w', &name));
            }
        }
    }
}

//! The way in: bytes to what is asked.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::protocol::error::ErrorCode;
use crate::protocol::request::Envelope;

/// What one connection sends, taken apart. Has the state of its connection; called by its session alone.
///
/// It is fed what was read, at most 16 KiB at once, and then asked for what that brought until it has nothing more. While something that it
/// decoded waits for the rate limit it is neither fed nor asked.
pub trait Decoder: Send {
    /// Takes what was read.
    fn feed(&mut self, bytes: &[u8]);

    /// What came next, or `None` until more bytes come. One call should do the work of one request.
    fn next(&mut self) -> Option<Decoded>;

    /// How many bytes it holds that were not decoded yet. When nothing can be decoded of more than `limits.unended_bytes`, the connection is
    /// ended. A silent connection should hold none, and no memory for them.
    fn buffered(&self) -> usize;

    /// The peer sends nothing more: what can still be made of what came. Asked until it is `None`. Default nothing.
    fn end(&mut self) -> Option<Decoded> {
        None
    }
}

/// What a decoder made of some bytes.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Decoded {
    /// Somebody asks for something.
    Input(Input),
    /// It cannot be understood. The peer is told so ([`Event::Error`](crate::Event::Error)) and the connection lives on.
    Bad(BadInput),
    /// These bytes go to the peer as they are, in their place among all that it is sent: the answer to a handshake, a pong, a page.
    Answer(Vec<u8>),
    /// The conversation is over; what was answered before this is still sent.
    Close,
}

/// What a connection asks for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Input {
    /// Something definite.
    Request(Box<Envelope>),
    /// What a person typed: a name, a message or a `!command`, by what the server knows of them.
    Typed(String),
    /// What only the plugin of the protocol understands: [`Plugin::run_request`](crate::Plugin::run_request) is given it, in its turn among all that the
    /// connection asks for, and before there is a name, too. In a server with a password nothing of it is let through until that was given.
    Own(Own),
    /// The password of the server, for a protocol that gives it apart from the name. Where the server has none, or was given it, nothing comes of it.
    Password(String),
    /// Nothing; an empty line.
    Nothing,
}

/// What a decoder hands to the plugin of its protocol: a value of a type that both know.
#[derive(Clone)]
pub struct Own(Arc<dyn Any + Send + Sync>);

impl Own {
    /// Something of the protocol's own.
    pub fn new(value: impl Any + Send + Sync) -> Self {
        Self(Arc::new(value))
    }

    /// What was handed over, where it is of this type.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }
}

impl fmt::Debug for Own {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Own")
    }
}

impl PartialEq for Own {
    /// Whether it is the very same.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Input that asks for nothing that the server knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadInput {
    /// For programs.
    pub code: ErrorCode,
    /// For people: what is wrong, with which value, and what to do.
    pub text: String,
    /// What the request carried, where that could be read.
    pub nonce: Option<String>,
}

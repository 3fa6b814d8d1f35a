//! The seam to bytes. On the way in a [`Decoder`] makes [`Input`]s of what a connection sends; on the way out a [`Dialect`] makes bytes of
//! entries and events. A [`Protocol`] looks at the first bytes of a connection and says which decoder and dialect it gets. Text and JSON are
//! built in; a plugin adds others to the same port ([`Plugin::protocols`](crate::Plugin::protocols)). Knows no socket, no room and no hub.
//!
//! A connection that only asks for something and is nobody's, as a browser that fetches a page, is answered by a [`Visitor`].
//!
//! What a protocol has that others have not goes through the hub as it is ([`Input::Own`]), to the plugin that brought the protocol, which answers in
//! bytes of its own ([`Context::answer`](crate::Context::answer)) or asks for what others ask for ([`Context::request`](crate::Context::request)).
//!
//! What a protocol cannot change: before a decoder sees anything the hub has admitted the connection (bans, limits by address); each
//! thing that it decodes passes the rate limit, the password of the server and the gates like anybody's; what it holds back undecoded is bounded
//! by `limits.unended_bytes`; a peer that does not take what it is sent is cut off.

mod builtin;
mod decoder;
mod encoding;
mod json;
mod lines;
mod protocol;
mod stray;
mod text;
#[cfg(feature = "tls")]
pub mod tls;
mod visitor;

pub(crate) use builtin::Builtin;
pub use decoder::{BadInput, Decoded, Decoder, Input, Own};
pub use encoding::{Dialect, EncodingId, RoomRole};
pub use json::Json;
pub use lines::{Line, LineSplitter, Unended};
pub use protocol::{LayOver, Opening, Protocol, Recognition, Require};
pub(crate) use stray::Stray;
pub use visitor::{Answer, Joining, Upgrade, Visited, Visitor};

//! What gates may change and observers are shown.

use std::collections::BTreeMap;

use crate::protocol::caller::Caller;
use crate::protocol::entry::MessageKind;
use crate::protocol::error::ErrorCode;
use crate::protocol::hook::Hook;
use crate::protocol::ids::MemberId;
use crate::protocol::leave_reason::LeaveReason;
use crate::protocol::name::{Name, RoomName};
use crate::protocol::peer::Peer;
use crate::protocol::timestamp::Timestamp;
use crate::state::rights::Rights;

/// A connection that was made.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ConnectDraft {
    /// The id that it will have.
    pub member: MemberId,
    /// Where it comes from.
    pub peer: Peer,
    /// Whether it is encrypted: by TLS here, or as far as a proxy that the settings trust.
    pub encrypted: bool,
}

/// A name that is offered.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NameDraft {
    /// Who offers it.
    pub member: MemberId,
    /// Where they come from.
    pub peer: Peer,
    /// The present name; `None` for a newcomer.
    pub current: Option<Name>,
    /// The name offered; may be rewritten.
    pub name: String,
}

/// Somebody about to join a room.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct JoinDraft {
    /// Who.
    pub member: MemberId,
    /// Their name.
    pub name: Name,
    /// The room; may be rewritten. May not exist yet.
    pub room: RoomName,
    /// The key that they bring, cleaned.
    pub key: Option<String>,
    /// Which member they were when they were in it, where they come back to it with the token of a connection that ended there, since the server started.
    pub was: Option<MemberId>,
    /// Until when they were in it, where they come back to it: they have brought the token of a connection that ended there.
    pub was_in_until: Option<Timestamp>,
    /// Whether somebody who may has let them in: a gate that keeps out who was not invited lets them pass. May be set, for the plugins after.
    pub is_let_in: bool,
    /// What they are in that room once they are in it; see [`Context::let_join_as`](crate::Context::let_join_as).
    pub(crate) rights: Option<(RoomName, Rights)>,
    /// As what a refusal is told to programs; may be set by who refuses. [`ErrorCode::Denied`] where nothing more is to be said.
    pub refused_as: ErrorCode,
}

/// Something about to be said.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MessageDraft {
    /// Who says it; `None` for the operator.
    pub member: Option<MemberId>,
    /// Under which name.
    pub from: Name,
    /// Where to; may be rewritten.
    pub target: Target,
    /// What; may be rewritten.
    pub text: String,
    /// Said plainly or as an action; may be rewritten.
    pub kind: MessageKind,
    /// What clients are told beside the text; may be rewritten.
    pub tags: BTreeMap<String, String>,
    /// Whether nothing is said and the tags are all there is: that somebody types, say. It has no text, and whatever is written there is dropped; who counts messages passes over it.
    pub is_sign: bool,
}

/// Where something is said.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// To everybody in a room.
    Room(RoomName),
    /// To one person.
    Person(Name),
}

/// A command about to be run.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CommandDraft {
    /// Who calls it.
    pub caller: Caller,
    /// The line, without the `!`; may be rewritten.
    pub line: String,
}

/// Somebody about to leave.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LeaveDraft {
    /// Who.
    pub member: MemberId,
    /// Their name.
    pub name: Name,
    /// The room; `None` for the server and with it every room.
    pub room: Option<RoomName>,
    /// Why; may be rewritten.
    pub reason: LeaveReason,
}

/// Somebody who left.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Left {
    /// Who; the id refers to nobody any more when they left the server.
    pub member: MemberId,
    /// The name they had.
    pub name: Name,
    /// Where they were connected from.
    pub peer: Peer,
    /// The room; `None` for the server.
    pub room: Option<RoomName>,
    /// Why.
    pub reason: LeaveReason,
    /// Whether they leave the server, and this room only with it.
    pub quits: bool,
    /// Whether the room was told one by one, as it is unless it is too large or the server stops.
    pub announced: bool,
}

/// Somebody who was kicked.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Kicked {
    /// Who.
    pub member: MemberId,
    /// The name they had.
    pub name: Name,
    /// Out of which room; `None` where they were disconnected.
    pub room: Option<RoomName>,
    /// By whom; `None` where a plugin did it.
    pub by: Option<Name>,
    /// What was given as the reason; may be empty.
    pub why: String,
}

/// Somebody who has another name.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Renamed {
    /// Who.
    pub member: MemberId,
    /// The name until now.
    pub from: Name,
    /// The name from now on.
    pub name: Name,
}

/// Something that a gate did not let pass.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Blocked {
    /// Which gate.
    pub hook: Hook,
    /// The plugin that said no.
    pub plugin: String,
    /// Who wanted it; `None` for the operator.
    pub member: Option<MemberId>,
    /// The reason given; `None` where the plugin dealt with it.
    pub reason: Option<String>,
}

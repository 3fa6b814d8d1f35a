//! One person, or one connection that may become one.

use crate::protocol::ids::MemberId;
use crate::protocol::peer::Peer;
use std::sync::Arc;
use std::time::Instant;

use crate::delivery::outbox::{Ignored, Outbox};
use crate::protocol::ids::RoomId;
use crate::protocol::name::Name;
use crate::protocol::role::Role;
use crate::protocol::timestamp::Timestamp;
use crate::state::stays::Stay;

/// What the hub knows of a connection.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) id: MemberId,
    /// Where what it is told goes.
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) peer: Peer,
    /// `None` until a name was accepted.
    pub(crate) name: Option<Name>,
    pub(crate) role: Role,
    /// The role that comes with the name: that of a member, or what a connection had that this one takes over from.
    pub(crate) role_with_name: Role,
    /// Under which account it is logged in.
    pub(crate) account: Option<String>,
    /// In the order of entering. The last one entered is where a line without a room goes.
    pub(crate) stays: Vec<Stay>,
    /// In which of them a line without a room is said.
    pub(crate) current: Option<RoomId>,
    pub(crate) since: Timestamp,
    /// When it last asked for something; `None` before that.
    pub(crate) last_asked: Option<Instant>,
    pub(crate) messages: u64,
    /// Sent to the member alone; whoever brings it back is the same person.
    pub(crate) token: u128,
    /// Whose messages it does not want; also in its outbox.
    pub(crate) ignored: Option<Ignored>,
    /// Lines that were tried as a name.
    pub(crate) name_tries: usize,
}

impl Member {
    /// A connection that has given no name yet.
    pub(crate) fn new(outbox: Arc<Outbox>, peer: Peer, since: Timestamp) -> Self {
        Self {
            id: outbox.id(),
            outbox,
            peer,
            name: None,
            role: Role::Guest,
            role_with_name: Role::Member,
            account: None,
            stays: Vec::new(),
            current: None,
            since,
            last_asked: None,
            messages: 0,
            token: random_token(),
            ignored: None,
            name_tries: 0,
        }
    }

    /// Whether it does not want messages of somebody.
    pub(crate) fn ignores(&self, member: Option<MemberId>, name: &Name) -> bool {
        self.ignored.iter().flat_map(|list| list.iter()).any(|who| who.is(member, name))
    }

    /// Whether nobody on the way can read what it says.
    pub(crate) fn is_confidential(&self) -> bool {
        self.outbox.wire.is_encrypted() || self.peer.is_here()
    }

    /// Whether it is in a room.
    pub(crate) fn is_in(&self, room: RoomId) -> bool {
        self.stays.iter().any(|stay| stay.room == room)
    }

    /// The rooms it is in, in the order of entering.
    pub(crate) fn rooms(&self) -> impl Iterator<Item = RoomId> {
        self.stays.iter().map(|stay| stay.room)
    }

    /// The token as the member is told it.
    pub(crate) fn token_text(&self) -> String {
        token_text(self.token)
    }
}

/// A token as its member is told it.
pub(crate) fn token_text(token: u128) -> String {
    format!("{token:032x}")
}

/// 128 bits that nobody can guess: SipHash under keys that the system made at random, which is what the standard library has.
fn random_token() -> u128 {
    use std::hash::{BuildHasher, RandomState};
    let half = || u128::from(RandomState::new().hash_one(0));
    half() << 64 | half()
}

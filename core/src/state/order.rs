//! Who puts what happens in rooms into one order where several servers share them: the seam between a server and the engine that they have in common.
//!
//! Core knows no engine. A server that is given an order ([`ServerBuilder::order`](crate::ServerBuilder::order)) is a *node*. Its gates and commands run here, where the
//! speaker is; what passed them is proposed, and committed when it comes back with the id and the time that the engine gave it, on every node alike. So there is one gapless
//! order by construction, and the echo is the acknowledgement as ever. Rooms that the settings call local, and servers without an order, commit on the spot and pay nothing.

mod claim;
mod entries;
mod news;
#[cfg(not(feature = "nodes"))]
pub(crate) mod none;

use std::fmt;

pub use crate::protocol::error::Unavailable;
use crate::protocol::ids::EntryId;
use crate::protocol::name::{Name, RoomName};
use crate::protocol::status::OrderStatus;

pub use claim::{Claim, ClaimAnswer};
pub use entries::{Healing, Known, Ordered, OrderedRoom, Proposal, Proposed};
pub use news::{News, OrderNews};

/// The order that a server was given.
#[cfg(feature = "nodes")]
pub(crate) type Given = std::sync::Arc<dyn Order>;

#[cfg(not(feature = "nodes"))]
pub(crate) type Given = none::Never<dyn Order>;

/// Longest time that a proposal, or a claim, waits for an engine that is away; then it is refused.
pub const GRACE: std::time::Duration = std::time::Duration::from_secs(2);

/// Puts what happens in shared rooms into one order, the same on all nodes.
///
/// # What the hub relies on
/// - **Nothing here waits** for the engine, but for [`close`](Self::close): the hub calls it in its turn. What comes of a call comes back through [`OrderNews`], from any thread but that
///   of the call.
/// - **Order**: the entries of a room come back with ids that follow on without a gap, on every node with the same ids, times and content, this one included; those of one node in the
///   order in which it proposed them. What is missing (a message of the engine that was lost) is read before what follows is handed on.
/// - **Exactly once**: what was proposed comes back once, or is refused once. One that was refused is in no room, now or later; of one whose fate is not known (the call was sent, and the engine
///   went away before it answered) nothing is said before it is.
/// - **Opened first**: [`News::Opened`] comes before any other news of a room, and again for each open room when the engine is back.
/// - **Ready first**: [`News::Ready`] comes before everything else, and again when the engine is back, before the rooms.
/// - **The engine is away**: the order says so ([`News::Away`]), holds what is proposed for [`GRACE`], within a bound, and refuses it then ([`News::Refused`]), and everything after at once, until it
///   is back ([`News::Back`]). Nobody goes on alone.
///
/// - **One room under all forms of its name**: `Lobby` and `lobby` are one ([`RoomName::keys`], the first), and each node is told of it under the name by which it opened it.
///
/// # What the order relies on
/// - A room is opened before something is proposed in it, and closed once.
/// - Tickets are given once in the life of a node. Two may claim one name at the same time: it is given to one of them.
pub trait Order: fmt::Debug + Send + Sync {
    /// What this server is called among those that share the engine: printable, short, and another at each start.
    fn node(&self) -> &str;

    /// Whether a room is shared with the other nodes; one that is not is this server's own. The same for as long as the server runs.
    fn shares(&self, room: &RoomName) -> bool;

    /// The server starts: from here on it hears what the engine has to say through this.
    fn attach(&self, news: OrderNews);

    /// A room opens here. Answered with [`News::Opened`], as soon as the engine is there; entries follow.
    fn open(&self, room: &RoomName, known: Known);

    /// A room has closed here: nothing of it is of interest any more, and nobody of this node is in it.
    fn close_room(&self, room: &RoomName);

    /// What a turn brought to a room. It comes back as [`News::People`] and [`News::Entries`], to all nodes that have the room open, or the entries as [`News::Refused`]. The people are taken note of
    /// in any case: who of this node is in the room is told when the engine is back.
    ///
    /// # Errors
    /// The entries, where they cannot be taken: the engine has been away for longer than [`GRACE`], or too much waits. None of them is in the room then.
    fn commit(&self, proposal: Proposal) -> Result<(), Vec<Proposed>>;

    /// Somebody wants a name, which has to be theirs alone on all nodes, with all that looks like it. Answered with [`News::Claimed`]; kept up until it is released.
    fn claim(&self, claim: Claim);

    /// Nobody here has this name any more.
    fn release(&self, name: &Name);

    /// Tells another node something, or all others, in the words of core; [`News::Told`] there. What is told while the engine is away is lost.
    ///
    /// # Errors
    /// When the engine is away.
    fn tell(&self, to: To, text: String) -> Result<(), Unavailable>;

    /// Keeps a small value in place of what was there, or with `None` forgets it, for all nodes; [`News::Value`] on the others. What is set while the engine is away is kept back, the last of each key.
    fn set(&self, namespace: &str, key: &str, value: Option<&str>);

    /// A message was deleted here: whoever opens the room later gets a mark in its place, and the other nodes are told ([`News::Deleted`]).
    fn delete(&self, room: &RoomName, id: EntryId);

    /// Gives back what the engine has lost, in answer to [`News::Behind`]. It is taken where it fits exactly; where something else has been said since, the room has another epoch from
    /// then on. [`News::Opened`] follows.
    fn heal(&self, healing: Healing);

    /// How it is doing, from memory.
    fn status(&self) -> OrderStatus;

    /// The server has stopped: names and people of this node are taken back, within a few seconds. Waits for the engine, and is not called by the hub. Later calls do nothing.
    fn close(&self);
}

/// Whom something is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    /// The node of this name.
    Node(String),
    /// All but the one that tells it.
    Others,
}

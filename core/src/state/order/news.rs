//! How an order tells the hub what the engine says: a bounded queue beside the inbox, so that it costs no place in it.

use std::sync::Arc;

use async_channel::{Receiver, Sender};

use super::claim::ClaimAnswer;
use super::entries::{Ordered, OrderedRoom, Proposed};
use crate::protocol::ids::EntryId;
use crate::protocol::name::{Name, RoomName};

/// News that may wait for the hub; whoever has more waits, and so does what it reads from.
const CAPACITY: usize = 1024;

/// What an order has to say. Closed: the hub has an answer to each.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// The engine is there, for the first time or again.
    Ready {
        /// What all rooms belong to that have no other epoch: made when the engine was empty.
        epoch: String,
        /// All small values that the engine keeps, as `(namespace, key, value)`; they take the place of this node's. What this node has set and the engine has not been given yet is in them as it was set. `None` where it has never been given any: this node gives it its own then.
        values: Option<Vec<(String, String, String)>>,
    },
    /// A room is open here, or is told anew because the engine was away.
    Opened(OrderedRoom),
    /// Something happened in a room.
    Entries {
        /// Where.
        room: RoomName,
        /// What, ids following on.
        entries: Vec<Ordered>,
    },
    /// People of another node came into a room or left it. Told before the entries of the same proposal.
    People {
        /// Which room.
        room: RoomName,
        /// Whose they are.
        node: Arc<str>,
        /// Who is there from here on.
        here: Vec<Name>,
        /// Who is not there any more.
        gone: Vec<Name>,
    },
    /// What was proposed is not in the room and will not be.
    Refused {
        /// Which room.
        room: RoomName,
        /// What, handed back.
        entries: Vec<Proposed>,
    },
    /// What came of a claim.
    Claimed {
        /// The ticket of the claim.
        ticket: u64,
        /// What came of it.
        answer: ClaimAnswer,
    },
    /// A name that somebody here has is not theirs any more.
    NameLost {
        /// Which.
        name: Name,
        /// Whether they have come back elsewhere and took it over; otherwise somebody had it for longer, of which the engine had lost track.
        taken_over: bool,
    },
    /// Another node tells something ([`Order::tell`](super::Order::tell)).
    Told {
        /// Which node.
        from: Arc<str>,
        /// What.
        text: String,
    },
    /// Another node has set a value, or with `None` removed it.
    Value {
        /// What it belongs to.
        namespace: String,
        /// Its key.
        key: String,
        /// What it is.
        value: Option<String>,
    },
    /// Another node has deleted a message.
    Deleted {
        /// In which room.
        room: RoomName,
        /// Which entry.
        id: EntryId,
    },
    /// A node is gone, and those who were in rooms through it.
    NodeGone {
        /// Which.
        node: Arc<str>,
        /// The rooms in which it is this node that says so; no other does.
        rooms: Vec<RoomName>,
    },
    /// The engine has lost the end of a room, which this node may have: it is asked to [heal](super::Order::heal) it. What it proposes there waits until it has.
    Behind {
        /// Which room.
        room: RoomName,
        /// The last id that the engine has.
        last: EntryId,
    },
    /// The engine cannot be reached, for a reason that says what is wrong and with which address.
    Away {
        /// Why.
        reason: String,
    },
    /// It can again, and all that was to be told anew has been.
    Back,
}

/// What an order tells its server. Clones tell the same one.
#[derive(Debug, Clone)]
pub struct OrderNews(Sender<News>);

impl OrderNews {
    /// The way to whoever hears the news, and what they take from: the hub, or who tries an order without a server.
    pub fn channel() -> (Self, Receiver<News>) {
        let (sender, receiver) = async_channel::bounded(CAPACITY);
        (Self(sender), receiver)
    }

    /// Tells the hub, and waits while too much waits for it; so not for a thread that the hub waits for. Returns whether there is a hub to hear it.
    pub fn tell(&self, news: News) -> bool {
        self.0.send_blocking(news).is_ok()
    }
}

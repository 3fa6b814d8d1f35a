//! One server of several: what happens in a room that they share is proposed to the engine, and happens when it comes back. The hub hears what the engine has to say like everything else,
//! one thing after the other, and waits for nothing: who has to wait is held back, with all that they send meanwhile (`held`).

mod entries;
mod held;
mod names;
mod news;
mod people;
mod rooms;
mod words;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use async_channel::Receiver;

use super::Hub;
use crate::protocol::entry::EntryKind;
use crate::protocol::error::{ErrorCode, Refusal, Unavailable};
use crate::protocol::ids::{MemberId, RoomId};
use crate::state::inbox::Inbox;
use crate::state::order::{Given, News, OrderNews, Proposal};
use held::Held;
use names::Claiming;
pub(super) use names::Naming;
use words::Asked;

/// See the module.
#[derive(Debug)]
pub(super) struct Ordering {
    order: Given,
    /// What this server is called among the others.
    node: Arc<str>,
    /// Kept so that the news never end before the hub does.
    teller: OrderNews,
    news: Receiver<News>,
    /// What is to be heard before that.
    ahead: VecDeque<News>,
    /// The last ticket that was given.
    tickets: u64,
    /// What this turn brought, by room.
    proposals: BTreeMap<RoomId, Proposal>,
    /// Whose messages are on their way, and in which room.
    authors: HashMap<u64, (RoomId, MemberId)>,
    /// Who came and went while the engine was away and could not be told the others; told when it is back.
    owed: BTreeMap<RoomId, Vec<EntryKind>>,
    claims: HashMap<u64, Claiming>,
    held: HashMap<MemberId, Held>,
    /// What other nodes are to do.
    asked: HashMap<u64, Asked>,
    /// Whether the engine is away.
    is_away: bool,
}

/// It, where there can be one.
#[cfg(feature = "nodes")]
pub(super) type Present = Ordering;

#[cfg(not(feature = "nodes"))]
pub(super) type Present = crate::state::order::none::Never<Ordering>;

impl Ordering {
    #[cfg(feature = "nodes")]
    pub(super) fn new(order: Given) -> Self {
        let (teller, news) = OrderNews::channel();
        Self {
            node: order.node().into(),
            order,
            teller,
            news,
            ahead: VecDeque::new(),
            tickets: 0,
            proposals: BTreeMap::new(),
            authors: HashMap::new(),
            owed: BTreeMap::new(),
            claims: HashMap::new(),
            held: HashMap::new(),
            asked: HashMap::new(),
            is_away: false,
        }
    }

    /// From here on the engine is heard.
    pub(super) fn attach(&self) {
        self.order.attach(self.teller.clone());
    }

    /// Where what the engine says comes from.
    pub(super) fn news(&self) -> Receiver<News> {
        self.news.clone()
    }

    /// What the engine has said, if it has.
    pub(super) fn try_next(&mut self) -> Option<Inbox> {
        let news = self.ahead.pop_front().or_else(|| self.news.try_recv().ok())?;
        Some(Inbox::OrderTold(Box::new(news)))
    }

    fn next_ticket(&mut self) -> u64 {
        self.tickets += 1;
        self.tickets
    }
}

impl Hub {
    /// Whether this is one server of several.
    pub(super) fn is_node(&self) -> bool {
        self.ordering.is_some()
    }

    /// Whether other servers share a room.
    pub(super) fn is_shared(&self, room: RoomId) -> bool {
        self.ordering.is_some()
            && self.state.rooms.get(room).is_some_and(|room| room.sharing.is_some())
    }

    /// Whether the engine is there, as far as is known.
    pub(super) fn check_available(&self) -> Result<(), Unavailable> {
        match self.ordering.as_ref().is_some_and(|ordering| ordering.is_away) {
            true => Err(Unavailable),
            false => Ok(()),
        }
    }
}

/// What somebody is told who asked for something while the engine is away.
fn unavailable() -> Refusal {
    Refusal::new(ErrorCode::Unavailable, Unavailable.to_string())
}

//! What the hub can be asked: a closed list, through one bounded channel.

use std::any::Any;
use std::sync::Arc;

use async_channel::Sender;

use crate::delivery::outbox::Outbox;
use crate::dialect::Input;
use crate::protocol::event::Event;
use crate::protocol::ids::MemberId;
use crate::protocol::ids::SlotId;
use crate::protocol::leave_reason::LeaveReason;
use crate::protocol::peer::Peer;
use crate::state::order::News;

/// Things that may wait for the hub: a few turns' worth. Whoever sends when it is full waits, and so do the people it reads from.
pub(crate) const CAPACITY: usize = 1024;

/// The way to the hub.
pub(crate) type InboxSender = Sender<Inbox>;

/// Held by every task that a stop waits for; the stop is complete when the last one is dropped.
pub(crate) type StopPermit = Sender<std::convert::Infallible>;

/// One thing for the hub to do.
pub(crate) enum Inbox {
    /// A connection was made; it is admitted or told goodbye.
    Connect(Arrival),
    /// A session has something.
    Session(MemberId, SessionInput),
    /// A handle has something: it runs in the hub's turn and answers through a channel of its own.
    Question(Question),
    /// A task of a plugin has a result.
    TaskResult(SlotId, Box<dyn Any + Send>),
    /// A timer is due.
    TimersDue,
    /// The store has told something, or nothing for too long.
    StoreTold,
    /// The order has told something.
    OrderTold(Box<News>),
    /// The server stops, and everybody is told why.
    Stop(LeaveReason),
}

/// What a handle has for the hub. The hub stands above this floor, so it passes itself as `Any`; `hub::question` makes one.
pub(crate) type Question = Box<dyn FnOnce(&mut dyn Any) + Send>;

/// A connection on its way to the hub. Should the hub end before it comes to it, the connection ends too.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) peer: Peer,
}

impl Drop for Arrival {
    fn drop(&mut self) {
        if !self.outbox.is_admitted() {
            self.outbox.abandon();
        }
    }
}

/// What a session has for the hub.
#[derive(Debug)]
pub(crate) enum SessionInput {
    /// A line was understood.
    Input(Input),
    /// The connection is silent; it is asked for a name.
    Greet,
    /// Something that only this connection is told: its line was bad, or it is pinged. It goes through the hub to keep its place in the order.
    Send(Box<Event>),
    /// Bytes for this connection alone that its protocol has made already, in their place in the order.
    Answer(Vec<u8>),
    /// The same, after which the connection is ended for a reason.
    LastAnswer(Vec<u8>, LeaveReason),
    /// A wrong password of the server was given; and what comes of it.
    #[cfg(feature = "password")]
    WrongPassword(Box<SessionInput>),
    /// The time for a name is over. One that came before this counts, however late the hub looks at it.
    NameIsLate,
    /// The connection is over, or has to be.
    HangUp(LeaveReason),
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Connect(_) => "Connect",
            Self::Session(..) => "Session",
            Self::Question(_) => "Question",
            Self::TaskResult(..) => "TaskResult",
            Self::TimersDue => "TimersDue",
            Self::StoreTold => "StoreTold",
            Self::OrderTold(_) => "OrderTold",
            Self::Stop(_) => "Stop",
        })
    }
}

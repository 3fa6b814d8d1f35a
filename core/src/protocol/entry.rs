//! What happens in a room: the entries of its timeline.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::protocol::ids::EntryId;
use crate::protocol::leave_reason::LeaveReason;
use crate::protocol::name::{Name, RoomName};
use crate::protocol::timestamp::Timestamp;

/// One thing that happened in a room, for everybody in it, in one order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The room.
    pub room: RoomName,
    /// Its place in the room.
    pub id: EntryId,
    /// When the hub committed it.
    pub time: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub what: EntryKind,
}

/// What can happen in a room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EntryKind {
    /// Somebody said something.
    Message {
        /// Who.
        from: Name,
        /// What, cleaned and within the limits.
        text: String,
        /// Said plainly or as an action.
        #[serde(default, skip_serializing_if = "MessageKind::is_say")]
        kind: MessageKind,
        /// What the request carried, so that its sender knows its echo. Mean nothing to anybody else.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nonce: Option<String>,
        /// What plugins wrote on it.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        tags: BTreeMap<String, String>,
    },
    /// A plugin or the operator tells the room something; this is what people read about arrivals.
    Notice {
        /// What is told.
        text: String,
        /// What it is about, so that a window can fold or colour it.
        #[serde(default)]
        kind: NoticeKind,
    },
    /// Somebody joined. Keeps a roster up to date; people read the notice.
    Joined {
        /// Who.
        who: Name,
    },
    /// Somebody left.
    Left {
        /// Who.
        who: Name,
        /// Why; flat beside the other fields, tagged `"reason"`.
        #[serde(flatten)]
        reason: LeaveReason,
    },
    /// Somebody has another name from here on.
    Renamed {
        /// The name until now.
        from: Name,
        /// The name from now on.
        who: Name,
    },
    /// The topic was set.
    Topic {
        /// What the room is about; empty when cleared.
        topic: String,
        /// Who set it, unless the server did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        who: Option<Name>,
    },
    /// A message was here until it was deleted: in the place of its entry, for those who did not read it. Those who did are told
    /// [`Event::Deleted`](crate::Event::Deleted).
    Removed,
    /// In a room that is too large to announce everybody: how many there are now.
    Presence {
        /// Members in the room.
        members: usize,
    },
}

impl EntryKind {
    /// Whether people read it, and not only programs.
    pub fn is_shown(&self) -> bool {
        matches!(
            self,
            Self::Message { .. } | Self::Notice { .. } | Self::Topic { .. } | Self::Removed
        )
    }
}

impl EntryKind {
    /// Whether it only tells who came, went, or is called otherwise now.
    pub fn is_presence(&self) -> bool {
        use NoticeKind::{Joined, Left, Renamed};
        match self {
            Self::Joined { .. }
            | Self::Left { .. }
            | Self::Renamed { .. }
            | Self::Presence { .. } => true,
            Self::Notice { kind, .. } => matches!(kind, Joined | Left | Renamed),
            Self::Message { .. } | Self::Topic { .. } | Self::Removed => false,
        }
    }
}

/// Said plainly, or as an action (`!me waves`); there is no third way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// `ada: hello`.
    #[default]
    Say,
    /// `** ada waves`.
    Act,
}

impl MessageKind {
    fn is_say(&self) -> bool {
        *self == Self::Say
    }
}

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NoticeKind {
    /// Anything.
    #[default]
    Info,
    /// Somebody joined.
    Joined,
    /// Somebody left.
    Left,
    /// Somebody has another name.
    Renamed,
    /// A greeting for the one it is told to.
    Welcome,
    /// Something holds in the room from now on, or somebody may do something there. A protocol that has lines of its own for such changes tells them by those.
    Changed,
}

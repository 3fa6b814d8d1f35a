//! What a room has more of that several servers share.

use std::sync::Arc;

use crate::protocol::ids::MemberId;

/// Somebody in a room. Whoever only reads who is there need not tell them apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Occupant {
    /// Connected to this server.
    Here(MemberId),
    /// Connected to another node, the one of this name.
    Elsewhere(Arc<str>),
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Sharing {
    /// What its ids belong to; `None` until that is known.
    pub(crate) epoch: Option<Arc<str>>,
    /// Whether the engine has told what is in it. Before that nobody enters, and nothing is taken from the others.
    pub(crate) is_open: bool,
}

impl Occupant {
    /// The connection, of somebody who is here.
    pub(crate) fn here(&self) -> Option<MemberId> {
        match self {
            Self::Here(member) => Some(*member),
            Self::Elsewhere(_) => None,
        }
    }

    /// Whether it is somebody of this node.
    pub(crate) fn is_of(&self, node: &str) -> bool {
        matches!(self, Self::Elsewhere(theirs) if **theirs == *node)
    }
}

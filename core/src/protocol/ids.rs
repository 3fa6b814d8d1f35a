//! What things are referred to by. Ids are small and never given twice; what they refer to is looked up where it is needed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Refers to a connection for as long as the server runs; never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MemberId(pub(crate) u64);

impl fmt::Display for MemberId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Refers to a room for as long as the server runs; never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RoomId(pub(crate) u64);

/// Refers to a plugin for as long as it is enabled; never given twice, so that what belonged to an earlier one finds nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SlotId(pub(crate) u64);

/// The place of an entry in its room: starts at 1, only grows, has no gaps.
pub type EntryId = u64;

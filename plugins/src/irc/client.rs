//! What the hub remembers of one client while it is here: what its person said of themselves, and what is under way for it.

use std::collections::VecDeque;

use salotto::RoomName;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Client {
    /// Why its person is away, if so.
    pub(super) away: Option<String>,
    /// Whether its person is found only by those who share a room (`+i`).
    pub(super) is_invisible: bool,
    /// Whether it wants to hear what operators tell each other (`+w`).
    pub(super) hears_wallops: bool,
    /// The room that its last `MODE` was about: a ban that comes of it is shown there.
    pub(super) mode_in: Option<RoomName>,
    /// The last channels that its person was asked to come to, and has not entered since.
    pub(super) invited: VecDeque<RoomName>,
    /// Whether an `OPER` of it is being looked at.
    pub(super) is_opering: bool,
}

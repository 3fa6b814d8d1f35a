//! Why something that was asked of the hub was not done.

use crate::protocol::error::Refusal;

/// See the module.
#[derive(Debug, Clone)]
pub(crate) enum NotDone {
    /// It is not allowed, or cannot be; whoever asked is told.
    Refused(Refusal),
    /// A plugin dealt with it, so nobody is told anything.
    Taken,
    /// The member is not here any more, or has no name yet, so there is nobody to tell.
    Gone,
}

impl From<Refusal> for NotDone {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

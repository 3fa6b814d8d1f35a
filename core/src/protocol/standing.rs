//! Who goes first where more come than can be served.

/// What speaks for whoever wants something that costs: a password looked at, a handshake, a place among those without a name. Where many want it, the
/// first of these goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Somebody was let in from there before.
    Known,
    /// Nothing is known.
    New,
    /// What came from there lately came to nothing: wrong passwords, connections without a name.
    Failing,
}

//! Names, which are one person's on all nodes.

use crate::protocol::name::Name;

/// Somebody wants a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// What it is answered by; only grows.
    pub ticket: u64,
    /// The name. All of its [keys](Name::keys) are claimed, or none.
    pub name: Name,
    /// Who has it: a digest that only the same connection, or its return, can bring.
    pub owner: String,
    /// Who had it before: a name that is this owner's is taken over from them, whose node hears [`News::NameLost`](super::News::NameLost).
    pub formerly: Option<String>,
}

/// What comes of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimAnswer {
    /// The name is theirs.
    Given,
    /// Somebody of another node has it, or one that looks like it.
    Taken,
    /// The engine is away.
    Unavailable,
}

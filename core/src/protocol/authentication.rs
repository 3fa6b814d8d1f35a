//! How somebody proves to a plugin who they are: by a mechanism as SASL (RFC 4422) has them, whatever protocol carries it.

use crate::protocol::ids::MemberId;
use crate::protocol::name::Name;

/// A way to prove who one is, by its name in SASL.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mechanism {
    /// What it is called, such as `SCRAM-SHA-256`.
    pub name: String,
    /// Whether whoever reads along could do the same afterwards. Core takes no step of such a one where it would take no password.
    pub reveals: bool,
}

impl Mechanism {
    /// One that shows those who read along nothing they could use.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), reveals: false }
    }

    /// One that sends the secret itself.
    pub fn revealing(name: impl Into<String>) -> Self {
        Self { name: name.into(), reveals: true }
    }
}

/// What a client has sent in an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Proof {
    /// Who it is.
    pub member: MemberId,
    /// What the mechanism is called; one of those that the plugin listed.
    pub mechanism: String,
    /// Whether the exchange begins with it; one that had begun is over then.
    pub is_first: bool,
    /// What was sent, at most 3072 bytes; may be empty.
    pub data: Vec<u8>,
    /// Whether who has a name wants to keep it, whatever the account is called.
    pub keeps_name: bool,
}

/// What a plugin says to a [`Proof`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProofAnswer {
    /// The client has to answer this, and the exchange goes on.
    Challenge(Vec<u8>),
    /// They are who they say, and the exchange is over. Who has a name is logged in by the plugin; for who has none yet core lays the account and its role ready,
    /// and the plugin logs them in when they are [named](crate::Plugin::after_named).
    Proven {
        /// The account that is theirs.
        account: Name,
        /// What the client needs to know that it was the right server; often nothing.
        data: Vec<u8>,
    },
    /// It cannot be looked at now, and the exchange is over. They are told this, and may try again later.
    Busy(String),
    /// They are not, and the exchange is over. They are told this.
    Refused(String),
}

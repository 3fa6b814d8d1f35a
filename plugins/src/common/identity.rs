//! Somebody, whatever they are called at the moment: a connection, and the account that it is logged in to.

use salotto::{MemberId, MemberInfo, Name};
use serde::{Deserialize, Serialize};

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Option<String>", into = "Option<String>")]
pub(crate) struct Identity {
    member: Option<MemberId>,
    account: Option<String>,
    /// Every form of the account's name: who invites an account types it as they remember it.
    keys: Vec<String>,
}

impl Identity {
    pub(crate) fn member(info: &MemberInfo) -> Self {
        Self::of(Some(info.id), info.account.clone())
    }

    /// Whoever logs in to an account.
    pub(crate) fn account(name: impl Into<String>) -> Self {
        Self::of(None, Some(name.into()))
    }

    /// The account; what outlives the connection.
    pub(crate) fn account_name(&self) -> Option<&str> {
        self.account.as_deref()
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.member.is_some() && self.member == other.member
            || self.account.is_some() && self.account == other.account
            || self.keys.iter().any(|key| other.keys.contains(key))
    }

    fn of(member: Option<MemberId>, account: Option<String>) -> Self {
        let name = account.as_deref().and_then(|account| account.parse::<Name>().ok());
        Self { member, account, keys: name.map(|name| name.keys()).unwrap_or_default() }
    }
}

/// What only those who keep somebody by their connection ask.
#[cfg(feature = "rooms")]
impl Identity {
    /// A connection, whether or not it is here any more.
    pub(crate) fn connection(member: MemberId) -> Self {
        Self::of(Some(member), None)
    }

    /// Whether it is of a connection, as it was then.
    pub(crate) fn is_of(&self, member: MemberId) -> bool {
        self.member == Some(member)
    }

    pub(crate) fn connection_id(&self) -> Option<MemberId> {
        self.member
    }

    /// What is left of it when the connection means nothing any more.
    pub(crate) fn without_connection(&self) -> Option<Self> {
        self.account.clone().map(Self::account)
    }
}

/// As it is kept: connections end with the server.
impl From<Identity> for Option<String> {
    fn from(identity: Identity) -> Self {
        identity.account
    }
}

impl From<Option<String>> for Identity {
    fn from(account: Option<String>) -> Self {
        Self::of(None, account)
    }
}

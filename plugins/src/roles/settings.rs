//! Who has which role, as the operator writes it down.

use salotto::{Name, NameBounds, PasswordHash, Role};
use serde::Deserialize;

/// Who has an account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoleSettings {
    /// Everybody who may do more than others, or whose name is kept for them. Default nobody.
    pub accounts: Vec<Account>,
    /// Whether the names of accounts, and all that look like them, can be taken only by who logs in. Default true.
    pub keep_names: bool,
}

/// Somebody who can log in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// What the account is called, and whoever is logged in to it.
    #[serde(deserialize_with = "name")]
    pub name: Name,
    /// What it may do. Default what every member may, so that it only keeps a name.
    #[serde(default)]
    pub role: GivenRole,
    /// The hash of the password, as `salotto hash-password` prints it.
    pub password: PasswordHash,
}

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GivenRole {
    /// What every member may.
    #[default]
    Member,
    /// Keeps order.
    Moderator,
    /// Runs the server, as its console does.
    Operator,
}

impl Default for RoleSettings {
    fn default() -> Self {
        Self { accounts: Vec::new(), keep_names: true }
    }
}

impl RoleSettings {
    /// Looks for accounts of which one would pass for the other.
    pub(super) fn check(&self) -> Result<(), String> {
        for (index, account) in self.accounts.iter().enumerate() {
            let before = &self.accounts[..index];
            if let Some(other) = before.iter().find(|other| other.answers_to(&account.name)) {
                let (one, other) = (&other.name, &account.name);
                return Err(format!(
                    "the accounts `{one}` and `{other}` look alike; give one of them another name"
                ));
            }
        }
        Ok(())
    }
}

impl Account {
    /// Whether this is the name of the account or looks like it.
    pub(super) fn answers_to(&self, name: &Name) -> bool {
        let keys = self.name.keys();
        name.keys().iter().any(|key| keys.contains(key))
    }

    pub(super) fn role(&self) -> Role {
        match self.role {
            GivenRole::Member => Role::Member,
            GivenRole::Moderator => Role::Moderator,
            GivenRole::Operator => Role::Operator,
        }
    }
}

/// A name of any length: how long names may be in the server is for the server to know.
pub(super) fn any_name(text: &str) -> Result<Name, salotto::NameError> {
    Name::new(text, NameBounds::NONE)
}

fn name<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
    let text = String::deserialize(deserializer)?;
    any_name(&text).map_err(serde::de::Error::custom)
}

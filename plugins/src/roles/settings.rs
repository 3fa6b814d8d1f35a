//! The settings: which accounts there are, and their roles.

use salotto::protocol::{Fingerprint, ScramKeys};
use salotto::{Name, NameBounds, PasswordHash, Role};
use serde::Deserialize;

use crate::common::duration::HumanDuration;

/// The settings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoleSettings {
    /// The accounts. Default none.
    pub accounts: Vec<Account>,
    /// Whether only those who log in can use the names of accounts, and all that look like them. Default true.
    pub keep_names: bool,
    /// Who can make an account of the name that they have. Default [`Register::Invitation`]: strangers make none, and the operator can let
    /// somebody in without a setting.
    pub register: Register,
    /// For how long whoever takes the name of an account that was registered may have it before they log in. They say nothing under it until
    /// they do, and have another name afterwards. Default 30 seconds.
    pub grace: HumanDuration,
    /// Whether one can log in with SCRAM-SHA-256, and keys for it are kept of the passwords of accounts that are registered. Default true. With false none are
    /// made, and those that are kept are forgotten: who steals the database then finds hashes alone that take memory to try.
    pub scram: bool,
}

/// Who can register; there are no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Register {
    /// Everybody.
    Open,
    /// Whoever has a code of the operator: `accounts invite`.
    #[default]
    Invitation,
    /// Nobody.
    Off,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The name of the account, and of who is logged in to it.
    #[serde(deserialize_with = "name")]
    pub name: Name,
    /// Its role. Default `member`, which only reserves the name.
    #[serde(default)]
    pub role: GivenRole,
    /// The hash of the password, as `salotto hash-password` prints it; not the password.
    pub password: PasswordHash,
    /// The keys for SCRAM-SHA-256, as `salotto hash-password --scram` prints them. Default none: one cannot log in with it.
    #[serde(default)]
    pub scram: Option<ScramKeys>,
    /// The fingerprints (SHA-256) of the certificates that its owner's clients show. Default none.
    #[serde(default)]
    pub certificates: Vec<Fingerprint>,
}

/// The role of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GivenRole {
    /// As every member.
    #[default]
    Member,
    /// Can kick, ban and mute.
    Moderator,
    /// Runs the server, as its console does.
    Operator,
}

impl Default for RoleSettings {
    fn default() -> Self {
        Self {
            accounts: Vec::new(),
            keep_names: true,
            register: Register::default(),
            grace: HumanDuration::seconds(30),
            scram: true,
        }
    }
}

impl RoleSettings {
    /// Checks that no two accounts look alike, or share a certificate.
    pub(super) fn check(&self) -> Result<(), String> {
        for (index, account) in self.accounts.iter().enumerate() {
            let before = &self.accounts[..index];
            if let Some(other) = before.iter().find(|other| other.has_name(&account.name)) {
                let (one, other) = (&other.name, &account.name);
                return Err(format!(
                    "the accounts `{one}` and `{other}` look alike; give one of them another name"
                ));
            }
            let is_known = |other: &&Account| {
                account.certificates.iter().any(|c| other.certificates.contains(c))
            };
            if let Some(other) = before.iter().find(is_known) {
                let (one, other) = (&other.name, &account.name);
                return Err(format!(
                    "the accounts `{one}` and `{other}` have a certificate in common; leave it to one of them"
                ));
            }
        }
        Ok(())
    }
}

impl Account {
    /// Whether this is the name of the account or looks like it.
    pub(super) fn has_name(&self, name: &Name) -> bool {
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

/// A name of any length: only the server knows how long names may be.
pub(super) fn any_name(text: &str) -> Result<Name, salotto::NameError> {
    Name::new(text, NameBounds::NONE)
}

fn name<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
    let text = String::deserialize(deserializer)?;
    any_name(&text).map_err(serde::de::Error::custom)
}

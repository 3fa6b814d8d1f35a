//! The accounts there are: those of the configuration, which win, and those that people registered, which outlive the server where it has a store.

use std::collections::{BTreeMap, HashMap};

use salotto::protocol::Timestamp;
use salotto::{Context, Name, NameBounds, PasswordHash, Role};
use serde::{Deserialize, Serialize};

use super::settings::RoleSettings;
use crate::common::values;

/// Most accounts that are registered, so that what is kept stays bounded.
pub(super) const MAX_ACCOUNTS: usize = 10_000;

/// The namespace of the values in which they are kept.
const NAMESPACE: &str = "accounts";
/// That of the hashes of the configuration at the last start. A session is that of an account as it was, and of no other of its name.
const CONFIGURED: &str = "accounts-configured";

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    accounts: BTreeMap<Name, Account>,
    /// From every form of a name; where two pass for one another the configuration has it.
    by_key: HashMap<String, Name>,
}

/// An account.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) name: Name,
    pub(super) role: Role,
    pub(super) password: PasswordHash,
    /// What is kept of one that was registered; `None` for those of the configuration.
    pub(super) registered: Option<Registered>,
}

/// What else is known of an account that was registered.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Registered {
    pub(super) since: Timestamp,
    /// Of a password that the operator gave until its owner chooses another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) temporary: Option<Temporary>,
}

/// How long a password is one that can be used, once.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Temporary {
    pub(super) until: Timestamp,
    pub(super) used: bool,
}

/// An account as it is kept, under its name.
#[derive(Serialize, Deserialize)]
struct Kept {
    role: Role,
    password: PasswordHash,
    #[serde(flatten)]
    registered: Registered,
}

impl Account {
    /// Whether this is the name of the account or looks like it.
    pub(super) fn has_name(&self, name: &Name) -> bool {
        self.name == *name || {
            let keys = self.name.keys();
            name.keys().iter().any(|key| keys.contains(key))
        }
    }

    pub(super) fn is_of_configuration(&self) -> bool {
        self.registered.is_none()
    }
}

impl Accounts {
    /// Those of the configuration.
    pub(super) fn of(settings: &RoleSettings) -> Self {
        let mut accounts = Self::default();
        for account in &settings.accounts {
            let (name, role) = (account.name.clone(), account.role());
            let password = account.password.clone();
            accounts.insert(Account { name, role, password, registered: None });
        }
        accounts
    }

    /// Adds those that are kept, and lets core know of them. Logs everybody out of those of the configuration that are new, changed or gone, and returns their names.
    pub(super) fn load(&mut self, context: &mut Context<'_>) -> Vec<String> {
        let changed = self.note_configured(context);
        changed.iter().for_each(|name| context.end_logins(name));
        for (name, kept) in values::all::<Kept>(context, NAMESPACE) {
            let Ok(name) = Name::new(&name, NameBounds::NONE) else { continue };
            if self.find(&name).is_some() {
                continue;
            }
            let Kept { role, password, registered } = kept;
            context.set_account(&name, Some(role));
            self.insert(Account { name, role, password, registered: Some(registered) });
        }
        changed
    }

    /// Notes the hashes of the configuration. Returns the names of accounts that had another before, or none, and of those that are gone.
    fn note_configured(&self, context: &mut Context<'_>) -> Vec<String> {
        let mut before: BTreeMap<String, String> =
            values::all(context, CONFIGURED).into_iter().collect();
        let mut changed = Vec::new();
        for Account { name, password, .. } in self.iter() {
            let hash = password.to_string();
            if before.remove(name.as_str()).as_ref() != Some(&hash) {
                values::put(context, CONFIGURED, name.as_str(), &hash);
                changed.push(name.to_string());
            }
        }
        for name in before.into_keys() {
            values::remove(context, CONFIGURED, &name);
            changed.push(name);
        }
        changed
    }

    /// The account of this name, or of one that looks like it.
    pub(super) fn find(&self, name: &Name) -> Option<&Account> {
        if self.by_key.is_empty() {
            return None;
        }
        let name = name.keys().into_iter().find_map(|key| self.by_key.get(&key))?;
        self.accounts.get(name)
    }

    /// Adds or changes one that was registered, and keeps it.
    pub(super) fn put(&mut self, context: &mut Context<'_>, account: Account) {
        let Some(registered) = account.registered else { return };
        let (role, password) = (account.role, account.password.clone());
        let kept = Kept { role, password, registered };
        values::put(context, NAMESPACE, account.name.as_str(), &kept);
        context.set_account(&account.name, Some(role));
        self.insert(account);
    }

    /// Forgets one that was registered, and logs everybody out of it.
    pub(super) fn remove(&mut self, context: &mut Context<'_>, name: &Name) {
        if self.accounts.get(name).is_none_or(Account::is_of_configuration) {
            return;
        }
        self.accounts.remove(name);
        self.by_key.retain(|_, owner| owner != name);
        values::remove(context, NAMESPACE, name.as_str());
        context.set_account(name, None);
        context.end_logins(name.as_str());
    }

    /// All of them, by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }

    /// How many were registered.
    pub(super) fn registered(&self) -> usize {
        self.iter().filter(|account| !account.is_of_configuration()).count()
    }

    fn insert(&mut self, account: Account) {
        for key in account.name.keys() {
            self.by_key.entry(key).or_insert_with(|| account.name.clone());
        }
        self.accounts.insert(account.name.clone(), account);
    }
}

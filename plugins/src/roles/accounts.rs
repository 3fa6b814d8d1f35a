//! The accounts there are: those of the configuration, which win, and those that people registered, which outlive the server where it has a store.

use std::collections::{BTreeMap, HashMap};

use salotto::protocol::{Fingerprint, ScramKeys, Timestamp};
use salotto::{Context, Name, NameBounds, PasswordHash, Role};
use serde::{Deserialize, Serialize};

use super::settings::RoleSettings;
use crate::common::values;

/// Most accounts that are registered, so that what is kept stays bounded.
pub(super) const MAX_ACCOUNTS: usize = 10_000;

/// The namespace of the values in which they are kept.
pub(super) const NAMESPACE: &str = "accounts";
/// That of the hashes of the configuration at the last start. A session is that of an account as it was, and of no other of its name.
pub(super) const CONFIGURED: &str = "accounts-configured";

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    accounts: BTreeMap<Name, Account>,
    /// From every form of a name; where two pass for one another the configuration has it.
    by_key: HashMap<String, Name>,
    /// Whose each certificate is; of two accounts that name one in the configuration the first one's.
    by_certificate: HashMap<Fingerprint, Name>,
}

/// An account.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) name: Name,
    pub(super) role: Role,
    pub(super) password: PasswordHash,
    /// With which the password is proven by SCRAM, where there are any.
    pub(super) scram: Option<ScramKeys>,
    /// Whoever shows one of these is its owner.
    pub(super) certificates: Vec<Fingerprint>,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scram: Option<ScramKeys>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    certificates: Vec<Fingerprint>,
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
            let (password, scram) = (account.password.clone(), account.scram.clone());
            let certificates = account.certificates.clone();
            let registered = None;
            accounts.insert(Account { name, role, password, scram, certificates, registered });
        }
        accounts
    }

    /// Adds those that are kept, and lets core know of them; without their keys for SCRAM where there are to be none. Logs everybody out of those of the configuration that are new, changed or gone, and returns their names.
    pub(super) fn load(&mut self, context: &mut Context<'_>, with_scram: bool) -> Vec<String> {
        let changed = self.note_configured(context);
        changed.iter().for_each(|name| context.end_logins(name));
        for (name, kept) in values::all::<Kept>(context, NAMESPACE) {
            let Ok(name) = Name::new(&name, NameBounds::NONE) else { continue };
            if self.find(&name).is_some() {
                continue;
            }
            let Kept { role, password, scram, certificates, registered } = kept;
            let has_unwanted = scram.is_some() && !with_scram;
            let (scram, registered) = (scram.filter(|_| with_scram), Some(registered));
            let account = Account { name, role, password, scram, certificates, registered };
            match has_unwanted {
                true => self.put(context, account),
                false => {
                    context.set_account(&account.name, Some(role));
                    self.insert(account);
                }
            }
        }
        changed
    }

    /// Notes the hashes of the configuration. Returns the names of accounts that had another before, or none, and of those that are gone.
    fn note_configured(&self, context: &mut Context<'_>) -> Vec<String> {
        let mut before: BTreeMap<String, String> =
            values::all(context, CONFIGURED).into_iter().collect();
        let mut changed = Vec::new();
        for Account { name, password, certificates, .. } in self.iter() {
            let certificates = certificates.iter().map(|known| format!(" {known}"));
            let hash = password.to_string() + &certificates.collect::<String>();
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

    /// The account that knows this certificate.
    pub(super) fn by_certificate(&self, certificate: &Fingerprint) -> Option<&Account> {
        self.accounts.get(self.by_certificate.get(certificate)?)
    }

    /// Adds or changes one that was registered, and keeps it.
    pub(super) fn put(&mut self, context: &mut Context<'_>, account: Account) {
        let Some(registered) = account.registered else { return };
        let (role, password) = (account.role, account.password.clone());
        let (scram, certificates) = (account.scram.clone(), account.certificates.clone());
        let kept = Kept { role, password, scram, certificates, registered };
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
        self.by_certificate.retain(|_, owner| owner != name);
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
        if let Some(before) = self.accounts.get(&account.name) {
            for certificate in &before.certificates {
                self.by_certificate.remove(certificate);
            }
        }
        for &certificate in &account.certificates {
            self.by_certificate.entry(certificate).or_insert_with(|| account.name.clone());
        }
        self.accounts.insert(account.name.clone(), account);
    }
}

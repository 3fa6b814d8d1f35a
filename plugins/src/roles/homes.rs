//! From where the owners of accounts have logged in: there they come before strangers, and wait for nobody's wrong passwords but their own. It outlives the server where that
//! has a store, as it is just after a restart that everybody logs in at once.

use std::collections::{BTreeMap, VecDeque};

use salotto::{Context, Name, Network};

use super::accounts::Accounts;
use super::attempts::Source;
use crate::common::values;

/// The namespace of the values in which they are kept, by the names of accounts.
const NAMESPACE: &str = "account-addresses";
/// So many of an account are remembered; the oldest makes way.
const MOST: usize = 8;

/// See the module; by a form of the name.
#[derive(Debug, Default)]
pub(super) struct Homes(BTreeMap<String, VecDeque<Source>>);

impl Homes {
    /// Those that are kept, of accounts that there are.
    pub(super) fn load(&mut self, context: &Context<'_>, accounts: &Accounts) {
        for (text, networks) in values::all::<Vec<Network>>(context, NAMESPACE) {
            let account = Name::new(&text, salotto::NameBounds::NONE).ok();
            let account = account.and_then(|name| accounts.find(&name));
            match account.filter(|account| account.name.as_str() == text) {
                Some(account) => {
                    let networks = networks.into_iter().map(Some).take(MOST);
                    self.0.entry(form(&account.name)).or_insert_with(|| networks.collect());
                }
                None => values::remove(context, NAMESPACE, &text),
            }
        }
    }

    /// Remembers that the owner of an account was there. Says whether that is new.
    pub(super) fn add(&mut self, account: &Name, source: Source) -> bool {
        let sources = self.0.entry(form(account)).or_default();
        if sources.contains(&source) {
            return false;
        }
        sources.push_back(source);
        if sources.len() > MOST {
            sources.pop_front();
        }
        true
    }

    /// Keeps those of an account beyond a restart.
    pub(super) fn keep(&self, context: &mut Context<'_>, account: &Name) {
        let sources = self.0.get(&form(account)).into_iter().flatten();
        let networks: Vec<Network> = sources.copied().flatten().collect();
        values::put(context, NAMESPACE, account.as_str(), &networks);
    }

    /// Whether the owner of an account was there.
    pub(super) fn has(&self, account: &Name, source: Source) -> bool {
        self.0.get(&form(account)).is_some_and(|sources| sources.contains(&source))
    }

    /// There is no such account any more; the next of its name is somebody else's.
    pub(super) fn forget(&mut self, context: &Context<'_>, account: &Name) {
        self.0.remove(&form(account));
        values::remove(context, NAMESPACE, account.as_str());
    }
}

/// A form of a name that its look-alikes have too.
pub(super) fn form(name: &Name) -> String {
    name.keys().swap_remove(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_remembered_of_an_account_and_the_oldest_makes_way() {
        let ada: Name = "ada".parse().unwrap();
        let address = |last: u8| Some(Network::of([192, 0, 2, last].into()));
        let mut homes = Homes::default();
        assert!(homes.add(&ada, address(0)) && !homes.add(&ada, address(0)));
        (1..=MOST as u8).for_each(|last| assert!(homes.add(&ada, address(last))));
        assert!(!homes.has(&ada, address(0)) && homes.has(&ada, address(1)));
        assert_eq!(homes.0[&form(&ada)].len(), MOST);
    }
}

//! Who and what is here right now, for completion: kept by the hub, read by consoles without asking it.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use crate::command::Candidates;
use crate::protocol::command::{ArgKind, Command};
use crate::protocol::name::{Name, RoomName};

/// At most this many candidates are offered; nobody reads more.
const OFFERED: usize = 100;

/// See the module. Clones share the same state.
#[derive(Debug, Clone, Default)]
pub struct Directory(Arc<RwLock<Lists>>);

#[derive(Debug, Default)]
struct Lists {
    members: BTreeSet<Name>,
    rooms: BTreeSet<RoomName>,
    plugins: Vec<String>,
    commands: Arc<Vec<Command>>,
}

impl Directory {
    /// A directory of nobody: what a console knows before there is a server.
    pub fn with_commands(commands: Vec<Command>) -> Self {
        let directory = Self::default();
        directory.set_commands(commands);
        directory
    }

    /// Every command there is, of any role.
    pub fn commands(&self) -> Arc<Vec<Command>> {
        self.read(|lists| lists.commands.clone())
    }

    pub(crate) fn set_commands(&self, commands: Vec<Command>) {
        self.write(|lists| lists.commands = Arc::new(commands));
    }

    pub(crate) fn set_plugins(&self, plugins: Vec<String>) {
        self.write(|lists| lists.plugins = plugins);
    }

    pub(crate) fn add_member(&self, name: Name) {
        self.write(|lists| lists.members.insert(name));
    }

    pub(crate) fn remove_member(&self, name: &Name) {
        self.write(|lists| lists.members.remove(name));
    }

    pub(crate) fn add_room(&self, name: RoomName) {
        self.write(|lists| lists.rooms.insert(name));
    }

    pub(crate) fn remove_room(&self, name: &RoomName) {
        self.write(|lists| lists.rooms.remove(name));
    }

    fn read<T>(&self, look: impl FnOnce(&Lists) -> T) -> T {
        look(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut Lists) -> T) -> T {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Candidates for Directory {
    fn candidates(&self, kind: &ArgKind, prefix: &str) -> Vec<String> {
        self.read(|lists| match kind {
            ArgKind::Member => beginning(&lists.members, prefix),
            ArgKind::Room => beginning(&lists.rooms, prefix),
            ArgKind::Plugin => {
                lists.plugins.iter().filter(|name| name.starts_with(prefix)).cloned().collect()
            }
            _ => Vec::new(),
        })
    }
}

/// Names that begin with `prefix`, whatever its case.
fn beginning<N: AsRef<str> + Ord>(names: &BTreeSet<N>, prefix: &str) -> Vec<String> {
    let prefix = prefix.to_lowercase();
    names
        .iter()
        .map(AsRef::as_ref)
        .filter(|name| name.to_lowercase().starts_with(&prefix))
        .take(OFFERED)
        .map(str::to_owned)
        .collect()
}

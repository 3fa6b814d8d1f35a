//! What the tests of several plugins share.

use std::cell::RefCell;
use std::time::Duration;

use salotto::testing::{Guest, TestServer};
use salotto::{Action, Context, MemberId, Plugin, PluginSetup, Report, Role, Server, Watch};
use smol::Timer;
use smol::future::FutureExt;
use tempfile::TempDir;

use crate::commands::Commands;
use crate::quit::Quit;

/// How long anything may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Whoever is called `mod…` is a moderator, and `op…` an operator.
pub(crate) struct RolesByName;

impl Plugin for RolesByName {
    fn after_named(&mut self, context: &mut Context<'_>, member: MemberId) {
        let name = context.name(member).map(ToString::to_string).unwrap_or_default();
        if name.starts_with("mod") {
            context.set_role(member, Role::Moderator);
        } else if name.starts_with("op") {
            context.set_role(member, Role::Operator);
        }
    }
}

/// A server with moderation, whose bans are in a folder of its own.
pub(crate) struct ModeratedServer {
    pub(crate) server: TestServer,
    pub(crate) folder: TempDir,
    pub(crate) reports: RefCell<Watch>,
}

impl ModeratedServer {
    /// These plugins come before those that users need to talk.
    pub(crate) fn open(folder: TempDir, setups: Vec<PluginSetup>) -> Self {
        let builder = Server::builder().catalog(crate::catalog());
        let builder = setups.into_iter().fold(builder, |builder, setup| builder.enable(setup));
        let server = TestServer::built(builder)
            .plugin("commands", Commands::default())
            .plugin("quit", Quit::default())
            .plugin("ranks", RolesByName);
        let reports = server.handle().watch();
        Self { server, folder, reports: RefCell::new(reports) }
    }

    /// Somebody connects from an address.
    pub(crate) fn enter_from(&self, address: &str, name: &str) -> Guest {
        let guest = self.server.try_enter_from(address, name);
        guest.unwrap_or_else(|error| panic!("{name} from {address}: {error}"))
    }

    /// The refusal of somebody who connects from an address.
    pub(crate) fn refusal(&self, address: &str, name: &str) -> String {
        match self.server.try_enter_from(address, name) {
            Ok(_) => panic!("{name} from {address} was not refused"),
            Err(error) => error.to_string(),
        }
    }

    /// The answer to a command of the operator.
    pub(crate) fn types(&self, line: &str) -> String {
        match self.server.types(line) {
            Ok(reply) => reply.to_string(),
            Err(error) => format!("! {error}"),
        }
    }

    /// The actions that were recorded up to now.
    pub(crate) fn actions(&self) -> Vec<Action> {
        // Everything before is done when this is answered.
        self.types("status");
        let reports = std::iter::from_fn(|| self.reports.borrow_mut().try_next().ok());
        reports
            .filter_map(|report| match report {
                Report::Action(action) => Some(action),
                _ => None,
            })
            .collect()
    }
}

/// `moderation`, with its bans in this folder.
pub(crate) fn moderation(folder: &TempDir, more: &str) -> PluginSetup {
    let path = folder.path().join("bans.ron");
    PluginSetup::new("moderation").settings(format!("(bans: {path:?}, {more})"))
}

/// The next report of a plugin.
pub(crate) fn next_report(reports: &mut Watch) -> String {
    let next = async {
        loop {
            if let Report::Plugin { text, .. } = reports.next().await.unwrap() {
                return text;
            }
        }
    };
    let late = async {
        Timer::after(PATIENCE).await;
        panic!("no report came");
    };
    smol::block_on(next.or(late))
}

/// Somebody leaves, and waits for the goodbye.
pub(crate) fn leave(guest: Guest) {
    guest.types("!quit");
    guest.hears_goodbye();
}

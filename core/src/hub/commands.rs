//! Commands, as the hub runs them: core's own and those of plugins, by whoever may.

use super::Hub;
use crate::command::{self, Caller, Command, CommandError, Invocation, Reply, Role};
use crate::error::Refusal;
use crate::hooks::SlotId;
use crate::member::MemberId;
use crate::plugin::{CommandDraft, Hook};

/// What runs a command.
#[derive(Clone, Copy)]
pub(super) enum Action {
    Core(fn(&mut Hub, &Invocation) -> Result<Reply, CommandError>),
    Plugin(SlotId),
}

impl Hub {
    /// Runs a command line. `Ok(None)` means that a plugin dealt with it at the gate.
    ///
    /// The operator is not asked about by plugins, whom none can lock out.
    pub(crate) fn run_command(
        &mut self,
        caller: Caller,
        line: &str,
    ) -> Result<Option<Reply>, CommandError> {
        let mut line = line.to_owned();
        let mut caller = caller;
        if caller.role != Role::Operator {
            let member = caller.member;
            let mut draft = CommandDraft { caller, line };
            let asked = self.ask(Hook::BeforeCommand, member, |plugin, host| {
                plugin.before_command(host, &mut draft)
            });
            match asked {
                Ok(()) => (caller, line) = (draft.caller, draft.line),
                Err(None) => return Ok(None),
                Err(Some(refusal)) => return Err(CommandError::Refused(refusal.text)),
            }
        }
        let line = crate::sanitize::message(&line);
        let mine = self
            .commands
            .iter()
            .map(|(command, _)| command)
            .filter(|command| caller.can_call(command));
        let (command, rest) = command::find(mine, &line)?;
        let command = command.clone();
        let action =
            self.commands.iter().find(|(listed, _)| *listed == command).map(|(_, action)| *action);
        let invocation = command.parse(rest, caller)?;
        match action {
            Some(Action::Core(run)) => run(self, &invocation).map(Some),
            Some(Action::Plugin(slot)) => {
                let (house, effects) = (&self.house, &mut self.effects);
                let answer =
                    self.hooks.call(slot, Hook::RunCommand, house, effects, |plugin, host| {
                        plugin.run_command(host, &invocation)
                    });
                answer.map_err(CommandError::Failed)?.map(Some)
            }
            None => Ok(None),
        }
    }

    /// The commands that a member of this role is offered, for its client.
    pub(super) fn commands_for(&self, role: Role) -> Vec<Command> {
        let offered = |command: &&Command| command.role <= role;
        self.commands.iter().map(|(command, _)| command).filter(offered).cloned().collect()
    }

    /// Adds the commands of a plugin.
    pub(super) fn register_commands(&mut self, slot: SlotId, commands: Vec<Command>) {
        for command in commands {
            let taken = |(listed, _): &&(Command, Action)| {
                listed.path == command.path && listed.role == command.role
            };
            if self.commands.iter().any(|listed| taken(&listed)) {
                let plugin = self.house.plugin_name(slot);
                self.report(format!(
                    "plugin `{plugin}`: the command `{}` is there already; the first one stays",
                    command.path
                ));
                continue;
            }
            self.commands.push((command, Action::Plugin(slot)));
        }
        self.publish_lists();
    }

    /// Removes the commands of a plugin.
    pub(super) fn forget_commands(&mut self, slot: SlotId) {
        self.commands
            .retain(|(_, action)| !matches!(action, Action::Plugin(owner) if *owner == slot));
        self.publish_lists();
    }

    /// Lets consoles complete what is there now.
    pub(super) fn publish_lists(&mut self) {
        let mut commands: Vec<Command> =
            self.commands.iter().map(|(command, _)| command.clone()).collect();
        commands.sort_by(|one, other| one.path.cmp(&other.path));
        self.house.shared.directory.set_commands(commands);
        let enabled = self.hooks.slots().map(|slot| slot.setup.name.clone());
        let mut plugins: Vec<String> = self.catalog.names().into_iter().chain(enabled).collect();
        plugins.sort();
        plugins.dedup();
        self.house.shared.directory.set_plugins(plugins);
    }

    /// The member that a command names.
    pub(super) fn named(&self, name: &str) -> Result<MemberId, CommandError> {
        let found = self.house.roster.find(name).map(|member| member.id);
        found.ok_or_else(|| {
            let shown = crate::sanitize::excerpt(name, 64);
            let near = self
                .house
                .roster
                .iter()
                .filter_map(|member| member.name.as_ref())
                .map(|known| (strsim::damerau_levenshtein(name, known.as_str()), known))
                .filter(|(distance, _)| *distance <= 2)
                .min();
            CommandError::NotFound(match near {
                Some((_, near)) => {
                    format!("nobody here is called `{shown}`; did you mean `{near}`?")
                }
                None => format!("nobody here is called `{shown}`; `users` lists who is"),
            })
        })
    }
}

impl From<Refusal> for CommandError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.text)
    }
}

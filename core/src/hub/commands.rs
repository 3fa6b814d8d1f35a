//! Commands, as the hub runs them: core's own and those of plugins, by whoever may.

use super::Hub;
use super::not_done::NotDone;
use crate::command::{self, CommandError, Invocation};
use crate::io::thread;
use crate::plugin::draft::CommandDraft;
use crate::protocol::caller::Caller;
use crate::protocol::command::Command;
use crate::protocol::error::Refusal;
use crate::protocol::hook::Hook;
use crate::protocol::ids::MemberId;
use crate::protocol::ids::SlotId;
use crate::protocol::name::Name;
use crate::protocol::near::nearest;
use crate::protocol::reply::Reply;
use crate::protocol::role::Role;

/// What runs a command.
#[derive(Clone, Copy)]
pub(super) enum Runner {
    Core(fn(&mut Hub, &Invocation) -> Result<Reply, CommandError>),
    /// Where a part of it must not be done in the hub's turn.
    CoreLater(fn(&mut Hub, &Invocation) -> Result<Later, CommandError>),
    Plugin(SlotId),
}

/// The part of a command that is done on a thread of its own, and says how the hub finishes it.
pub(super) type Later = Box<dyn FnOnce() -> Finish + Send>;
pub(super) type Finish = Box<dyn FnOnce(&mut Hub) -> Result<Reply, CommandError> + Send>;

/// What came of a command; `Ok(None)` where a plugin dealt with it at the gate.
pub(crate) type Outcome = Result<Option<Reply>, CommandError>;

/// How far a command came in its first turn.
enum Started {
    Done(Option<Reply>),
    Later(Later),
}

impl Hub {
    /// Runs a command line and has what came of it answered, in this turn or a later one. Not at all, if the server stops first.
    ///
    /// The operator is not asked about by plugins, whom none can lock out.
    pub(crate) fn run_command(
        &mut self,
        caller: Caller,
        line: &str,
        answer: impl FnOnce(&mut Hub, Outcome) + Send + 'static,
    ) {
        match self.start_command(caller, line) {
            Ok(Started::Done(reply)) => answer(self, Ok(reply)),
            Ok(Started::Later(work)) => self.finish_later(work, answer),
            Err(error) => answer(self, Err(error)),
        }
    }

    fn start_command(&mut self, caller: Caller, line: &str) -> Result<Started, CommandError> {
        let mut line = line.to_owned();
        let mut caller = caller;
        if caller.role != Role::Operator {
            let member = caller.member;
            let mut draft = CommandDraft { caller, line };
            let asked = self.gate(Hook::BeforeCommand, member, |plugin, context| {
                plugin.before_command(context, &mut draft)
            });
            match asked {
                Ok(()) => (caller, line) = (draft.caller, draft.line),
                Err(NotDone::Refused(refusal)) => return Err(refusal.into()),
                Err(NotDone::Taken | NotDone::Gone) => return Ok(Started::Done(None)),
            }
        }
        let line = crate::protocol::sanitize::message(&line);
        let mine = self
            .commands
            .iter()
            .map(|(command, _)| command)
            .filter(|command| caller.can_call(command));
        let (command, rest) = command::find(mine, &line)?;
        let command = command.clone();
        let runner = self.commands.iter().find(|(listed, _)| *listed == command);
        let runner = runner.map(|(_, runner)| *runner);
        let invocation = command.parse(rest, caller)?;
        let reply = match runner {
            Some(Runner::Core(run)) => run(self, &invocation)?,
            Some(Runner::CoreLater(run)) => return run(self, &invocation).map(Started::Later),
            Some(Runner::Plugin(slot)) => {
                let (state, effects) = (&self.state, &mut self.effects);
                let answer =
                    self.hooks.call(slot, Hook::RunCommand, state, effects, |plugin, context| {
                        plugin.run_command(context, &invocation)
                    });
                answer.map_err(CommandError::Failed)??
            }
            None => return Ok(Started::Done(None)),
        };
        Ok(Started::Done(Some(reply)))
    }

    /// Does the rest of a command: first on a thread that ends with it, then in a turn of the hub.
    fn finish_later(
        &mut self,
        work: Later,
        answer: impl FnOnce(&mut Hub, Outcome) + Send + 'static,
    ) {
        let done = match thread::answer("salotto-command", work) {
            Ok(done) => done,
            Err(error) => {
                let text =
                    format!("cannot start a thread: {error}; free some memory and try again");
                return answer(self, Err(CommandError::Failed(text)));
            }
        };
        let inbox = self.state.handle.inbox.clone();
        let finish = async move {
            // Work that panicked is not finished; whoever waits for it is told by the answer being dropped.
            let Ok(finish) = done.recv().await else { return };
            let question = super::question(move |hub| {
                let outcome = finish(hub).map(Some);
                answer(hub, outcome);
            });
            // A server that has stopped meanwhile needs no plugin.
            let _ = inbox.send(question).await;
        };
        // Ends with the thread.
        self.state.handle.executor.spawn(finish).detach();
    }

    /// The commands that a member of this role is offered, for its client.
    pub(super) fn commands_for(&self, role: Role) -> Vec<Command> {
        let offered = |command: &&Command| command.role <= role;
        self.commands.iter().map(|(command, _)| command).filter(offered).cloned().collect()
    }

    /// Whether a line calls a command for those who have no name yet.
    pub(super) fn is_for_guests(&self, line: &str) -> bool {
        let commands = self.commands.iter().map(|(command, _)| command);
        command::find(commands.filter(|command| command.role == Role::Guest), line).is_ok()
    }

    /// Adds the commands of a plugin.
    pub(super) fn register_commands(&mut self, slot: SlotId, commands: Vec<Command>) {
        for command in commands {
            let taken = |(listed, _): &&(Command, Runner)| {
                listed.path == command.path && listed.role == command.role
            };
            if self.commands.iter().any(|listed| taken(&listed)) {
                let plugin = self.state.plugin_name(slot);
                self.report(format!(
                    "plugin `{plugin}`: the command `{}` is there already; the first one stays",
                    command.path
                ));
                continue;
            }
            self.commands.push((command, Runner::Plugin(slot)));
        }
        self.publish_lists();
    }

    /// Removes the commands of a plugin.
    pub(super) fn forget_commands(&mut self, slot: SlotId) {
        self.commands
            .retain(|(_, runner)| !matches!(runner, Runner::Plugin(owner) if *owner == slot));
        self.publish_lists();
    }

    /// Lets consoles complete what is there now.
    pub(super) fn publish_lists(&mut self) {
        let mut commands: Vec<Command> =
            self.commands.iter().map(|(command, _)| command.clone()).collect();
        commands.sort_by(|one, other| one.path.cmp(&other.path));
        self.state.shared.directory.set_commands(commands);
        let enabled = self.hooks.slots().map(|slot| slot.stats.setup.name.clone());
        let mut plugins: Vec<String> = self.catalog.names().into_iter().chain(enabled).collect();
        plugins.sort();
        plugins.dedup();
        self.state.shared.directory.set_plugins(plugins);
    }

    /// The member that a command names.
    pub(super) fn named(&self, name: &str) -> Result<MemberId, CommandError> {
        let found = self.state.roster.find(name).map(|member| member.id);
        found.ok_or_else(|| {
            let shown = crate::protocol::sanitize::excerpt(name, 64);
            let names = self.state.roster.iter().filter_map(|member| member.name.as_ref());
            CommandError::NotFound(match nearest(name, names.map(Name::as_str)) {
                Some(near) => {
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

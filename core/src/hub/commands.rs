//! Commands, as the hub runs them: core's own and those of plugins, by whoever may.

use async_channel::Receiver;

use super::Hub;
use super::answers::MAX_WAITING;
use super::not_done::NotDone;
use crate::command::{self, Answer, Call, CommandError, Invocation};
use crate::dialect::Require;
use crate::io::thread;
use crate::plugin::draft::CommandDraft;
use crate::protocol::caller::Caller;
use crate::protocol::command::{ArgKind, Command};
use crate::protocol::error::{ErrorCode, Refusal};
use crate::protocol::hook::Hook;
use crate::protocol::ids::MemberId;
use crate::protocol::ids::SlotId;
use crate::protocol::limit_hit::LimitHit;
use crate::protocol::reply::Reply;
use crate::protocol::role::Role;

/// What runs a command.
#[derive(Clone, Copy)]
pub(super) enum Runner {
    Core(fn(&mut Hub, &Invocation) -> Answer),
    Plugin(SlotId),
}

/// What came of a command; `Ok(None)` where a plugin dealt with it at the gate.
pub(crate) type Outcome = Result<Option<Reply>, CommandError>;

/// How far a command came in its first turn.
enum Started {
    Done(Option<Reply>),
    /// The answer comes here, from this plugin or from core.
    Later(Receiver<Answer>, Option<SlotId>),
}

impl Hub {
    /// Runs a command line and has what came of it answered, in this turn or a later one. Not at all, if the server stops first.
    ///
    /// For the operator no gate is called: no plugin can lock them out.
    pub(crate) fn run_command(
        &mut self,
        caller: Caller,
        line: &str,
        answer: impl FnOnce(&mut Hub, Outcome) + Send + 'static,
    ) {
        let reader = caller.clone();
        let started = self.start_command(caller, line);
        self.answer_when_done(reader, started, answer);
    }

    /// Runs a command that code calls, and has what came of it answered likewise. No gate is called, as for the operator.
    pub(super) fn call_command(
        &mut self,
        caller: Caller,
        call: Call,
        answer: impl FnOnce(&mut Hub, Outcome) + Send + 'static,
    ) {
        let reader = caller.clone();
        let started = self.start_call(caller, call);
        self.answer_when_done(reader, started, answer);
    }

    /// Answers with the hints as `reader` types them.
    fn answer_when_done(
        &mut self,
        reader: Caller,
        started: Result<Started, CommandError>,
        answer: impl FnOnce(&mut Hub, Outcome) + Send + 'static,
    ) {
        let member = reader.member;
        let answer = move |hub: &mut Hub, outcome: Outcome| {
            let outcome = hub.outcome_for(&reader, outcome);
            answer(hub, outcome);
        };
        match started {
            Ok(Started::Done(reply)) => answer(self, Ok(reply)),
            Ok(Started::Later(answers, plugin)) => {
                self.answer_later(answers, plugin, member, answer)
            }
            Err(error) => answer(self, Err(error)),
        }
    }

    fn start_call(&mut self, caller: Caller, call: Call) -> Result<Started, CommandError> {
        let mine = self.commands.iter().filter(|(command, _)| caller.can_call(command));
        let found = mine
            .filter(|(command, _)| command.path == call.path())
            .max_by_key(|(command, _)| command.role);
        let Some((command, runner)) = found.cloned() else {
            return Err(CommandError::Unknown {
                word: call.path().to_owned(),
                nearest: None,
                has_help: false,
            });
        };
        let invocation = command.accept(call, caller)?;
        self.start(invocation, runner)
    }

    fn start_command(&mut self, caller: Caller, line: &str) -> Result<Started, CommandError> {
        let mut line = line.to_owned();
        let mut caller = caller;
        if caller.role != Role::Operator {
            let member = caller.member;
            let mut draft = CommandDraft { caller, line };
            let passed = self.gate(Hook::BeforeCommand, member, |plugin, context| {
                plugin.before_command(context, &mut draft)
            });
            match passed {
                Ok(()) => (caller, line) = (draft.caller, draft.line),
                Err(NotDone::Refused(refusal)) => return Err(refusal.into()),
                Err(NotDone::Taken | NotDone::Gone) => return Ok(Started::Done(None)),
            }
        }
        let line = crate::protocol::sanitize::message(&line);
        let (command, rest) = command::find(self.callable(&caller), &line)?;
        let command = command.clone();
        self.check_secret(&caller, &command)?;
        let invocation = command.parse(rest, caller.clone())?;
        let Some(invocation) = self.in_its_room(&command, invocation) else {
            // Another one of this path may be there for everybody.
            let everywhere = Caller { rooms: Vec::new(), ..caller };
            let found = command::find(self.callable(&everywhere), &line);
            let Ok((command, rest)) = found.map(|(command, rest)| (command.clone(), rest)) else {
                let text = format!("only a {} of that room can do this", command.role);
                return Err(CommandError::Refused(text));
            };
            let invocation = command.parse(rest, everywhere)?;
            return self.start_found(&command, invocation);
        };
        self.start_found(&command, invocation)
    }

    /// The call with what its caller may do in the room that it concerns; `None` where that is too little.
    fn in_its_room(&self, command: &Command, mut invocation: Invocation) -> Option<Invocation> {
        if invocation.caller.role >= command.role {
            return Some(invocation);
        }
        let arg = command.args.iter().find(|arg| arg.kind == ArgKind::Room);
        let named = arg.and_then(|arg| invocation.get(&arg.name));
        let room = match named {
            Some(text) => self.state.rooms.find(text).map(|room| &room.name),
            None => invocation.caller.room.as_ref(),
        };
        let role = invocation.caller.role_in(room?);
        invocation.caller.role = role;
        (role >= command.role).then_some(invocation)
    }

    fn start_found(
        &mut self,
        command: &Command,
        invocation: Invocation,
    ) -> Result<Started, CommandError> {
        let runner = self.commands.iter().find(|(listed, _)| listed == command);
        match runner.map(|(_, runner)| *runner) {
            Some(runner) => self.start(invocation, runner),
            None => Ok(Started::Done(None)),
        }
    }

    /// A password that others can read is not taken where it could have been encrypted. Taken once, it would be typed so again.
    fn check_secret(&self, caller: &Caller, command: &Command) -> Result<(), CommandError> {
        let member = caller.member.and_then(|id| self.state.roster.get(id));
        let Some(member) = member.filter(|member| !member.is_confidential()) else {
            return Ok(());
        };
        if !command.is_secret() || self.state.shared.requires() < Require::Login {
            return Ok(());
        }
        self.state.shared.counters.limit_hit(LimitHit::Unencrypted, member.peer);
        let text = "others can read what you send, so no password is taken here, and one that you have just typed is better changed; connect with TLS, on the same port, or with https:// in a browser";
        Err(Refusal::new(ErrorCode::EncryptionWanted, text).into())
    }

    fn start(&mut self, invocation: Invocation, runner: Runner) -> Result<Started, CommandError> {
        let reply = match runner {
            Runner::Core(run) => run(self, &invocation)?,
            Runner::Plugin(slot) => {
                let (state, effects) = (&self.state, &mut self.effects);
                let answer =
                    self.hooks.call(slot, Hook::RunCommand, state, effects, |plugin, context| {
                        plugin.run_command(context, &invocation)
                    });
                answer.map_err(CommandError::Failed)??
            }
        };
        if reply != Reply::Later {
            return Ok(Started::Done(Some(reply)));
        }
        let Some(answers) = invocation.take_later() else {
            let text = format!("`{}` promised an answer that nobody can give", invocation.path);
            return Err(CommandError::Failed(text));
        };
        if self.waiting.is_full() {
            self.limit_hit(LimitHit::Answers, invocation.caller.member);
            let text = format!("{MAX_WAITING} commands wait for their answer; try again later");
            return Err(CommandError::Failed(text));
        }
        let plugin = match runner {
            Runner::Plugin(slot) => Some(slot),
            Runner::Core(_) => None,
        };
        Ok(Started::Later(answers, plugin))
    }

    /// Does the rest of one of core's own commands: first on a thread that ends with it, then in a turn of the hub.
    pub(super) fn finish_later<T: Send + 'static>(
        &self,
        invocation: &Invocation,
        work: impl FnOnce() -> T + Send + 'static,
        finish: impl FnOnce(&mut Hub, T) -> Answer + Send + 'static,
    ) -> Answer {
        let done = thread::answer("salotto-command", work).map_err(|error| {
            let text = format!("cannot start a thread: {error}; free some memory and try again");
            CommandError::Failed(text)
        })?;
        let (inbox, responder) = (self.state.handle.inbox.clone(), invocation.answer_later());
        let finish = async move {
            // Work that panicked is not finished; whoever waits for it is told by the responder being dropped.
            let Ok(done) = done.recv().await else { return };
            let question = super::question(move |hub| responder.send(finish(hub, done)));
            // A server that has stopped meanwhile needs no plugin.
            let _ = inbox.send(question).await;
        };
        // Ends with the thread.
        self.state.handle.executor.spawn(finish).detach();
        Ok(Reply::Later)
    }

    /// The commands that a member is offered, for its client.
    pub(super) fn commands_for(&self, member: MemberId) -> Vec<Command> {
        let caller = self.state.caller(member, None);
        caller.iter().flat_map(|caller| self.callable(caller)).cloned().collect()
    }

    /// Whether a line calls a command for those who have no name yet.
    pub(super) fn is_for_guests(&self, line: &str) -> bool {
        let commands = self.commands.iter().map(|(command, _)| command);
        command::find(commands.filter(|command| command.role == Role::Guest), line).is_ok()
    }

    /// Adds the commands of a plugin.
    pub(super) fn register_commands(&mut self, slot: SlotId, commands: Vec<Command>) {
        for command in commands {
            if !is_typeable(&command.path) {
                let plugin = self.state.plugin_name(slot);
                self.report(format!(
                    "plugin `{plugin}`: nobody can type the command `{}`; its words begin with a letter and have one space between them",
                    command.path
                ));
                continue;
            }
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
}

/// Whether a path is one that a line can begin with behind `!`.
fn is_typeable(path: &str) -> bool {
    let is_word =
        |word: &str| word.starts_with(char::is_alphabetic) && !word.contains(char::is_whitespace);
    path.split(' ').all(is_word)
}

impl From<Refusal> for CommandError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.text)
    }
}

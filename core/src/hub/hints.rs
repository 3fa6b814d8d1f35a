//! Who reads a text, and what they can type: hints are resolved here, before anybody is told anything.

use super::Hub;
use super::commands::Outcome;
use crate::command;
use crate::protocol::caller::Caller;
use crate::protocol::command::Command;
use crate::protocol::hint;
use crate::protocol::ids::MemberId;

impl Hub {
    /// The commands that this caller may call.
    pub(super) fn callable(&self, caller: &Caller) -> impl Iterator<Item = &Command> + Clone {
        self.commands.iter().map(|(command, _)| command).filter(|command| caller.can_call(command))
    }

    /// A member as a caller, in the room that it was in last.
    pub(super) fn caller(&self, id: MemberId) -> Option<Caller> {
        let room = self.state.current_room(id).map(|room| room.name.clone());
        self.state.caller(id, room)
    }

    /// What came of a command, for who called it.
    pub(super) fn outcome_for(&self, caller: &Caller, outcome: Outcome) -> Outcome {
        let typed = |line: &str| self.typed_by(caller, line);
        match outcome {
            Ok(reply) => Ok(reply.map(|reply| reply.resolved(typed))),
            Err(error) => Err(error.resolved(typed)),
        }
    }

    /// A text for one member, whose hints name commands as it types them.
    pub(super) fn text_for(&self, member: MemberId, text: &str) -> String {
        let caller = self.caller(member);
        let typed = |line: &str| self.typed_by(caller.as_ref()?, line);
        hint::resolved(text, typed).into_owned()
    }

    /// A command line as this caller types it, if they can call it.
    fn typed_by(&self, caller: &Caller, line: &str) -> Option<String> {
        let mark = if caller.member.is_some() { "!" } else { "" };
        command::find(self.callable(caller), line).ok()?;
        Some(format!("{mark}{line}"))
    }
}

//! Completion by Tab: names, those of the last authors first, and commands after `!`.

use std::ops::Range;

use salotto::Name;
use salotto::command::{self, Candidates};
use salotto::protocol::ArgKind;

use super::text::fold;
use super::{Conversation, Model};

/// What can stand in place of a part of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// Which part, in bytes.
    pub range: Range<usize>,
    /// What can stand there, the best first, with what follows it.
    pub words: Vec<String>,
}

impl Model {
    /// What Tab offers where the cursor stands at byte `cursor` of `line`. Nothing where nothing fits.
    pub fn complete(
        &self,
        conversation: &Conversation,
        line: &str,
        cursor: usize,
    ) -> Option<Completion> {
        let before = line.get(..cursor)?;
        let completion = match before.strip_prefix(['!', '/']) {
            Some(command) => self.complete_command(conversation, command),
            None => self.complete_name(conversation, before),
        };
        (!completion.words.is_empty()).then_some(completion)
    }

    /// What is still to be typed of the command in `line`, and what it does.
    pub fn hint(&self, line: &str) -> Option<(String, &str)> {
        let typed = line.strip_prefix(['!', '/'])?;
        let commands = self.commands();
        let (command, _) = command::find(commands.iter(), typed).ok()?;
        Some((command::hint(commands, typed).unwrap_or_default(), command.help.as_str()))
    }

    fn complete_command(&self, conversation: &Conversation, typed: &str) -> Completion {
        let live = Live { model: self, conversation };
        let (start, words) = command::complete(self.commands(), &live, typed);
        let words = words.into_iter().map(|word| word + " ").collect();
        Completion { range: start + 1..typed.len() + 1, words }
    }

    fn complete_name(&self, conversation: &Conversation, before: &str) -> Completion {
        let start = before
            .rfind(char::is_whitespace)
            .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
        let (at, word) = match before[start..].strip_prefix('@') {
            Some(word) => (start + 1, word),
            None => (start, &before[start..]),
        };
        if word.is_empty() {
            return Completion { range: at..at, words: Vec::new() };
        }
        // At the beginning of a line a name is spoken to.
        let after = if start == 0 { ": " } else { " " };
        let names = self.names(conversation, word);
        let words = names.into_iter().map(|name| format!("{name}{after}")).collect();
        Completion { range: at..before.len(), words }
    }

    /// Names that begin with `prefix`, those of the last authors first, without the user's own.
    fn names(&self, conversation: &Conversation, prefix: &str) -> Vec<String> {
        let prefix = fold(prefix);
        let fits =
            |name: &&Name| Some(*name) != self.name() && fold(name.as_str()).starts_with(&prefix);
        let is_here = |name: &&Name| {
            conversation.room().is_none()
                || conversation
                    .members
                    .binary_search(&(fold(name.as_str()), (*name).clone()))
                    .is_ok()
        };
        let mut names: Vec<String> =
            conversation.speakers().filter(fits).filter(is_here).map(Name::to_string).collect();
        for name in conversation.members().filter(fits) {
            if !names.iter().any(|known| known == name.as_str()) {
                names.push(name.to_string());
            }
        }
        names
    }
}

/// Live names for the commands.
struct Live<'a> {
    model: &'a Model,
    conversation: &'a Conversation,
}

impl Candidates for Live<'_> {
    fn candidates(&self, kind: &ArgKind, prefix: &str) -> Vec<String> {
        match kind {
            ArgKind::Member => self.model.names(self.conversation, prefix),
            ArgKind::Room => {
                let prefix = fold(prefix);
                self.model
                    .conversations()
                    .iter()
                    .filter_map(Conversation::room)
                    .map(ToString::to_string)
                    .filter(|room| fold(room).starts_with(&prefix))
                    .collect()
            }
            _ => Vec::new(),
        }
    }
}

//! What helps while a line is typed: completion and hints from the command records and live names, and a little colour.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustyline::completion::{Completer, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::validate::Validator;
use rustyline::{CompletionType, Context, Helper};
use salotto::command;

use crate::render::Renderer;
use crate::steward::Steward;

/// See the module. All it asks are snapshots, so that no key waits for the house.
pub(crate) struct Assistant {
    steward: Arc<Steward>,
    renderer: Renderer,
    /// Whether the line held anything when it was last looked at: Ctrl+C takes the line away and does not say.
    typed: AtomicBool,
}

/// Arguments that are still to come. They are shown, and not inserted.
pub(crate) struct ToCome(String);

impl Assistant {
    pub(crate) fn new(steward: Arc<Steward>, renderer: Renderer) -> Self {
        Self { steward, renderer, typed: AtomicBool::new(false) }
    }

    /// Whether anything was typed since this was last asked.
    pub(crate) fn take_typed(&self) -> bool {
        self.typed.swap(false, Ordering::Relaxed)
    }
}

impl Helper for Assistant {}

impl Validator for Assistant {}

impl Completer for Assistant {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let before = line.get(..pos).unwrap_or(line);
        let (start, words) = command::complete(&self.steward.commands(), &*self.steward, before);
        let pairs = words.into_iter().map(|word| {
            // A name of several words is taken for one in quotes.
            let quoted = match word.contains(char::is_whitespace) {
                true => format!("\"{word}\""),
                false => word.clone(),
            };
            Pair { display: word, replacement: quoted + " " }
        });
        Ok((start, pairs.collect()))
    }
}

impl Hinter for Assistant {
    type Hint = ToCome;

    fn hint(&self, line: &str, pos: usize, _: &Context<'_>) -> Option<ToCome> {
        self.typed.store(!line.is_empty(), Ordering::Relaxed);
        if line.trim().is_empty() || pos < line.len() {
            return None;
        }
        command::hint(&self.steward.commands(), line).map(ToCome)
    }
}

impl Hint for ToCome {
    fn display(&self) -> &str {
        &self.0
    }

    fn completion(&self) -> Option<&str> {
        None
    }
}

impl Highlighter for Assistant {
    /// A command that is known stands out, so that one sees it before Enter.
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        let commands = self.steward.commands();
        let Ok((command, rest)) = command::find(commands.iter(), line) else {
            return Cow::Borrowed(line);
        };
        let words = command.path.split(' ').count();
        let end = end_of_words(line, words).min(line.len() - rest.len());
        let (path, rest) = line.split_at(end);
        Cow::Owned(self.renderer.bold(path) + rest)
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        Cow::Owned(self.renderer.bold(prompt))
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(self.renderer.dim(hint))
    }

    fn highlight_candidate<'c>(&self, candidate: &'c str, _: CompletionType) -> Cow<'c, str> {
        Cow::Borrowed(candidate)
    }

    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        true
    }
}

/// The byte of `line` behind its first `words` words.
fn end_of_words(line: &str, words: usize) -> usize {
    let mut at = 0;
    for _ in 0..words {
        at += line[at..].len() - line[at..].trim_start().len();
        at += line[at..].find(char::is_whitespace).unwrap_or(line.len() - at);
    }
    at
}

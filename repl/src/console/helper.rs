//! What helps while a line is typed: completion and hints from the command records and live names, and a little colour.
//!
//! Commands are known here; who and what is in the server is asked of the desk, which answers from a snapshot.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_channel::{Receiver, Sender};
use rustyline::completion::{Completer, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::validate::Validator;
use rustyline::{CompletionType, Context, Helper};
use salotto::Command;
use salotto::command;
use smol::Timer;
use smol::future::FutureExt;

use crate::control::protocol::Ask;
use crate::render::Renderer;

/// Nobody presses a key and waits longer for words; a server that is stuck must not stop the typing.
const PATIENCE: Duration = Duration::from_secs(1);

/// What can be typed, as far as the desk has told.
#[derive(Debug)]
pub(crate) struct Knowledge {
    commands: RwLock<Arc<Vec<Command>>>,
    asks: Sender<Ask>,
    /// Of the question asked last.
    id: AtomicU64,
    suggestions: (Sender<Suggestion>, Receiver<Suggestion>),
}

/// Which question it answers, where the word to be completed begins, and what it may be.
type Suggestion = (u64, usize, Vec<String>);

/// See the module.
pub(crate) struct Assistant {
    knowledge: Arc<Knowledge>,
    renderer: Renderer,
    /// Whether the line held anything when it was last looked at: Ctrl+C takes the line away and does not say.
    typed: AtomicBool,
}

/// Arguments that are still to come. They are shown, and not inserted.
pub(crate) struct ToCome(String);

impl Knowledge {
    /// Nothing, until the desk tells.
    pub(crate) fn new(asks: Sender<Ask>) -> Self {
        Self {
            commands: RwLock::default(),
            asks,
            id: AtomicU64::new(0),
            suggestions: async_channel::bounded(1),
        }
    }

    /// The desk has told what can be typed.
    pub(crate) fn learn(&self, commands: Arc<Vec<Command>>) {
        *self.commands.write().unwrap_or_else(PoisonError::into_inner) = commands;
    }

    /// The desk has answered.
    pub(crate) fn suggest(&self, id: u64, start: usize, words: Vec<String>) {
        // An answer that nobody waited for makes way.
        let _ = self.suggestions.0.force_send((id, start, words));
    }

    fn commands(&self) -> Arc<Vec<Command>> {
        self.commands.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where the last word of `line` begins and what could stand there. None, where the desk takes too long.
    fn complete(&self, line: &str) -> Option<(usize, Vec<String>)> {
        let id = self.id.fetch_add(1, Ordering::Relaxed) + 1;
        let answer = async {
            self.asks.send(Ask::Complete { id, line: line.to_owned() }).await.ok()?;
            loop {
                let (answered, start, words) = self.suggestions.1.recv().await.ok()?;
                if answered == id {
                    return Some((start, words));
                }
            }
        };
        let late = async {
            Timer::after(PATIENCE).await;
            None
        };
        smol::block_on(answer.or(late)).filter(|(start, _)| line.is_char_boundary(*start))
    }
}

impl Assistant {
    pub(crate) fn new(knowledge: Arc<Knowledge>, renderer: Renderer) -> Self {
        Self { knowledge, renderer, typed: AtomicBool::new(false) }
    }

    /// Whether the history may have this: not what holds a password, nor nothing at all.
    pub(crate) fn may_be_kept(&self, lines: &str) -> bool {
        let commands = self.knowledge.commands();
        let is_secret = |line| matches!(command::redacted(commands.iter(), line), Cow::Owned(_));
        !lines.trim().is_empty() && !lines.lines().any(is_secret)
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
        let (start, words) = self.knowledge.complete(before).unwrap_or((pos, Vec::new()));
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
        command::hint(&self.knowledge.commands(), line).map(ToCome)
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
        let commands = self.knowledge.commands();
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

#[cfg(test)]
mod tests {
    use super::*;
    use salotto::Arg;

    #[test]
    fn a_line_with_a_password_is_not_kept() {
        let (asks, _) = async_channel::bounded(1);
        let knowledge = Arc::new(Knowledge::new(asks));
        let login = Command::new("login", "").arg(Arg::secret("password"));
        knowledge.learn(Arc::new(vec![Command::new("status", ""), login]));
        let assistant = Assistant::new(knowledge, Renderer::new(false));
        for (lines, kept) in [
            ("status", true),
            ("login", true),
            ("login swordfish", false),
            ("status\n login swordfish", false),
            (" ", false),
        ] {
            assert_eq!(assistant.may_be_kept(lines), kept, "{lines:?}");
        }
    }
}

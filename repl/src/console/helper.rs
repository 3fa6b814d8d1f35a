//! Helps while a line is typed: completion and hints from the command records and live names, and a little colour.
//!
//! The commands are cached here; the names of users, rooms and plugins are requested from the session, which answers from a snapshot.

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
use salotto::protocol::nearest;
use salotto::{Arg, Command, command};
use smol::Timer;
use smol::future::FutureExt;

use crate::control::protocol::ClientMessage;
use crate::render::Renderer;

/// How long a key press waits for completions: a server that is stuck must not stop the typing.
const TIMEOUT: Duration = Duration::from_secs(1);
/// What words end in that name a secret.
const SECRETS: [&str; 5] = ["password", "passphrase", "secret", "token", "key"];

/// The commands that the session has sent, and the completions that it is asked for.
#[derive(Debug)]
pub(crate) struct Completions {
    commands: RwLock<Arc<Vec<Command>>>,
    requests: Sender<ClientMessage>,
    /// Of the last request.
    id: AtomicU64,
    answers: (Sender<Answer>, Receiver<Answer>),
}

/// The id of the request, where the word to be completed begins, and its completions.
type Answer = (u64, usize, Vec<String>);

/// See the module.
pub(crate) struct LineHelper {
    completions: Arc<Completions>,
    renderer: Renderer,
    /// Whether the line held anything when it was last looked at: Ctrl+C clears the line and does not report what was in it.
    typed: AtomicBool,
}

/// Arguments that are still missing. They are shown, and not inserted.
pub(crate) struct ArgumentHint(String);

impl Completions {
    /// Empty, until the session sends the commands.
    pub(crate) fn new(requests: Sender<ClientMessage>) -> Self {
        Self {
            commands: RwLock::default(),
            requests,
            id: AtomicU64::new(0),
            answers: async_channel::bounded(1),
        }
    }

    /// The session has sent the list of commands.
    pub(crate) fn set_commands(&self, commands: Arc<Vec<Command>>) {
        *self.commands.write().unwrap_or_else(PoisonError::into_inner) = commands;
    }

    /// The session has answered a request for completions.
    pub(crate) fn answer(&self, id: u64, start: usize, words: Vec<String>) {
        // Replaces an answer that nobody waited for.
        let _ = self.answers.0.force_send((id, start, words));
    }

    fn commands(&self) -> Arc<Vec<Command>> {
        self.commands.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where the last word of `line` begins and what it can be completed to. `None` if the session takes too long.
    fn complete(&self, line: &str) -> Option<(usize, Vec<String>)> {
        let id = self.id.fetch_add(1, Ordering::Relaxed) + 1;
        let answer = async {
            self.requests.send(ClientMessage::Complete { id, line: line.to_owned() }).await.ok()?;
            loop {
                let (answered, start, words) = self.answers.1.recv().await.ok()?;
                if answered == id {
                    return Some((start, words));
                }
            }
        };
        let late = async {
            Timer::after(TIMEOUT).await;
            None
        };
        smol::block_on(answer.or(late)).filter(|(start, _)| line.is_char_boundary(*start))
    }
}

impl LineHelper {
    pub(crate) fn new(completions: Arc<Completions>, renderer: Renderer) -> Self {
        Self { completions, renderer, typed: AtomicBool::new(false) }
    }

    /// Whether this may be added to the history: not if it holds a password or is empty.
    pub(crate) fn may_be_kept(&self, lines: &str) -> bool {
        let commands = self.completions.commands();
        let is_secret = |line| {
            matches!(command::redacted(commands.iter(), line), Cow::Owned(_))
                || names_a_secret(line)
                || belongs_elsewhere(line)
        };
        !lines.trim().is_empty() && !lines.lines().any(is_secret)
    }

    /// Whether anything was typed since this was last asked.
    pub(crate) fn take_typed(&self) -> bool {
        self.typed.swap(false, Ordering::Relaxed)
    }
}

/// Whether something follows a word such as `password`, as in `config set server.password …`.
fn names_a_secret(line: &str) -> bool {
    let is_secret = |word: &str| {
        let word = word.to_ascii_lowercase();
        SECRETS.iter().any(|secret| word.ends_with(secret))
            || nearest(&word, &SECRETS[..2]).is_some()
    };
    let mut words = line.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.any(is_secret) && words.next().is_some()
}

/// Whether a line was meant for the chat or for the shell and holds a password there, mistyped or not.
fn belongs_elsewhere(line: &str) -> bool {
    let takes_secret = |path| Command::new(path, "").arg(Arg::secret("password"));
    let commands = [takes_secret("login"), takes_secret("hash-password")];
    command::secret_from(commands.iter(), &format!("! {line}")).is_some()
}

impl Helper for LineHelper {}

impl Validator for LineHelper {}

impl Completer for LineHelper {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let before = line.get(..pos).unwrap_or(line);
        let (start, words) = self.completions.complete(before).unwrap_or((pos, Vec::new()));
        let pairs = words.into_iter().map(|word| {
            // A name of several words is one argument only in quotes.
            let quoted = match word.contains(char::is_whitespace) {
                true => format!("\"{word}\""),
                false => word.clone(),
            };
            Pair { display: word, replacement: quoted + " " }
        });
        Ok((start, pairs.collect()))
    }
}

impl Hinter for LineHelper {
    type Hint = ArgumentHint;

    fn hint(&self, line: &str, pos: usize, _: &Context<'_>) -> Option<ArgumentHint> {
        self.typed.store(!line.is_empty(), Ordering::Relaxed);
        if line.trim().is_empty() || pos < line.len() {
            return None;
        }
        command::hint(&self.completions.commands(), line).map(ArgumentHint)
    }
}

impl Hint for ArgumentHint {
    fn display(&self) -> &str {
        &self.0
    }

    fn completion(&self) -> Option<&str> {
        None
    }
}

impl Highlighter for LineHelper {
    /// A known command is bold, so that one sees before Enter that it is right.
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        let commands = self.completions.commands();
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

    #[test]
    fn a_line_with_a_password_is_not_kept() {
        let (requests, _) = async_channel::bounded(1);
        let completions = Arc::new(Completions::new(requests));
        let login = Command::new("login", "").arg(Arg::secret("password"));
        completions.set_commands(Arc::new(vec![Command::new("status", ""), login]));
        let helper = LineHelper::new(completions, Renderer::new(false));
        for (lines, kept) in [
            ("status", true),
            ("login", true),
            ("login swordfish", false),
            ("status\n login swordfish", false),
            (" ", false),
            ("config set server.password swordfish", false),
            ("Config sett server.pasword=swordfish", false),
            ("plugins enable x (api_token: swordfish)", false),
            ("config set server.password", true),
            ("hash-password swordfish", false),
            ("!Logn: mod swordfish", false),
            ("kick bob log in again", true),
            ("log-level debug", true),
            ("lock dev", true),
        ] {
            assert_eq!(helper.may_be_kept(lines), kept, "{lines:?}");
        }
    }
}

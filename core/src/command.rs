//! Commands: a record says what a command is called, takes and means; parsing, usage errors, help, hints and completion are all
//! derived from it. The console calls a command by name, chat with a leading `!` or `/`; both run the same function. What in chat is a command at all,
//! and what only looks like one, is decided by [`read`].

mod call;
mod complete;
mod lookup;
mod parse;
mod permission;
mod responder;
mod typed;

use std::collections::BTreeMap;
use std::fmt;

use async_channel::Receiver;

pub use call::Call;
pub use complete::{Candidates, complete, hint};
pub use lookup::{find, redacted};
pub(crate) use responder::Answer;
pub use responder::Responder;
pub use typed::{ESCAPE, Slip, Typed, may_be_said, read, secret_from};

use crate::protocol::caller::Caller;
use crate::protocol::error::ErrorCode;
use crate::protocol::hint;
use responder::Later;

/// A command line that has been understood: which command, with which arguments, by whom.
#[derive(Clone, PartialEq)]
pub struct Invocation {
    /// The path of the command.
    pub path: String,
    /// Who calls.
    pub caller: Caller,
    arguments: BTreeMap<String, String>,
    /// Whether the arguments are nobody's business.
    secret: bool,
    later: Later,
}

/// Why a command was not done. Each message is for the person who typed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// There is no such command for this caller.
    #[error("there is no command `{word}`{}", advice(nearest.as_deref(), "", *has_help))]
    Unknown {
        /// What was typed.
        word: String,
        /// What was perhaps meant.
        nearest: Option<String>,
        /// Whether there is a `help` that lists the commands.
        has_help: bool,
    },
    /// The arguments do not fit.
    #[error("{problem}; usage: {usage}")]
    Usage {
        /// What does not fit.
        problem: String,
        /// How the command is used.
        usage: String,
    },
    /// There is nobody, or nothing else, of that name.
    #[error("{0}")]
    NotFound(String),
    /// There is no room of that name.
    #[error("{0}")]
    NoSuchRoom(String),
    /// It may not be done.
    #[error("{0}")]
    Refused(String),
    /// It was tried and did not work.
    #[error("{0}")]
    Failed(String),
}

impl CommandError {
    /// The message for somebody who types `!` before a command.
    pub(crate) fn in_chat(&self) -> String {
        match self {
            Self::Unknown { word, nearest, has_help } => {
                let advice = advice(nearest.as_deref(), "!", *has_help);
                format!("there is no command `!{word}`{advice}")
            }
            Self::Usage { problem, usage } => format!("{problem}; usage: !{usage}"),
            error => error.to_string(),
        }
    }

    /// The same error with its hints as one reader types them; see [`Hint`](crate::Hint).
    pub(crate) fn resolved(self, typed: impl Fn(&str) -> Option<String>) -> Self {
        let resolve = |text: String| hint::resolved(&text, &typed).into_owned();
        match self {
            Self::NotFound(text) => Self::NotFound(resolve(text)),
            Self::NoSuchRoom(text) => Self::NoSuchRoom(resolve(text)),
            Self::Refused(text) => Self::Refused(resolve(text)),
            Self::Failed(text) => Self::Failed(resolve(text)),
            error => error,
        }
    }

    pub(crate) fn code(&self) -> ErrorCode {
        match self {
            Self::Unknown { .. } => ErrorCode::UnknownCommand,
            Self::Usage { .. } => ErrorCode::Usage,
            Self::NotFound(_) => ErrorCode::NoSuchMember,
            Self::NoSuchRoom(_) => ErrorCode::NoSuchRoom,
            Self::Refused(_) => ErrorCode::Denied,
            Self::Failed(_) => ErrorCode::Failed,
        }
    }
}

fn advice(nearest: Option<&str>, prefix: &str, has_help: bool) -> String {
    match nearest {
        Some(nearest) => format!("; did you mean `{prefix}{nearest}`?"),
        None if has_help => format!("; `{prefix}help` lists them"),
        None => String::new(),
    }
}

impl Invocation {
    /// The value of an argument, unless it was left out.
    pub fn get(&self, arg: &str) -> Option<&str> {
        self.arguments.get(arg).map(String::as_str)
    }

    /// The value of an argument, or the empty text.
    pub fn text(&self, arg: &str) -> &str {
        self.get(arg).unwrap_or_default()
    }

    /// Hands out what answers this call later, from a task or a thread; [`run_command`](crate::Plugin::run_command) then returns
    /// [`Reply::Later`](crate::Reply::Later).
    ///
    /// The caller waits, and nobody else does: the console for its reply, somebody in chat for a line, a program for the
    /// event with its nonce. Where the responder is dropped without an answer, or the plugin is disabled or replaced first, the caller
    /// is told so; when the server stops, [`Handle::execute`](crate::Handle::execute) answers as for any server that is stopped. At most 1024 calls
    /// wait at a time in a server. Of several responders for one call the last one counts.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use salotto::{Command, CommandError, Context, Invocation, Plugin, Reply};
    /// use smol::Timer;
    ///
    /// /// `!tea` takes three minutes.
    /// struct Kettle;
    ///
    /// impl Plugin for Kettle {
    ///     fn commands(&self) -> Vec<Command> {
    ///         vec![Command::new("tea", "Makes tea")]
    ///     }
    ///
    ///     fn run_command(
    ///         &mut self,
    ///         context: &mut Context<'_>,
    ///         invocation: &Invocation,
    ///     ) -> Result<Reply, CommandError> {
    ///         let responder = invocation.answer_later();
    ///         context.spawn(async move {
    ///             Timer::after(Duration::from_secs(180)).await;
    ///             responder.send(Ok(Reply::text("tea is ready")));
    ///         });
    ///         Ok(Reply::Later)
    ///     }
    /// }
    /// ```
    pub fn answer_later(&self) -> Responder {
        self.later.hand_out()
    }

    /// Where the answer will come from, if a responder was handed out.
    pub(crate) fn take_later(&self) -> Option<Receiver<Answer>> {
        self.later.take()
    }
}

impl fmt::Debug for Invocation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Invocation");
        debug.field("path", &self.path).field("caller", &self.caller);
        match self.secret {
            true => debug.field("arguments", &format_args!("…")),
            false => debug.field("arguments", &self.arguments),
        };
        debug.finish()
    }
}

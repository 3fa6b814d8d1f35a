//! Commands: a record says what a command is called, takes and means; parsing, usage errors, help, hints and completion are all
//! derived from it. The console calls a command by name, chat with a leading `!`; both run the same function.

mod complete;
mod lookup;
mod reply;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use crate::hub::builtin_commands as builtin;
pub use complete::{Candidates, complete, hint};
pub use lookup::{find, redacted};
pub use reply::Reply;

use crate::event::ErrorCode;
use crate::host::MemberInfo;
use crate::member::MemberId;
use crate::name::{Name, RoomName};

/// What somebody may do. Each role may do what those before it may.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Is connected, without a name.
    Guest,
    /// Has a name.
    #[default]
    Member,
    /// Keeps order.
    Moderator,
    /// Runs the house: the console, and code that holds a [`Handle`](crate::Handle).
    Operator,
}

/// What a command is called, takes and means.
///
/// ```
/// use salotto::{Arg, Command, Role};
///
/// let kick = Command::new("kick", "Sends somebody out")
///     .arg(Arg::member("name"))
///     .arg(Arg::text("reason").optional())
///     .role(Role::Moderator)
///     .example("kick bob no flooding, please");
/// assert_eq!(kick.usage(), "kick NAME [REASON]");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Its word or words, e.g. `plugins enable`.
    pub path: String,
    /// What it takes, in order; one of [`ArgKind::Text`] takes the rest of the line. Where there are too few words for all, optional ones are left
    /// out from the first on: `login [ACCOUNT] PASSWORD`.
    #[serde(default)]
    pub args: Vec<Arg>,
    /// What it does, in one line, in the third person.
    pub help: String,
    /// Whole command lines that show it.
    #[serde(default)]
    pub examples: Vec<String>,
    /// Who may call it.
    #[serde(default)]
    pub role: Role,
    /// Whether it only makes sense for somebody who is in a room, so that the console does not offer it.
    #[serde(default)]
    pub in_person: bool,
}

/// One thing that a command takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arg {
    /// What it is called in usage (in capitals there) and in [`Invocation::get`].
    pub name: String,
    /// What it stands for; decides completion.
    pub kind: ArgKind,
    /// Whether it may be left out.
    #[serde(default)]
    pub optional: bool,
}

/// What an argument stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ArgKind {
    /// Somebody who is here.
    Member,
    /// A room.
    Room,
    /// A plugin that is known.
    Plugin,
    /// Another command, all of its words; takes the rest of the line.
    Command,
    /// A whole number, 0 or more.
    Number,
    /// One of these words.
    Choice(Vec<String>),
    /// Any word, or several in double quotes.
    Word,
    /// The rest of the line, as it is.
    Text,
    /// A word that nobody should see or keep, such as a password. Fronts keep the lines of such a command out of their history, and show them as
    /// [`redacted`] makes them.
    Secret,
}

/// What a front needs to know of a command to complete and explain it.
pub type CommandInfo = Command;

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
}

/// Who calls a command.
#[derive(Debug, Clone, PartialEq)]
pub struct Caller {
    /// What the caller may do.
    pub role: Role,
    /// The member, unless it is the console or code.
    pub member: Option<MemberId>,
    /// The name under which it is done.
    pub name: Option<Name>,
    /// The room it is about: the one the line was typed in.
    pub room: Option<RoomName>,
}

/// Why a command was not done. Each message is for the person who typed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// There is no such command for this caller.
    #[error("there is no command `{word}`; {}", advice(nearest.as_deref(), ""))]
    Unknown {
        /// What was typed.
        word: String,
        /// What was perhaps meant.
        nearest: Option<String>,
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
            Self::Unknown { word, nearest } => {
                format!("there is no command `!{word}`; {}", advice(nearest.as_deref(), "!"))
            }
            Self::Usage { problem, usage } => format!("{problem}; usage: !{usage}"),
            error => error.to_string(),
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

fn advice(nearest: Option<&str>, prefix: &str) -> String {
    match nearest {
        Some(nearest) => format!("did you mean `{prefix}{nearest}`?"),
        None => format!("`{prefix}help` lists them"),
    }
}

impl Role {
    /// The word for it: `moderator`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Member => "member",
            Self::Moderator => "moderator",
            Self::Operator => "operator",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.word())
    }
}

impl Command {
    /// A command without arguments that every member may call.
    pub fn new(path: impl Into<String>, help: impl Into<String>) -> Self {
        let (path, help) = (path.into(), help.into());
        Self {
            path,
            args: Vec::new(),
            help,
            examples: Vec::new(),
            role: Role::Member,
            in_person: false,
        }
    }

    /// Adds an argument.
    pub fn arg(mut self, arg: Arg) -> Self {
        self.args.push(arg);
        self
    }

    /// Says who may call it.
    pub fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    /// Adds a whole command line that shows it.
    pub fn example(mut self, line: impl Into<String>) -> Self {
        self.examples.push(line.into());
        self
    }

    /// Says that it only makes sense for somebody who is in a room.
    pub fn in_person(mut self) -> Self {
        self.in_person = true;
        self
    }

    /// Whether it takes something that nobody should see or keep.
    pub fn is_secret(&self) -> bool {
        self.args.iter().any(|arg| arg.kind == ArgKind::Secret)
    }

    /// How it is used: `kick NAME [REASON]`.
    pub fn usage(&self) -> String {
        let mut usage = self.path.clone();
        for arg in &self.args {
            usage.push(' ');
            usage.push_str(&arg.usage());
        }
        usage
    }

    /// Usage, meaning, the role it needs where that is more than a name, and examples, for `help COMMAND`; each line that can be typed
    /// begins with `prefix`.
    pub fn describe(&self, prefix: &str) -> String {
        let mut text = format!("{prefix}{}\n  {}", self.usage(), self.help);
        if self.role > Role::Member {
            text.push_str(&format!("\n  needs the role {}", self.role));
        }
        for example in &self.examples {
            text.push_str(&format!("\n  e.g. {prefix}{example}"));
        }
        text
    }

    /// Reads the arguments from what stands behind the path.
    ///
    /// # Errors
    /// [`CommandError::Usage`] where something is missing, is too much or is not of the argument's kind.
    pub fn parse(&self, rest: &str, caller: Caller) -> Result<Invocation, CommandError> {
        let wrong = |problem: String| CommandError::Usage { problem, usage: self.usage() };
        let mut arguments = BTreeMap::new();
        let mut rest = rest.trim();
        // So many words there are for arguments that may be left out.
        let needed = self.args.iter().filter(|arg| !arg.optional).count();
        let mut spare = count_words(rest).saturating_sub(needed);
        for arg in &self.args {
            if arg.optional {
                if spare == 0 {
                    continue;
                }
                spare -= 1;
            }
            let value = match arg.kind {
                ArgKind::Text | ArgKind::Command => std::mem::take(&mut rest).to_owned(),
                _ => {
                    let (word, after) = next_word(rest).map_err(wrong)?;
                    rest = after;
                    word
                }
            };
            if value.is_empty() {
                return Err(wrong(format!("{} is missing", arg.usage())));
            }
            match &arg.kind {
                ArgKind::Number if value.parse::<u64>().is_err() => {
                    return Err(wrong(format!("{} is `{value}`, not a number", arg.usage())));
                }
                ArgKind::Choice(words) if !words.contains(&value) => {
                    let words = words.join(", ");
                    return Err(wrong(format!("{} is `{value}`, not one of {words}", arg.usage())));
                }
                _ => {}
            }
            arguments.insert(arg.name.clone(), value);
        }
        let secret = self.is_secret();
        if !rest.is_empty() {
            let rest = if secret { "…" } else { rest };
            return Err(wrong(format!("`{rest}` is too much")));
        }
        Ok(Invocation { path: self.path.clone(), caller, arguments, secret })
    }
}

impl Arg {
    fn new(name: impl Into<String>, kind: ArgKind) -> Self {
        Self { name: name.into(), kind, optional: false }
    }

    /// Somebody who is here.
    pub fn member(name: impl Into<String>) -> Self {
        Self::new(name, ArgKind::Member)
    }

    /// A room.
    pub fn room(name: impl Into<String>) -> Self {
        Self::new(name, ArgKind::Room)
    }

    /// A plugin that is known.
    pub fn plugin(name: impl Into<String>) -> Self {
        Self::new(name, ArgKind::Plugin)
    }

    /// Another command, all of its words.
    pub fn command(name: impl Into<String>) -> Self {
        Self::new(name, ArgKind::Command)
    }

    /// A whole number, 0 or more.
    pub fn number(name: impl Into<String>) -> Self {
        Self::new(name, ArgKind::Number)
    }

    /// One of some words.
    pub fn choice(name: impl Into<String>, words: &[&str]) -> Self {
        Self::new(name, ArgKind::Choice(words.iter().map(|word| (*word).to_owned()).collect()))
    }

    /// Any word, or several in double quotes.
    pub fn word(name: impl Into<String>) -> Self {
        Self::new(name, ArgKind::Word)
    }

    /// The rest of the line.
    pub fn text(name: impl Into<String>) -> Self {
        Self::new(name, ArgKind::Text)
    }

    /// A word that nobody should see or keep.
    pub fn secret(name: impl Into<String>) -> Self {
        Self::new(name, ArgKind::Secret)
    }

    /// Says that it may be left out.
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    fn usage(&self) -> String {
        let name = match &self.kind {
            ArgKind::Choice(words) => words.join("|"),
            _ => self.name.to_uppercase(),
        };
        if self.optional { format!("[{name}]") } else { name }
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

impl Caller {
    /// The operator: the console, or code that holds a handle.
    pub fn operator(name: Name) -> Self {
        Self { role: Role::Operator, member: None, name: Some(name), room: None }
    }

    /// Whether this caller may act against a member: send them out, mute or ban them. Nobody may against themselves, nor against somebody whose
    /// role is as high as theirs. Who is no member, as the console, code and plugins are not, may.
    ///
    /// # Errors
    /// [`CommandError::Refused`], which says what the member is.
    pub fn may_act_against(&self, member: &MemberInfo) -> Result<(), CommandError> {
        if self.member.is_none() || self.member != Some(member.id) && self.role > member.role {
            return Ok(());
        }
        if self.member == Some(member.id) {
            return Err(CommandError::Refused("that would be yourself".into()));
        }
        let name = member.name.as_ref().map_or("somebody", |name| name.as_str());
        let a = if member.role == Role::Operator { "an" } else { "a" };
        let as_you = if member.role == self.role { " as you are" } else { "" };
        let text = format!("{name} is {a} {}{as_you}; ask the host", member.role);
        Err(CommandError::Refused(text))
    }

    /// Whether this caller may run, and is offered, a command.
    pub fn can_call(&self, command: &Command) -> bool {
        self.role >= command.role && (!command.in_person || self.member.is_some())
    }
}

/// Takes a word, or several in double quotes, off the front of a line.
fn next_word(line: &str) -> Result<(String, &str), String> {
    let line = line.trim_start();
    if let Some(quoted) = line.strip_prefix('"') {
        let Some((word, rest)) = quoted.split_once('"') else {
            return Err("a `\"` is not closed".into());
        };
        return Ok((word.to_owned(), rest.trim_start()));
    }
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    Ok((word.to_owned(), rest.trim_start()))
}

/// How many words or quoted texts a line has, a quotation that is not closed included.
fn count_words(mut line: &str) -> usize {
    let mut count = 0;
    while !line.trim().is_empty() {
        count += 1;
        line = next_word(line).map_or("", |(_, rest)| rest);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands() -> Vec<Command> {
        vec![
            Command::new("kick", "").arg(Arg::member("name")).arg(Arg::text("reason").optional()),
            Command::new("plugins", ""),
            Command::new("plugins enable", "")
                .arg(Arg::plugin("name"))
                .arg(Arg::text("settings").optional()),
            Command::new("watch", "").arg(Arg::choice("what", &["all", "none"])),
            Command::new("history", "").arg(Arg::number("count")),
            Command::new("login", "")
                .arg(Arg::word("account").optional())
                .arg(Arg::secret("password")),
        ]
    }

    fn caller() -> Caller {
        Caller { role: Role::Member, member: None, name: None, room: None }
    }

    fn parse(line: &str) -> Result<Invocation, String> {
        let commands = commands();
        let (command, rest) = find(commands.iter(), line).map_err(|error| error.to_string())?;
        command.parse(rest, caller()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_description_names_the_role_that_is_needed() {
        let kick = Command::new("kick", "Sends somebody out").role(Role::Moderator);
        assert_eq!(kick.describe("!"), "!kick\n  Sends somebody out\n  needs the role moderator");
        assert_eq!(Command::new("me", "Acts").describe("!"), "!me\n  Acts");
    }

    #[test]
    fn the_longest_path_wins() {
        assert_eq!(parse("plugins").unwrap().path, "plugins");
        let enable = parse("plugins  enable log (path: \"a b\")").unwrap();
        assert_eq!(enable.path, "plugins enable");
        assert_eq!(enable.text("settings"), "(path: \"a b\")");
    }

    #[test]
    fn the_rest_of_the_line_is_one_argument() {
        let kick = parse(r#"kick "bob" no  flooding"#).unwrap();
        assert_eq!((kick.text("name"), kick.text("reason")), ("bob", "no  flooding"));
        assert_eq!(parse("kick bob").unwrap().get("reason"), None);
    }

    #[test]
    fn a_mistake_says_what_was_expected() {
        for (line, message) in [
            ("kick", "NAME is missing; usage: kick NAME [REASON]"),
            ("kick \"bob", "a `\"` is not closed; usage: kick NAME [REASON]"),
            ("watch some", "all|none is `some`, not one of all, none; usage: watch all|none"),
            ("history few", "COUNT is `few`, not a number; usage: history COUNT"),
            ("history 3 4", "`4` is too much; usage: history COUNT"),
            ("kik bob", "there is no command `kik`; did you mean `kick`?"),
            ("xyzzy", "there is no command `xyzzy`; `help` lists them"),
            ("login", "PASSWORD is missing; usage: login [ACCOUNT] PASSWORD"),
            ("login ada pass word", "`…` is too much; usage: login [ACCOUNT] PASSWORD"),
        ] {
            assert_eq!(parse(line).unwrap_err(), message);
        }
    }
    #[test]
    fn what_may_be_left_out_is_left_out_from_the_first_on() {
        let login = parse("login swordfish").unwrap();
        assert_eq!((login.get("account"), login.text("password")), (None, "swordfish"));
        let login = parse(r#"login ada "sword fish""#).unwrap();
        assert_eq!((login.text("account"), login.text("password")), ("ada", "sword fish"));
    }

    #[test]
    fn a_secret_is_not_shown() {
        let login = parse("login ada swordfish").unwrap();
        assert!(!format!("{login:?}").contains("swordfish"));
        let commands = commands();
        for (line, shown) in [
            ("login ada swordfish", "login …"),
            (" login  swordfish", "login …"),
            ("login", "login"),
            ("kick bob", "kick bob"),
            ("nothing known", "nothing known"),
        ] {
            assert_eq!(redacted(commands.iter(), line), shown);
        }
    }
}

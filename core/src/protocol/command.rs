//! The record of a command: what it is called, takes and means.

use serde::{Deserialize, Serialize};

use crate::protocol::role::Role;

/// What a command is called, takes and means.
///
/// ```
/// use salotto::{Arg, Command, Role};
///
/// let kick = Command::new("kick", "Disconnects a user")
///     .arg(Arg::member("name"))
///     .arg(Arg::text("reason").optional())
///     .role(Role::Moderator)
///     .example("kick bob no flooding, please");
/// assert_eq!(kick.usage(), "kick NAME [REASON]");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[must_use = "it can be called once a plugin lists it"]
pub struct Command {
    /// Its word or words, e.g. `plugins enable`. Each begins with a letter, and one space stands between them; what cannot be typed is reported
    /// and not listed.
    pub path: String,
    /// Other words that call it, each like the path: `exit` for `quit`. A command whose path it is comes first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
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
    /// Whether it concerns one room alone: the one that its first argument of [`ArgKind::Room`] names, and otherwise the one where it is called. Whoever has its role there may call it too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_room: bool,
}

/// One thing that a command takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[must_use = "it is for `Command::arg`"]
pub struct Arg {
    /// What it is called in usage (in capitals there) and in [`Invocation::get`](crate::Invocation::get).
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
    /// [`redacted`](crate::command::redacted) makes them.
    Secret,
}

/// What a front needs to know of a command to complete and explain it.
pub type CommandInfo = Command;

impl Command {
    /// A command without arguments that every member may call.
    pub fn new(path: impl Into<String>, help: impl Into<String>) -> Self {
        let (path, help) = (path.into(), help.into());
        Self {
            path,
            aliases: Vec::new(),
            args: Vec::new(),
            help,
            examples: Vec::new(),
            role: Role::Member,
            in_person: false,
            of_room: false,
        }
    }

    /// Adds another word, or words, that call it: the same command, which help shows once.
    ///
    /// ```
    /// use salotto::{Command, command};
    ///
    /// let quit = Command::new("quit", "Leaves the server").alias("exit");
    /// let (found, _) = command::find([&quit].into_iter(), "Exit")?;
    /// assert_eq!(found.path, "quit");
    /// # Ok::<(), salotto::CommandError>(())
    /// ```
    pub fn alias(mut self, path: impl Into<String>) -> Self {
        self.aliases.push(path.into());
        self
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

    /// Says that it concerns one room alone, so that whoever has its role in that room may call it, too.
    pub fn of_room(mut self) -> Self {
        self.of_room = true;
        self
    }

    /// All that calls it: its path first, then its aliases.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.path).chain(&self.aliases).map(String::as_str)
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

    /// Usage, meaning, aliases, the role it needs where that is more than a name, and examples, for `help COMMAND`; each line that can be
    /// typed begins with `prefix`.
    pub fn describe(&self, prefix: &str) -> String {
        let mut text = format!("{prefix}{}\n  {}", self.usage(), self.help);
        if !self.aliases.is_empty() {
            let aliases: Vec<_> =
                self.aliases.iter().map(|alias| format!("{prefix}{alias}")).collect();
            text.push_str(&format!("\n  also {}", aliases.join(", ")));
        }
        if self.role > Role::Member {
            let there = if self.of_room { ", on the server or in the room" } else { "" };
            text.push_str(&format!("\n  needs the role {}{there}", self.role));
        }
        for example in &self.examples {
            text.push_str(&format!("\n  e.g. {prefix}{example}"));
        }
        text
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

    pub(crate) fn usage(&self) -> String {
        let label = self.label();
        if self.optional { format!("[{label}]") } else { label }
    }

    /// What it is called in usages and mistakes.
    pub(crate) fn label(&self) -> String {
        match &self.kind {
            ArgKind::Choice(words) => words.join("|"),
            _ => self.name.to_uppercase(),
        }
    }
}

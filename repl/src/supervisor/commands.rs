//! The commands that the supervisor answers itself: what must work without a server, and what concerns the one who types.

use salotto::{Arg, Command, Role};

use super::view::Watch;
use crate::settings::Level;

/// What the supervisor does for a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Local {
    Start,
    Stop,
    Restart,
    Shutdown,
    Config,
    ConfigDiff,
    ConfigReload,
    PluginsReload,
    LogLevel,
    Watch,
    Trace,
    Help,
    Detach,
    Quit,
}

impl Local {
    /// Whether it is to be found later who did it.
    pub(super) fn matters(self) -> bool {
        match self {
            Self::Start
            | Self::Stop
            | Self::Restart
            | Self::Shutdown
            | Self::ConfigReload
            | Self::PluginsReload
            | Self::LogLevel => true,
            Self::Config
            | Self::ConfigDiff
            | Self::Watch
            | Self::Trace
            | Self::Help
            | Self::Detach
            | Self::Quit => false,
        }
    }
}

/// Finds what to do for a command by its path.
pub(super) fn find(path: &str) -> Option<Local> {
    let mut all = commands().into_iter();
    all.find(|(command, _)| command.path == path).map(|(_, local)| local)
}

/// What the commands are called, take and mean.
pub(super) fn records() -> impl Iterator<Item = Command> {
    commands().into_iter().map(|(command, _)| command)
}

fn commands() -> Vec<(Command, Local)> {
    let operator = |path: &str, help: &str| Command::new(path, help).role(Role::Operator);
    vec![
        (
            operator(
                "start",
                "Reads the configuration and starts the server, or opens it at another address",
            )
            .arg(Arg::word("address").optional())
            .example("start")
            .example("start 0.0.0.0:53001"),
            Local::Start,
        ),
        (
            operator(
                "stop",
                "Says goodbye to everybody and stops the server; `start` opens it again",
            ),
            Local::Stop,
        ),
        (
            operator(
                "restart",
                "Reads the configuration and, if it is right, closes and starts the server",
            ),
            Local::Restart,
        ),
        (
            operator("shutdown", "Stops the server and ends the program that runs it"),
            Local::Shutdown,
        ),
        (
            operator("config", "Shows the configuration in force and where it comes from"),
            Local::Config,
        ),
        (
            operator("config diff", "Shows what `config reload` would change, and what needs more"),
            Local::ConfigDiff,
        ),
        (
            operator(
                "config reload",
                "Takes the file over while people talk: all of it, or nothing",
            ),
            Local::ConfigReload,
        ),
        (
            operator(
                "plugins reload",
                "Takes the plugins over from the file while people talk, and only those",
            ),
            Local::PluginsReload,
        ),
        (
            operator(
                "log-level",
                "Chooses how much the program writes about itself, or says how much",
            )
            .arg(Arg::choice("level", &Level::ALL.map(Level::word)).optional())
            .example("log-level debug"),
            Local::LogLevel,
        ),
        (
            operator(
                "watch",
                "Chooses what is shown here: talk in the rooms, also who comes and goes, or all",
            )
            .arg(Arg::choice("what", &Watch::ALL.map(Watch::word)).optional())
            .example("watch talk"),
            Local::Watch,
        ),
        (
            operator("trace", "Shows each call of a plugin's hook as it happens")
                .arg(Arg::choice("switch", &["on", "off"]).optional())
                .example("trace on"),
            Local::Trace,
        ),
        (
            operator("help", "Lists the commands, or explains one")
                .arg(Arg::command("command").optional())
                .example("help")
                .example("help plugins enable"),
            Local::Help,
        ),
        (operator("detach", "Leaves an attached console; the server stays running"), Local::Detach),
        (
            operator(
                "quit",
                "Leaves; a console that runs the server stops it, an attached one does not",
            ),
            Local::Quit,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use salotto::{Caller, command};

    #[test]
    fn the_examples_are_commands() {
        let all: Vec<Command> = records().collect();
        let operator = Caller::new(Role::Operator);
        for record in &all {
            for example in &record.examples {
                let (found, rest) = command::find(all.iter(), example).unwrap();
                assert_eq!(found, record, "{example}");
                found.parse(rest, operator.clone()).unwrap();
            }
        }
    }
}

//! The commands that the supervisor executes itself: those that must work without a running server, and those that concern the console only.

use salotto::{Arg, Command, Role};

use super::view::Watch;
use crate::settings::Level;

/// A command of the supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Local {
    Addresses,
    Start,
    Stop,
    Restart,
    Shutdown,
    Config,
    ConfigDiff,
    ConfigReload,
    ConfigSet,
    ConfigSave,
    PluginsReload,
    LogLevel,
    Watch,
    Trace,
    Help,
    Detach,
    Quit,
}

impl Local {
    /// Whether the log is to say who ran it.
    pub(super) fn is_logged(self) -> bool {
        match self {
            Self::Start
            | Self::Stop
            | Self::Restart
            | Self::Shutdown
            | Self::ConfigReload
            | Self::ConfigSet
            | Self::ConfigSave
            | Self::PluginsReload
            | Self::LogLevel => true,
            Self::Addresses
            | Self::Config
            | Self::ConfigDiff
            | Self::Watch
            | Self::Trace
            | Self::Help
            | Self::Detach
            | Self::Quit => false,
        }
    }
}

/// Finds the command of this path.
pub(super) fn find(path: &str) -> Option<Local> {
    let mut all = commands();
    all.find(|(command, _)| command.path == path).map(|(_, local)| local)
}

/// The records of all of them.
pub(super) fn records() -> impl Iterator<Item = Command> {
    commands().map(|(command, _)| command)
}

fn commands() -> impl Iterator<Item = (Command, Local)> {
    server_commands().into_iter().chain(configuration_commands()).chain(console_commands())
}

fn server_commands() -> Vec<(Command, Local)> {
    vec![
        (
            operator("addresses", "Shows where others can join, with a QR code for phones")
                .alias("qr"),
            Local::Addresses,
        ),
        (
            operator("start", "Starts the server, at the configured addresses or at the one given")
                .arg(Arg::word("address").optional())
                .example("start")
                .example("start 0.0.0.0:53001"),
            Local::Start,
        ),
        (
            operator("stop", "Disconnects everybody and stops the server; `start` starts it again"),
            Local::Stop,
        ),
        (
            operator(
                "restart",
                "Disconnects everybody and restarts the server, if the configuration is valid",
            ),
            Local::Restart,
        ),
        (
            operator(
                "shutdown",
                "Disconnects everybody, stops the server and ends the program that runs it",
            ),
            Local::Shutdown,
        ),
    ]
}

fn configuration_commands() -> Vec<(Command, Local)> {
    vec![
        (
            operator("config", "Shows the configuration in force and where it comes from"),
            Local::Config,
        ),
        (
            operator(
                "config diff",
                "Shows what `config reload` would change, and what needs a restart",
            ),
            Local::ConfigDiff,
        ),
        (
            operator(
                "config reload",
                "Applies the file without a restart; if it has an error, nothing changes",
            ),
            Local::ConfigReload,
        ),
        (
            operator("config set", "Writes a setting into the file; `config reload` applies it")
                .arg(Arg::word("setting"))
                .arg(Arg::text("value"))
                .example("config set server.name Room 12")
                .example("config set plugins.floods.steps [Warn, Mute(\"5m\")]")
                .example("config set limits.rate (burst: 5, per_second: 1)"),
            Local::ConfigSet,
        ),
        (
            operator(
                "config save",
                "Writes what was changed while running into the file: plugins, log level",
            ),
            Local::ConfigSave,
        ),
        (
            operator(
                "plugins reload",
                "Applies only the plugins of the configuration file, without a restart",
            ),
            Local::PluginsReload,
        ),
        (
            operator(
                "log-level",
                "Sets how much the program logs about itself, or shows the level",
            )
            .arg(Arg::choice("level", &Level::ALL.map(Level::word)).optional())
            .example("log-level debug"),
            Local::LogLevel,
        ),
    ]
}

fn console_commands() -> Vec<(Command, Local)> {
    vec![
        (
            operator(
                "watch",
                "Sets what is shown: messages (talk), also joins and leaves (rooms), or all",
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
                .alias("?")
                .arg(Arg::command("command").optional())
                .example("help")
                .example("help plugins enable"),
            Local::Help,
        ),
        (operator("detach", "Leaves an attached console; the server keeps running"), Local::Detach),
        (
            operator(
                "quit",
                "Leaves the console; this stops the server, unless the console is attached",
            )
            .alias("exit")
            .alias("bye"),
            Local::Quit,
        ),
    ]
}

fn operator(path: &str, help: &str) -> Command {
    Command::new(path, help).role(Role::Operator)
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

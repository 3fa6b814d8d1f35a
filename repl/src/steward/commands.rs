//! The commands that the steward answers itself: what must work without a house, and what concerns the one who types.

use salotto::{Arg, Command, Role};

use super::Watch;

/// What the steward does for a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Local {
    Start,
    Stop,
    Restart,
    Config,
    ConfigReload,
    PluginsReload,
    Watch,
    Trace,
    Help,
    Quit,
}

/// Finds what to do for a command by its path.
pub(super) fn find(path: &str) -> Option<Local> {
    let mut all = commands().into_iter();
    all.find(|(command, _)| command.path == path)
        .map(|(_, local)| local)
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
                "Opens the house as the configuration file says now, or at another address",
            )
            .arg(Arg::word("address").optional())
            .example("start")
            .example("start 0.0.0.0:53001"),
            Local::Start,
        ),
        (
            operator("stop", "Says goodbye to everybody and closes the house"),
            Local::Stop,
        ),
        (
            operator(
                "restart",
                "Closes the house and opens it as the configuration file says now; a file with mistakes changes nothing",
            ),
            Local::Restart,
        ),
        (
            operator("config", "Shows the configuration in force and where it comes from"),
            Local::Config,
        ),
        (
            operator(
                "config reload",
                "Takes over the configuration file while people talk, all of it or nothing, and names what waits for `restart`",
            ),
            Local::ConfigReload,
        ),
        (
            operator(
                "plugins reload",
                "Takes over the list of plugins, and only that, from the configuration file while people talk",
            ),
            Local::PluginsReload,
        ),
        (
            operator(
                "watch",
                "Chooses what is shown here: all, rooms (who says what, comes and goes), talk (who says what) or none",
            )
            .arg(Arg::choice("what", &Watch::ALL.map(Watch::word)).optional())
            .example("watch talk"),
            Local::Watch,
        ),
        (
            operator(
                "trace",
                "Shows each call of a plugin's hook, with its verdict and how long it took",
            )
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
        (
            operator("quit", "Closes the house and leaves"),
            Local::Quit,
        ),
    ]
}

//! `salotto exec`: commands for a server in another process.

use std::io::{self, IsTerminal};

use salotto::protocol::ArgKind;
use salotto::{Caller, Role, command};
use smol::LocalExecutor;

use super::attach::{Failure, Options, connect, end, handshake};
use super::exit::Exit;
use super::script::{Lines, Script};
use crate::control::protocol::ServerMessage;
use crate::control::{Client, Hello};
use crate::output::print_error;
use crate::signals::Signals;

/// What to execute, and how to print the answers.
pub(crate) struct Commands {
    /// If there are none, they are read from standard input.
    pub(crate) lines: Vec<String>,
    pub(crate) json: bool,
}

/// Executes commands, one after the other.
pub(crate) fn run(options: Options, commands: Commands) -> Exit {
    if commands.lines.is_empty() && io::stdin().is_terminal() {
        print_error(
            "no command is given; pass one as an argument (`salotto exec status`), or several through a pipe",
        );
        return Exit::Usage;
    }
    let executor = LocalExecutor::new();
    let executed = async {
        let hello = Hello { watch: None, operator: options.operator.clone() };
        let (client, path) = connect(&executor, options).await?;
        handshake(&client, &path, hello).await?;
        let lines = match commands.lines.is_empty() {
            true => Lines::read().map_err(|error| {
                Failure(Exit::Failed, format!("cannot read standard input: {error}"))
            })?,
            false => Lines::Given(as_commands(&client, commands.lines).await.into_iter()),
        };
        // Ctrl+C ends the program, also while a server does not answer.
        let script = Script::new(client, lines, commands.json);
        Ok(script.run(&mut Signals::none()).await.0)
    };
    end(smol::block_on(executor.run(executed)))
}

/// The arguments as commands: each is one, unless what stands there is plainly one command without quotes, as in `exec kick bob` or
/// `exec help kick`.
async fn as_commands(client: &Client, lines: Vec<String>) -> Vec<String> {
    if lines.len() < 2 || lines.iter().any(|line| line.contains(char::is_whitespace)) {
        return lines;
    }
    // The list comes right after the hello.
    let Some(ServerMessage::Commands { commands }) = client.next().await else {
        return lines;
    };
    let Ok((first, _)) = command::find(commands.iter(), &lines[0]) else {
        return lines;
    };
    let needs_more = first.parse("", Caller::new(Role::Operator)).is_err()
        || first.args.iter().any(|arg| arg.kind == ArgKind::Command);
    let is_command = |line: &String| command::find(commands.iter(), line).is_ok();
    match !needs_more && lines.iter().all(is_command) {
        true => lines,
        false => vec![lines.join(" ")],
    }
}

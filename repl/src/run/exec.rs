//! `salotto exec`: commands for a server in another process.

use std::io::{self, IsTerminal};

use smol::LocalExecutor;

use super::attach::{Failure, Options, connect, end, handshake};
use super::exit::Exit;
use super::script::{Lines, Script};
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
        let (client, path) = connect(&executor, options).await?;
        handshake(&client, &path, None).await?;
        let lines = match commands.lines.is_empty() {
            true => Lines::read().map_err(|error| {
                Failure(Exit::Failed, format!("cannot read standard input: {error}"))
            })?,
            false => Lines::Given(commands.lines.into_iter()),
        };
        // Ctrl+C ends the program, also while a server does not answer.
        let script = Script::new(client, lines, commands.json);
        Ok(script.run(&mut Signals::none()).await.0)
    };
    end(smol::block_on(executor.run(executed)))
}

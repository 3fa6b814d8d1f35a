//! `salotto exec`: commands for a server in another process.

use std::io::{self, IsTerminal};

use smol::LocalExecutor;

use super::attach::{Failure, Wish, end, meet, reach};
use super::exit::Exit;
use super::script::{Lines, Script};
use crate::output::complain;
use crate::signals::Asking;

/// What is executed, and how it is answered.
pub(crate) struct Order {
    /// None are read from standard input.
    pub(crate) lines: Vec<String>,
    pub(crate) json: bool,
}

/// Commands, one after the other.
pub(crate) fn run(wish: Wish, order: Order) -> Exit {
    if order.lines.is_empty() && io::stdin().is_terminal() {
        complain(
            "no command is given; `salotto exec status` executes one, and a pipe brings several",
        );
        return Exit::Usage;
    }
    let executor = LocalExecutor::new();
    let executed = async {
        let (client, path) = reach(&executor, wish).await?;
        meet(&client, &path, None).await?;
        let lines = match order.lines.is_empty() {
            true => Lines::read().map_err(|error| {
                Failure(Exit::Failed, format!("cannot read standard input: {error}"))
            })?,
            false => Lines::Given(order.lines.into_iter()),
        };
        // Ctrl+C ends the waiting for a server that does not answer.
        let script = Script::new(client, lines, order.json);
        Ok(script.run(&mut Asking::to_nobody()).await.0)
    };
    end(smol::block_on(executor.run(executed)))
}

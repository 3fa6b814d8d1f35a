//! A server in this process, with a person at a console or a script in front of it.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;

use super::exit::{Exit, exit_of};
use super::script::{Lines, Script};
use crate::console::{Console, End, Site, forward_panics};
use crate::control::{ClaimError, Client, Office, Place, Socket};
use crate::logging::{Diagnostics, Front};
use crate::output::{complain, say};
use crate::settings::{Config, Source};
use crate::signals::Asking;
use crate::supervisor::{Supervisor, Watch, listening};

/// Diagnostics that may wait to be printed.
const DIAGNOSTICS: usize = 64;

/// What the command line says about the server.
pub(crate) struct Wish {
    pub(crate) source: Source,
    pub(crate) listen: Vec<String>,
    pub(crate) control: Option<PathBuf>,
    /// Whether the server starts at once.
    pub(crate) start: bool,
}

/// Runs until the person leaves or the script ends.
pub(crate) fn run(wish: Wish) -> Exit {
    // Wrong from the start is not worth a console, also where the server is to open later.
    let config = match wish.source.load() {
        Ok(config) => config,
        Err(error) => {
            complain(error);
            return Exit::Usage;
        }
    };
    let ran = match io::stdin().is_terminal() {
        true => at_console(wish, config),
        false => for_script(wish, config),
    };
    ran.unwrap_or_else(|error| {
        complain(error);
        Exit::Failed
    })
}

/// A person.
fn at_console(wish: Wish, config: Config) -> Result<Exit, String> {
    let (diagnostics, diagnosed) = async_channel::bounded(DIAGNOSTICS);
    let diagnostics = Diagnostics::install(config.program.log, Front::Console(diagnostics))?;
    forward_panics();
    let place = Place::find(wish.control, config.program.control.socket.clone());
    let (socket, not_attachable) = match claim(&place) {
        Ok(socket) => (socket, None),
        // Whoever asked for this one does not want to go on without.
        Err(error) if matches!(place, Place::Named(_)) => return Err(error.to_string()),
        Err(error) => (None, Some(error)),
    };
    let supervisor =
        Supervisor::new(wish.source, wish.listen, config.program.control, diagnostics.clone());
    let mut office = open_office(Arc::new(supervisor))?;
    let client = office.connect("console");
    smol::block_on(async {
        let greeting = meet(&client, Some(Watch::Rooms)).await?;
        let mut console = Console::open(Site::Here, client, diagnosed).map_err(|error| {
            format!("cannot use this terminal: {error}; `salotto serve` needs none")
        })?;
        console.announce(&format!("{greeting}; `help` lists the commands"));
        if let Some(error) = not_attachable {
            console.announce(&format!("nobody can attach to this console: {error}"));
        }
        if let Some(socket) = socket {
            office.listen(socket);
        }
        if wish.start {
            console.start_server();
        }
        let end = console.run().await;
        if let End::ServerGone(_) = end {
            say("the server is stopped");
        }
        office.close().await;
        diagnostics.flush().await;
        Ok(Exit::Done)
    })
}

/// Input that is not a terminal: a command a line.
fn for_script(wish: Wish, config: Config) -> Result<Exit, String> {
    let diagnostics = Diagnostics::install(config.program.log, Front::Script)?;
    // One that runs beside a server of the same configuration wants nothing of its socket.
    let place = wish.control.map_or(Place::InProcess, Place::Named);
    let socket = claim(&place).map_err(|error| error.to_string())?;
    let supervisor =
        Supervisor::new(wish.source, wish.listen, config.program.control, diagnostics.clone());
    let supervisor = Arc::new(supervisor);
    let mut office = open_office(supervisor.clone())?;
    smol::block_on(async {
        let mut asking = Asking::listen();
        if wish.start {
            match supervisor.open().await {
                Ok(addresses) => say(listening(&addresses)),
                Err(error) => {
                    complain(&error);
                    return Ok(exit_of(&error));
                }
            }
        }
        if let Some(socket) = socket {
            office.listen(socket);
        }
        let client = office.connect("script");
        meet(&client, None).await?;
        let lines = Lines::read().map_err(|error| format!("cannot read the script: {error}"))?;
        let exit = Script::new(client, lines, false).run_and_close(&mut asking).await;
        office.close().await;
        diagnostics.flush().await;
        Ok(exit)
    })
}

/// Takes the socket at a place; none where there is no place.
pub(crate) fn claim(place: &Place) -> Result<Option<Socket>, ClaimError> {
    match place {
        Place::Named(path) | Place::Usual(path) => Socket::claim(path).map(Some),
        Place::InProcess => Ok(None),
    }
}

pub(crate) fn open_office(supervisor: Arc<Supervisor>) -> Result<Office, String> {
    Office::open(supervisor).map_err(|error| format!("cannot start a thread for consoles: {error}"))
}

/// Says hello to the desk in this process.
async fn meet(client: &Client, watch: Option<Watch>) -> Result<String, String> {
    let greeting = client.meet(watch).await.map_err(|error| error.to_string())?;
    Ok(greeting.program)
}

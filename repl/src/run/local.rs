//! A server in this process, with a console or a script.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;

use super::exit::{Exit, exit_of};
use super::script::{Lines, Script};
use crate::console::{Console, End, ServerLocation, forward_panics};
use crate::control::{ClaimError, Client, ControlPath, ControlService, Socket};
use crate::logging::{Diagnostics, Front};
use crate::output::{print, print_error};
use crate::settings::{Config, Source};
use crate::signals::Signals;
use crate::supervisor::{Supervisor, Watch, listening};

/// Diagnostics that may wait to be printed.
const DIAGNOSTICS: usize = 64;

/// What the command line says about the server.
pub(crate) struct Options {
    pub(crate) source: Source,
    pub(crate) listen: Vec<String>,
    pub(crate) control: Option<PathBuf>,
    /// Whether the server starts at once.
    pub(crate) start: bool,
}

/// Runs until the user leaves or the script ends.
pub(crate) fn run(options: Options) -> Exit {
    // A wrong configuration is reported at once, even if the server is to start later.
    let config = match options.source.load() {
        Ok(config) => config,
        Err(error) => {
            print_error(error);
            return Exit::Usage;
        }
    };
    let ran = match io::stdin().is_terminal() {
        true => with_console(options, config),
        false => with_script(options, config),
    };
    ran.unwrap_or_else(|error| {
        print_error(error);
        Exit::Failed
    })
}

/// With a console.
fn with_console(options: Options, config: Config) -> Result<Exit, String> {
    let (lines, diagnostic_lines) = async_channel::bounded(DIAGNOSTICS);
    let diagnostics = Diagnostics::install(config.program.log, Front::Console(lines))?;
    forward_panics();
    let control = ControlPath::find(options.control, config.program.control.socket.clone());
    let (socket, not_attachable) = match claim(&control) {
        Ok(socket) => (socket, None),
        // One that was asked for is needed.
        Err(error) if matches!(control, ControlPath::Given(_)) => return Err(error.to_string()),
        Err(error) => (None, Some(error)),
    };
    let supervisor = Supervisor::new(
        options.source,
        options.listen,
        config.program.control,
        diagnostics.clone(),
    );
    let mut service = start_service(Arc::new(supervisor))?;
    let client = service.connect("console");
    smol::block_on(async {
        let greeting = handshake(&client, Some(Watch::Rooms)).await?;
        let mut console =
            Console::open(ServerLocation::Local, client, diagnostic_lines).map_err(|error| {
                format!("cannot use this terminal: {error}; `salotto serve` needs none")
            })?;
        console.announce(&format!("{greeting}; `help` lists the commands"));
        if let Some(error) = not_attachable {
            console.announce(&format!("nobody can attach to this console: {error}"));
        }
        if let Some(socket) = socket {
            service.listen(socket);
        }
        if options.start {
            console.start_server();
        }
        let end = console.run().await;
        if let End::ServerEnded(_) = end {
            print("the server is stopped");
        }
        service.stop().await;
        diagnostics.flush().await;
        Ok(Exit::Done)
    })
}

/// With a script: input that is not a terminal, a command a line.
fn with_script(options: Options, config: Config) -> Result<Exit, String> {
    let diagnostics = Diagnostics::install(config.program.log, Front::Script)?;
    // A script may run beside a server of the same configuration, so it takes no socket unless asked to.
    let control = options.control.map_or(ControlPath::None, ControlPath::Given);
    let socket = claim(&control).map_err(|error| error.to_string())?;
    let supervisor = Supervisor::new(
        options.source,
        options.listen,
        config.program.control,
        diagnostics.clone(),
    );
    let supervisor = Arc::new(supervisor);
    let mut service = start_service(supervisor.clone())?;
    smol::block_on(async {
        let mut signals = Signals::install();
        if options.start {
            match supervisor.start().await {
                Ok(addresses) => print(listening(&addresses)),
                Err(error) => {
                    print_error(&error);
                    return Ok(exit_of(&error));
                }
            }
        }
        if let Some(socket) = socket {
            service.listen(socket);
        }
        let client = service.connect("script");
        handshake(&client, None).await?;
        let lines = Lines::read().map_err(|error| format!("cannot read the script: {error}"))?;
        let exit = Script::new(client, lines, false).run_and_shut_down(&mut signals).await;
        service.stop().await;
        diagnostics.flush().await;
        Ok(exit)
    })
}

/// Claims the socket at a path, if there is one.
pub(crate) fn claim(control: &ControlPath) -> Result<Option<Socket>, ClaimError> {
    match control {
        ControlPath::Given(path) | ControlPath::Default(path) => Socket::claim(path).map(Some),
        ControlPath::None => Ok(None),
    }
}

pub(crate) fn start_service(supervisor: Arc<Supervisor>) -> Result<ControlService, String> {
    ControlService::start(supervisor)
        .map_err(|error| format!("cannot start the control thread: {error}"))
}

/// Exchanges hellos with the session.
async fn handshake(client: &Client, watch: Option<Watch>) -> Result<String, String> {
    let greeting = client.handshake(watch).await.map_err(|error| error.to_string())?;
    Ok(greeting.program)
}

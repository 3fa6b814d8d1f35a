//! A server in this process, with a console or a script.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;

use salotto::Name;

use super::exit::{Exit, exit_of};
use super::script::{Lines, Script};
use crate::console::{Console, End, ServerLocation, forward_panics};
use crate::control::{ClaimError, Client, ControlPath, ControlService, Hello, Socket};
use crate::logging::{Diagnostics, Front};
use crate::output::{print, print_error};
use crate::settings::{Config, Source};
use crate::signals::Signals;
use crate::supervisor::{Supervisor, Watch, listening};

/// What to do without a terminal and without a script.
const NO_INPUT: &str = "there is no terminal for a console, and no command in the input; `salotto serve` runs a server without either";
/// Diagnostics that may wait to be printed.
const DIAGNOSTICS: usize = 64;

/// What the command line says about the server.
pub(crate) struct Options {
    pub(crate) source: Source,
    pub(crate) listen: Vec<String>,
    pub(crate) control: Option<PathBuf>,
    /// Who sits at the console, if they say so.
    pub(crate) operator: Option<Name>,
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
        false if reads_nothing() => {
            print_error(NO_INPUT);
            return Exit::Usage;
        }
        false => with_script(options, config),
    };
    ran.unwrap_or_else(|error| {
        print_error(error);
        Exit::Failed
    })
}

/// Whether standard input is `/dev/null`, as in a container that was started without a terminal.
fn reads_nothing() -> bool {
    let (input, null) = (rustix::fs::fstat(io::stdin()), rustix::fs::stat("/dev/null"));
    input.is_ok_and(|input| {
        null.is_ok_and(|null| input.st_rdev == null.st_rdev && input.st_rdev != 0)
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
    )
    .operator(options.operator.clone());
    let mut service = start_service(Arc::new(supervisor))?;
    let client = service.connect("console");
    smol::block_on(async {
        let greeting = handshake(&client, Some(Watch::Rooms), options.operator).await?;
        let mut console =
            Console::open(ServerLocation::Local, client, diagnostic_lines).map_err(|error| {
                format!("cannot use this terminal: {error}; `salotto serve` needs none")
            })?;
        let times = format!("; times are {}", salotto::protocol::local_offset());
        console.announce(&format!("{greeting}; `help` lists the commands{times}"));
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
    )
    .operator(options.operator.clone());
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
        handshake(&client, None, options.operator).await?;
        let lines = Lines::read().map_err(|error| format!("cannot read the script: {error}"))?;
        let exit = Script::new(client, lines, false).run_and_shut_down(&mut signals).await;
        let exit = exit.unwrap_or_else(|| {
            print_error(NO_INPUT);
            Exit::Usage
        });
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
async fn handshake(
    client: &Client,
    watch: Option<Watch>,
    operator: Option<Name>,
) -> Result<String, String> {
    let greeting =
        client.handshake(Hello { watch, operator }).await.map_err(|error| error.to_string())?;
    Ok(greeting.program)
}

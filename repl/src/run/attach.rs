//! `salotto attach`: a console for a server in another process.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use salotto::Name;
use smol::LocalExecutor;

use super::exit::Exit;
use crate::console::{Console, End, ServerLocation};
use crate::control::{self, Client, ControlPath, Hello};
use crate::output::print_error;
use crate::settings::Source;
use crate::supervisor::Watch;

/// Where to look for the server.
pub(crate) struct Options {
    pub(crate) source: Source,
    pub(crate) control: Option<PathBuf>,
    /// Who the user says they are.
    pub(crate) operator: Option<Name>,
}

/// Runs a console until the user detaches or the server ends.
pub(crate) fn run(options: Options) -> Exit {
    if !io::stdin().is_terminal() {
        print_error(
            "an attached console needs a terminal; `salotto exec` reads commands from a pipe",
        );
        return Exit::Usage;
    }
    let executor = LocalExecutor::new();
    let attached = async {
        let hello = Hello { watch: Some(Watch::Rooms), operator: options.operator.clone() };
        let (client, path) = connect(&executor, options).await?;
        let greeting = handshake(&client, &path, hello).await?;
        // An attached console has no log of its own.
        let (_, diagnostics) = async_channel::bounded(1);
        let console = Console::open(ServerLocation::Remote, client, diagnostics)
            .map_err(|error| Failure(Exit::Failed, format!("cannot use this terminal: {error}")))?;
        let (program, process) = (greeting.program, greeting.process);
        console.announce(&format!(
            "attached to {program} (process {process}); `help` lists commands, Ctrl+D leaves"
        ));
        match console.run().await {
            End::Left => Ok(Exit::Done),
            End::ServerEnded(reason) => {
                let reason = reason.unwrap_or("the connection broke".into());
                Err(Failure(Exit::NoServer, format!("the server has ended: {reason}")))
            }
        }
    };
    end(smol::block_on(executor.run(attached)))
}

/// Why no server could be used: as an exit status and in words.
pub(super) struct Failure(pub(super) Exit, pub(super) String);

/// Prints a failure and returns the exit status.
pub(super) fn end(ended: Result<Exit, Failure>) -> Exit {
    ended.unwrap_or_else(|Failure(exit, error)| {
        print_error(error);
        exit
    })
}

/// Connects to the server, and returns the path of its socket too.
pub(super) async fn connect(
    executor: &LocalExecutor<'static>,
    options: Options,
) -> Result<(Client, PathBuf), Failure> {
    // Only the path of the socket is read from the file: one that has mistakes by now must not lock anybody out of a running server.
    let control = match options.control {
        Some(path) => ControlPath::Given(path),
        None => ControlPath::find(None, options.source.control_socket()),
    };
    let (ControlPath::Given(path) | ControlPath::Default(path)) = control else {
        let text = "neither XDG_RUNTIME_DIR nor HOME is set, so the control socket cannot be found; name it with `--control PATH`";
        return Err(Failure(Exit::NoServer, text.into()));
    };
    match control::connect(executor, &path).await {
        Ok(client) => Ok((client, path)),
        Err(error) => Err(cannot_connect(&path, &error)),
    }
}

fn cannot_connect(path: &Path, error: &io::Error) -> Failure {
    let shown = path.display();
    let text = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => format!(
            "no server runs at `{shown}`; `salotto serve` starts one, `--control PATH` names another"
        ),
        io::ErrorKind::PermissionDenied => {
            format!(
                "the server at `{shown}` belongs to another user; run this as that user or as root"
            )
        }
        _ => format!("cannot reach a server at `{shown}`: {error}; `--control PATH` names another"),
    };
    Failure(Exit::NoServer, text)
}

/// Exchanges hellos with that server.
pub(super) async fn handshake(
    client: &Client,
    path: &Path,
    hello: Hello,
) -> Result<control::client::Greeting, Failure> {
    client.handshake(hello).await.map_err(|error| {
        Failure(Exit::NoServer, format!("cannot use the server at `{}`: {error}", path.display()))
    })
}

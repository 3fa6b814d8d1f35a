//! `salotto attach`: a console in front of a server in another process.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use smol::LocalExecutor;

use super::exit::Exit;
use crate::console::{Console, End, Site};
use crate::control::{self, Client, Place};
use crate::output::complain;
use crate::settings::Source;
use crate::supervisor::Watch;

/// Where the server is looked for.
pub(crate) struct Wish {
    pub(crate) source: Source,
    pub(crate) control: Option<PathBuf>,
}

/// A console, until the person detaches or the server ends.
pub(crate) fn run(wish: Wish) -> Exit {
    if !io::stdin().is_terminal() {
        complain("an attached console needs a terminal; `salotto exec` takes commands from a pipe");
        return Exit::Usage;
    }
    let executor = LocalExecutor::new();
    let attached = async {
        let (client, path) = reach(&executor, wish).await?;
        let greeting = meet(&client, &path, Some(Watch::Rooms)).await?;
        // A program that is attached has nothing to say about itself.
        let (_, diagnosed) = async_channel::bounded(1);
        let console = Console::open(Site::There, client, diagnosed)
            .map_err(|error| Failure(Exit::Failed, format!("cannot use this terminal: {error}")))?;
        let (program, process) = (greeting.program, greeting.process);
        console.announce(&format!(
            "attached to {program} (process {process}); `help` lists commands, Ctrl+D leaves"
        ));
        match console.run().await {
            End::Left => Ok(Exit::Done),
            End::ServerGone(reason) => {
                let reason = reason.unwrap_or("the connection broke".into());
                Err(Failure(Exit::NoServer, format!("the server has ended: {reason}")))
            }
        }
    };
    end(smol::block_on(executor.run(attached)))
}

/// Why there is nothing to stand in front of: for the system and for people.
pub(super) struct Failure(pub(super) Exit, pub(super) String);

/// Tells whoever started the program why it came to nothing, where it did.
pub(super) fn end(ended: Result<Exit, Failure>) -> Exit {
    ended.unwrap_or_else(|Failure(exit, error)| {
        complain(error);
        exit
    })
}

/// Dials the server that is wished for, and says where it was found.
pub(super) async fn reach(
    executor: &LocalExecutor<'static>,
    wish: Wish,
) -> Result<(Client, PathBuf), Failure> {
    // Only the place of the socket is looked for: a file that is wrong by now keeps nobody from a server that runs.
    let place = match wish.control {
        Some(path) => Place::Named(path),
        None => Place::find(None, wish.source.control_socket()),
    };
    let (Place::Named(path) | Place::Usual(path)) = place else {
        let text =
            "neither XDG_RUNTIME_DIR nor HOME says where a server may be; `--control PATH` does";
        return Err(Failure(Exit::NoServer, text.into()));
    };
    match control::dial(executor, &path).await {
        Ok(client) => Ok((client, path)),
        Err(error) => Err(not_there(&path, &error)),
    }
}

fn not_there(path: &Path, error: &io::Error) -> Failure {
    let shown = path.display();
    let text = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => format!(
            "no server runs at `{shown}`; `salotto serve` starts one, `--control PATH` names another"
        ),
        io::ErrorKind::PermissionDenied => {
            format!("the server at `{shown}` is another user's; run this as that user or as root")
        }
        _ => format!("cannot reach a server at `{shown}`: {error}; `--control PATH` names another"),
    };
    Failure(Exit::NoServer, text)
}

/// Says hello to the desk of that server.
pub(super) async fn meet(
    client: &Client,
    path: &Path,
    watch: Option<Watch>,
) -> Result<control::client::Greeting, Failure> {
    client.meet(watch).await.map_err(|error| {
        Failure(Exit::NoServer, format!("the server at `{}` is of no use: {error}", path.display()))
    })
}

//! The server without a console: for systemd and containers.

mod manager;

use std::path::PathBuf;
use std::sync::Arc;

use smol::future::FutureExt;

use super::exit::{Exit, exit_of};
use super::inside::{claim, open_office};
use crate::control::{ClaimError, Place, Socket};
use crate::logging::{Diagnostics, Front};
use crate::output::complain;
use crate::settings::Source;
use crate::signals::{Asked, Asking};
use crate::supervisor::{Form, Outcome, Supervisor, View, Watch};
use manager::State;

enum Next {
    Asked(Asked),
    /// The server is stopped for good: somebody typed `shutdown`.
    Retired,
}

/// Runs until a signal or `shutdown` ends it.
pub(crate) fn run(source: Source, listen: Vec<String>, control: Option<PathBuf>) -> Exit {
    let config = match source.load() {
        Ok(config) => config,
        Err(error) => {
            complain(error);
            return Exit::Usage;
        }
    };
    let place = Place::find(control, config.program.control.socket.clone());
    let ran = Diagnostics::install(config.program.log, Front::Service).and_then(|diagnostics| {
        let socket = reachable(&place)?;
        let supervisor =
            Supervisor::new(source, listen, config.program.control, diagnostics.clone());
        smol::block_on(serve(Arc::new(supervisor), socket, &diagnostics))
    });
    ran.unwrap_or_else(|error| {
        complain(error);
        Exit::Failed
    })
}

/// The socket through which it will be controlled. A system that has no place for one still has a server; another server in this place is a
/// mistake.
fn reachable(place: &Place) -> Result<Option<Socket>, String> {
    match (claim(place), place) {
        (Err(ClaimError::Io { path, source }), Place::Usual(_)) => {
            let path = path.display();
            tracing::warn!("nobody can attach: cannot open the control socket `{path}`: {source}");
            Ok(None)
        }
        (Ok(None), _) => {
            tracing::warn!("nobody can attach: neither XDG_RUNTIME_DIR nor HOME names a place");
            Ok(None)
        }
        (claimed, _) => claimed.map_err(|error| error.to_string()),
    }
}

async fn serve(
    supervisor: Arc<Supervisor>,
    socket: Option<Socket>,
    diagnostics: &Diagnostics,
) -> Result<Exit, String> {
    let mut asking = Asking::listen();
    let mut office = open_office(supervisor.clone())?;
    let (view, mut feed) = supervisor.view("SIGHUP", Some(Watch::None)).await;
    if let Err(error) = supervisor.open().await {
        diagnostics.flush().await;
        complain(&error);
        return Ok(exit_of(&error));
    }
    if let Some(socket) = socket {
        office.listen(socket);
    }
    manager::tell(State::Ready, &supervisor);
    let watched = manager::watch(&supervisor);
    let work = async {
        loop {
            let asked = async { Next::Asked(asking.next().await) };
            let retired = async {
                // What happens leaves its trace in the diagnostics.
                while feed.next().await.is_some() {}
                Next::Retired
            };
            match asked.or(retired).await {
                Next::Asked(Asked::Stop | Asked::Interrupt) | Next::Retired => break,
                Next::Asked(Asked::HangUp) => {
                    manager::tell(State::Reloading, &supervisor);
                    reload(&supervisor, &view).await;
                    manager::tell(State::Ready, &supervisor);
                }
            }
        }
    };
    work.or(watched).await;
    manager::tell(State::Stopping, &supervisor);
    supervisor.retire().await;
    office.close().await;
    diagnostics.flush().await;
    Ok(Exit::Done)
}

async fn reload(supervisor: &Supervisor, view: &View) {
    match supervisor.execute(view, "config reload", Form::Reply).await {
        Ok(Outcome::Reply(reply)) => tracing::info!("{reply}"),
        Ok(Outcome::Data(_) | Outcome::Leave(_)) => {}
        Err(error) => {
            for line in error.to_string().lines() {
                tracing::error!("{line}");
            }
        }
    }
}

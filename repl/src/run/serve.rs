//! The server without a console: for systemd and containers.

mod manager;

use std::path::PathBuf;
use std::sync::Arc;

use salotto::Name;
use smol::future::FutureExt;

use super::exit::{Exit, exit_of};
use super::local::{claim, start_service};
use crate::control::{ClaimError, ControlPath, Socket};
use crate::logging::{Diagnostics, Front};
use crate::output::print_error;
use crate::settings::Source;
use crate::signals::{Signal, Signals};
use crate::supervisor::{self, Outcome, ReplyFormat, Supervisor, View, Watch};
use manager::State;

enum Next {
    Signal(Signal),
    /// Somebody typed `shutdown`.
    ShutDown,
}

/// Runs until a signal or `shutdown` ends it.
pub(crate) fn run(
    source: Source,
    listen: Vec<String>,
    socket: Option<PathBuf>,
    operator: Option<Name>,
) -> Exit {
    let config = match source.load() {
        Ok(config) => config,
        Err(error) => {
            print_error(error);
            return Exit::Usage;
        }
    };
    let control = ControlPath::find(socket, config.program.control.socket.clone());
    let ran = Diagnostics::install(config.program.log, Front::Service).and_then(|diagnostics| {
        let socket = claim_unless_default_fails(&control)?;
        let supervisor =
            Supervisor::new(source, listen, config.program.control, diagnostics.clone());
        let supervisor = supervisor.operator(operator.clone());
        smol::block_on(serve(Arc::new(supervisor), socket, &diagnostics, operator))
    });
    ran.unwrap_or_else(|error| {
        print_error(error);
        Exit::Failed
    })
}

/// Claims the control socket. Where there is no folder for the default one the server runs without; that another server has it is an error.
fn claim_unless_default_fails(control: &ControlPath) -> Result<Option<Socket>, String> {
    match (claim(control), control) {
        (Err(ClaimError::Io { path, source }), ControlPath::Default(_)) => {
            let path = path.display();
            tracing::warn!("nobody can attach: cannot open the control socket `{path}`: {source}");
            Ok(None)
        }
        (Ok(None), _) => {
            tracing::warn!(
                "nobody can attach: neither XDG_RUNTIME_DIR nor HOME is set, so there is no folder for the control socket"
            );
            Ok(None)
        }
        (claimed, _) => claimed.map_err(|error| error.to_string()),
    }
}

async fn serve(
    supervisor: Arc<Supervisor>,
    socket: Option<Socket>,
    diagnostics: &Diagnostics,
    operator: Option<Name>,
) -> Result<Exit, String> {
    let mut signals = Signals::install();
    let mut service = start_service(supervisor.clone())?;
    let (view, mut feed) = supervisor
        .view(supervisor::Front::new("SIGHUP").operator(operator), Some(Watch::None))
        .await;
    if let Err(error) = supervisor.start().await {
        diagnostics.flush().await;
        print_error(&error);
        return Ok(exit_of(&error));
    }
    if let Some(socket) = socket {
        service.listen(socket);
    }
    manager::notify(State::Ready, &supervisor);
    let watched = manager::watch(&supervisor);
    let work = async {
        loop {
            let signal = async { Next::Signal(signals.next().await) };
            let shut_down = async {
                // Reports are logged where they are made.
                while feed.next().await.is_some() {}
                Next::ShutDown
            };
            match signal.or(shut_down).await {
                Next::Signal(Signal::Stop | Signal::Interrupt) | Next::ShutDown => break,
                Next::Signal(Signal::HangUp) => {
                    manager::notify(State::Reloading, &supervisor);
                    reload(&supervisor, &view).await;
                    manager::notify(State::Ready, &supervisor);
                }
            }
        }
    };
    work.or(watched).await;
    manager::notify(State::Stopping, &supervisor);
    supervisor.shut_down().await;
    service.stop().await;
    diagnostics.flush().await;
    Ok(Exit::Done)
}

async fn reload(supervisor: &Supervisor, view: &View) {
    match supervisor.execute(view, "config reload", ReplyFormat::Typed).await {
        Ok(Outcome::Reply(reply)) => tracing::info!("{reply}"),
        Ok(Outcome::Data(_) | Outcome::Leave(_)) => {}
        Err(error) => {
            for line in error.to_string().lines() {
                tracing::error!("{line}");
            }
        }
    }
}

//! `start`, `stop` and `restart`, and who did it; and where others can join.

use std::net::SocketAddr;

use salotto::{CommandError, Reply, Server};

use super::invitation::Invitation;
use super::outcome::{failed, not_running};
use super::{ServerStartError, State, Supervisor, View, acting, listening, noted};
use crate::output::wants_colours;
use crate::settings::listen_address;

impl Supervisor {
    /// Records what somebody did to the server, while it runs.
    pub(super) async fn record(&self, view: &View, what: &str, why: &str) {
        if let Some(handle) = self.handle(view).await {
            // One that has stopped meanwhile has nobody to tell.
            let _ = handle.record(what, why).await;
        }
    }

    pub(super) async fn run_start(
        &self,
        view: &View,
        address: Option<&str>,
    ) -> Result<Reply, CommandError> {
        if self.state.lock().await.server.is_some() {
            return Err(failed(ServerStartError::AlreadyRunning));
        }
        let address = address.map(listen_address).transpose().map_err(failed)?;
        let config = self.load().await.map_err(failed)?;
        let notes = config.notes.clone();
        let mut state = self.state.lock().await;
        let before = state.listen.clone();
        if let Some(address) = address {
            if state.server.is_some() {
                return Err(failed(ServerStartError::AlreadyRunning));
            }
            state.listen = vec![address];
        }
        let started = self.start_locked(&mut state, config, view.operator()).await;
        if started.is_err() {
            // An address that did not work is not tried again by the next `start`.
            state.listen = before;
        }
        let addresses = started.map_err(failed)?;
        Ok(noted(self.told(view, &state, &addresses).await, &notes))
    }

    pub(super) async fn run_stop(&self, view: &View) -> Result<Reply, CommandError> {
        self.record(view, "stop", "").await;
        match self.stop_locked(&mut *self.state.lock().await, false).await {
            true => Ok(Reply::text("the server is stopped")),
            false => Err(not_running()),
        }
    }

    /// Stops and starts the server, unless the configuration is wrong by now.
    pub(super) async fn run_restart(&self, view: &View) -> Result<Reply, CommandError> {
        if self.state.lock().await.server.is_none() {
            return Err(not_running());
        }
        let config = self.load().await.map_err(failed)?;
        let notes = config.notes.clone();
        let mut state = self.state.lock().await;
        if let Some(server) = &state.server {
            let _ = acting(&server.handle(), view.operator()).record("restart", "").await;
        }
        self.stop_locked(&mut state, true).await;
        let started = self.start_locked(&mut state, config, view.operator()).await;
        let addresses = started.map_err(failed)?;
        Ok(noted(self.told(view, &state, &addresses).await, &notes))
    }

    /// Where others can join.
    pub(super) async fn show_addresses(&self, view: &View) -> Result<Reply, CommandError> {
        let handle = self.handle(view).await.ok_or_else(not_running)?;
        let invitation = Invitation::new(&handle.status().await.map_err(failed)?);
        Ok(Reply::List(invitation.lines(may_draw(view))))
    }

    /// What is told of a server that has started: where it listens and, to somebody who sits there, how others join.
    async fn told(&self, view: &View, state: &State, addresses: &[SocketAddr]) -> Reply {
        let Reply::List(mut lines) = listening(addresses) else { return Reply::Done };
        if let Some(handle) = state.server.as_ref().map(Server::handle).filter(|_| view.attends())
            && let Ok(status) = handle.status().await
        {
            let invitation = Invitation::new(&status);
            if !invitation.is_empty() {
                lines.extend(invitation.lines(may_draw(view)));
            }
        }
        Reply::List(lines)
    }
}

/// Whether a picture is worth drawing: somebody sits there, at a terminal that shows more than letters.
fn may_draw(view: &View) -> bool {
    view.attends() && wants_colours(true)
}

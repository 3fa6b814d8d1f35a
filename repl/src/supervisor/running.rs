//! `start`, `stop` and `restart`, and who did it.

use salotto::{CommandError, Reply};

use super::outcome::{failed, not_running};
use super::{ServerStartError, Supervisor, View, acting, listening, noted};
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
        started.map(|addresses| noted(listening(&addresses), &notes)).map_err(failed)
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
        started.map(|addresses| noted(listening(&addresses), &notes)).map_err(failed)
    }
}

//! The commands about the configuration: showing what is in force and what the file would change, and applying it.

use salotto::protocol::{PluginInfo, mask_secrets};
use salotto::{CommandError, Handle, PluginSetup, PluginState, Reply, Server};

use super::outcome::{Outcome, ReplyFormat, failed, not_running};
use super::{Supervisor, View, acting, data, noted};
use crate::settings::{self, Change, Config, InForce};

impl Supervisor {
    pub(super) async fn show_config(&self) -> Result<Reply, CommandError> {
        let file = self.load().await;
        let state = self.state.lock().await;
        let from = match self.source.path() {
            Some(path) => path.display().to_string(),
            None => "the built-in defaults (`salotto init` writes a file)".into(),
        };
        let listen = match state.listen.is_empty() {
            true => "",
            false => "; server.listen was given at the start",
        };
        let Some(server) = &state.server else {
            let config = state.with_addresses(file.map_err(failed)?);
            let text = config.to_ron();
            let text = mask_secrets(&text);
            return Ok(Reply::Text(format!(
                "// the server is not running; `start` uses this, from {from}{listen}\n{text}"
            )));
        };
        let handle = server.handle();
        drop(state);
        let plugins: Vec<_> =
            plugins_in_force(&handle).await?.into_iter().map(|(setup, _)| setup).collect();
        let text = settings::show(&handle.settings(), &self.program(), &plugins);
        let text = mask_secrets(&text);
        Ok(Reply::Text(format!("// in force, from {from}{listen}\n{text}")))
    }

    /// What `config reload` would change.
    pub(super) async fn config_diff(&self, format: ReplyFormat) -> Result<Outcome, CommandError> {
        let (handle, config, path) = self.for_reload().await?;
        let changes = self.changes(&handle, &config).await?;
        Ok(match format {
            ReplyFormat::Json => Outcome::Data(data::value(&changes)?),
            ReplyFormat::Typed if changes.is_empty() => {
                Outcome::Reply(Reply::Text(format!("{path} has no changes")))
            }
            ReplyFormat::Typed => Outcome::Reply(settings::table(&changes)),
        })
    }

    /// Applies the file. When it is wrong the log is opened anew all the same: who has moved it away waits for that.
    pub(super) async fn reload_config(&self, view: &View) -> Result<Reply, CommandError> {
        let reloaded = self.apply_config(view).await;
        if reloaded.is_err()
            && let Err(error) = self.diagnostics.reopen().await
        {
            tracing::error!("{error}");
        }
        reloaded
    }

    async fn apply_config(&self, view: &View) -> Result<Reply, CommandError> {
        let (handle, config, path) = self.for_reload().await?;
        let changes = self.changes(&handle, &config).await?;
        // Whatever can fail comes first, so that either all is applied or nothing.
        let log = self.diagnostics.prepare(config.program.log).map_err(failed)?;
        let notes = config.notes;
        let applied = acting(&handle, view.operator())
            .apply(config.settings, Some(config.plugins))
            .await
            .map_err(failed)?;
        self.diagnostics.apply(log).await;
        for Change { setting, now, file, when } in &changes {
            tracing::info!(setting, was = now, is = file, applied = %when, "config reload");
        }
        let mut waiting = applied.after_restart.join(", ");
        if !waiting.is_empty() {
            waiting.insert_str(0, "; needs `restart`: ");
        }
        let of_program = |change: &&Change| change.when == settings::When::Program;
        let later: Vec<_> =
            changes.iter().filter(of_program).map(|change| change.setting.as_str()).collect();
        if !later.is_empty() {
            waiting += &format!("; needs a restart of the program: {}", later.join(", "));
        }
        Ok(noted(Reply::Text(format!("applied {path}{waiting}")), &notes))
    }

    pub(super) async fn reload_plugins(&self, view: &View) -> Result<Reply, CommandError> {
        let (handle, config, path) = self.for_reload().await?;
        let settings = handle.settings().as_ref().clone();
        let notes = config.notes.clone();
        let names: Vec<String> = config.plugin_names(true).map(str::to_owned).collect();
        acting(&handle, view.operator())
            .apply(settings, Some(config.plugins))
            .await
            .map_err(failed)?;
        let names = match names.as_slice() {
            [] => "none".into(),
            names => names.join(", "),
        };
        Ok(noted(Reply::Text(format!("applied the plugins of {path}: {names}")), &notes))
    }

    async fn changes(&self, handle: &Handle, file: &Config) -> Result<Vec<Change>, CommandError> {
        let plugins = plugins_in_force(handle).await?;
        let (settings, program) = (handle.settings(), self.program());
        let now = InForce { settings: &settings, program: &program, plugins: &plugins };
        Ok(settings::diff(&now, file))
    }

    /// What a reload applies: to which server, which configuration, from where.
    async fn for_reload(&self) -> Result<(Handle, Config, String), CommandError> {
        let config = self.load().await;
        let state = self.state.lock().await;
        let server = state.server.as_ref().ok_or_else(not_running)?;
        let config = state.with_addresses(config.map_err(failed)?);
        let Some(path) = &config.path else {
            let text = "there is no configuration file to read; `salotto init` writes one";
            return Err(CommandError::Refused(text.into()));
        };
        let path = path.display().to_string();
        Ok((Server::handle(server), config, path))
    }
}

/// The plugins of a server in the order of their hooks, each with whether it runs.
async fn plugins_in_force(handle: &Handle) -> Result<Vec<(PluginSetup, bool)>, CommandError> {
    let status = handle.status().await.map_err(failed)?;
    let runs = |setup: &PluginSetup| {
        let is_off = |plugin: &PluginInfo| matches!(plugin.state, PluginState::Failed(_));
        status.plugins.iter().any(|plugin| plugin.name == setup.name && !is_off(plugin))
    };
    let setups = handle.plugin_setups().await.map_err(failed)?;
    let with_state = |setup: PluginSetup| {
        let runs = runs(&setup);
        (setup, runs)
    };
    Ok(setups.into_iter().map(with_state).collect())
}

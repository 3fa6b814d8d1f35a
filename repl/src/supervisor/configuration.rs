//! The commands about the configuration: what is in force, what the file would change, and taking it over.

use salotto::{CommandError, Handle, PluginSetup, PluginState, Reply, Server};

use super::outcome::{Form, Outcome, failed, not_running};
use super::{Supervised, Supervisor, data};
use crate::settings::{self, Change, Config, InForce};

impl Supervisor {
    pub(super) async fn show_config(&self) -> Result<Reply, CommandError> {
        let supervised = self.supervised.lock().await;
        let from = match self.source.path() {
            Some(path) => path.display().to_string(),
            None => "the built-in defaults (`salotto init` writes a file)".into(),
        };
        let listen = match supervised.listen.is_empty() {
            true => "",
            false => "; server.listen was given when it was started",
        };
        let Some(server) = &supervised.server else {
            let config = self.load(&supervised).map_err(failed)?;
            let text = config.to_ron();
            return Ok(Reply::Text(format!(
                "// the server is not running; `start` takes this from {from}{listen}\n{text}"
            )));
        };
        let handle = server.handle();
        drop(supervised);
        let plugins: Vec<_> =
            plugins_in_force(&handle).await?.into_iter().map(|(setup, _)| setup).collect();
        let text = settings::show(&handle.settings(), &self.program(), &plugins);
        Ok(Reply::Text(format!("// in force, from {from}{listen}\n{text}")))
    }

    /// What `config reload` would change.
    pub(super) async fn config_diff(&self, form: Form) -> Result<Outcome, CommandError> {
        let supervised = self.supervised.lock().await;
        let (handle, config, path) = self.reloaded(&supervised)?;
        let changes = self.changes(&handle, &config).await?;
        Ok(match form {
            Form::Data => Outcome::Data(data::value(&changes)?),
            Form::Reply if changes.is_empty() => {
                Outcome::Reply(Reply::Text(format!("{path} says what is in force")))
            }
            Form::Reply => Outcome::Reply(settings::table(&changes)),
        })
    }

    pub(super) async fn reload_config(&self) -> Result<Reply, CommandError> {
        let supervised = self.supervised.lock().await;
        let (handle, config, path) = self.reloaded(&supervised)?;
        let changes = self.changes(&handle, &config).await?;
        // What can fail comes first, so that it is all or nothing.
        let log = self.diagnostics.prepare(config.program.log).map_err(failed)?;
        let applied = handle.apply(config.settings, Some(config.plugins)).await.map_err(failed)?;
        self.diagnostics.apply(log).await;
        for Change { setting, now, file, when } in &changes {
            tracing::info!(setting, was = now, is = file, taken_over = %when, "config reload");
        }
        let mut waiting = applied.after_restart.join(", ");
        if !waiting.is_empty() {
            waiting.insert_str(0, "; after `restart`: ");
        }
        let of_program = |change: &&Change| change.when == settings::When::Program;
        let later: Vec<_> =
            changes.iter().filter(of_program).map(|change| change.setting.as_str()).collect();
        if !later.is_empty() {
            waiting += &format!("; when salotto starts again: {}", later.join(", "));
        }
        Ok(Reply::Text(format!("{path} is in force{waiting}")))
    }

    pub(super) async fn reload_plugins(&self) -> Result<Reply, CommandError> {
        let supervised = self.supervised.lock().await;
        let (handle, config, path) = self.reloaded(&supervised)?;
        let settings = handle.settings().as_ref().clone();
        let names: Vec<String> = config.plugins.iter().map(|setup| setup.name.clone()).collect();
        handle.apply(settings, Some(config.plugins)).await.map_err(failed)?;
        let names = match names.as_slice() {
            [] => "none".into(),
            names => names.join(", "),
        };
        Ok(Reply::Text(format!("the plugins of {path} are in force: {names}")))
    }

    async fn changes(&self, handle: &Handle, file: &Config) -> Result<Vec<Change>, CommandError> {
        let plugins = plugins_in_force(handle).await?;
        let (settings, program) = (handle.settings(), self.program());
        let now = InForce { settings: &settings, program: &program, plugins: &plugins };
        Ok(settings::diff(&now, file))
    }

    /// What a reload takes over, into which server, from where.
    fn reloaded(&self, supervised: &Supervised) -> Result<(Handle, Config, String), CommandError> {
        let server = supervised.server.as_ref().ok_or_else(not_running)?;
        let config = self.load(supervised).map_err(failed)?;
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
    let plugins = status.plugins.into_iter().map(|plugin| {
        let runs = plugin.state == PluginState::Running;
        let mut setup = PluginSetup::new(plugin.name).settings(plugin.settings);
        setup.on_panic = plugin.on_panic;
        (setup, runs)
    });
    Ok(plugins.collect())
}

//! Writing the configuration file: single settings, and what was changed while the server ran.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use salotto::{CommandError, PluginSetup, Reply, Server};

use super::Supervisor;
use super::outcome::{failed, not_running};

impl Supervisor {
    /// Writes a setting into the file.
    pub(super) async fn set_config(
        &self,
        setting: &str,
        typed: &str,
    ) -> Result<Reply, CommandError> {
        let depth = setting.split('.').count();
        let fits = if setting.starts_with("plugins.") { depth > 2 } else { depth <= 2 };
        if !fits || setting == "plugins" {
            let text = "only single settings can be set, such as `server.name` or `plugins.quit.words`; `plugins enable NAME SETTINGS` and `config save` write a whole plugin";
            return Err(CommandError::Refused(text.into()));
        }
        let (source, setting, typed) = (self.source.clone(), setting.to_owned(), typed.to_owned());
        smol::unblock(move || {
            let (path, text) = source.with_setting(&setting, &typed).map_err(failed)?;
            write(&path, &text).map_err(|error| not_written(&path, &error))?;
            Ok(Reply::Text(format!("wrote {}; `config reload` applies it", path.display())))
        })
        .await
    }

    /// Writes what is in force and differs from the file.
    pub(super) async fn save_config(&self) -> Result<Reply, CommandError> {
        let file = self.load().await.map_err(failed)?;
        let handle = self.state.lock().await.server.as_ref().map(Server::handle);
        let handle = handle.ok_or_else(not_running)?;
        let in_force = handle.plugin_setups().await.map_err(failed)?;
        let is_saved = |setup: &PluginSetup| {
            let saved = file.plugins.iter().find(|other| other.name == setup.name);
            saved.map_or(!setup.enabled, |saved| saved == setup)
        };
        let plugins: Vec<PluginSetup> =
            in_force.into_iter().filter(|setup| !is_saved(setup)).collect();
        let mut settings = Vec::new();
        let level = self.diagnostics.settings().level;
        if level != file.program.log.level {
            settings.push(("log.level".to_owned(), format!("{level:?}")));
        }
        let changed: Vec<String> = settings
            .iter()
            .map(|(setting, _)| setting.clone())
            .chain(plugins.iter().map(|setup| format!("plugins.{}", setup.name)))
            .collect();
        if changed.is_empty() {
            return Ok(Reply::text("the file has everything already"));
        }
        let source = self.source.clone();
        smol::unblock(move || {
            let (path, text) = source.with_changes(&settings, &plugins).map_err(failed)?;
            write(&path, &text).map_err(|error| not_written(&path, &error))?;
            Ok(Reply::Text(format!("wrote {}: {}", path.display(), changed.join(", "))))
        })
        .await
    }
}

/// Writes a file beside it and renames that, so that there is a whole one at every moment, with the permissions that it had.
fn write(path: &Path, text: &str) -> io::Result<()> {
    // A symbolic link stays one.
    let path = fs::canonicalize(path)?;
    let mut beside = path.clone().into_os_string();
    beside.push(".new");
    let written = (|| {
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        file.set_permissions(fs::metadata(&path)?.permissions())?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, &path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

fn not_written(path: &Path, error: &io::Error) -> CommandError {
    let path = path.display();
    CommandError::Failed(format!("cannot write `{path}`: {error}; it is as it was"))
}

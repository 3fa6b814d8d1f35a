//! `include`: other files, whose settings take the place of those of the file that names them; of several the last counts. Their paths begin at the folder of
//! the file that names them. What is laid together is the text of one configuration, which is then read like any other.

use std::path::{Path, PathBuf};

use super::locate::{self, Position};
use super::mistake::{self, ConfigError, Mistake, Mistakes};
use super::{File, edit, read, ron_options};

/// So deep files may include one another, and so many there may be, so that a circle ends.
const DEEPEST: usize = 4;
const MOST: usize = 32;

/// A file with what it includes.
#[derive(Debug)]
pub(super) struct Whole {
    /// The text of the file with the settings of the others in place of its own.
    pub(super) text: String,
    /// The others with their texts, in the order in which they were laid over it.
    pub(super) included: Vec<(PathBuf, String)>,
}

impl Whole {
    /// Reads what a file includes.
    ///
    /// # Errors
    /// When one cannot be read or is no configuration, with its path; and when there are too many.
    pub(super) fn of(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let mut whole = Self { text: text.to_owned(), included: Vec::new() };
        whole.lay_over(path, text, 0)?;
        Ok(whole)
    }

    /// The included file that has a setting, such as `server.name` or `plugins.quit.words`: what another says of it has no effect.
    pub(super) fn with_setting(&self, setting: &str) -> Option<&Path> {
        let has = |text: &str| match setting.strip_prefix("plugins.") {
            Some(setting) => {
                let plugin = setting.split('.').next().unwrap_or(setting);
                edit::has_plugin(text, plugin)
            }
            None => locate::fields(text).iter().any(|field| field.path == setting),
        };
        let found = self.included.iter().rev().find(|(_, text)| has(text));
        found.map(|(path, _)| path.as_path())
    }

    fn lay_over(&mut self, path: &Path, text: &str, depth: usize) -> Result<(), ConfigError> {
        let wrong = |position, text| {
            let list = vec![Mistake::new(position, text)];
            ConfigError::Wrong(Mistakes { path: path.into(), list })
        };
        let file = read_file(path, text)?;
        let fields = locate::fields(text);
        let field = fields.iter().find(|field| field.path == "include");
        let position = field.map(|field| Position::of(text, field.value.start));
        for name in &file.include {
            let included = path.parent().unwrap_or(Path::new("")).join(name);
            if depth >= DEEPEST || self.included.len() >= MOST {
                let text = format!(
                    "`{}` is one file too many: they may include one another {DEEPEST} deep, and be {MOST}",
                    included.display()
                );
                return Err(wrong(position, text));
            }
            let other = read::config(&included).map_err(|error| match error {
                ConfigError::Unreadable { source, .. } => wrong(
                    position,
                    format!("cannot read `{}`, which is included: {source}", included.display()),
                ),
                error @ ConfigError::Wrong(_) => error,
            })?;
            self.text = over(&self.text, &read_file(&included, &other)?, &other);
            self.included.push((included.clone(), other.clone()));
            self.lay_over(&included, &other, depth + 1)?;
        }
        Ok(())
    }
}

fn read_file<'text>(path: &Path, text: &'text str) -> Result<File<'text>, ConfigError> {
    ron_options().from_str(text).map_err(|error| {
        let list = vec![mistake::explain(text, &error)];
        ConfigError::Wrong(Mistakes { path: path.into(), list })
    })
}

/// The text with the settings of another file in place of its own. Plugins are taken over one by one.
fn over(text: &str, file: &File<'_>, other: &str) -> String {
    let mut text = text.to_owned();
    for field in locate::fields(other) {
        let is_setting = match field.path.split_once('.') {
            Some((section, name)) => section != "plugins" && !name.contains('.'),
            None => field.path == "only_plugins",
        };
        if is_setting {
            text = edit::set(&text, &field.path, &other[field.value]);
        }
    }
    for entry in file.plugins.iter().flatten() {
        text = edit::set_plugin(&text, &entry.setup());
    }
    text
}

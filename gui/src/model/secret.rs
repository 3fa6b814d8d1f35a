//! Passwords: kept while the window is open, written nowhere and shown to nobody.

use std::fmt;

use salotto::command;

use super::Model;

/// A password. Empty where there is none.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(pub String);

/// Without the password.
impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("…")
    }
}

impl Model {
    /// From which byte on a line that is being typed is nobody's business: behind `!login`, say. `None` for other lines.
    pub fn secret_from(&self, line: &str) -> Option<usize> {
        let line = line.trim_end();
        let (command, rest) =
            command::find(self.commands().iter(), line.trim_start().strip_prefix('!')?).ok()?;
        let is_secret = command.is_secret() && !rest.is_empty();
        is_secret.then(|| line.len() - rest.len())
    }
}

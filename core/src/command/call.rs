//! Commands as code calls them: by path, with each argument for itself.

use std::collections::BTreeMap;
use std::fmt;

use super::{CommandError, Invocation};
use crate::protocol::caller::Caller;
use crate::protocol::command::Command;
use crate::protocol::sanitize;

/// A command with its arguments, as code calls it: see [`Context::call`](crate::Context::call). No text is taken apart, so whatever a name or a
/// reason looks like, it changes neither which command runs nor where an argument ends.
///
/// ```
/// use salotto::command::Call;
///
/// let call = Call::new("kick").with("name", "address").with("reason", "1h");
/// assert_eq!(call.to_string(), "kick name=address reason=1h");
/// ```
#[derive(Clone, PartialEq, Eq)]
#[must_use = "nothing is called before it is handed over"]
pub struct Call {
    path: String,
    arguments: BTreeMap<String, String>,
}

impl Call {
    /// The command with this path, e.g. `plugins enable`.
    pub fn new(path: impl Into<String>) -> Self {
        Self { path: path.into(), arguments: BTreeMap::new() }
    }

    /// Gives an argument by its name in the command's record.
    pub fn with(mut self, arg: impl Into<String>, value: impl ToString) -> Self {
        self.arguments.insert(arg.into(), value.to_string());
        self
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.path)?;
        for (arg, value) in &self.arguments {
            write!(formatter, " {arg}={}", sanitize::line(value))?;
        }
        Ok(())
    }
}

/// Without the arguments, which may be secret.
impl fmt::Debug for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Call").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Command {
    /// Takes arguments that are given each for itself.
    ///
    /// # Errors
    /// [`CommandError::Usage`] where one is missing, is not known or is not of its kind.
    pub(crate) fn accept(&self, call: Call, caller: Caller) -> Result<Invocation, CommandError> {
        let wrong = |problem: String| CommandError::Usage { problem, usage: self.usage() };
        for arg in &self.args {
            match call.arguments.get(&arg.name) {
                Some(value) => arg.check(value).map_err(wrong)?,
                None if arg.optional => {}
                None => return Err(wrong(format!("{} is missing", arg.label()))),
            }
        }
        let is_known = |name: &&String| self.args.iter().any(|arg| arg.name == **name);
        if let Some(unknown) = call.arguments.keys().find(|name| !is_known(name)) {
            return Err(wrong(format!("there is no argument `{unknown}`")));
        }
        Ok(self.invocation(call.arguments, caller))
    }
}

//! What is done where a plugin asks for the configuration to be applied anew: the program that runs the server knows how.

use std::fmt;

/// See the module.
pub(crate) struct Reload(Box<dyn Fn(&str) + Send + Sync>);

impl Reload {
    pub(crate) fn new(ask: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Box::new(ask))
    }

    /// Asks for it, for somebody of this name.
    pub(crate) fn ask(&self, by: &str) {
        (self.0)(by);
    }
}

impl fmt::Debug for Reload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Reload")
    }
}

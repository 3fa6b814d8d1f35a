//! Who sits at a front: what a view of the server is opened for.

use salotto::Name;

/// See the module.
#[derive(Debug, Clone)]
pub struct Front {
    /// Which front it is, for the log.
    pub(super) who: String,
    /// Who acts through it; without one it is `server.operator_name`.
    pub(super) operator: Option<Name>,
    /// Whether somebody reads what is shown.
    pub(super) attends: bool,
}

impl Front {
    /// One at which nobody sits: a script, a signal.
    pub fn new(who: impl Into<String>) -> Self {
        Self { who: who.into(), operator: None, attends: false }
    }

    /// The same, with somebody who acts through it.
    pub fn operator(mut self, operator: Option<Name>) -> Self {
        self.operator = operator;
        self
    }

    /// The same, at which somebody sits and reads, or not.
    pub fn attends(mut self, attends: bool) -> Self {
        self.attends = attends;
        self
    }
}

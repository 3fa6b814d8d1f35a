//! The window that was built without the feature `tls`: it speaks in the clear, but not with a server that was met over TLS by another one.

use salotto::client::{Options, Problem, Update};

use super::Answer;
use crate::model::Model;

impl Model {
    /// As it is.
    ///
    /// # Errors
    /// Where it must not be.
    pub(super) fn encrypted(&self, options: Options) -> Result<Options, String> {
        match self.must_encrypt() {
            true => Err("this window was built without TLS, so nothing was sent; build it with `--features tls`".into()),
            false => Ok(options),
        }
    }

    /// There are no handshakes.
    pub(in crate::model) fn take_certificate(&mut self, _: &Update) {}

    /// Who answers is never in doubt where nobody is asked.
    pub(super) fn answer(&self, _: &Problem) -> Option<Answer> {
        None
    }
}

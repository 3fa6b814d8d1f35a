//! Without the feature `password` nobody is logged in, and the server is not asked.

use super::Problem;
use crate::protocol::request::Request;

/// See the module.
pub(super) struct LoggingIn;

impl LoggingIn {
    pub(super) fn is_due(&self) -> bool {
        false
    }

    pub(super) fn is_under_way(&self) -> bool {
        false
    }

    pub(super) fn put_off(&mut self) {}

    pub(super) fn begin(&mut self) -> Result<Option<Request>, Problem> {
        Ok(None)
    }

    pub(super) async fn answer(&mut self, _: &str) -> Result<Request, Problem> {
        Err(Problem::TurnedAway("the server asks for what this program has not".into()))
    }

    pub(super) fn finish(&mut self, _: &str) -> Result<(), Problem> {
        Ok(())
    }
}

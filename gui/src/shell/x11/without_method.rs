//! No input method: keys are the window's. In a program that is built without the feature `xim`.

use std::collections::VecDeque;
use std::time::Instant;

use egui::ImeEvent;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{KeyPressEvent, Window};

use crate::shell::desktop::Desktop;
use crate::shell::server::ServerError;
use crate::shell::writing::Writing;

/// What is to be done, in order.
pub(super) enum Outcome {
    /// A key went down or up.
    Key(KeyPressEvent),
    #[expect(dead_code, reason = "nothing is composed")]
    Composed(ImeEvent),
}

/// The keys that the window has not taken yet.
#[derive(Default)]
pub(super) struct Method {
    keys: VecDeque<KeyPressEvent>,
}

#[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "with one there is more to do")]
impl Method {
    pub(super) fn new(_: Window) -> Self {
        Self::default()
    }

    pub(super) fn look(&self, _: &Desktop) -> Result<(), ServerError> {
        Ok(())
    }

    pub(super) fn key(&mut self, _: &Desktop, key: KeyPressEvent) -> Result<(), ServerError> {
        self.keys.push_back(key);
        Ok(())
    }

    pub(super) fn attend(&self, _: &Desktop, _: Option<Writing>) -> Result<(), ServerError> {
        Ok(())
    }

    pub(super) fn focus(&self, _: &Desktop, _: bool) -> Result<(), ServerError> {
        Ok(())
    }

    pub(super) fn interrupt(&self, _: &Desktop) -> Result<(), ServerError> {
        Ok(())
    }

    pub(super) fn hear(&self, _: &Desktop, _: &Event) -> Result<bool, ServerError> {
        Ok(false)
    }

    pub(super) fn due(&self) -> Option<Instant> {
        None
    }

    pub(super) fn check(&self, _: &Desktop, _: Instant) -> Result<(), ServerError> {
        Ok(())
    }

    pub(super) fn next(&mut self) -> Option<Outcome> {
        self.keys.pop_front().map(Outcome::Key)
    }
}

//! What the session, whoever writes and the plugin know of one connection together.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::IrcSettings;
use super::capability::Chosen;

/// See the module.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) settings: Arc<IrcSettings>,
    pub(super) capabilities: Chosen,
    /// Whether the client still chooses; until it says that it is done it is given no name.
    is_choosing: AtomicBool,
    /// What it has given of itself. The hub's alone.
    registration: Mutex<Registration>,
}

/// What a client says before it is a member.
#[derive(Debug, Default)]
pub(super) struct Registration {
    /// The nick that it wants.
    pub(super) nick: Option<String>,
    /// Whether it has said `USER`.
    pub(super) has_user: bool,
    /// What it says its user is called. Not empty once `has_user`.
    pub(super) user_name: String,
    /// What it says its real name is.
    pub(super) real_name: String,
}

impl Connection {
    pub(super) fn new(settings: Arc<IrcSettings>) -> Self {
        Self {
            settings,
            capabilities: Chosen::default(),
            is_choosing: AtomicBool::new(false),
            registration: Mutex::default(),
        }
    }

    pub(super) fn host(&self) -> &str {
        &self.settings.host
    }

    pub(super) fn set_choosing(&self, is_choosing: bool) {
        self.is_choosing.store(is_choosing, Ordering::SeqCst);
    }

    pub(super) fn is_choosing(&self) -> bool {
        self.is_choosing.load(Ordering::SeqCst)
    }

    pub(super) fn registration(&self) -> MutexGuard<'_, Registration> {
        self.registration.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

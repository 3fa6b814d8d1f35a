//! What the session, whoever writes and the plugin know of one connection together.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::IrcSettings;
use super::capability::Chosen;
use super::metadata::OfClient;
use super::sasl::Sasl;
use super::setup::Setup;

/// See the module.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) settings: Arc<IrcSettings>,
    pub(super) setup: Arc<Setup>,
    pub(super) capabilities: Chosen,
    /// Whether nobody on the way can read what is said.
    pub(super) is_encrypted: bool,
    /// Whether the client knows of values of capabilities, and of lists over several lines.
    is_second_version: AtomicBool,
    /// Whether it has a name.
    is_member: AtomicBool,
    /// Whether a program speaks, and no person.
    is_bot: AtomicBool,
    /// To which account it is logged in, so that it is told so when it enters a room. Set by the hub.
    account: Mutex<Option<String>>,
    /// Whether the client still chooses; until it says that it is done it is given no name.
    is_choosing: AtomicBool,
    sasl: Mutex<Sasl>,
    /// So many batches it was sent by the hub.
    batches: AtomicU32,
    /// How many signs it has given lately. The hub's alone.
    signs: Mutex<Signs>,
    /// What it says of itself by keys, and wants to know of others. The hub's alone.
    metadata: Mutex<OfClient>,
    /// What it has given of itself. The hub's alone.
    registration: Mutex<Registration>,
}

/// So many signs a client may give within so long; more are passed over.
const MOST_SIGNS: u32 = 20;
const SIGNS_WITHIN: Duration = Duration::from_secs(10);

/// Signs of a client since some moment of the server's uptime.
#[derive(Debug, Default)]
struct Signs {
    since: Duration,
    count: u32,
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
    pub(super) fn new(settings: Arc<IrcSettings>, setup: Arc<Setup>, is_encrypted: bool) -> Self {
        Self {
            settings,
            setup,
            capabilities: Chosen::default(),
            is_encrypted,
            is_second_version: AtomicBool::new(false),
            is_member: AtomicBool::new(false),
            is_bot: AtomicBool::new(false),
            account: Mutex::default(),
            is_choosing: AtomicBool::new(false),
            sasl: Mutex::default(),
            batches: AtomicU32::new(0),
            signs: Mutex::default(),
            metadata: Mutex::default(),
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

    pub(super) fn set_member(&self) {
        self.is_member.store(true, Ordering::SeqCst);
    }

    /// Whether the client has a name.
    pub(super) fn is_member(&self) -> bool {
        self.is_member.load(Ordering::SeqCst)
    }

    pub(super) fn set_second_version(&self) {
        self.is_second_version.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_second_version(&self) -> bool {
        self.is_second_version.load(Ordering::SeqCst)
    }

    /// Says whether it was said to be one before.
    pub(super) fn set_bot(&self, is_bot: bool) -> bool {
        self.is_bot.swap(is_bot, Ordering::SeqCst)
    }

    pub(super) fn is_bot(&self) -> bool {
        self.is_bot.load(Ordering::SeqCst)
    }

    /// The name of the next batch.
    pub(super) fn next_batch(&self) -> String {
        format!("h{}", self.batches.fetch_add(1, Ordering::Relaxed))
    }

    /// Counts a sign, unless there were too many lately. The clock is the server's uptime.
    pub(super) fn takes_sign(&self, now: Duration) -> bool {
        let mut signs = self.signs.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(signs.since) > SIGNS_WITHIN {
            *signs = Signs { since: now, count: 0 };
        }
        signs.count += 1;
        signs.count <= MOST_SIGNS
    }

    pub(super) fn set_account(&self, account: Option<&str>) {
        *self.account.lock().unwrap_or_else(PoisonError::into_inner) = account.map(str::to_owned);
    }

    /// To which account the client is logged in.
    pub(super) fn account(&self) -> Option<String> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where it is in logging in.
    pub(super) fn sasl(&self) -> MutexGuard<'_, Sasl> {
        self.sasl.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn metadata(&self) -> MutexGuard<'_, OfClient> {
        self.metadata.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn registration(&self) -> MutexGuard<'_, Registration> {
        self.registration.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

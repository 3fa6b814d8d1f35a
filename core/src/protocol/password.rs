//! Passwords: kept as argon2id hashes, looked at off the hub and never many at once.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use argon2::password_hash::{PasswordHasher, phc};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use async_lock::Semaphore;
use async_lock::SemaphoreGuard;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Passwords that are looked at at once in this process: each takes a core for some ten milliseconds, and 19 MiB.
const AT_ONCE: usize = 2;
/// Passwords that may wait for that: a second or two of work. Who comes then is told to come back.
const WAITING: usize = 64;
/// Blocks of 1 KiB for which memory is asked at least. What is not touched costs nothing, and what is larger than 32 MiB the C library gives back to the system
/// when it is freed: 19 MiB it would keep for each thread that ever had them.
const GIVEN_BACK: usize = 33 * 1024;
/// What a hash in a configuration may cost at most: 1 GiB and a hundred rounds; more is a slip of the pen, and would stop the server.
const MAX_MEMORY_KIB: u32 = 1024 * 1024;
const MAX_ROUNDS: u32 = 100;

/// Where all passwords of this process are looked at.
static VERIFIER: Verifier = Verifier::new();

/// A password as it is kept: a salted argon2id hash, written as a PHC string (`$argon2id$v=19$…`). `salotto hash-password` makes one.
///
/// Whoever reads it cannot say the password, but can try many in peace: it belongs into a file that not everybody reads.
///
/// ```
/// use salotto::PasswordHash;
///
/// # smol::block_on(async {
/// let hash = PasswordHash::new("swordfish")?;
/// assert!(hash.verify("swordfish".into()).await?);
/// assert!(!hash.verify("sword fish".into()).await?);
/// let read_back: PasswordHash = hash.to_string().parse()?;
/// assert_eq!(read_back, hash);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(phc::PasswordHash);

/// Why a hash could not be made or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// There is nothing in the password.
    #[error("the password is empty; choose one of several words")]
    Empty,
    /// The text is no hash of this kind. It is not quoted: it may be the password itself.
    #[error(
        "not a password but its hash belongs here, `$argon2id$…`; `salotto hash-password` makes one"
    )]
    NoHash,
    /// It asks for more than a server can give.
    #[error(
        "the hash takes {memory_kib} KiB and {rounds} rounds; at most {MAX_MEMORY_KIB} and {MAX_ROUNDS} are allowed"
    )]
    TooCostly {
        /// Memory, in KiB.
        memory_kib: u32,
        /// Rounds.
        rounds: u32,
    },
    /// The system gave no random numbers for the salt, or not the memory.
    #[error("the password could not be hashed: {0}")]
    Failed(String),
}

/// So many passwords wait to be looked at that this one was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are tried at this moment; wait a little and try again")]
pub struct TooBusy;

impl PasswordHash {
    /// Hashes a password, with the parameters that OWASP recommends (19 MiB, two rounds). Takes some ten milliseconds of the calling thread.
    ///
    /// # Errors
    /// When the password is empty, or the system has no random numbers.
    pub fn new(password: &str) -> Result<Self, PasswordError> {
        if password.is_empty() {
            return Err(PasswordError::Empty);
        }
        let failed = |error: argon2::password_hash::Error| PasswordError::Failed(error.to_string());
        Argon2::default().hash_password(password.as_bytes()).map(Self).map_err(failed)
    }

    /// Whether this is the password. It is looked at on a thread of its own, never more than two at once in this process; others wait their
    /// turn. When the answer is not waited for any more, one that has not begun is not looked at.
    ///
    /// # Errors
    /// [`TooBusy`] when many wait already. Nothing is known of the password then.
    pub async fn verify(&self, password: String) -> Result<bool, TooBusy> {
        self.verify_at(&VERIFIER, password).await
    }

    async fn verify_at(
        &self,
        verifier: &'static Verifier,
        password: String,
    ) -> Result<bool, TooBusy> {
        let place = verifier.queue()?.place().await;
        let (sender, answer) = async_channel::bounded(1);
        let hash = self.0.clone();
        let look = move || {
            let is_right = matches(&hash, password.as_bytes()).unwrap_or(false);
            drop(place);
            // Whoever asked may have gone.
            let _ = sender.try_send(is_right);
        };
        // Not one of a pool, whose threads would stay and wake up from time to time.
        let thread = thread::Builder::new().name("salotto-password".into()).spawn(look);
        thread.map_err(|_| TooBusy)?;
        // A thread that panicked has found nothing right.
        Ok(answer.recv().await.unwrap_or(false))
    }
}

/// Whether a hash is that of a password; `None` where the hash cannot be computed.
fn matches(hash: &phc::PasswordHash, password: &[u8]) -> Option<bool> {
    let (salt, expected) = (hash.salt.as_ref()?, hash.hash.as_ref()?);
    let params = Params::try_from(hash).ok()?;
    let mut memory = Vec::with_capacity(params.block_count().max(GIVEN_BACK));
    memory.resize(params.block_count(), Block::new());
    let version = hash.version.map_or(Ok(Version::default()), Version::try_from).ok()?;
    let mut output = vec![0; expected.len()];
    Argon2::new(Algorithm::Argon2id, version, params)
        .hash_password_into_with_memory(password, salt, &mut output, &mut memory)
        .ok()?;
    // Compared in a time that tells nothing.
    Some(phc::Output::new(&output).ok()? == *expected)
}

/// A few places, and a queue before them that is not endless.
struct Verifier {
    places: Semaphore,
    waiting: AtomicUsize,
}

/// Somebody in the queue, until it is dropped.
struct Queued(&'static Verifier);

impl Verifier {
    const fn new() -> Self {
        Self { places: Semaphore::new(AT_ONCE), waiting: AtomicUsize::new(0) }
    }

    fn queue(&'static self) -> Result<Queued, TooBusy> {
        let joined = self.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |waiting| {
            (waiting < WAITING).then_some(waiting + 1)
        });
        joined.map(|_| Queued(self)).map_err(|_| TooBusy)
    }
}

impl Queued {
    /// Waits for a place. It is free again when it is dropped, which the thread that works there does.
    async fn place(self) -> SemaphoreGuard<'static> {
        self.0.places.acquire().await
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl FromStr for PasswordHash {
    type Err = PasswordError;

    fn from_str(text: &str) -> Result<Self, PasswordError> {
        let hash = phc::PasswordHash::new(text).map_err(|_| PasswordError::NoHash)?;
        let is_whole = hash.salt.is_some() && hash.hash.is_some();
        if !is_whole || hash.algorithm != Algorithm::Argon2id.ident() {
            return Err(PasswordError::NoHash);
        }
        let params = Params::try_from(&hash).map_err(|_| PasswordError::NoHash)?;
        let (memory_kib, rounds) = (params.m_cost(), params.t_cost());
        if memory_kib > MAX_MEMORY_KIB || rounds > MAX_ROUNDS {
            return Err(PasswordError::TooCostly { memory_kib, rounds });
        }
        Ok(Self(hash))
    }
}

impl fmt::Display for PasswordHash {
    /// As a PHC string.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}

impl Serialize for PasswordHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PasswordHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `swordfish`, at the least cost that there is.
    fn quick() -> PasswordHash {
        let params = Params::new(8, 1, 1, None).unwrap();
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        PasswordHash(argon2.hash_password(b"swordfish").unwrap())
    }

    #[test]
    fn the_password_is_found_right_and_every_other_wrong() {
        futures_lite::future::block_on(async {
            let hash = quick();
            assert_eq!(hash.verify("swordfish".into()).await, Ok(true));
            for other in ["", "Swordfish", "swordfish ", "$argon2id$"] {
                assert_eq!(hash.verify(other.into()).await, Ok(false), "{other:?}");
            }
        });
    }

    #[test]
    fn the_same_password_is_hashed_differently_each_time() {
        let (one, other) = (PasswordHash::new("x").unwrap(), PasswordHash::new("x").unwrap());
        assert_ne!(one, other);
        assert!(one.to_string().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_eq!(PasswordHash::new(""), Err(PasswordError::Empty));
    }

    #[test]
    fn what_is_no_hash_is_refused_and_not_quoted() {
        let whole = quick().to_string();
        let (without_hash, _) = whole.rsplit_once('$').unwrap();
        for text in [
            "swordfish",
            "",
            "$argon2id$",
            "$argon2i$v=19$m=16,t=2,p=1$c2FsdHNhbHQ$dOQsLqJcAJFOBBo5kBv1rA",
            "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW",
            without_hash,
        ] {
            let error = text.parse::<PasswordHash>().unwrap_err();
            assert_eq!(error, PasswordError::NoHash, "{text}");
            assert!(text.is_empty() || !error.to_string().contains(text) || text == "$argon2id$");
        }
        let json = serde_json::to_string(&quick()).unwrap();
        assert!(serde_json::from_str::<PasswordHash>(&json).is_ok());
        assert!(serde_json::from_str::<PasswordHash>("\"swordfish\"").is_err());
    }

    #[test]
    fn a_hash_that_would_stop_the_server_is_refused() {
        let costly = quick().to_string().replace("m=8,t=1", "m=4194304,t=1");
        let error = costly.parse::<PasswordHash>().unwrap_err();
        assert_eq!(error, PasswordError::TooCostly { memory_kib: 4_194_304, rounds: 1 });
        let costly = quick().to_string().replace("m=8,t=1", "m=8,t=4000000");
        assert!(matches!(
            costly.parse::<PasswordHash>(),
            Err(PasswordError::TooCostly { rounds: 4_000_000, .. })
        ));
    }

    #[test]
    fn few_are_looked_at_at_once_many_wait_and_more_are_sent_away() {
        static VERIFIER: Verifier = Verifier::new();
        futures_lite::future::block_on(async {
            // Taken as if by somebody, so that everybody else waits.
            let places = [VERIFIER.places.acquire().await, VERIFIER.places.acquire().await];
            assert!(VERIFIER.places.try_acquire().is_none());
            let hash = quick();
            let mut waiting = Vec::new();
            let busy = loop {
                let mut verify = Box::pin(hash.verify_at(&VERIFIER, "swordfish".into()));
                match futures_lite::future::poll_once(&mut verify).await {
                    None => waiting.push(verify),
                    Some(answer) => break answer,
                }
                assert!(waiting.len() <= WAITING);
            };
            assert_eq!(busy, Err(TooBusy));
            // Who gives up makes room.
            waiting.pop();
            waiting.push(Box::pin(hash.verify_at(&VERIFIER, "swordfish".into())));
            let last = waiting.len() - 1;
            assert!(futures_lite::future::poll_once(&mut waiting[last]).await.is_none());
            drop(places);
            for verify in waiting {
                assert_eq!(verify.await, Ok(true));
            }
        });
    }
}

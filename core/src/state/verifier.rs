//! Where passwords are compared with their hashes: off the hub, on threads of their own, and never many at once.

use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use async_lock::{Semaphore, SemaphoreGuard};

use crate::io::thread;
use crate::protocol::password::{PasswordError, PasswordHash, TooBusy};

/// Passwords that are looked at at once in this process: each takes a core for some ten milliseconds, and 19 MiB.
const AT_ONCE: usize = 2;
/// Passwords that may wait for that: a second or two of work. Who comes then is told to come back.
const WAITING: usize = 64;
/// Blocks of 1 KiB for which memory is asked at least. What is not touched costs nothing, and what is larger than 32 MiB the C library gives back to the system
/// when it is freed: 19 MiB it would keep for each thread that ever had them.
const GIVEN_BACK: usize = 33 * 1024;

/// Where all passwords of this process are looked at.
static VERIFIER: Verifier = Verifier::new();

impl PasswordHash {
    /// Whether this is the password. It is looked at on a thread of its own, never more than two at once in this process; others wait their
    /// turn. When the answer is not waited for any more, one that has not begun is not looked at.
    ///
    /// # Errors
    /// [`TooBusy`] when many wait already, or the system has no memory or thread for it. Nothing is known of the password then.
    pub async fn verify(&self, password: String) -> Result<bool, TooBusy> {
        self.verify_at(&VERIFIER, password).await
    }

    async fn verify_at(
        &self,
        verifier: &'static Verifier,
        password: String,
    ) -> Result<bool, TooBusy> {
        let hash = self.0.clone();
        let answer = verifier.work(move || matches(&hash, password.as_bytes())).await?;
        // A thread that panicked has found nothing right.
        answer.unwrap_or(Ok(false))
    }

    /// Hashes a password as [`new`](Self::new) does, on a thread of its own and in the queue of those that are [verified](Self::verify).
    ///
    /// # Errors
    /// When the password is empty, or [`PasswordError::Busy`] when many wait already, or the system has no memory, thread or random numbers for it.
    pub async fn hash(password: String) -> Result<Self, PasswordError> {
        if password.is_empty() {
            return Err(PasswordError::Empty);
        }
        let made = VERIFIER.work(move || made(password.as_bytes())).await;
        let made = made.map_err(PasswordError::Busy)?;
        made.unwrap_or_else(|| Err(PasswordError::Failed("its thread ended".into())))
    }
}

/// The hash of a password, with a salt of its own.
fn made(password: &[u8]) -> Result<PasswordHash, PasswordError> {
    let failed = |error: argon2::password_hash::Error| PasswordError::Failed(error.to_string());
    let salt = argon2::password_hash::try_generate_salt()
        .map_err(|error| PasswordError::Failed(error.to_string()))?;
    let (params, salt) =
        (Params::default(), phc::Salt::new(&salt).map_err(|error| failed(error.into()))?);
    let mut memory = memory(params.block_count()).map_err(PasswordError::Busy)?;
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    let version = Version::default();
    Argon2::new(Algorithm::Argon2id, version, params.clone())
        .hash_password_into_with_memory(password, &salt, &mut output, &mut memory)
        .map_err(|error| PasswordError::Failed(error.to_string()))?;
    Ok(PasswordHash(phc::PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(version.into()),
        params: phc::ParamsString::try_from(&params).map_err(failed)?,
        salt: Some(salt),
        hash: Some(phc::Output::new(&output).map_err(|error| failed(error.into()))?),
    }))
}

/// Whether a hash is that of a password. One that cannot be computed is that of none.
///
/// # Errors
/// When the system has not the memory.
fn matches(hash: &phc::PasswordHash, password: &[u8]) -> Result<bool, TooBusy> {
    let Ok(params) = Params::try_from(hash) else { return Ok(false) };
    let mut memory = memory(params.block_count())?;
    Ok(matches_in(&mut memory, hash, params, password).unwrap_or(false))
}

/// Memory for one password, which the system has back afterwards.
fn memory(blocks: usize) -> Result<Vec<Block>, TooBusy> {
    let mut memory = Vec::new();
    // Where there is little, what is needed will do.
    let asked = memory.try_reserve_exact(blocks.max(GIVEN_BACK));
    asked.or_else(|_| memory.try_reserve_exact(blocks)).map_err(|_| TooBusy)?;
    memory.resize(blocks, Block::new());
    Ok(memory)
}

fn matches_in(
    memory: &mut [Block],
    hash: &phc::PasswordHash,
    params: Params,
    password: &[u8],
) -> Option<bool> {
    let (salt, expected) = (hash.salt.as_ref()?, hash.hash.as_ref()?);
    let version = hash.version.map_or(Ok(Version::default()), Version::try_from).ok()?;
    let mut output = vec![0; expected.len()];
    Argon2::new(Algorithm::Argon2id, version, params)
        .hash_password_into_with_memory(password, salt, &mut output, memory)
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

    /// Waits for a place and works there, on a thread that ends with it. `None` where the work panicked.
    async fn work<T: Send + 'static>(
        &'static self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Option<T>, TooBusy> {
        let place = self.queue()?.place().await;
        let done = move || {
            let done = work();
            drop(place);
            done
        };
        let done = thread::answer("salotto-password", done).map_err(|_| TooBusy)?;
        Ok(done.recv().await.ok())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::password::testing::quick;

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
    fn a_password_that_was_hashed_in_the_queue_is_found_right() {
        futures_lite::future::block_on(async {
            let hash = PasswordHash::hash("swordfish".into()).await.unwrap();
            assert!(hash.to_string().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
            assert_eq!(hash.to_string().parse(), Ok(hash.clone()));
            assert_eq!(hash.verify("swordfish".into()).await, Ok(true));
            assert_eq!(hash.verify("sword fish".into()).await, Ok(false));
            assert_eq!(PasswordHash::hash(String::new()).await, Err(PasswordError::Empty));
        });
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

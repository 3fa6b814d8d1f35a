//! Where passwords are compared with their hashes: off the hub, on threads of their own, and never many at once. Who has the better standing comes first,
//! so that a flood of guesses keeps nobody out who knows the password.

use std::sync::{Arc, LazyLock};

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Block, Params, Version};

use crate::io::thread;
use crate::io::turns::Turns;
use crate::protocol::password::{PasswordError, PasswordHash, TooBusy, memory_for};
use crate::protocol::scram::ScramKeys;
use crate::protocol::standing::Standing;

/// Passwords that are looked at at once in this process: each takes a core for some ten milliseconds, and 19 MiB.
const AT_ONCE: usize = 2;
/// Passwords that may wait for that: a second or two of work. Who comes then takes the place of somebody of a worse standing, or is told to come back.
const WAITING: usize = 64;

/// Where all passwords of this process are looked at.
static VERIFIER: LazyLock<Verifier> = LazyLock::new(Verifier::new);

impl PasswordHash {
    /// Whether this is the password. It is looked at on a thread of its own, never more than two at once in this process; others wait their
    /// turn. When the answer is not waited for any more, one that has not begun is not looked at.
    ///
    /// # Errors
    /// [`TooBusy`] when many wait already, or the system has no memory or thread for it. Nothing is known of the password then.
    pub async fn verify(&self, password: String) -> Result<bool, TooBusy> {
        self.verify_for(Standing::New, password).await
    }

    /// [`verify`](Self::verify) for somebody of whom something is known: where many wait, the better standing comes first.
    ///
    /// # Errors
    /// As those of [`verify`](Self::verify); also when somebody of a better standing needs the place in the queue.
    pub async fn verify_for(&self, standing: Standing, password: String) -> Result<bool, TooBusy> {
        self.verify_at(&VERIFIER, standing, password).await
    }

    async fn verify_at(
        &self,
        verifier: &Verifier,
        standing: Standing,
        password: String,
    ) -> Result<bool, TooBusy> {
        let hash = self.0.clone();
        let answer = verifier.work(standing, move || matches(&hash, password.as_bytes())).await?;
        // A thread that panicked has found nothing right.
        answer.unwrap_or(Ok(false))
    }

    /// Hashes a password as [`new`](Self::new) does, on a thread of its own and in the queue of those that are [verified](Self::verify_for).
    ///
    /// # Errors
    /// As those of [`new`](Self::new), and [`PasswordError::Busy`] as those of [`verify_for`](Self::verify_for).
    pub async fn hash_for(standing: Standing, password: String) -> Result<Self, PasswordError> {
        let made = VERIFIER.work(standing, move || Self::new(&password)).await;
        let made = made.map_err(PasswordError::Busy)?;
        made.unwrap_or_else(|| Err(PasswordError::Failed("its thread ended".into())))
    }
}

impl ScramKeys {
    /// Makes keys as [`new`](Self::new) does, on a thread of its own and in the queue of passwords that are [verified](PasswordHash::verify_for).
    ///
    /// # Errors
    /// As those of [`new`](Self::new), and [`PasswordError::Busy`] as those of [`verify_for`](PasswordHash::verify_for).
    pub async fn make_for(standing: Standing, password: String) -> Result<Self, PasswordError> {
        let made = VERIFIER.work(standing, move || Self::new(&password)).await;
        match made.map_err(PasswordError::Busy)? {
            Some(made) => made.map_err(|error| PasswordError::Failed(error.to_string())),
            None => Err(PasswordError::Failed("its thread ended".into())),
        }
    }
}

/// Whether a hash is that of a password. One that cannot be computed is that of none.
///
/// # Errors
/// When the system has not the memory.
fn matches(hash: &phc::PasswordHash, password: &[u8]) -> Result<bool, TooBusy> {
    let Ok(params) = Params::try_from(hash) else { return Ok(false) };
    let mut memory = memory_for(&params).ok_or(TooBusy)?;
    Ok(matches_in(&mut memory, hash, params, password).unwrap_or(false))
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

/// The places.
struct Verifier(Arc<Turns<Standing>>);

impl Verifier {
    fn new() -> Self {
        Self(Turns::new(AT_ONCE, WAITING))
    }

    /// Waits for a place and works there, on a thread that ends with it. `None` where the work panicked.
    async fn work<T: Send + 'static>(
        &self,
        standing: Standing,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Option<T>, TooBusy> {
        let place = self.0.take(standing).await.map_err(|_| TooBusy)?;
        let done = move || {
            let done = work();
            drop(place);
            done
        };
        let done = thread::answer("salotto-password", done).map_err(|_| TooBusy)?;
        Ok(done.recv().await.ok())
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;

    use futures_lite::future::{block_on, poll_once};

    use super::*;
    use crate::protocol::password::testing::quick;

    #[test]
    fn the_password_is_found_right_and_every_other_wrong() {
        block_on(async {
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
            let hash = PasswordHash::hash_for(Standing::New, "swordfish".into()).await.unwrap();
            assert_eq!(hash.verify("swordfish".into()).await, Ok(true));
            assert_eq!(hash.verify("sword fish".into()).await, Ok(false));
            let empty = PasswordHash::hash_for(Standing::New, String::new()).await;
            assert_eq!(empty, Err(PasswordError::Empty));
        });
    }

    #[test]
    fn few_are_looked_at_at_once_and_who_is_better_is_looked_at_before_who_fails() {
        let verifier = Verifier::new();
        block_on(async {
            let mut places = Vec::new();
            for _ in 0..AT_ONCE {
                places.push(verifier.0.take(Standing::New).await.expect("it is free"));
            }
            let hash = quick();
            let mut failing = Vec::new();
            for _ in 0..WAITING {
                let mut verify = asks(&hash, &verifier, Standing::Failing);
                assert!(poll_once(&mut verify).await.is_none());
                failing.push(verify);
            }
            let mut again = asks(&hash, &verifier, Standing::Failing);
            assert_eq!(poll_once(&mut again).await, Some(Err(TooBusy)));
            let mut known = asks(&hash, &verifier, Standing::Known);
            assert!(poll_once(&mut known).await.is_none());
            assert_eq!(poll_once(failing.last_mut().expect("many")).await, Some(Err(TooBusy)));
            drop(places);
            assert_eq!(known.await, Ok(true));
        });
    }

    type Asked<'a> = Pin<Box<dyn Future<Output = Result<bool, TooBusy>> + 'a>>;

    fn asks<'a>(hash: &'a PasswordHash, verifier: &'a Verifier, standing: Standing) -> Asked<'a> {
        Box::pin(hash.verify_at(verifier, standing, "swordfish".into()))
    }
}

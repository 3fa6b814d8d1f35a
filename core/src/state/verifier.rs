//! Where passwords are compared with their hashes: off the hub, on threads of their own, and never many at once. Who has the better standing comes first,
//! so that a flood of guesses keeps nobody out who knows the password.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use async_channel::{Receiver, Sender};

use crate::io::thread;
use crate::protocol::password::{PasswordError, PasswordHash, Standing, TooBusy, memory_for};
use crate::protocol::scram::ScramKeys;

/// Passwords that are looked at at once in this process: each takes a core for some ten milliseconds, and 19 MiB.
const AT_ONCE: usize = 2;
/// Passwords that may wait for that: a second or two of work. Who comes then takes the place of somebody of a worse standing, or is told to come back.
const WAITING: usize = 64;

/// Where all passwords of this process are looked at.
static VERIFIER: Verifier = Verifier::new();

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
        verifier: &'static Verifier,
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

/// A few places, and a queue before them that is not endless.
struct Verifier(Mutex<Queue>);

/// The lock guards a few lines and is never held while a place is handed on.
struct Queue {
    free: usize,
    /// The best first, and among equals who came first.
    waiting: BTreeMap<Turn, Sender<Place>>,
    next: u64,
}

type Turn = (Standing, u64);

/// A place, until it is dropped.
struct Place(&'static Verifier);

/// Somebody in the queue, until it is dropped.
struct Queued {
    verifier: &'static Verifier,
    turn: Turn,
    place: Receiver<Place>,
}

impl Verifier {
    const fn new() -> Self {
        Self(Mutex::new(Queue { free: AT_ONCE, waiting: BTreeMap::new(), next: 0 }))
    }

    /// Waits for a place and works there, on a thread that ends with it. `None` where the work panicked.
    async fn work<T: Send + 'static>(
        &'static self,
        standing: Standing,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Option<T>, TooBusy> {
        let place = self.queue(standing)?.place().await?;
        let done = move || {
            let done = work();
            drop(place);
            done
        };
        let done = thread::answer("salotto-password", done).map_err(|_| TooBusy)?;
        Ok(done.recv().await.ok())
    }

    /// Gets a place, or gets into the queue for one.
    fn queue(&'static self, standing: Standing) -> Result<Queued, TooBusy> {
        // One place is all that is ever sent.
        let (sender, place) = async_channel::bounded(1);
        let mut queue = self.lock();
        let turn = (standing, queue.next);
        queue.next += 1;
        if queue.free > 0 {
            queue.free -= 1;
            drop(queue);
            // The receiver is here.
            let _ = sender.try_send(Place(self));
        } else {
            if queue.waiting.len() >= WAITING {
                let is_better = |last: &Turn| standing < last.0;
                match queue.waiting.last_entry().filter(|last| is_better(last.key())) {
                    // Whose sender is dropped is told to come back.
                    Some(last) => drop(last.remove()),
                    None => return Err(TooBusy),
                }
            }
            queue.waiting.insert(turn, sender);
        }
        Ok(Queued { verifier: self, turn, place })
    }

    /// Hands a place on to who is next, or keeps it.
    fn give_back(&'static self) {
        let mut queue = self.lock();
        match queue.waiting.pop_first() {
            None => queue.free += 1,
            Some((_, sender)) => {
                drop(queue);
                // Where nobody waits for it any more it is dropped, and so handed on.
                let _ = sender.try_send(Place(self));
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queued {
    /// Waits for a place. It is free again when it is dropped, which the thread that works there does.
    async fn place(self) -> Result<Place, TooBusy> {
        self.place.recv().await.map_err(|_| TooBusy)
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.verifier.lock().waiting.remove(&self.turn);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.give_back();
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
    fn few_are_looked_at_at_once_many_wait_and_more_are_sent_away() {
        static VERIFIER: Verifier = Verifier::new();
        block_on(async {
            let places = take_all(&VERIFIER).await;
            let hash = quick();
            let mut waiting = Vec::new();
            let busy = loop {
                let mut verify = asks(&hash, &VERIFIER, Standing::New);
                match poll_once(&mut verify).await {
                    None => waiting.push(verify),
                    Some(answer) => break answer,
                }
                assert!(waiting.len() <= WAITING);
            };
            assert_eq!((busy, waiting.len()), (Err(TooBusy), WAITING));
            // Who gives up makes room.
            waiting.pop();
            waiting.push(asks(&hash, &VERIFIER, Standing::New));
            let last = waiting.len() - 1;
            assert!(poll_once(&mut waiting[last]).await.is_none());
            drop(places);
            for verify in waiting {
                assert_eq!(verify.await, Ok(true));
            }
            assert_eq!(VERIFIER.lock().free, AT_ONCE);
        });
    }

    #[test]
    fn who_is_known_comes_before_who_is_new_and_both_before_who_guesses() {
        static VERIFIER: Verifier = Verifier::new();
        block_on(async {
            let places = take_all(&VERIFIER).await;
            let hash = quick();
            let mut guessing = Vec::new();
            for _ in 0..WAITING {
                let mut verify = asks(&hash, &VERIFIER, Standing::Guessing);
                assert!(poll_once(&mut verify).await.is_none());
                guessing.push(verify);
            }
            let mut again = asks(&hash, &VERIFIER, Standing::Guessing);
            assert_eq!(poll_once(&mut again).await, Some(Err(TooBusy)));
            // Better ones take the places of those who came last.
            for standing in [Standing::New, Standing::Known, Standing::New] {
                let mut verify = asks(&hash, &VERIFIER, standing);
                assert!(poll_once(&mut verify).await.is_none());
                assert_eq!(poll_once(&mut guessing.pop().expect("many")).await, Some(Err(TooBusy)));
                std::mem::forget(verify);
            }
            let order: Vec<Turn> = VERIFIER.lock().waiting.keys().copied().take(4).collect();
            let standings: Vec<Standing> = order.iter().map(|turn| turn.0).collect();
            use Standing::{Guessing, Known, New};
            assert_eq!(standings, [Known, New, New, Guessing]);
            assert!(order[1].1 < order[2].1, "who came first");
            drop(places);
        });
    }

    type Asked<'hash> = Pin<Box<dyn Future<Output = Result<bool, TooBusy>> + 'hash>>;

    fn asks<'hash>(
        hash: &'hash PasswordHash,
        verifier: &'static Verifier,
        standing: Standing,
    ) -> Asked<'hash> {
        Box::pin(hash.verify_at(verifier, standing, "swordfish".into()))
    }

    /// Takes the places as if for somebody, so that everybody else waits.
    async fn take_all(verifier: &'static Verifier) -> Vec<Place> {
        let mut places = Vec::new();
        for _ in 0..AT_ONCE {
            let queued = verifier.queue(Standing::New).expect("there is room");
            places.push(queued.place().await.expect("it is free"));
        }
        places
    }
}

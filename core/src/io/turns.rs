//! A few places for work that costs, and a queue before them that is not endless. The best rank comes first, and among equals who came first; where the
//! queue is full, who is better takes the place of who is last.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_channel::{Receiver, Sender};

/// See the module. The least `Rank` comes first.
#[derive(Debug)]
pub(crate) struct Turns<Rank: Copy + Ord> {
    /// How many may wait.
    most: usize,
    /// The lock guards a few lines and is never held while a place is handed on.
    queue: Mutex<Queue<Rank>>,
}

#[derive(Debug)]
struct Queue<Rank: Copy + Ord> {
    free: usize,
    waiting: BTreeMap<(Rank, u64), Sender<Place<Rank>>>,
    next: u64,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place<Rank: Copy + Ord>(Arc<Turns<Rank>>);

/// So many wait already that there is no place in the queue, or somebody who is better has it now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Crowded;

/// Somebody in the queue, until it is dropped.
struct Queued<Rank: Copy + Ord> {
    turns: Arc<Turns<Rank>>,
    turn: (Rank, u64),
    place: Receiver<Place<Rank>>,
}

impl<Rank: Copy + Ord> Turns<Rank> {
    /// So many places, for which so many may wait.
    pub(crate) fn new(places: usize, most: usize) -> Arc<Self> {
        let queue = Queue { free: places, waiting: BTreeMap::new(), next: 0 };
        Arc::new(Self { most, queue: Mutex::new(queue) })
    }

    /// Waits for a place. Who waits no more is out of the queue.
    ///
    /// # Errors
    /// When the queue is full of others who are as good, at once or as soon as it is.
    pub(crate) async fn take(self: &Arc<Self>, rank: Rank) -> Result<Place<Rank>, Crowded> {
        let queued = self.queue(rank)?;
        queued.place.recv().await.map_err(|_| Crowded)
    }

    fn queue(self: &Arc<Self>, rank: Rank) -> Result<Queued<Rank>, Crowded> {
        // One place is all that is ever sent.
        let (sender, place) = async_channel::bounded(1);
        let mut queue = self.lock();
        let turn = (rank, queue.next);
        queue.next += 1;
        if queue.free > 0 {
            queue.free -= 1;
            drop(queue);
            // The receiver is here.
            let _ = sender.try_send(Place(self.clone()));
        } else {
            if queue.waiting.len() >= self.most {
                let is_better = |last: &(Rank, u64)| rank < last.0;
                match queue.waiting.last_entry().filter(|last| is_better(last.key())) {
                    // Whose sender is dropped is told so.
                    Some(last) => drop(last.remove()),
                    None => return Err(Crowded),
                }
            }
            queue.waiting.insert(turn, sender);
        }
        Ok(Queued { turns: self.clone(), turn, place })
    }

    /// Hands a place on to who is next, or keeps it.
    fn give_back(&self, place: impl FnOnce() -> Place<Rank>) {
        let mut queue = self.lock();
        match queue.waiting.pop_first() {
            None => queue.free += 1,
            Some((_, sender)) => {
                drop(queue);
                // Where nobody waits for it any more it is dropped, and so handed on.
                let _ = sender.try_send(place());
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue<Rank>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Rank: Copy + Ord> Drop for Queued<Rank> {
    fn drop(&mut self) {
        self.turns.lock().waiting.remove(&self.turn);
    }
}

impl<Rank: Copy + Ord> Drop for Place<Rank> {
    fn drop(&mut self) {
        self.0.give_back(|| Self(self.0.clone()));
    }
}

#[cfg(test)]
mod tests {
    use std::pin::{Pin, pin};

    use futures_lite::future::{block_on, poll_once};

    use super::*;

    type Taking<'a> = Pin<Box<dyn Future<Output = Result<Place<u8>, Crowded>> + 'a>>;

    /// Somebody asks, and is in the queue.
    fn asks(turns: &Arc<Turns<u8>>, rank: u8) -> Taking<'_> {
        let mut taking: Taking<'_> = Box::pin(turns.take(rank));
        assert!(block_on(poll_once(&mut taking)).is_none(), "there is no place");
        taking
    }

    fn has_place(taking: &mut Taking<'_>) -> bool {
        matches!(block_on(poll_once(taking)), Some(Ok(_)))
    }

    #[test]
    fn few_have_a_place_many_wait_and_more_are_sent_away() {
        let turns = Turns::new(2, 3);
        let places: Vec<_> = (0..2).map(|_| block_on(turns.take(1)).expect("it is free")).collect();
        let mut waiting: Vec<_> = (0..3).map(|_| asks(&turns, 1)).collect();
        assert!(matches!(block_on(turns.take(1)), Err(Crowded)));
        // Who gives up makes room.
        waiting.pop();
        waiting.push(asks(&turns, 1));
        drop(places);
        assert!(waiting.iter_mut().all(has_place));
        drop(waiting);
        assert_eq!(turns.lock().free, 2);
    }

    #[test]
    fn the_best_comes_first_and_among_equals_who_came_first() {
        let turns = Turns::new(1, 8);
        let mut place = block_on(turns.take(5)).expect("it is free");
        let mut waiting: Vec<_> = [3, 1, 3, 2].iter().map(|&rank| asks(&turns, rank)).collect();
        for next in [1, 3, 0, 2] {
            drop(place);
            let taken = block_on(poll_once(&mut waiting[next]));
            place = taken.expect("it is their turn").expect("nobody was sent away");
        }
    }

    #[test]
    fn who_is_better_takes_the_place_of_who_came_last() {
        let turns = Turns::new(1, 2);
        let _place = block_on(turns.take(1)).expect("it is free");
        let mut waiting = [asks(&turns, 2), asks(&turns, 2)];
        let _better = asks(&turns, 1);
        let last = block_on(poll_once(&mut waiting[1]));
        assert!(matches!(last, Some(Err(Crowded))));
        assert!(matches!(block_on(poll_once(pin!(turns.take(2)))), Some(Err(Crowded))));
        assert!(block_on(poll_once(&mut waiting[0])).is_none());
    }
}

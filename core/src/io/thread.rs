//! Threads that do one thing and end with it.

use std::{io, thread};

use async_channel::Receiver;

/// Does something that takes long, or waits for the system, on a thread of its own, and says where the answer will come. Where none
/// comes, the work panicked. Whoever does not wait for it any more drops the receiver; the work is still done.
///
/// The thread ends with the work. Those of a pool, as `unblock` has them, stay and wake up from time to time, which a server and a client
/// that have nothing to do should not.
///
/// ```
/// # smol::block_on(async {
/// let answer = salotto::thread::answer("counts", || (1..=100).sum::<u32>())?;
/// assert_eq!(answer.recv().await, Ok(5050));
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
///
/// # Errors
/// When the system has no thread to spare; the work is dropped then.
pub fn answer<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<Receiver<T>> {
    let (sender, answer) = async_channel::bounded(1);
    let run = move || {
        // Whoever asked may have gone.
        let _ = sender.try_send(work());
    };
    thread::Builder::new().name(name.to_owned()).spawn(run)?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use futures_lite::future::block_on;

    use super::*;

    #[test]
    fn the_answer_comes_from_a_thread_of_that_name() {
        let answer = answer("elsewhere", || thread::current().name().map(str::to_owned)).unwrap();
        assert_eq!(block_on(answer.recv()), Ok(Some("elsewhere".to_owned())));
    }

    #[test]
    fn no_answer_comes_from_work_that_panics() {
        let answer = answer("panics", || panic!("as it should")).unwrap();
        assert_eq!(block_on(answer.recv()), Err::<(), _>(async_channel::RecvError));
    }
}

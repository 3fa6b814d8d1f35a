//! A thread for blocking work on a disk.
//!
//! `smol::unblock` has threads for that too, but each of them, once used, wakes up twice a second to look for work for as long as the program
//! runs. This one sleeps until it gets a job, and ends with its owner.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

use async_channel::Sender;

/// Jobs that may wait. Each owner has one at a time; there is room for one more beside one that was given up on.
const WAITING: usize = 2;

type Job = Box<dyn FnOnce() + Send>;

/// See the module. The thread is started with the first job.
#[derive(Debug, Default)]
pub(crate) struct DiskThread(Option<Sender<Job>>);

impl DiskThread {
    /// Starts the thread, if it does not run yet.
    ///
    /// # Errors
    /// When the system cannot start a thread.
    pub(crate) fn ready(&mut self) -> io::Result<()> {
        self.jobs().map(|_| ())
    }

    /// Runs a job on the thread. One that panics panics here.
    ///
    /// # Errors
    /// Those of [`ready`](Self::ready); the job is lost then, so callers that need it back call that first.
    pub(crate) async fn run<T: Send + 'static>(
        &mut self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        let (sender, answer) = async_channel::bounded(1);
        let job = Box::new(move || {
            let outcome = catch_unwind(AssertUnwindSafe(job));
            // The caller may have given up.
            let _ = sender.try_send(outcome);
        });
        let gone = || io::Error::other("the thread for it has ended");
        self.jobs()?.send(job).await.map_err(|_| gone())?;
        match answer.recv().await.map_err(|_| gone())? {
            Ok(done) => Ok(done),
            Err(panic) => resume_unwind(panic),
        }
    }

    fn jobs(&mut self) -> io::Result<&Sender<Job>> {
        let jobs = match self.0.take() {
            Some(jobs) => jobs,
            None => {
                let (sender, jobs) = async_channel::bounded::<Job>(WAITING);
                let work = move || {
                    while let Ok(job) = jobs.recv_blocking() {
                        job();
                    }
                };
                // Ends when the sender is dropped and the last job is done.
                thread::Builder::new().name("salotto-disk".into()).spawn(work)?;
                sender
            }
        };
        Ok(self.0.insert(jobs))
    }
}

#[cfg(test)]
mod tests {
    use std::thread::ThreadId;

    use smol::block_on;

    use super::*;

    fn here() -> ThreadId {
        thread::current().id()
    }

    #[test]
    fn jobs_run_one_after_the_other_on_a_thread_of_their_own() {
        let mut disk = DiskThread::default();
        let first = block_on(disk.run(here)).unwrap();
        assert_ne!(first, here());
        assert_eq!(block_on(disk.run(here)).unwrap(), first);
    }

    #[test]
    fn a_job_that_panics_panics_where_it_was_asked_for_and_the_thread_goes_on() {
        let mut disk = DiskThread::default();
        let asked = AssertUnwindSafe(|| block_on(disk.run(|| panic!("no"))).unwrap());
        let panic = catch_unwind(asked).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"no"));
        assert_eq!(block_on(disk.run(|| 7)).unwrap(), 7);
    }
}

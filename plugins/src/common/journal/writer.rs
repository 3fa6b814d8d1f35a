//! From the hooks to the disk: a bounded queue, and the task that empties it.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_channel::{Receiver, Sender, TrySendError};
use salotto::Reporter;
use salotto::protocol::Timestamp;
use smol::Timer;
use smol::future::FutureExt;

use super::file::{JournalFile, Problem};
use super::line::{Line, Loss, counted};
use crate::common::disk::DiskThread;

/// Records that are written at once at most.
const BATCH: usize = 256;

/// How long a journal waits for another on the same file before it is reported: one that was replaced has two seconds to finish.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long it keeps waiting after the plugin has gone; within the two seconds that core then gives its task.
const LAST_PATIENCE: Duration = Duration::from_millis(1500);

/// What a writer has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum News {
    /// Something that the operator should know went wrong.
    Note(String),
    /// It cannot write.
    Failing(String),
    /// It can write again.
    Working(String),
}

impl News {
    /// Tells the operator, and keeps the state of the plugin.
    pub(crate) fn tell(self, reporter: &Reporter) {
        match self {
            Self::Note(text) => reporter.warn(text),
            Self::Failing(reason) => reporter.failing(reason),
            Self::Working(text) => {
                reporter.working();
                reporter.report(text);
            }
        }
    }
}

/// How the records of a journal become lines.
pub(crate) trait LineFormat: Send {
    /// What the hooks pass on.
    type Record: Send;

    /// The line for a record, unless it is left out.
    fn line(&self, record: &Self::Record) -> Option<Line>;

    /// The line that says where lines are missing.
    fn loss(&self, loss: &Loss) -> Line;
}

/// The end of the queue that the hooks hold. Dropping it lets the task finish.
#[derive(Debug)]
pub(crate) struct Journal<R> {
    queue: Sender<Queued<R>>,
    losses: Losses,
    /// Nothing is sent on it; it closes to end the task, even while that does not read the queue.
    _open: Sender<Infallible>,
}

/// The end of the queue that the task holds.
pub(crate) struct Writer<S: LineFormat> {
    queue: Receiver<Queued<S::Record>>,
    losses: Losses,
    closing: Receiver<Infallible>,
    script: S,
    /// `None` only while the disk thread has it.
    file: Option<JournalFile>,
    disk: DiskThread,
    retry: Duration,
    /// Lines that are missing and were not reported yet.
    missing: u64,
}

/// A record, and how many were dropped just before it.
#[derive(Debug)]
struct Queued<R> {
    record: R,
    lost: Option<Loss>,
}

/// Lines that could not be written until the end, and why.
struct Unwritten {
    lines: usize,
    problem: Problem,
}

/// What was dropped and is not noted in the file yet. Clones share it. The lock guards two numbers and is never held while waiting.
#[derive(Debug, Clone, Default)]
struct Losses(Arc<Mutex<Option<Loss>>>);

/// Both ends of a queue for so many records.
pub(crate) fn connect<S: LineFormat>(
    capacity: usize,
    file: JournalFile,
    script: S,
    retry: Duration,
) -> (Journal<S::Record>, Writer<S>) {
    let (sender, queue) = async_channel::bounded(capacity);
    let (open, closing) = async_channel::bounded(1);
    let losses = Losses::default();
    let journal = Journal { queue: sender, losses: losses.clone(), _open: open };
    let (file, disk) = (Some(file), DiskThread::default());
    let writer = Writer { queue, losses, closing, script, file, disk, retry, missing: 0 };
    (journal, writer)
}

impl<R> Journal<R> {
    /// Queues a record. When the queue is full it is dropped and counted.
    pub(crate) fn push(&self, record: R, now: Timestamp) {
        let lost = self.losses.take();
        if let Err(TrySendError::Full(Queued { lost, .. })) =
            self.queue.try_send(Queued { record, lost })
        {
            self.losses.put(Loss {
                since: lost.map_or(now, |lost| lost.since),
                lines: lost.map_or(0, |lost| lost.lines) + 1,
            });
        }
    }
}

impl Losses {
    fn take(&self) -> Option<Loss> {
        self.lock().take()
    }

    fn put(&self, loss: Loss) {
        *self.lock() = Some(loss);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Loss>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: LineFormat> Writer<S> {
    /// Writes until the journal is dropped and the queue is empty. Problems are passed to `report`.
    pub(crate) async fn run(mut self, report: impl Fn(News) + Send) {
        let Some(file) = &self.file else { return };
        let path = file.path().to_owned();
        let Some(_turn) = self.wait_for_turn(&path, &report).await else {
            return self.give_up(0, &path, "another log writes to the file", &report);
        };
        // A path that does not work is reported now, not with the first record.
        let mut lines = VecDeque::new();
        let mut outcome = self.write(&mut lines, &report).await;
        while outcome.is_ok()
            && let Ok(first) = self.queue.recv().await
        {
            self.collect(first, &mut lines);
            if self.queue.is_empty() && self.missing > 0 {
                report(News::Note(format!(
                    "{} missing in the log `{}`, which did not keep up; check its disk",
                    counted(std::mem::take(&mut self.missing)),
                    path.display()
                )));
            }
            outcome = self.write(&mut lines, &report).await;
        }
        if let Err(Unwritten { lines, problem }) = outcome {
            self.give_up(lines, &path, &problem.to_string(), &report);
        }
    }

    /// Takes the waiting records as lines, with a note where some are missing.
    fn collect(&mut self, first: Queued<S::Record>, lines: &mut VecDeque<Line>) {
        let mut next = Some(first);
        let mut taken = 0;
        while let Some(Queued { record, lost }) = next {
            self.note(lost, lines);
            lines.extend(self.script.line(&record));
            taken += 1;
            next = (taken < BATCH).then(|| self.queue.try_recv().ok()).flatten();
        }
        if self.queue.is_empty() {
            // It may be long before a record comes that would carry the note.
            self.note(self.losses.take(), lines);
        }
    }

    fn note(&mut self, lost: Option<Loss>, lines: &mut VecDeque<Line>) {
        if let Some(loss) = lost {
            lines.push_back(self.script.loss(&loss));
            self.missing += loss.lines;
        }
    }

    /// Writes all lines, however long the disk takes. Gives up only when the plugin is gone and the disk still fails.
    async fn write(
        &mut self,
        lines: &mut VecDeque<Line>,
        report: &impl Fn(News),
    ) -> Result<(), Unwritten> {
        let mut failed = false;
        while let Some(mut file) = self.file.take() {
            let closing = self.closing.is_closed();
            let path = file.path().to_owned();
            let mut batch = std::mem::take(lines);
            let count = batch.len();
            let disk = &mut self.disk;
            let appended = async move {
                if let Err(error) = disk.ready() {
                    let problem = Problem::Open { path: file.path().to_owned(), error };
                    return Some((file, batch, Err(problem)));
                }
                let append = move || {
                    let outcome = file.append(&mut batch);
                    (file, batch, outcome)
                };
                disk.run(append).await.ok()
            };
            let closed = closed_for_long(&self.closing);
            let Some((file, left, outcome)) = appended.or(closed).await else {
                let problem = Problem::Stuck { path };
                return Err(Unwritten { lines: count, problem });
            };
            *lines = left;
            let file = self.file.insert(file);
            if let Some(problem) = file.take_rotation_problem() {
                report(News::Note(problem.to_string()));
            }
            match outcome {
                Ok(()) if failed => {
                    let path = path.display();
                    report(News::Working(format!("the log `{path}` can be written again")));
                    break;
                }
                Ok(()) => break,
                Err(problem) if closing => {
                    return Err(Unwritten { lines: lines.len(), problem });
                }
                Err(problem) => {
                    // It is reported once.
                    if !failed {
                        report(News::Failing(problem.to_string()));
                    }
                    failed = true;
                }
            }
            self.closes_within(self.retry).await;
        }
        Ok(())
    }

    /// Waits until no other log writes this file: one that was replaced may have lines left, which come first. `None` if the plugin goes
    /// before that.
    async fn wait_for_turn(&self, path: &Path, report: &impl Fn(News)) -> Option<Turn> {
        let turns = turns(path);
        let patient = async {
            let turn = turns.lock_arc();
            let late = async {
                Timer::after(PATIENCE).await;
                report(News::Failing(format!(
                    "another plugin writes to the log `{}`; choose another path",
                    path.display()
                )));
            };
            // After that it goes on waiting, and says when it is its turn at last.
            let mut turn = std::pin::pin!(turn);
            let in_time = async { Some((&mut turn).await) };
            let too_late = async {
                late.await;
                None
            };
            if let Some(turn) = in_time.or(too_late).await {
                return Some(turn);
            }
            let turn = turn.await;
            report(News::Working(format!("the log `{}` is written now", path.display())));
            Some(turn)
        };
        patient.or(closed_for_long(&self.closing)).await
    }

    /// Waits, but not when the plugin has gone.
    async fn closes_within(&self, time: Duration) {
        let late = async {
            Timer::after(time).await;
        };
        let closes = async {
            let _ = self.closing.recv().await;
        };
        closes.or(late).await;
    }

    /// Counts what cannot be written any more, and reports it.
    fn give_up(&self, left: usize, path: &Path, why: &str, report: &impl Fn(News)) {
        let mut missing = left as u64 + self.missing;
        while let Ok(Queued { lost, .. }) = self.queue.try_recv() {
            missing += 1 + lost.map_or(0, |lost| lost.lines);
        }
        missing += self.losses.take().map_or(0, |lost| lost.lines);
        if missing > 0 {
            report(News::Note(format!(
                "at the end of the log `{}` {} missing: {why}",
                path.display(),
                counted(missing)
            )));
        }
    }
}

/// Ends when the plugin has gone and the time that its task then has is nearly over.
async fn closed_for_long<T>(closing: &Receiver<Infallible>) -> Option<T> {
    // An error, as nothing is ever sent.
    let _ = closing.recv().await;
    Timer::after(LAST_PATIENCE).await;
    None
}

/// Held by the journal that writes a file.
type Turn = smol::lock::MutexGuardArc<()>;

/// The turns at a file, shared by every journal in this program.
fn turns(path: &Path) -> Arc<smol::lock::Mutex<()>> {
    type Turns = HashMap<PathBuf, Arc<smol::lock::Mutex<()>>>;
    static TURNS: Mutex<Option<Turns>> = Mutex::new(None);
    let mut turns = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
    let turns = turns.get_or_insert_default();
    // Those that nobody holds or waits for any more.
    turns.retain(|_, turn| Arc::strong_count(turn) > 1);
    turns.entry(path.to_owned()).or_default().clone()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::SystemTime;

    use super::*;
    use crate::common::journal::{Escapes, Rotate};

    /// Writes texts as they are.
    struct Plain;

    impl LineFormat for Plain {
        type Record = String;

        fn line(&self, text: &String) -> Option<Line> {
            Some(Line::new(text, now(), Escapes::Text))
        }

        fn loss(&self, loss: &Loss) -> Line {
            Line::new(&loss.to_string(), loss.since, Escapes::Text)
        }
    }

    fn now() -> Timestamp {
        SystemTime::UNIX_EPOCH.into()
    }

    #[test]
    fn what_does_not_fit_is_counted_where_it_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("talk.log");
        let file = JournalFile::new(path.clone(), Rotate::Never, 0);
        let (journal, writer) = connect(3, file, Plain, Duration::ZERO);
        for number in 1..=5 {
            journal.push(format!("line {number}"), now());
        }
        // Room for one more: it carries how many are missing before it.
        let first = writer.queue.try_recv().unwrap();
        journal.push("line 6".into(), now());
        journal.push("line 7".into(), now());
        drop(journal);
        drop(first);
        let reports = Mutex::new(Vec::new());
        smol::block_on(writer.run(|news| reports.lock().unwrap().push(news)));
        let written = fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = written.lines().collect();
        assert_eq!(
            lines,
            [
                "line 2",
                "line 3",
                "2 lines are missing here: the log did not keep up",
                "line 6",
                "1 line is missing here: the log did not keep up",
            ]
        );
        let reports = reports.into_inner().unwrap();
        assert_eq!(reports.len(), 1, "{reports:?}");
        let expected = format!("3 lines are missing in the log `{}`, ", path.display());
        assert!(
            matches!(&reports[0], News::Note(text) if text.starts_with(&expected)),
            "{reports:?}"
        );
    }

    #[test]
    fn one_that_was_replaced_finishes_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("talk.log");
        let log = || {
            let file = JournalFile::new(path.clone(), Rotate::Never, 0);
            connect(8, file, Plain, Duration::ZERO)
        };
        let ((old_feed, old), (new_feed, new)) = (log(), log());
        let no_report = |news: News| panic!("{news:?}");
        old_feed.push("old".into(), now());
        new_feed.push("new".into(), now());
        drop(new_feed);
        smol::block_on(async {
            let old_has_it = old.wait_for_turn(&path, &no_report).await.unwrap();
            let executor = smol::Executor::new();
            let new = executor.spawn(new.run(no_report));
            let finish = async {
                assert!(executor.try_tick(), "the new one has begun");
                fs::write(&path, "old\n").unwrap();
                drop((old_feed, old_has_it));
                new.await;
            };
            executor.run(finish).await;
        });
        let written = fs::read_to_string(&path).unwrap();
        assert!(written.starts_with("old\n"), "{written}");
        assert!(written.ends_with("new\n"), "{written}");
    }
}

//! The person's own log: a folder for each server, in it one for each room and person, in it a file a day. Off unless they want it.
//!
//! Written on a thread of its own, so that a slow disk stops no frame.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::sync::{Arc, Mutex};
use std::{env, thread};

use salotto_gui::model::Record;

/// Lines that may wait for the disk; more are lost, and the person is told.
const WAITING: usize = 4096;
/// What a name of a file may take, in bytes.
const LONGEST_NAME: usize = 100;

/// The log. Nothing is written before it has a folder.
#[derive(Default)]
pub(crate) struct Journal {
    folder: Option<PathBuf>,
    /// Ends with the journal.
    writer: Option<SyncSender<(PathBuf, Record)>>,
    /// What went wrong on the writer's thread, until it was told.
    problem: Arc<Mutex<Option<String>>>,
    complained: bool,
}

impl Journal {
    /// Writes below this folder from now on, in the usual one where it is empty, or not at all.
    pub(crate) fn set_folder(&mut self, folder: Option<&str>) {
        let folder = folder.and_then(|folder| match folder.trim() {
            "" => usual_folder(),
            folder => Some(match folder.strip_prefix("~/") {
                Some(inside) => PathBuf::from(env::var_os("HOME")?).join(inside),
                None => PathBuf::from(folder),
            }),
        });
        if folder != self.folder {
            self.folder = folder;
            self.complained = false;
        }
    }

    /// Writes a line, soon.
    ///
    /// # Errors
    ///
    /// What went wrong since the last time, for the person; once for each folder.
    pub(crate) fn write(&mut self, record: Record) -> Result<(), String> {
        let Some(folder) = self.folder.clone() else { return Ok(()) };
        if self.writer.is_none() {
            self.writer =
                Some(self.start().map_err(|error| format!("nothing is logged: {error}"))?);
        }
        let is_lost = self.writer.as_ref().is_some_and(|writer| {
            matches!(writer.try_send((folder, record)), Err(TrySendError::Full(_)))
        });
        let lost = is_lost.then(|| "the log misses lines: the disk is too slow".to_owned());
        // Held for as long as it takes to take a text.
        let problem = self.problem.lock().ok().and_then(|mut problem| problem.take()).or(lost);
        match problem.filter(|_| !std::mem::replace(&mut self.complained, true)) {
            Some(problem) => Err(problem),
            None => Ok(()),
        }
    }

    fn start(&self) -> io::Result<SyncSender<(PathBuf, Record)>> {
        let (writer, records) = mpsc::sync_channel(WAITING);
        let problem = Arc::clone(&self.problem);
        thread::Builder::new()
            .name("journal".into())
            .spawn(move || write_all(&records, &problem))?;
        Ok(writer)
    }
}

fn write_all(records: &Receiver<(PathBuf, Record)>, problem: &Mutex<Option<String>>) {
    while let Ok((folder, record)) = records.recv() {
        let path = path(&folder, &record);
        if let Err(error) = append(&path, &record.line)
            && let Ok(mut problem) = problem.lock()
        {
            *problem = Some(format!("cannot write the log `{}`: {error}", path.display()));
        }
    }
}

fn append(path: &Path, line: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(format!("{line}\n").as_bytes())
}

fn path(folder: &Path, record: &Record) -> PathBuf {
    let [server, conversation] = &record.folders;
    folder.join(file_name(server)).join(file_name(conversation)).join(format!("{}.log", record.day))
}

/// A name of others as one of a file: it leads nowhere else, and hides nothing.
fn file_name(name: &str) -> String {
    let mut safe = String::new();
    for c in name.chars() {
        let c = if c == '/' || c == '\\' || c == ':' || c.is_control() { '_' } else { c };
        if safe.len() + c.len_utf8() > LONGEST_NAME {
            break;
        }
        safe.push(if safe.is_empty() && c == '.' { '_' } else { c });
    }
    if safe.is_empty() { "_".to_owned() } else { safe }
}

/// `salotto/logs` in `$XDG_DATA_HOME`, or else in `~/.local/share`.
fn usual_folder() -> Option<PathBuf> {
    let folder =
        |name: &str| env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let data =
        folder("XDG_DATA_HOME").or_else(|| folder("HOME").map(|home| home.join(".local/share")));
    data.map(|data| data.join("salotto").join("logs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(room: &str, line: &str) -> Record {
        let folders = ["chat.example:53000".into(), room.into()];
        Record { folders, day: "2026-11-23".into(), line: line.into() }
    }

    /// Closes the log, and waits until all of it is written.
    fn finish(journal: Journal) {
        let problem = Arc::clone(&journal.problem);
        drop(journal);
        while Arc::strong_count(&problem) > 1 {
            thread::yield_now();
        }
    }

    #[test]
    fn each_room_has_a_file_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::default();
        journal.set_folder(folder.path().to_str());
        for (room, line) in [("#lobby", "one"), ("#lobby", "two"), ("bob", "three")] {
            journal.write(record(room, line)).unwrap();
        }
        finish(journal);
        let read = |room: &str| {
            let path = folder.path().join("chat.example_53000").join(room).join("2026-11-23.log");
            fs::read_to_string(path).unwrap()
        };
        assert_eq!((read("#lobby").as_str(), read("bob").as_str()), ("one\ntwo\n", "three\n"));
    }

    #[test]
    fn nothing_is_written_where_nobody_wants_a_log() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::default();
        journal.set_folder(folder.path().to_str());
        journal.set_folder(None);
        journal.write(record("#lobby", "one")).unwrap();
        finish(journal);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_told_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let mut journal = Journal::default();
        journal.set_folder(file.to_str());
        let mut told = Vec::new();
        while told.is_empty() {
            told.extend(journal.write(record("#lobby", "one")).err());
            thread::yield_now();
        }
        assert!(told[0].starts_with("cannot write the log"), "{told:?}");
        finish(journal);
    }

    #[test]
    fn a_name_leads_nowhere_else() {
        for (name, file) in [("..", "_."), ("a/../b", "a_.._b"), ("#dev", "#dev"), ("", "_")] {
            assert_eq!(file_name(name), file);
        }
        assert!(file_name(&"ä".repeat(200)).len() <= LONGEST_NAME);
    }
}

//! The file of a journal: opened, appended to, rotated. It blocks on the disk, so it is called on a thread that may.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::Deserialize;

use super::line::{DAY, Line};

/// Bytes that are written at once, unless a line is longer.
const CHUNK: usize = 64 * 1024;

/// When a new file is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Rotate {
    /// Never; the file grows for as long as there is something to write.
    #[default]
    Never,
    /// With the first line of a day, by UTC. After a restart the day of the file is that of its last change.
    Daily,
    /// Before a line that would make the file longer than so many bytes. A single line that is longer has a file of its own.
    Size(NonZeroU64),
}

/// See the module.
#[derive(Debug)]
pub(crate) struct JournalFile {
    path: PathBuf,
    rotate: Rotate,
    keep: u32,
    /// Whether data must be on the disk, and not only with the system, to count as written.
    synced: bool,
    open: Option<Open>,
    /// Why the last rotation failed, until it is taken.
    rotation_problem: Option<Problem>,
}

#[derive(Debug)]
struct Open {
    file: File,
    /// Bytes since the last rotation, for [`Rotate::Size`].
    bytes: u64,
    /// The day of the last line, for [`Rotate::Daily`]; `None` while there is none.
    day: Option<u64>,
    /// Whether it is a regular file. Devices and pipes are never rotated or truncated.
    regular: bool,
}

/// What failed. Each message is for the operator.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    #[error("cannot open the log `{}`: {error}; {}", path.display(), advice(path, error))]
    Open { path: PathBuf, error: io::Error },
    #[error("cannot write the log `{}`: {error}; {}", path.display(), advice(path, error))]
    Write { path: PathBuf, error: io::Error },
    #[error("cannot start a new log beside `{}`: {error}; the old one is still written", path.display())]
    Rotate { path: PathBuf, error: io::Error },
    #[error("the disk of the log `{}` does not respond; check it", path.display())]
    Stuck { path: PathBuf },
}

fn advice(path: &Path, error: &io::Error) -> String {
    let folder = path.parent().filter(|parent| parent.as_os_str() != "");
    match (error.kind(), folder) {
        (ErrorKind::NotFound, Some(folder)) if !folder.exists() => {
            format!("create the folder `{}`", folder.display())
        }
        (ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem, _) => {
            "give the user who runs the server write access, or choose another path".into()
        }
        (ErrorKind::StorageFull | ErrorKind::QuotaExceeded, _) => {
            "free space on the disk; writing is tried again until then".into()
        }
        (ErrorKind::IsADirectory | ErrorKind::NotADirectory, _) => "choose another path".into(),
        _ => "writing is tried again; check the disk, or choose another path".into(),
    }
}

impl JournalFile {
    /// A file that is opened when something is to be written.
    pub(crate) fn new(path: PathBuf, rotate: Rotate, keep: u32) -> Self {
        Self { path, rotate, keep, synced: false, open: None, rotation_problem: None }
    }

    /// The same, but each batch is synced to the disk before the next, for what must survive a power cut.
    #[cfg(feature = "audit")]
    pub(crate) fn synced(self) -> Self {
        Self { synced: true, ..self }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Why a rotation failed; reported once.
    pub(super) fn take_rotation_problem(&mut self) -> Option<Problem> {
        self.rotation_problem.take()
    }

    /// Opens the file if it is not open, appends lines, and removes from `lines` those that have reached the file. After a failure the
    /// rest begins with the line that failed; the file ends with a whole line and is opened again the next time.
    pub(super) fn append(&mut self, lines: &mut VecDeque<Line>) -> Result<(), Problem> {
        // If the file was moved or deleted, a new one is started.
        self.open = self.open.take().filter(|open| open.is_at(&self.path));
        loop {
            let mut open = match self.open.take() {
                Some(open) => open,
                None => open_file(&self.path)
                    .map_err(|error| Problem::Open { path: self.path.clone(), error })?,
            };
            let Some(first) = lines.front() else {
                self.open = Some(open);
                return Ok(());
            };
            if self.is_full(&open, open.bytes, open.day, first) {
                self.rotate(open, first.day);
                continue;
            }
            let mut chunk = Vec::new();
            let mut day = open.day;
            for line in lines.iter() {
                let bytes = open.bytes + chunk.len() as u64;
                let ends = !chunk.is_empty() && chunk.len() + line.text.len() > CHUNK;
                if ends || self.is_full(&open, bytes, day, line) {
                    break;
                }
                chunk.extend_from_slice(line.text.as_bytes());
                day = day.max(Some(line.day));
            }
            let outcome = open.write(&chunk);
            let written = *outcome.as_ref().unwrap_or_else(|(written, _)| written);
            let mut gone = 0;
            while let Some(line) = lines.front().filter(|line| gone + line.text.len() <= written) {
                gone += line.text.len();
                lines.pop_front();
            }
            if let Err((written, error)) = outcome {
                // Half a line is removed, as far as the disk allows.
                open.cut(written - gone);
                return Err(Problem::Write { path: self.path.clone(), error });
            }
            open.bytes += gone as u64;
            open.day = day;
            if self.synced && open.regular {
                let synced = open.file.sync_data();
                synced.map_err(|error| Problem::Write { path: self.path.clone(), error })?;
            }
            self.open = Some(open);
        }
    }

    /// Whether `line` belongs into a new file when this one has so many bytes, the last of them on that day.
    fn is_full(&self, open: &Open, bytes: u64, day: Option<u64>, line: &Line) -> bool {
        open.regular
            && match self.rotate {
                Rotate::Never => false,
                Rotate::Daily => day.is_some_and(|day| line.day > day),
                Rotate::Size(most) => bytes > 0 && bytes + line.text.len() as u64 > most.get(),
            }
    }

    /// Starts a new file. If that fails the old one is kept, and it is tried again when as much has been written once more.
    fn rotate(&mut self, mut open: Open, day: u64) {
        let path = self.path.clone();
        open.bytes = 0;
        open.day = Some(day);
        if let Err(error) = self.shift() {
            self.rotation_problem = Some(Problem::Rotate { path, error });
            self.open = Some(open);
        }
    }

    /// Moves the file to `path.1`, and each older one by one. A free number ends the moving, so that trying again after a failure moves
    /// nothing twice.
    fn shift(&self) -> io::Result<()> {
        for kept in self.keep..u32::MAX {
            match fs::remove_file(self.numbered(kept + 1)) {
                Err(error) if error.kind() == ErrorKind::NotFound => break,
                done => done?,
            }
        }
        if self.keep == 0 {
            return fs::remove_file(&self.path);
        }
        let free = (1..self.keep).find(|&number| !self.numbered(number).exists());
        for number in (1..free.unwrap_or(self.keep)).rev() {
            fs::rename(self.numbered(number), self.numbered(number + 1))?;
        }
        fs::rename(&self.path, self.numbered(1))
    }

    fn numbered(&self, number: u32) -> PathBuf {
        let mut path = OsString::from(&self.path);
        path.push(format!(".{number}"));
        path.into()
    }
}

impl Open {
    /// Whether the file is still the one at `path`.
    #[cfg(unix)]
    fn is_at(&self, path: &Path) -> bool {
        use std::os::unix::fs::MetadataExt;

        match (self.file.metadata(), fs::metadata(path)) {
            (Ok(open), Ok(there)) => (open.dev(), open.ino()) == (there.dev(), there.ino()),
            _ => false,
        }
    }

    /// Whether there still is a file at `path`; without inode numbers that is all that can be checked.
    #[cfg(not(unix))]
    fn is_at(&self, path: &Path) -> bool {
        path.exists()
    }

    /// Writes all of it, or returns how much was written and why not more.
    fn write(&mut self, bytes: &[u8]) -> Result<usize, (usize, io::Error)> {
        let mut written = 0;
        while written < bytes.len() {
            match self.file.write(&bytes[written..]) {
                Ok(0) => return Err((written, ErrorKind::WriteZero.into())),
                Ok(more) => written += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err((written, error)),
            }
        }
        Ok(written)
    }

    /// Removes the last bytes.
    fn cut(&mut self, bytes: usize) {
        if bytes > 0
            && self.regular
            && let Ok(metadata) = self.file.metadata()
        {
            // If not even that works, the next opening ends the half line with a line journal.
            let _ = self.file.set_len(metadata.len().saturating_sub(bytes as u64));
        }
    }
}

/// Opens the file for appending, and creates it if it does not exist. An incomplete last line, left by a program that was killed, is ended.
fn open_file(path: &Path) -> io::Result<Open> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    let mut file = options.open(path)?;
    let metadata = file.metadata()?;
    let regular = metadata.is_file();
    let mut bytes = metadata.len();
    let mut day = None;
    if regular && bytes > 0 {
        let changed = metadata.modified()?.duration_since(UNIX_EPOCH);
        day = Some(changed.unwrap_or_default().as_secs() / DAY);
        if is_torn(path).unwrap_or(false) {
            file.write_all(b"\n")?;
            bytes += 1;
        }
    }
    Ok(Open { file, bytes, day, regular })
}

/// Whether the last line is incomplete. A file that cannot be read is assumed to be complete.
fn is_torn(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;
    use std::time::{Duration, SystemTime};

    use tempfile::TempDir;

    use super::*;

    fn log(folder: &TempDir, rotate: Rotate, keep: u32) -> JournalFile {
        JournalFile::new(folder.path().join("talk.log"), rotate, keep)
    }

    fn size(bytes: u64) -> Rotate {
        Rotate::Size(NonZeroU64::new(bytes).unwrap())
    }

    /// Appends lines given as text and day.
    fn append(log: &mut JournalFile, lines: &[(&str, u64)]) -> Result<(), Problem> {
        let mut lines =
            lines.iter().map(|(text, day)| Line { text: format!("{text}\n"), day: *day }).collect();
        let outcome = log.append(&mut lines);
        assert_eq!(outcome.is_ok(), lines.is_empty());
        outcome
    }

    /// The files there are, with their lines joined by commas.
    fn files(folder: &TempDir) -> Vec<(String, String)> {
        let mut files: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|file| {
                let file = file.unwrap();
                let text = fs::read_to_string(file.path()).unwrap();
                let lines = text.lines().collect::<Vec<_>>().join(",");
                (file.file_name().into_string().unwrap(), lines)
            })
            .collect();
        files.sort();
        files
    }

    fn expect(folder: &TempDir, expected: &[(&str, &str)]) {
        let expected: Vec<_> = expected
            .iter()
            .map(|(name, lines)| ((*name).to_owned(), (*lines).to_owned()))
            .collect();
        assert_eq!(files(folder), expected);
    }

    #[test]
    fn a_file_never_grows_beyond_its_size_and_old_ones_are_kept_by_count() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = log(&folder, size(8), 2);
        append(&mut log, &[("one", 0), ("two", 0), ("3", 0)]).unwrap();
        expect(&folder, &[("talk.log", "3"), ("talk.log.1", "one,two")]);
        append(&mut log, &[("longer than a file", 0)]).unwrap();
        append(&mut log, &[("five", 0)]).unwrap();
        expect(
            &folder,
            &[("talk.log", "five"), ("talk.log.1", "longer than a file"), ("talk.log.2", "3")],
        );
    }

    #[test]
    fn what_a_higher_count_kept_is_deleted_and_none_means_none() {
        let folder = tempfile::tempdir().unwrap();
        for number in 1..=5 {
            fs::write(folder.path().join(format!("talk.log.{number}")), "old").unwrap();
        }
        append(&mut log(&folder, size(4), 1), &[("one", 0), ("two", 0)]).unwrap();
        expect(&folder, &[("talk.log", "two"), ("talk.log.1", "one")]);
        append(&mut log(&folder, size(4), 0), &[("six", 0)]).unwrap();
        expect(&folder, &[("talk.log", "six")]);
        append(&mut log(&folder, size(4), u32::MAX), &[("ten", 0)]).unwrap();
        expect(&folder, &[("talk.log", "ten"), ("talk.log.1", "six")]);
    }

    #[test]
    fn a_restart_counts_what_is_in_the_file_already() {
        let folder = tempfile::tempdir().unwrap();
        append(&mut log(&folder, size(8), 3), &[("one", 0)]).unwrap();
        append(&mut log(&folder, size(8), 3), &[("two", 0)]).unwrap();
        append(&mut log(&folder, size(8), 3), &[("3", 0)]).unwrap();
        expect(&folder, &[("talk.log", "3"), ("talk.log.1", "one,two")]);
    }

    #[test]
    fn each_day_has_a_file_also_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = log(&folder, Rotate::Daily, 9);
        append(&mut first, &[("mon", 100), ("mon", 100), ("tue", 101)]).unwrap();
        append(&mut first, &[("tue", 101)]).unwrap();
        expect(&folder, &[("talk.log", "tue,tue"), ("talk.log.1", "mon,mon")]);
        let changed = SystemTime::UNIX_EPOCH + Duration::from_secs(101 * 24 * 60 * 60 + 3600);
        let file = OpenOptions::new().append(true).open(first.path()).unwrap();
        file.set_modified(changed).unwrap();
        let mut second = log(&folder, Rotate::Daily, 9);
        append(&mut second, &[("tue", 101)]).unwrap();
        file.set_modified(changed).unwrap();
        let mut third = log(&folder, Rotate::Daily, 9);
        append(&mut third, &[("wed", 102)]).unwrap();
        expect(
            &folder,
            &[("talk.log", "wed"), ("talk.log.1", "tue,tue,tue"), ("talk.log.2", "mon,mon")],
        );
    }

    #[test]
    fn a_file_that_was_moved_or_deleted_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = log(&folder, Rotate::Never, 0);
        append(&mut log, &[("one", 0)]).unwrap();
        fs::rename(log.path(), folder.path().join("moved")).unwrap();
        append(&mut log, &[("two", 0)]).unwrap();
        expect(&folder, &[("moved", "one"), ("talk.log", "two")]);
        fs::remove_file(log.path()).unwrap();
        append(&mut log, &[("three", 0)]).unwrap();
        expect(&folder, &[("moved", "one"), ("talk.log", "three")]);
    }

    #[test]
    fn half_a_line_of_a_killed_program_does_not_join_the_next() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("talk.log"), "one\nhal").unwrap();
        append(&mut log(&folder, Rotate::Never, 0), &[("two", 0)]).unwrap();
        expect(&folder, &[("talk.log", "one,hal,two")]);
    }

    #[test]
    fn a_rotation_that_fails_is_said_and_the_old_file_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        // A folder in the way cannot be deleted as a file.
        fs::create_dir(folder.path().join("talk.log.2")).unwrap();
        let mut log = log(&folder, size(4), 1);
        append(&mut log, &[("one", 0), ("two", 0)]).unwrap();
        let problem = log.take_rotation_problem().unwrap().to_string();
        assert!(problem.starts_with("cannot start a new log beside `"));
        assert!(log.take_rotation_problem().is_none());
        let written = fs::read_to_string(folder.path().join("talk.log")).unwrap();
        assert_eq!(written, "one\ntwo\n");
        fs::remove_dir(folder.path().join("talk.log.2")).unwrap();
        append(&mut log, &[("six", 0)]).unwrap();
        expect(&folder, &[("talk.log", "six"), ("talk.log.1", "one,two")]);
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_not_for_everybody() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        append(&mut log(&folder, Rotate::Never, 0), &[("one", 0)]).unwrap();
        let mode = fs::metadata(folder.path().join("talk.log")).unwrap();
        // What the umask takes away in addition is fine.
        assert_eq!(mode.permissions().mode() & 0o777 & !0o640, 0);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_keeps_what_was_not_written() {
        let mut log = JournalFile::new("/dev/full".into(), size(4), 1);
        for _ in 0..2 {
            let problem = append(&mut log, &[("one", 0), ("two", 0)]).unwrap_err();
            let problem = problem.to_string();
            assert!(
                problem.starts_with("cannot write the log `/dev/full`: No space left"),
                "{problem}"
            );
            assert!(problem.contains("free space on the disk"), "{problem}");
        }
    }

    #[test]
    fn a_path_that_cannot_be_opened_is_named_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing");
        let mut log = JournalFile::new(missing.join("talk.log"), Rotate::Never, 0);
        let problem = append(&mut log, &[("one", 0)]).unwrap_err().to_string();
        let advice = format!("create the folder `{}`", missing.display());
        assert!(problem.ends_with(&advice), "{problem}");
        let mut log = JournalFile::new(folder.path().to_owned(), Rotate::Never, 0);
        let problem = append(&mut log, &[("one", 0)]).unwrap_err().to_string();
        assert!(problem.ends_with("choose another path"), "{problem}");
    }
}

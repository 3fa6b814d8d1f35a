//! The file of the bans: RON, one ban a line, read and written whole. It blocks on the disk, so it is called on a thread that may.
//!
//! The file is authoritative: a change is made by reading it, applying the change and writing it again, so that edits that somebody has made
//! in the meantime stay.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ron::extensions::Extensions;

use super::ban::Ban;
use super::bans::{Bans, Change};
use crate::common::settings::parse_settings;

/// The comment above the bans.
const HEAD: &str = "\
// The bans. Each has a name, an address (or a network such as 10.0.0.0/8) or both; without `until` (UTC) it is permanent.
// `config reload` in the console applies what you change here. The server rewrites this file with each ban, so comments are lost.
";

/// Two writers, as when a plugin is replaced, take turns.
static TURN: Mutex<()> = Mutex::new(());

/// See the module.
#[derive(Debug, Clone)]
pub(super) struct BanFile(PathBuf);

/// What is wrong with the file. Each message is for the operator.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    #[error("cannot read the bans in `{}`: {error}; give the user who runs the server read access", path.display())]
    Read { path: PathBuf, error: io::Error },
    /// The mistake begins with its position in the file.
    #[error("{}:{mistake}", path.display())]
    Mistake { path: PathBuf, mistake: String },
    #[error("cannot write the bans to `{}`: {error}; {}", path.display(), advice(path, error))]
    Write { path: PathBuf, error: io::Error },
}

fn advice(path: &Path, error: &io::Error) -> String {
    match (error.kind(), folder(path)) {
        (ErrorKind::NotFound, folder) if !folder.exists() => {
            format!("create the folder `{}`", folder.display())
        }
        (ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem, folder) => {
            format!(
                "give the user who runs the server write access to the folder `{}`",
                folder.display()
            )
        }
        (ErrorKind::StorageFull | ErrorKind::QuotaExceeded, _) => "free space on the disk".into(),
        _ => "check the disk, or choose another path".into(),
    }
}

impl BanFile {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// The bans in it, also those that have ended. A file that does not exist has none.
    ///
    /// # Errors
    /// When it cannot be read or has a mistake.
    pub(super) fn read(&self) -> Result<Bans, Problem> {
        let text = match read_file(&self.0) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Bans::default()),
            Err(error) => return Err(Problem::Read { path: self.0.clone(), error }),
        };
        let bans: Vec<Ban> = parse_settings(&text)
            .map_err(|mistake| Problem::Mistake { path: self.0.clone(), mistake })?;
        Ok(Bans::of(bans))
    }

    /// Applies changes, and returns all bans. Without changes the file is only read.
    ///
    /// # Errors
    /// When it cannot be read or written, or has a mistake; it is unchanged then.
    pub(super) fn change(&self, changes: &[Change]) -> Result<Bans, Problem> {
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bans = self.read()?;
        if !changes.is_empty() {
            changes.iter().for_each(|change| bans.apply(change));
            self.write(&bans)
                .map_err(|error| Problem::Write { path: self.0.clone(), error: bare(error) })?;
        } else {
            self.probe()
                .map_err(|error| Problem::Write { path: self.0.clone(), error: bare(error) })?;
        }
        Ok(bans)
    }

    /// Whether a change could be written.
    fn probe(&self) -> io::Result<()> {
        let path = fs::canonicalize(&self.0).unwrap_or_else(|_| self.0.clone());
        tempfile::Builder::new().prefix(".salotto-bans-").tempfile_in(folder(&path)).map(drop)
    }

    /// Writes a temporary file beside it and renames that, so that there is a complete file at every moment.
    fn write(&self, bans: &Bans) -> io::Result<()> {
        // A symbolic link stays one: its target is replaced.
        let path = fs::canonicalize(&self.0).unwrap_or_else(|_| self.0.clone());
        let folder = folder(&path);
        let mut file = tempfile::Builder::new().prefix(".salotto-bans-").tempfile_in(folder)?;
        if let Ok(present) = fs::metadata(&path) {
            file.as_file().set_permissions(present.permissions())?;
        }
        file.as_file_mut().write_all(text(bans)?.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&path)?;
        // The rename is synced too, where the system can sync folders.
        if let Ok(folder) = File::open(folder) {
            let _ = folder.sync_all();
        }
        Ok(())
    }
}

/// The text of a file. A pipe that nobody writes to would be waited for.
fn read_file(path: &Path) -> io::Result<String> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is not a file"));
    }
    fs::read_to_string(path)
}

/// The error of the system without the name of the temporary file, which means nothing to anybody.
fn bare(error: io::Error) -> io::Error {
    match error.to_string().split_once(" at path ") {
        Some((said, _)) => io::Error::new(error.kind(), said),
        None => error,
    }
}

/// The folder of a file.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| parent.as_os_str() != "").unwrap_or(Path::new("."))
}

fn text(bans: &Bans) -> io::Result<String> {
    let options = ron::Options::default().with_default_extension(Extensions::IMPLICIT_SOME);
    let on_a_line = ron::ser::PrettyConfig::new().depth_limit(0);
    let mut text = format!("{HEAD}[\n");
    for ban in bans.iter() {
        let ban = options.to_string_pretty(ban, on_a_line.clone()).map_err(io::Error::other)?;
        text.push_str(&format!("    {ban},\n"));
    }
    text.push_str("]\n");
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use salotto::protocol::Timestamp;

    use super::super::bans::Banned;
    use super::*;
    use tempfile::TempDir;

    fn now() -> Timestamp {
        (SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600)).into()
    }

    fn later(seconds: u64) -> Timestamp {
        (now().system_time() + Duration::from_secs(seconds)).into()
    }

    fn file(folder: &TempDir) -> BanFile {
        BanFile::new(folder.path().join("bans.ron"))
    }

    fn written(folder: &TempDir, text: &str) -> BanFile {
        let file = file(folder);
        fs::write(file.path(), text).unwrap();
        file
    }

    fn ban(name: &str) -> Ban {
        let text = format!("[(name: {name:?})]");
        parse_settings::<Vec<Ban>>(&text).unwrap().remove(0)
    }

    fn whom(bans: &Bans) -> Vec<String> {
        bans.iter().map(Ban::whom).collect()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let full = Ban {
            address: Some("10.0.0.0/8".parse().unwrap()),
            until: Some(later(7200)),
            by: "ada".into(),
            why: "said \"no\" \\ to all".into(),
            ..ban("bob")
        };
        let changes = [Change::Add(full.clone()), Change::Add(ban("eve"))];
        file(&folder).change(&changes).unwrap();
        let read = file(&folder).read().unwrap();
        assert_eq!(read.iter().cloned().collect::<Vec<_>>(), [full, ban("eve")]);
        let text = fs::read_to_string(file(&folder).path()).unwrap();
        let lines: Vec<_> = text.lines().skip(2).collect();
        assert_eq!(
            lines,
            [
                "[",
                r#"    (name: "bob", address: "10.0.0.0/8", until: "2026-01-01T02:00:00Z", by: "ada", why: "said \"no\" \\ to all"),"#,
                r#"    (name: "eve"),"#,
                "]"
            ]
        );
        // One file, and nothing beside it.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_server_that_never_banned_anybody_has_no_file() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(file(&folder).read().unwrap().len(), 0);
        assert_eq!(file(&folder).change(&[]).unwrap().len(), 0);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_an_editor_wrote_stays_when_the_server_writes() {
        let folder = tempfile::tempdir().unwrap();
        let file = written(
            &folder,
            "// mine\n[\n    (name: \"carl\", until: \"2026-01-02 12:00:00\"),\n    (address: \"10.1.2.3/8\", why: \"a\\nb\"),\n]",
        );
        let bans = file.change(&[Change::Add(ban("bob"))]).unwrap();
        assert_eq!(whom(&bans), ["carl", "10.0.0.0/8", "bob"]);
        assert_eq!(whom(&file.read().unwrap()), ["carl", "10.0.0.0/8", "bob"]);
        let carl = Change::Remove(Banned::Name(ban("carl").name.unwrap()));
        let bans = file.change(&[carl]).unwrap();
        assert_eq!(whom(&bans), ["10.0.0.0/8", "bob"]);
    }

    #[test]
    fn a_mistake_is_reported_with_its_position_and_nothing_is_lost() {
        for (text, message) in [
            (
                "[\n  (name: \"bob\"),\n  (nam: \"eve\"),\n]",
                "3:4: unknown field `nam`; did you mean `name`?",
            ),
            ("[(name: \"bob\")", "1:15: expected"),
            ("[(why: \"rude\")]", "1:14: a ban needs a `name` or an `address`"),
            ("[(name: \"b b\")]", "1:10: a name cannot contain spaces"),
            ("[(address: \"10.0.0\")]", "1:13: `10.0.0` is not an address; write one such as"),
            ("[(address: \"0.0.0.0/0\")]", "1:13: `0.0.0.0/0` is everybody"),
            ("[(name: \"bob\", until: \"soon\")]", "1:24: `soon` is not a time; write one in UTC"),
            ("(name: \"bob\")", "1:1: expected a list, `[…]`"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let file = written(&folder, text);
            for problem in
                [file.read().unwrap_err(), file.change(&[Change::Add(ban("carl"))]).unwrap_err()]
            {
                let problem = problem.to_string();
                let begin = format!("{}:{message}", file.path().display());
                assert!(problem.starts_with(&begin), "{problem}");
            }
            assert_eq!(fs::read_to_string(file.path()).unwrap(), text);
        }
    }

    #[test]
    fn bans_that_have_ended_are_not_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let text = "[(name: \"bob\", until: \"2026-01-01T00:00:01Z\"), (name: \"eve\")]";
        let file = written(&folder, text);
        assert_eq!(file.read().unwrap().len(), 2);
        let bans = file.change(&[Change::Tidy(later(1))]).unwrap();
        assert_eq!(whom(&bans), ["eve"]);
        assert!(!fs::read_to_string(file.path()).unwrap().contains("bob"));
    }

    #[test]
    fn a_folder_that_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = BanFile::new(folder.path().join("state/bans.ron"));
        let problem = file.change(&[Change::Add(ban("bob"))]).unwrap_err().to_string();
        let advice = format!("create the folder `{}`", folder.path().join("state").display());
        assert!(problem.ends_with(&advice), "{problem}");
        assert!(!problem.contains(".salotto-bans-"), "{problem}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_and_the_rights_of_the_file_stay() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("real.ron");
        fs::write(&real, "").unwrap();
        fs::set_permissions(&real, PermissionsExt::from_mode(0o640)).unwrap();
        let link = file(&folder);
        std::os::unix::fs::symlink(&real, link.path()).unwrap();
        link.change(&[Change::Add(ban("bob"))]).unwrap();
        assert!(fs::symlink_metadata(link.path()).unwrap().is_symlink());
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::read_to_string(&real).unwrap().contains("bob"));
    }
}

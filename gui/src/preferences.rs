//! The file in which the window remembers its preferences: RON in the person's config folder.
//!
//! No error in it keeps the window from working: what cannot be read is ignored, what cannot be written is reported once in the log. Several windows may have it
//! open: each writes only what it has changed itself.

use std::env;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use ron::ser::PrettyConfig;
use rustix::fs::{FlockOperation, flock};
use salotto_gui::model::Preferences;

/// Where preferences are kept.
pub(crate) struct Store {
    /// `None` where the system names no folder.
    path: Option<PathBuf>,
    /// What this window last read or wrote: what differs from it was changed here.
    known: Preferences,
    complained: bool,
    /// What the person has to know, until it is told.
    problem: Option<String>,
}

impl Store {
    /// The file `salotto/gui.ron` in `$XDG_CONFIG_HOME`, or else in `~/.config`.
    pub(crate) fn of_this_person() -> Self {
        let folder =
            |name: &str| env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
        let config =
            folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(".config")));
        Self::at(config.map(|config| config.join("salotto").join("gui.ron")))
    }

    fn at(path: Option<PathBuf>) -> Self {
        Self { path, known: Preferences::default(), complained: false, problem: None }
    }

    /// What was remembered, or the defaults.
    pub(crate) fn load(&mut self) -> Preferences {
        let Some(path) = &self.path else { return Preferences::default() };
        match read(path) {
            Ok(read) => self.known = read.unwrap_or_default(),
            Err(problem) => self.complain(problem),
        }
        self.known.clone()
    }

    /// What went wrong and was not told yet, for the person.
    pub(crate) fn take_problem(&mut self) -> Option<String> {
        self.problem.take()
    }

    /// Remembers what has changed since it was last read or written. A file that cannot be understood is kept as it is.
    pub(crate) fn save(&mut self, preferences: &Preferences) {
        let Some(path) = &self.path else { return };
        let _lock = path.parent().and_then(lock);
        let merged = match read(path) {
            Ok(Some(there)) => preferences.merged(&self.known, &there),
            Ok(None) => preferences.clone(),
            Err(problem) => return self.complain(problem),
        };
        match write(path, &merged) {
            Ok(()) => self.known = preferences.clone(),
            Err(error) => {
                let problem =
                    format!("cannot write {}: {error}; nothing is remembered", path.display());
                if !std::mem::replace(&mut self.complained, true) {
                    tracing::warn!("{problem}");
                }
            }
        }
    }

    fn complain(&mut self, problem: String) {
        if !std::mem::replace(&mut self.complained, true) {
            tracing::warn!("{problem}");
            self.problem = Some(problem);
        }
    }
}

/// Has other windows wait, until it is dropped. Where folders cannot be locked they do not.
fn lock(folder: &Path) -> Option<File> {
    fs::create_dir_all(folder).ok()?;
    let folder = File::open(folder).ok()?;
    flock(&folder, FlockOperation::LockExclusive).ok()?;
    Some(folder)
}

/// What stands in the file; `None` where there is none.
///
/// # Errors
///
/// What the person has to know: that it cannot be read or understood.
fn read(path: &Path) -> Result<Option<Preferences>, String> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(format!("cannot read {}: {error}; nothing is remembered", path.display()));
        }
    };
    match ron::from_str::<Preferences>(&text) {
        Ok(preferences) => Ok(Some(preferences.within_bounds())),
        Err(error) => Err(format!(
            "the settings {}:{error}; the file is left as it is, and nothing is remembered until it is put right or removed",
            path.display()
        )),
    }
}

/// Writes beside the file and renames, so that there is always a whole one.
fn write(path: &Path, preferences: &Preferences) -> io::Result<()> {
    let text = ron::ser::to_string_pretty(preferences, PrettyConfig::default())
        .map_err(io::Error::other)?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let beside = path.with_extension(format!("ron.{}", std::process::id()));
    // It says where a person was and whom they believe, which is nobody else's business.
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all((text + "\n").as_bytes())?;
    drop(file);
    fs::rename(&beside, path).inspect_err(|_| {
        // The rename failed and is reported; a file that is left beside it is no second error.
        let _ = fs::remove_file(&beside);
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn what_is_saved_is_loaded() {
        let folder = folder();
        let path = folder.path().join("deep").join("gui.ron");
        let mut preferences = Preferences::default();
        preferences.name = "ada".into();
        preferences.window = (700.0, 500.0);
        Store::at(Some(path.clone())).save(&preferences);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Store::at(Some(path)).load(), preferences);
    }

    #[test]
    fn values_that_no_window_can_have_are_put_right() {
        let folder = folder();
        let path = folder.path().join("gui.ron");
        fs::write(&path, "(zoom: 900, window: (0, inf), keywords: [\" \", \"tea\"])").unwrap();
        let preferences = Store::at(Some(path)).load();
        assert_eq!((preferences.zoom, preferences.window), (3.0, (200.0, 640.0)));
        assert_eq!(preferences.keywords, ["tea"]);
    }

    #[test]
    fn nothing_and_nowhere_are_the_defaults() {
        assert_eq!(Store::at(None).load(), Preferences::default());
        Store::at(None).save(&Preferences::default());
        let folder = folder();
        assert_eq!(Store::at(Some(folder.path().join("x"))).load(), Preferences::default());
    }

    #[test]
    fn a_file_that_is_not_understood_is_left_as_it_is() {
        let folder = folder();
        let path = folder.path().join("gui.ron");
        fs::write(&path, "(name: oops").unwrap();
        let mut store = Store::at(Some(path.clone()));
        assert_eq!(store.load(), Preferences::default());
        let problem = store.take_problem().unwrap();
        assert!(problem.contains("gui.ron:1:7"), "{problem}");
        store.save(&Preferences::default());
        assert_eq!(fs::read_to_string(path).unwrap(), "(name: oops");
    }

    #[test]
    fn what_two_windows_change_at_the_same_time_is_all_remembered() {
        let folder = folder();
        let path = folder.path().join("gui.ron");
        std::thread::scope(|scope| {
            for window in ["one", "two", "three"] {
                let path = path.clone();
                scope.spawn(move || {
                    let mut store = Store::at(Some(path));
                    let mut preferences = store.load();
                    for number in 0..20 {
                        preferences.keywords.push(format!("{window}-{number}"));
                        store.save(&preferences);
                    }
                });
            }
        });
        assert_eq!(Store::at(Some(path)).load().keywords.len(), 60);
    }

    #[test]
    fn what_one_window_has_changed_another_does_not_undo() {
        let folder = folder();
        let path = folder.path().join("gui.ron");
        let (mut one, mut two) = (Store::at(Some(path.clone())), Store::at(Some(path.clone())));
        let (mut here, mut there) = (one.load(), two.load());
        here.zoom = 2.0;
        one.save(&here);
        there.sound = true;
        two.save(&there);
        here.font = "Lato".into();
        one.save(&here);
        let all = Store::at(Some(path.clone())).load();
        assert_eq!((all.zoom, all.sound, &*all.font), (2.0, true, "Lato"));
        // Back to what it was is a change, too.
        here.zoom = 1.0;
        one.save(&here);
        assert_eq!(Store::at(Some(path)).load().zoom, 1.0);
    }

    #[test]
    fn a_file_that_was_broken_meanwhile_is_left_and_what_changed_is_written_when_it_is_put_right() {
        let folder = folder();
        let path = folder.path().join("gui.ron");
        let mut store = Store::at(Some(path.clone()));
        let mut preferences = store.load();
        fs::write(&path, "(name: oops").unwrap();
        preferences.zoom = 2.0;
        store.save(&preferences);
        assert_eq!(fs::read_to_string(&path).unwrap(), "(name: oops");
        assert!(store.take_problem().unwrap().contains("gui.ron:1:"));
        fs::write(&path, "(name: \"bob\")").unwrap();
        store.save(&preferences);
        let all = Store::at(Some(path)).load();
        assert_eq!((all.zoom, &*all.name), (2.0, "bob"));
    }

    #[test]
    fn a_file_that_cannot_be_written_is_no_reason_to_end() {
        let folder = folder();
        // A folder stands where the file should be.
        let path = folder.path().join("gui.ron");
        fs::create_dir(&path).unwrap();
        Store::at(Some(path.clone())).save(&Preferences::default());
        assert!(path.is_dir());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

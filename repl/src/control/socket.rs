//! The socket through which a server is controlled: where it is, who may use it, and who is at its other end.
//!
//! Beside `control` stands `control.lock`, which a server holds for as long as it lives, so that of two that start at once only one gets the
//! socket, and what a dead one left behind is recognised as stale.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixListener as StdListener;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use smol::net::unix::{UnixListener, UnixStream};
use socket2::{Domain, SockAddr, Type};

use crate::folders::{directory, state_folder};

/// Fronts that the kernel keeps waiting.
const BACKLOG: i32 = 16;

/// A socket that this process owns. It is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Socket {
    listener: UnixListener,
    path: PathBuf,
    lock: Lock,
}

/// Held by the server that listens on a socket.
#[derive(Debug)]
struct Lock {
    file: File,
    path: PathBuf,
}

/// Why a socket could not be claimed; for people.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClaimError {
    #[error(
        "another server{} is controlled through `{}`: `salotto attach` reaches it, `--control PATH` gives this one a socket of its own",
        process.map(|id| format!(" (process {id})")).unwrap_or_default(), path.display()
    )]
    Taken { path: PathBuf, process: Option<u32> },
    #[error("`{}` exists and is not a socket; choose another path with `--control`", .0.display())]
    NotASocket(PathBuf),
    #[error("the path `{}` is too long for a socket (107 bytes at most); choose a shorter one with `--control`", .0.display())]
    TooLong(PathBuf),
    #[error("others can write to the folder `{folder}` of the control socket, and so take its place; `chmod go-w {folder}`, or choose a path in a folder of your own with `--control`", folder = .0.display())]
    OpenFolder(PathBuf),
    #[error("the folder `{}` of the control socket belongs to another user, who could take its place; choose a path in a folder of your own with `--control`", .0.display())]
    ForeignFolder(PathBuf),
    #[error("cannot open the control socket `{}`: {source}; choose another path with `--control`", path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// Where the control socket of a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ControlPath {
    /// Given on the command line or in the configuration.
    Given(PathBuf),
    /// The default, from the environment.
    Default(PathBuf),
    /// None is given, and the environment names no folder for one.
    None,
}

impl ControlPath {
    /// The path from the command line, or else from the configuration, or else from the environment.
    pub(crate) fn find(option: Option<PathBuf>, configured: Option<PathBuf>) -> Self {
        match (option.or(configured), default_path()) {
            (Some(path), _) => Self::Given(path),
            (None, Some(path)) => Self::Default(path),
            (None, None) => Self::None,
        }
    }
}

/// The default path of the socket: in the runtime directory of the user, which nobody else can enter and which is empty after the system
/// starts; where there is none, in the state folder of the program. `None` where the environment names neither.
fn default_path() -> Option<PathBuf> {
    let of_session = PathBuf::from(format!("/run/user/{}", rustix::process::getuid().as_raw()));
    let runtime = directory("XDG_RUNTIME_DIR").or(Some(of_session).filter(|path| path.is_dir()));
    match runtime {
        Some(runtime) => Some(runtime.join("salotto/control")),
        None => Some(state_folder()?.join("run/control")),
    }
}

impl Socket {
    /// Claims a socket path that is free or was left by a dead server. Nobody but this user can use it.
    pub(crate) fn claim(path: &Path) -> Result<Self, ClaimError> {
        let io = |source| ClaimError::Io { path: path.into(), source };
        let address = SockAddr::unix(path).map_err(|_| ClaimError::TooLong(path.into()))?;
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io)?;
        let found = fs::metadata(folder).map_err(io)?;
        check_folder(folder, found.uid(), found.mode())?;
        let taken = |process| ClaimError::Taken { path: path.into(), process };
        let lock = match Lock::take(path).map_err(io)? {
            Ok(lock) => lock,
            Err(process) => return Err(taken(process)),
        };
        match fs::symlink_metadata(path) {
            Ok(found) if !found.file_type().is_socket() => {
                return Err(ClaimError::NotASocket(path.into()));
            }
            // A program that knows nothing of the lock.
            Ok(_) if is_alive(&address).map_err(io)? => return Err(taken(None)),
            Ok(_) => fs::remove_file(path).map_err(io)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(io(error)),
        }
        let listener = listen(path, &address).map_err(io)?;
        Ok(Self { listener, path: path.into(), lock })
    }

    /// Waits for the next front.
    pub(super) async fn accept(&self) -> io::Result<UnixStream> {
        self.listener.accept().await.map(|(stream, _)| stream)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // If the folder was cleared meanwhile, another server may have claimed the path.
        if self.lock.is_there() {
            let _ = fs::remove_file(&self.path);
            let _ = fs::remove_file(&self.lock.path);
        }
    }
}

impl Lock {
    /// Takes the lock beside a socket, or returns the process that holds it, if that is known.
    fn take(socket: &Path) -> io::Result<Result<Self, Option<u32>>> {
        let mut path = socket.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        loop {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false).mode(0o600);
            // Where others can write too, somebody may have placed a symbolic link to a file of ours.
            options.custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
            let mut lock = Self { file: options.open(&path)?, path: path.clone() };
            match lock.file.try_lock() {
                // A server that has just ended removed the file that was opened here.
                Ok(()) if !lock.is_there() => continue,
                Ok(()) => {
                    lock.file.set_len(0)?;
                    write!(lock.file, "{}", std::process::id())?;
                    return Ok(Ok(lock));
                }
                Err(TryLockError::WouldBlock) => {
                    let mut process = String::new();
                    // Used in an error message only.
                    let _ = lock.file.read_to_string(&mut process);
                    return Ok(Err(process.trim().parse().ok()));
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }

    /// Whether the file that is locked is the one that others find.
    fn is_there(&self) -> bool {
        let identity = |found: fs::Metadata| (found.dev(), found.ino());
        let found = fs::symlink_metadata(&self.path).map(identity);
        found.is_ok_and(|found| self.file.metadata().map(identity).is_ok_and(|own| own == found))
    }
}

/// Whether nobody but this user, and the one who may do anything, can put another socket in the place of ours. In one like /tmp somebody else may
/// be there first.
fn check_folder(folder: &Path, owner: u32, mode: u32) -> Result<(), ClaimError> {
    let is_own = [rustix::process::geteuid(), rustix::process::Uid::ROOT];
    if !is_own.iter().any(|user| user.as_raw() == owner) {
        return Err(ClaimError::ForeignFolder(folder.into()));
    }
    match mode & 0o022 {
        0 => Ok(()),
        _ => Err(ClaimError::OpenFolder(folder.into())),
    }
}

/// Whether somebody listens there.
fn is_alive(address: &SockAddr) -> io::Result<bool> {
    let socket = socket2::Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // A server that is too busy to accept is alive all the same.
    socket.set_nonblocking(true)?;
    match socket.connect(address) {
        Ok(()) => Ok(true),
        Err(error) => match error.kind() {
            ErrorKind::WouldBlock => Ok(true),
            ErrorKind::ConnectionRefused | ErrorKind::NotFound => Ok(false),
            _ => Err(error),
        },
    }
}

fn listen(path: &Path, address: &SockAddr) -> io::Result<UnixListener> {
    let socket = socket2::Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(address)?;
    // Nobody can connect until it listens, so nobody gets in before the permissions are set.
    fs::set_permissions(path, Permissions::from_mode(0o600))?;
    socket.listen(BACKLOG)?;
    UnixListener::try_from(StdListener::from(socket))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_folder_of_the_users_own_will_do() {
        let own = rustix::process::geteuid().as_raw();
        let check = |owner, mode| check_folder(Path::new("run"), owner, mode);
        for (owner, mode) in [(own, 0o40700), (own, 0o40755), (0, 0o40755)] {
            assert!(check(owner, mode).is_ok(), "{owner} {mode:o}");
        }
        for mode in [0o40777, 0o40775, 0o41777, 0o40702] {
            let refused = check(own, mode);
            assert!(matches!(refused, Err(ClaimError::OpenFolder(_))), "{mode:o} {refused:?}");
        }
        let refused = check(own + 1, 0o40700);
        assert!(matches!(refused, Err(ClaimError::ForeignFolder(_))), "{refused:?}");
    }
}

//! HexChat, beside which the window is measured: Debian's, where it is installed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use tempfile::TempDir;

use crate::desktop::Desktop;
use crate::home;
use crate::program::Program;

/// It asks nothing when it starts and is in no hurry to be somebody.
const SETTINGS: &str = "version = 2.16.1\ngui_slist_skip = 1\ngui_join_dialog = 0\nirc_nick1 = hexer\nirc_nick2 = hexer2\nirc_nick3 = hexer3\nirc_user_name = hexer\n";
/// Who runs it if we are root, for whom it would show a warning and no window.
const NOBODY: &str = "65534";

/// Starts it in the room `lobby` of the server at this port; `None` where it is not installed. Its home has to outlive it.
pub(crate) fn start(desktop: &Desktop, port: u16) -> Option<(Program, TempDir)> {
    let is_there = |name: &str| Command::new(name).arg("--version").output().is_ok();
    if !is_there("hexchat") || !is_there("setpriv") {
        return None;
    }
    let home = home();
    fs::write(home.path().join("hexchat.conf"), SETTINGS).expect("the folder can be written");
    let all = fs::Permissions::from_mode(0o777);
    fs::set_permissions(home.path(), all.clone()).expect("it is ours");
    fs::set_permissions(home.path().join("hexchat.conf"), all).expect("it is ours");
    let is_root =
        fs::metadata("/proc/self").is_ok_and(|us| std::os::unix::fs::MetadataExt::uid(&us) == 0);
    let mut command = if is_root {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "hexchat"]);
        command
    } else {
        Command::new("hexchat")
    };
    command.arg(format!("--cfgdir={}", home.path().display()));
    command.arg(format!("--url=irc://127.0.0.1:{port}/lobby")).env("HOME", home.path());
    Some((Program::run(desktop, command, "hexchat"), home))
}

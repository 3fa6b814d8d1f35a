//! What reaches the person beside the window: a notification, which the desktop is asked for by D-Bus, and a sound, by the small programs that desktops have for it.
//!
//! Where nobody shows or plays it nothing happens, and the log says so at `debug`: the urgency of the window is always set.

mod bus;

use std::process::{Command, Stdio};
use std::thread;

/// Players and what they play, in the order in which they are tried.
const PLAYERS: [(&str, &[&str]); 2] = [
    ("canberra-gtk-play", &["-i", "message-new-instant"]),
    ("paplay", &["/usr/share/sounds/freedesktop/stereo/message-new-instant.oga"]),
];

/// Shows a notification; the desktop decides how, and for how long.
pub(crate) fn notify(title: String, text: String) {
    in_background(move || {
        // Some desktops read the text as markup.
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        match bus::address().map(|address| bus::notify(&address, &title, &text)) {
            Some(Ok(())) => return,
            Some(Err(error)) => tracing::debug!(%error, "no notification by D-Bus"),
            None => tracing::debug!("no bus of this session is known"),
        }
        let arguments =
            ["--app-name=Salotto", "--icon=salotto-gui", "--category=im.received", "--"];
        run("notify-send", &[&arguments[..], &[&title, &text]].concat());
    });
}

/// Plays the sound of a message.
pub(crate) fn sound() {
    in_background(|| {
        for (player, arguments) in PLAYERS {
            if run(player, arguments) {
                return;
            }
        }
    });
}

/// On a thread of its own, which ends with the program that it waits for.
fn in_background(task: impl FnOnce() + Send + 'static) {
    if let Err(error) = thread::Builder::new().name("alert".into()).spawn(task) {
        tracing::warn!(%error, "cannot start the thread for a notification");
    }
}

/// Whether the program ran and was content.
fn run(program: &str, arguments: &[&str]) -> bool {
    let result = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match result {
        Ok(status) => status.success(),
        Err(error) => {
            tracing::debug!(program, %error, "cannot alert the person");
            false
        }
    }
}

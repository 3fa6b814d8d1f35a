//! Opens links with `xdg-open`.

use std::process::{Command, Stdio};
use std::thread;

/// Hands an address to the person's browser. Nothing but `https` and `http` is opened, and what goes wrong is said in the log.
pub(super) fn open(link: &str) {
    // Nothing else is a link, and nothing else may look like an option to the opener.
    if !link.starts_with("https://") && !link.starts_with("http://") {
        return;
    }
    let opened = Command::new("xdg-open")
        .arg(link)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match opened {
        Ok(mut opener) => {
            // Waits for the opener, so that it leaves no zombie; ends with it.
            let waiter = thread::Builder::new().name("link".into()).spawn(move || opener.wait());
            if let Err(error) = waiter {
                tracing::debug!(%error, "nobody waits for the opener of links");
            }
        }
        Err(error) => tracing::warn!(%error, "cannot run xdg-open to open a link"),
    }
}

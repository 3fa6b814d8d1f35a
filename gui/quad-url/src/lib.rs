//! Opens links with `xdg-open`.
//!
//! It has the name and the function of the crate that egui-miniquad opens links with, and takes its place in this workspace (`[patch]` in the
//! root's `Cargo.toml`): that one parses addresses with tables for international host names, a twentieth of the whole program,
//! to find out which browser there is.

use std::process::{Command, Stdio};
use std::thread;

/// Hands an address to the person's browser. Nothing but `https` and `http` is opened, and what goes wrong is said in the log.
pub fn link_open(link: &str, _new_tab: bool) {
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

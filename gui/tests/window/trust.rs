//! A window and a server that encrypts, which gets another certificate, and then none.

use std::fs;

use tempfile::TempDir;

use crate::desktop::Desktop;
use crate::pictures::home_with;
use crate::program::{ENTRY, Program};
use crate::served::Served;

const TLS: &str = "plugins: [(name: \"tls\"), (name: \"discovery\", enabled: false)]";
const NO_TLS: &str = "plugins: [(name: \"discovery\", enabled: false)]";

/// The fingerprint that the operator sees.
fn fingerprint(server: &Served, task: &str) -> String {
    let shown = server.prints(&["cert", task]);
    let line = shown.lines().find_map(|line| line.strip_prefix("SHA-256"));
    line.expect("it is shown").trim().to_owned()
}

fn remembered(home: &TempDir) -> String {
    fs::read_to_string(home.path().join("salotto/gui.ron")).expect("something is remembered")
}

/// Keeps a picture of what the window shows now. What the network said last is dropped with the connection, so it is not waited for until all of it is drawn.
fn keep(program: &mut Program, desktop: &Desktop, name: &str) {
    for _ in 0..2 {
        program.wait_log("at rest");
        desktop.key("shift");
    }
    desktop.keep(name);
}

#[test]
fn a_certificate_is_asked_about_once_and_loudly_when_it_changes_and_a_server_without_is_waited_for()
{
    let desktop = Desktop::new(1100, 800);
    for (name, theme) in [("dark", "Dark"), ("light", "Light")] {
        let home = home_with(theme, 900, 560);
        // The certificate is there before anybody connects.
        let mut server = Served::new(NO_TLS);
        let first = fingerprint(&server, "renew");
        server.restart_with(TLS);
        let address = format!("tls://127.0.0.1:{}", server.port);
        let mut program = Program::start(&desktop, &home, &[&address, "--name", "ada"]);
        program.wait_log("connection=Idle");
        keep(&mut program, &desktop, &format!("trust-new-{name}"));
        // From the button that has the keyboard, which leaves, to the one before it.
        desktop.key("shift+Tab");
        desktop.key("space");
        program.wait_log(ENTRY);
        keep(&mut program, &desktop, &format!("trust-lock-{name}"));
        assert!(remembered(&home).contains(&first), "{first}");

        let second = fingerprint(&server, "renew");
        assert_ne!(first, second);
        server.restart();
        program.wait_log("connection=Ended");
        keep(&mut program, &desktop, &format!("trust-changed-{name}"));
        desktop.key("Return");
        program.wait_log("drawn");
        assert!(!remembered(&home).contains(&second));
        // The form connects again, and is asked again.
        desktop.key("Return");
        program.wait_log("connection=Idle");
        program.wait_log("drawn");
        for key in ["shift+Tab", "space", "Tab", "Tab", "space"] {
            desktop.key(key);
        }
        program.wait_log(ENTRY);
        let kept = remembered(&home);
        assert!(kept.contains(&second) && !kept.contains(&first), "{kept}");

        server.restart_with(NO_TLS);
        // It is told so, and the window waits for one that encrypts.
        program.wait_log("speaks no TLS, so nothing was sent");
        keep(&mut program, &desktop, &format!("trust-waiting-{name}"));
        server.restart_with(TLS);
        program.wait_log("connection=Online");
    }
}

//! What a service manager is told: a datagram socket stands in for systemd.

use std::os::unix::net::UnixDatagram;

use rustix::process::Signal;

use crate::harness::{Folder, PATIENCE, Running};

/// Stands in for systemd.
struct Manager(UnixDatagram);

impl Manager {
    fn new(folder: &Folder) -> Self {
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(socket)
    }

    /// The next that is told, a line each.
    fn hear(&self) -> Vec<String> {
        let mut bytes = [0; 4096];
        let count = self.0.recv(&mut bytes).unwrap();
        let text = std::str::from_utf8(&bytes[..count]).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// Waits for this line, and returns what was told with it.
    fn hear_of(&self, line: &str) -> Vec<String> {
        loop {
            let told = self.hear();
            if told.iter().any(|told| told == line) {
                return told;
            }
        }
    }
}

fn serve(folder: &Folder, watchdog: Option<&str>) -> Running {
    let mut command = folder.command(&["serve"]);
    command.env("NOTIFY_SOCKET", folder.path().join("notify"));
    if let Some(period) = watchdog {
        command.env("WATCHDOG_USEC", period);
    }
    Running::of(&mut command)
}

const ANY_PORT: &str = "(server: (listen: [\"127.0.0.1:0\"]))";

#[test]
fn it_is_ready_when_it_listens_and_says_that_it_reloads_and_stops() {
    let folder = Folder::new();
    folder.write("salotto.ron", ANY_PORT);
    let manager = Manager::new(&folder);
    let mut serve = serve(&folder, None);
    let address = Running::address(&mut serve.err);
    assert_eq!(manager.hear(), ["READY=1", &format!("STATUS=listening on {address}")]);

    for text in [ANY_PORT, "(wrong"] {
        folder.write("salotto.ron", text);
        serve.signal(Signal::HUP);
        let reloading = manager.hear();
        assert_eq!(reloading[0], "RELOADING=1");
        let time = reloading[1].strip_prefix("MONOTONIC_USEC=").unwrap();
        assert!(time.parse::<u64>().unwrap() > 0);
        assert_eq!(manager.hear()[0], "READY=1", "also when nothing was taken over");
    }

    serve.signal(Signal::TERM);
    assert_eq!(manager.hear(), ["STOPPING=1"]);
    assert_eq!(serve.wait().status, 0);
}

#[test]
fn the_watchdog_hears_of_a_server_that_answers_also_while_it_is_closed() {
    let folder = Folder::new();
    folder.write("salotto.ron", ANY_PORT);
    let manager = Manager::new(&folder);
    let mut serve = serve(&folder, Some("200000"));
    let address = Running::address(&mut serve.err);
    manager.hear_of("READY=1");
    let open = format!("STATUS=listening on {address}");
    assert_eq!(manager.hear_of("WATCHDOG=1"), ["WATCHDOG=1", &open]);
    assert_eq!(manager.hear_of("WATCHDOG=1"), ["WATCHDOG=1", &open]);
    assert_eq!(folder.exec(&["stop"]).status, 0);
    manager.hear_of("STATUS=the server is stopped");
    assert_eq!(manager.hear_of("WATCHDOG=1"), ["WATCHDOG=1", "STATUS=the server is stopped"]);
}

#[test]
fn without_a_manager_nobody_is_told() {
    let folder = Folder::new();
    let manager = Manager::new(&folder);
    let (serve, _) = folder.serve(&[]);
    serve.signal(Signal::TERM);
    let mut serve = serve;
    assert_eq!(serve.wait().status, 0);
    manager.0.set_nonblocking(true).unwrap();
    assert!(manager.0.recv(&mut [0; 16]).is_err());
}

//! Plugins that cannot do their work say so for as long as it lasts.

use serde_json::Value;

use crate::harness::{Folder, Running};

fn serve(folder: &Folder, plugins: &str) -> Running {
    serve_with(folder, plugins, "")
}

fn serve_with(folder: &Folder, plugins: &str, more: &str) -> Running {
    let text = format!("(server: (listen: [\"127.0.0.1:0\"]), plugins: [{plugins}], {more})");
    folder.write("salotto.ron", &text);
    let mut serve = folder.start(&["serve"]);
    Running::address(&mut serve.err);
    serve
}

/// The state of a plugin, once it is this one: what a task finds out comes when it comes.
fn state(folder: &Folder, plugin: &str, is_expected: impl Fn(&Value) -> bool) -> Value {
    let deadline = std::time::Instant::now() + crate::harness::PATIENCE;
    loop {
        let plugins = folder.json("plugins");
        let found = plugins.as_array().unwrap().iter().find(|found| found["name"] == plugin);
        let state = found.unwrap()["state"].clone();
        if is_expected(&state) {
            return state;
        }
        assert!(std::time::Instant::now() < deadline, "{plugin} is {state}");
    }
}

fn is_failing(state: &Value) -> bool {
    state["failing"]["reason"].is_string()
}

#[test]
fn a_log_without_a_folder_and_a_port_that_is_taken_are_states() {
    let folder = Folder::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap();
    let plugins = format!(
        "(name: \"log\", settings: (path: \"logs/talk.log\")), (name: \"audit\", settings: (path: \"logs/audit.jsonl\")), (name: \"metrics\", settings: (listen: \"{port}\"))"
    );
    let mut serve = serve(&folder, &plugins);
    for (plugin, reason) in [
        ("log", "logs/talk.log"),
        ("audit", "logs/audit.jsonl"),
        ("metrics", "cannot listen on 127.0.0.1:"),
    ] {
        let state = state(&folder, plugin, is_failing);
        let told = state["failing"]["reason"].as_str().unwrap();
        assert!(told.contains(reason), "{told}");
    }
    let listed = folder.exec(&["plugins"]).out;
    let line = listed.lines().find(|line| line.starts_with("log ")).unwrap();
    assert!(line.contains("failing: ") && line.contains("logs/talk.log"), "{listed}");
    let status = folder.exec(&["status"]).out;
    assert!(
        status.contains("log (failing)") && status.contains("plugin log is failing: "),
        "{status}"
    );
    let health = folder.exec(&["health"]);
    assert_eq!((health.status, health.err.lines().count()), (1, 3), "{}", health.err);
    // It is said once, and over when it is over.
    std::fs::create_dir(folder.path().join("logs")).unwrap();
    drop(taken);
    serve.err.expect("can be written again");
    for plugin in ["log", "audit", "metrics"] {
        state(&folder, plugin, |state| state == "running");
    }
    let health = folder.exec(&["health"]);
    assert_eq!((health.status, health.out.as_str()), (0, "all is well\n"));
}

#[test]
fn a_ban_that_cannot_be_kept_is_answered_so() {
    let folder = Folder::new();
    // Without a database they are in their file.
    let plugins = "(name: \"moderation\", settings: (bans: \"gone/bans.ron\"))";
    let _serve = serve_with(&folder, plugins, "store: (file: None)");
    let state = state(&folder, "moderation", is_failing);
    let reason = state["failing"]["reason"].as_str().unwrap();
    assert!(reason.contains("create the folder `gone`"), "{reason}");
    let banned = folder.exec(&["ban bob flooding"]);
    assert_eq!(banned.status, 0);
    assert!(banned.out.contains("it is not kept when the server stops"), "{}", banned.out);
}

#[test]
fn silent_connections_do_not_delay_the_metrics() {
    use std::io::{Read, Write};
    let folder = Folder::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let _serve = serve(&folder, &format!("(name: \"metrics\", settings: (listen: \"{free}\"))"));
    let address = loop {
        // It listens in its own time.
        match std::net::TcpStream::connect(free) {
            Ok(_) => break free,
            Err(_) => std::thread::yield_now(),
        }
    };
    let _silent: Vec<_> = (0..40).map(|_| std::net::TcpStream::connect(address).unwrap()).collect();
    let mut scrape = std::net::TcpStream::connect(address).unwrap();
    scrape.set_read_timeout(Some(std::time::Duration::from_secs(5))).unwrap();
    scrape.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
    let mut page = String::new();
    scrape.read_to_string(&mut page).unwrap();
    assert!(page.contains("salotto_plugin_up{plugin=\"metrics\"} 1"), "{page}");
}

//! Where the files are, and what Cargo says of them.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

pub(crate) fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(crate) fn toml(name: &str) -> toml::Table {
    toml::from_str(&read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The packages that `cargo metadata` lists: those of the lock file, so that the network is looked at only where one was never fetched.
pub(crate) fn packages(arguments: &[&str]) -> Vec<Value> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version", "1", "--locked"]).args(arguments);
    let answer = cargo.current_dir(root()).output().expect("cargo runs");
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    let mut answer: Value = serde_json::from_slice(&answer.stdout).expect("JSON");
    match answer["packages"].take() {
        Value::Array(packages) => packages,
        other => panic!("no packages: {other}"),
    }
}

/// The system that this runs on, as Cargo calls it: what is for others alone need not be on this machine.
pub(crate) fn this_system() -> String {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let answer = Command::new(rustc).arg("-vV").output().expect("rustc runs");
    let answer = String::from_utf8(answer.stdout).expect("text");
    let host = answer.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("a host").to_owned()
}

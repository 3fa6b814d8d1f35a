//! Why each crate that a member of the workspace asks for is there stands in `docs/dependencies.md`.

use std::collections::BTreeSet;

use crate::workspace::{packages, read};

/// The crates that members of the workspace ask for themselves.
fn asked_for() -> BTreeSet<String> {
    let members = packages(&["--no-deps"]);
    let dependencies = members.iter().filter_map(|member| member["dependencies"].as_array());
    let foreign = dependencies.flatten().filter(|one| one["path"].is_null());
    foreign.filter_map(|one| Some(one["name"].as_str()?.to_owned())).collect()
}

/// The rows of the tables: a crate, and why it is there.
fn rows(text: &str) -> Vec<(String, String)> {
    let row = |line: &str| {
        let line = line.strip_prefix("| `")?.strip_suffix(" |")?;
        let (name, _) = line.split_once('`')?;
        let (_, why) = line.rsplit_once('|')?;
        Some((name.to_owned(), why.trim().to_owned()))
    };
    text.lines().filter_map(row).collect()
}

#[test]
fn each_crate_that_is_asked_for_has_its_reason_and_none_that_is_gone() {
    let rows = rows(&read("docs/dependencies.md"));
    let told: BTreeSet<String> = rows.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(told.len(), rows.len(), "a crate stands there twice");
    let asked_for = asked_for();
    let missing: Vec<_> = asked_for.difference(&told).collect();
    assert!(missing.is_empty(), "docs/dependencies.md says nothing of {missing:?}");
    let gone: Vec<_> = told.difference(&asked_for).collect();
    assert!(gone.is_empty(), "docs/dependencies.md still speaks of {gone:?}");
    let silent = rows.iter().filter(|(_, why)| why.split_whitespace().count() < 3);
    let silent: Vec<_> = silent.map(|(name, _)| name).collect();
    assert!(silent.is_empty(), "docs/dependencies.md does not say why: {silent:?}");
}

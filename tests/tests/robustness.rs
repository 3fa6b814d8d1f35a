//! The tables in `docs/robustness.md` and `docs/reliability.md` name the tests that hold each of their rows. This reads them and fails where one of those does
//! not exist.

use std::fs;
use std::path::Path;

/// The marks around the name of a test: `file.rs::name`.
const IN_A_FILE: &str = ".rs::";

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn tables() -> String {
    let read = |name: &str| fs::read_to_string(root().join(name)).expect("the table");
    ["docs/robustness.md", "docs/reliability.md"].map(read).concat()
}

/// The rows of the table, without heads and rules.
fn rows(text: &str) -> Vec<&str> {
    let is_head = |line: &str| line.starts_with("| what comes") || line.starts_with("| fault |");
    let is_row = |line: &&str| line.starts_with("| ") && !is_head(line);
    // Figures are held by no test.
    let is_figure = |line: &&str| line.ends_with(" ms |");
    text.lines().filter(is_row).filter(|line| !is_figure(line)).collect()
}

/// The tests that a row names, each with its file.
fn named(row: &str) -> Vec<(&str, &str)> {
    row.split('`').filter(|part| part.contains(IN_A_FILE)).filter_map(split).collect()
}

fn split(test: &str) -> Option<(&str, &str)> {
    let (file, name) = test.split_once("::")?;
    Some((file, name))
}

/// Why the test is not there, if so.
fn missing(file: &str, name: &str) -> Option<String> {
    let text = match fs::read_to_string(root().join(file)) {
        Ok(text) => text,
        Err(error) => return Some(format!("{file}: {error}")),
    };
    let (before, _) = match text.split_once(&format!("fn {name}(")) {
        Some(parts) => parts,
        None => return Some(format!("{file} has no `{name}`")),
    };
    // What stands between the item before it and the function: attributes and comments.
    let head = before.rsplit_once("}\n").map_or(before, |(_, head)| head);
    let is_run = head.contains("#[test]") && !head.contains("#[ignore");
    (!is_run).then(|| format!("`{name}` in {file} is no test that is run"))
}

#[test]
fn every_row_names_tests_and_every_test_is_there() {
    let text = tables();
    let rows = rows(&text);
    assert!(rows.len() > 60, "{} rows were found", rows.len());
    let mut problems = Vec::new();
    for row in rows {
        let named = named(row);
        if named.is_empty() {
            problems.push(format!("no test is named: {row}"));
        }
        problems.extend(named.into_iter().filter_map(|(file, name)| missing(file, name)));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn a_test_that_is_not_there_is_missed() {
    let this = "tests/tests/robustness.rs";
    assert_eq!(missing(this, "a_test_that_is_not_there_is_missed"), None);
    assert!(missing(this, "a_test_that_was_renamed").is_some());
    assert!(missing(this, "missing").is_some(), "a function is no test");
    assert!(missing("tests/tests/nowhere.rs", "any").is_some());
    let row = "| a paste | one consequence | `a.rs::one`, `b/c.rs::two` and `!quit` |";
    assert_eq!(named(row), [("a.rs", "one"), ("b/c.rs", "two")]);
}

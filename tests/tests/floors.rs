//! Core is a server of floors: a file uses what stands in its own folder or on a floor below. This reads the imports, prints the floors, and
//! fails on an arrow that runs up, or from one room of a floor into the next.

#![expect(clippy::print_stdout, reason = "`--nocapture` shows the floors")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// From the top down; what stands on one floor does not know each other.
const FLOORS: [&[&str]; 7] = [
    &["server"],
    &["connection", "hub"],
    &["plugin"],
    &["state"],
    &["delivery"],
    &["client", "command", "dialect", "discovery"],
    &["protocol", "io"],
];

/// More lines than this in one file are two things.
const LONGEST_FILE: usize = 500;

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src")
}

/// Every source file of core but the contents page, by its path below `src`.
fn files() -> Vec<(PathBuf, String)> {
    let root = sources();
    let (mut folders, mut files) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of core") {
            let path = entry.expect("an entry of it").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&root).expect("below `src`").to_owned();
                files.push((name, fs::read_to_string(&path).expect("text")));
            }
        }
    }
    files.retain(|(name, _)| name != Path::new("lib.rs"));
    files.sort();
    files
}

/// The folder directly below `src` that a file belongs to; its own name, where it is the folder's file.
fn room(file: &Path) -> String {
    let first = file.components().next().expect("a name");
    Path::new(first.as_os_str()).file_stem().expect("a name").to_string_lossy().into_owned()
}

fn floor(room: &str) -> usize {
    FLOORS
        .iter()
        .position(|rooms| rooms.contains(&room))
        .unwrap_or_else(|| panic!("`{room}` stands on no floor; give it one in FLOORS"))
}

/// What a text imports of core: the first segment after each `crate::`, comments left out.
fn imports(text: &str) -> BTreeSet<String> {
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    let code = code.collect::<Vec<_>>().join("\n");
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = code[at + "crate::".len()..].trim_start();
        let ends = |c: char| !c.is_alphanumeric() && c != '_';
        match rest.strip_prefix('{') {
            // `use crate::{a::b, c}`: every name before the brace closes that begins a path.
            Some(group) => {
                let group = group.split('}').next().unwrap_or_default();
                let names = group.split(',').map(|path| path.trim().split(ends).next());
                found.extend(names.flatten().filter(|name| !name.is_empty()).map(str::to_owned));
            }
            None => found.extend(rest.split(ends).next().map(str::to_owned)),
        }
    }
    found
}

#[test]
fn no_arrow_of_core_runs_up() {
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (file, text) in files() {
        let from = room(&file);
        for to in imports(&text) {
            if to != from && floor(&to) <= floor(&from) {
                wrong.push(format!("{} uses `crate::{to}`", file.display()));
            }
            if to != from {
                uses.entry(from.clone()).or_default().insert(to);
            }
        }
    }
    let printed = printed(&uses);
    println!("{printed}");
    assert!(wrong.is_empty(), "arrows that run up:\n{}", wrong.join("\n"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ARCHITECTURE.md");
    let described = fs::read_to_string(path).expect("the description");
    assert!(
        described.contains(&printed),
        "ARCHITECTURE.md shows other floors than these:\n{printed}"
    );
}

/// The floors from the top down, a line for each folder, as ARCHITECTURE.md shows them.
fn printed(uses: &BTreeMap<String, BTreeSet<String>>) -> String {
    let line = |room: &&str| {
        let below: Vec<&str> = uses.get(*room).into_iter().flatten().map(String::as_str).collect();
        format!("{room:<11} uses {}", below.join(", ")).trim_end().to_owned()
    };
    let floors = FLOORS.iter().map(|rooms| rooms.iter().map(line).collect::<Vec<_>>().join("\n"));
    floors.collect::<Vec<_>>().join("\n\n")
}

#[test]
fn no_file_of_core_is_two_things() {
    let lines = |text: &str| text.lines().count();
    let long: Vec<String> = files()
        .iter()
        .filter(|(_, text)| lines(text) > LONGEST_FILE)
        .map(|(file, text)| format!("{} has {} lines", file.display(), lines(text)))
        .collect();
    assert!(long.is_empty(), "files over {LONGEST_FILE} lines:\n{}", long.join("\n"));
}

#[test]
fn every_folder_of_core_says_what_it_is() {
    for room in FLOORS.iter().copied().flatten() {
        let file = sources().join(format!("{room}.rs"));
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{room}: {error}"));
        assert!(text.starts_with("//! "), "{} does not begin with what it is", file.display());
    }
}

#[test]
fn an_import_is_found_however_it_is_written() {
    let text = "use crate::state::{inbox, room};\nuse crate::{hub::Hub, plugin};\n// crate::server\nlet x = crate::io::y();";
    let found: Vec<String> = imports(text).into_iter().collect();
    assert_eq!(found, ["hub", "io", "plugin", "state"]);
}

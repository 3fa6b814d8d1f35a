//! How much of our own code the compiler does not check.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::workspace::root;

/// Every file with `unsafe` in it, and how often. What is shipped has three places: a socket is given to the poller, a font is read
/// where it lies, and pixels lie in memory that the X server has, too.
/// The others are an allocator that counts, and a signal that a test must have as a C program has it.
const PLACES: [(&str, usize); 6] = [
    ("core/src/io/reactor.rs", 1),
    ("gui/benches/frame.rs", 5),
    ("gui/src/shell/fonts.rs", 1),
    ("gui/src/shell/x11/surface.rs", 1),
    ("tests/benches/hub.rs", 7),
    ("tests/tests/sigpipe.rs", 1),
];

/// All Rust of ours below a folder, without what was built.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy();
        if path.is_dir() && name != "target" && !name.starts_with('.') && name != "node_modules" {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// How often the word stands in code: before a block, a function, an implementation.
fn count(text: &str) -> usize {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let word = concat!("un", "safe");
    let follows = |rest: &str| {
        let rest = rest.trim_start();
        ["{", "(", "fn ", "impl ", "extern ", "trait "].iter().any(|next| rest.starts_with(next))
    };
    code.map(|line| {
        line.match_indices(word).filter(|(at, _)| follows(&line[at + word.len()..])).count()
    })
    .sum()
}

#[test]
fn our_own_unsafe_code_is_what_is_counted_here() {
    let mut files = Vec::new();
    sources(root(), &mut files);
    assert!(files.len() > 300, "{} files", files.len());
    let counted = files.iter().filter_map(|path| {
        let text = fs::read_to_string(path).expect("text");
        let name =
            path.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned();
        Some((name, count(&text))).filter(|(_, count)| *count > 0)
    });
    let counted: BTreeMap<String, usize> = counted.collect();
    let known = PLACES.map(|(name, count)| (name.to_owned(), count));
    assert_eq!(counted, BTreeMap::from(known));
}

#[test]
fn what_is_not_checked_is_seen_however_it_is_written() {
    let word = concat!("un", "safe");
    for code in ["{ x() }", "fn x() {}", " impl Send for X {}", "extern \"C\" fn x()"] {
        assert_eq!(count(&format!("let y = {word} {code}")), 1, "{code}");
    }
    assert_eq!(count(&format!("// {word} {{}}\n#![deny({word}_code)]")), 0);
}

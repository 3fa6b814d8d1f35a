//! The README's two promises to programmers are the examples that are compiled.

use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the workspace");
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_code_in_the_readme_is_that_of_the_examples() {
    let readme = read("README.md");
    for (path, from, to) in [
        ("core/examples/embed.rs", "use salotto::Server;", None),
        ("core/examples/plugin.rs", "/// A table to play at.", Some("fn main()")),
    ] {
        let example = read(path);
        let begin = example.find(from).expect("it begins so");
        let end = to.map_or(example.len(), |to| example.find(to).expect("it goes on so"));
        let code = example[begin..end].trim_end();
        assert!(
            readme.contains(&format!("```rust\n{code}\n```")),
            "README.md does not show:\n{code}"
        );
    }
}

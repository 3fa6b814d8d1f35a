//! What is in `Cargo.lock`, against `deny.toml`.

use std::collections::{BTreeMap, BTreeSet};

use spdx::{Expression, ParseMode};
use toml::{Table, Value};

use crate::workspace::{packages, read, this_system, toml};

/// A list of texts in a table.
fn texts<'a>(table: &'a Table, key: &str) -> Vec<&'a str> {
    let values = table[key].as_array().unwrap_or_else(|| panic!("`{key}` is a list"));
    values.iter().map(|value| value.as_str().expect("a text")).collect()
}

/// A list of crates in a table, each with why it stands there.
fn crates(table: &Table, key: &str) -> Vec<(String, String)> {
    let text = |value: &Value, key: &str| {
        let text = value.get(key).and_then(Value::as_str);
        text.unwrap_or_else(|| panic!("no `{key}` in {value:?}")).to_owned()
    };
    let values = table[key].as_array().unwrap_or_else(|| panic!("`{key}` is a list"));
    values.iter().map(|value| (text(value, "crate"), text(value, "reason"))).collect()
}

/// What `deny.toml` has under a head.
fn rules(head: &str) -> Table {
    toml("deny.toml")[head].as_table().unwrap_or_else(|| panic!("[{head}]")).clone()
}

/// What a package of a lock file is: its name, its version and where it comes from, which is nowhere for our own.
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
}

fn locked(lock: &Table) -> Vec<Locked> {
    let packages = lock["package"].as_array().expect("packages");
    let text = |package: &Value, key: &str| Some(package.get(key)?.as_str()?.to_owned());
    let locked = packages.iter().map(|package| Locked {
        name: text(package, "name").expect("a name"),
        version: text(package, "version").expect("a version"),
        source: text(package, "source"),
    });
    locked.collect()
}

fn ours() -> Vec<Locked> {
    locked(&toml("Cargo.lock"))
}

/// Every banned crate among these, with the reason.
fn banned(locked: &[Locked]) -> Vec<String> {
    let banned: BTreeMap<_, _> = crates(&rules("bans"), "deny").into_iter().collect();
    let why = |package: &Locked| Some(format!("{}: {}", package.name, banned.get(&package.name)?));
    locked.iter().filter_map(why).collect()
}

/// Whether a licence may be chosen such that nothing is owed that `allowed` does not have.
fn is_allowed(licence: &str, allowed: &BTreeSet<&str>) -> bool {
    // Lax: `MIT/Apache-2.0`, as it was written once.
    let expression = Expression::parse_mode(licence, ParseMode::LAX);
    let expression = expression.unwrap_or_else(|error| panic!("{licence}: {error}"));
    expression.evaluate(|asked| {
        let name = asked.license.id().map(|id| id.name);
        asked.addition.is_none() && name.is_some_and(|name| allowed.contains(name))
    })
}

#[test]
fn every_licence_is_one_that_is_listed() {
    let rules = rules("licenses");
    let allowed: BTreeSet<&str> = texts(&rules, "allow").into_iter().collect();
    let exceptions = rules["exceptions"].as_array().expect("a list");
    let allowed_for = |name: &str| {
        let own = exceptions.iter().filter(|one| one["crate"].as_str() == Some(name));
        let own = own.flat_map(|one| texts(one.as_table().expect("a table"), "allow"));
        allowed.iter().copied().chain(own).collect::<BTreeSet<_>>()
    };
    let packages = packages(&["--filter-platform", &this_system()]);
    assert!(packages.len() > 100, "{} packages", packages.len());
    let mut wrong = Vec::new();
    for package in &packages {
        let name = package["name"].as_str().expect("a name");
        match package["license"].as_str() {
            Some(licence) if is_allowed(licence, &allowed_for(name)) => {}
            licence => wrong.push(format!("{name}: {}", licence.unwrap_or("no licence"))),
        }
    }
    assert!(wrong.is_empty(), "not among `licenses.allow` of deny.toml:\n{}", wrong.join("\n"));
}

#[test]
fn everything_comes_from_where_it_may() {
    let rules = rules("sources");
    let allowed = texts(&rules, "allow-registry").into_iter();
    let allowed: Vec<String> = allowed.map(|address| format!("registry+{address}")).collect();
    let is_elsewhere =
        |package: &&Locked| package.source.as_ref().is_some_and(|source| !allowed.contains(source));
    let locked = ours();
    let wrong: Vec<&str> =
        locked.iter().filter(is_elsewhere).map(|package| package.name.as_str()).collect();
    assert!(wrong.is_empty(), "not from a registry of deny.toml: {}", wrong.join(", "));
    // What comes from nowhere is a member of the workspace: no copy of something else.
    let members = packages(&["--no-deps"]);
    let members: BTreeSet<&str> = members.iter().filter_map(|one| one["name"].as_str()).collect();
    let local = locked.iter().filter(|package| package.source.is_none());
    let local: BTreeSet<&str> = local.map(|package| package.name.as_str()).collect();
    assert_eq!(local, members);
}

#[test]
fn nothing_that_is_banned_is_there() {
    assert_eq!(banned(&ours()), [""; 0]);
}

#[test]
fn a_crate_is_there_once_or_there_is_a_reason() {
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in ours() {
        versions.entry(package.name).or_default().push(package.version);
    }
    let skipped: BTreeSet<String> =
        crates(&rules("bans"), "skip").into_iter().map(|(name, _)| name).collect();
    let all = |name: &String| -> Vec<String> {
        versions[name].iter().map(|version| format!("{name}@{version}")).collect()
    };
    let twice: Vec<&String> = versions.keys().filter(|name| versions[*name].len() > 1).collect();
    for name in &twice {
        let left: Vec<String> =
            all(name).into_iter().filter(|version| !skipped.contains(version)).collect();
        assert!(
            left.len() < 2,
            "there twice, and `bans.skip` of deny.toml has no reason: {left:?}"
        );
    }
    let needed: BTreeSet<String> = twice.iter().flat_map(|name| all(name)).collect();
    let gone: Vec<&String> = skipped.difference(&needed).collect();
    assert!(gone.is_empty(), "`bans.skip` of deny.toml has what is there once: {gone:?}");
}

#[test]
fn the_example_on_another_runtime_is_the_only_one_with_it() {
    // It is a crate of its own for this; and shows that what is banned would be found.
    let example: Table =
        ::toml::from_str(&read("core/examples/on-tokio/Cargo.lock")).expect("TOML");
    assert_eq!(banned(&locked(&example)), ["tokio: one runtime, and it is smol"]);
}

#[test]
fn a_licence_is_allowed_where_one_may_choose_it() {
    let allowed = BTreeSet::from(["MIT", "Zlib"]);
    for licence in ["MIT", "MIT OR GPL-3.0", "MIT/Apache-2.0", "Zlib AND (GPL-2.0 OR MIT)"] {
        assert!(is_allowed(licence, &allowed), "{licence}");
    }
    for licence in ["GPL-3.0", "MIT AND GPL-3.0", "Apache-2.0/GPL-2.0", "MIT WITH LLVM-exception"] {
        assert!(!is_allowed(licence, &allowed), "{licence}");
    }
}

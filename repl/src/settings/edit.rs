//! Changes single settings in the text of a configuration and leaves the rest as it is written, comments included.

use std::ops::Range;

use salotto::PluginSetup;
use salotto::protocol::OnPanic;

use super::locate::{self, Field};

/// The text with a setting set, such as `server.name`, to a value in RON.
pub(super) fn set(text: &str, path: &str, value: &str) -> String {
    let fields = locate::fields(text);
    if let Some(field) = fields.iter().find(|field| field.path == path) {
        return replaced(text, field.value.clone(), value);
    }
    match path.split_once('.') {
        None => inserted(text, locate::first_bracket(text), &format!("{path}: {value}")),
        Some((section, name)) => {
            match fields.iter().find(|field| field.path == section).and_then(|f| opening(text, f)) {
                Some(open) => inserted(text, Some(open), &format!("{name}: {value}")),
                None => {
                    let root = locate::first_bracket(text);
                    inserted(text, root, &format!("{section}: ({name}: {value})"))
                }
            }
        }
    }
}

/// The text with a setting of a plugin, such as `words` or `names.burst`, set to a value in RON. `None` where the plugin has no entry, or the setting stands in
/// it more than once.
pub(super) fn set_in_plugin(text: &str, plugin: &str, path: &str, value: &str) -> Option<String> {
    let fields = locate::fields(text);
    let name = name_of(text, &fields, plugin)?;
    let entry = locate::enclosing(text, name.start)?;
    let inside: Vec<&Field> =
        fields.iter().filter(|field| entry.contains(&field.value.start)).collect();
    let mut outer = format!("plugins.settings.{path}");
    let mut of_it = inside.iter().filter(|field| field.path == outer);
    if let Some(field) = of_it.next() {
        return of_it.next().is_none().then(|| replaced(text, field.value.clone(), value));
    }
    // What is missing is put into the innermost brackets that are there.
    let mut missing = value.to_owned();
    while let Some((around, last)) = outer.rsplit_once('.') {
        missing = format!("{last}: {missing}");
        if around == "plugins" {
            return Some(replaced(text, name.end..name.end, &format!(", {missing}")));
        }
        if let Some(field) = inside.iter().find(|field| field.path == around) {
            return Some(inserted(text, Some(opening(text, field)?), &missing));
        }
        missing = format!("({missing})");
        outer.truncate(around.len());
    }
    None
}

/// Whether a plugin has an entry.
pub(super) fn has_plugin(text: &str, plugin: &str) -> bool {
    name_of(text, &locate::fields(text), plugin).is_some()
}

/// Where the name stands in the entry of a plugin.
fn name_of(text: &str, fields: &[Field], plugin: &str) -> Option<Range<usize>> {
    let quoted = format!("{plugin:?}");
    let is_it =
        |field: &&Field| field.path == "plugins.name" && text[field.value.clone()] == quoted;
    fields.iter().find(is_it).map(|field| field.value.clone())
}

/// The text with an entry of `plugins` that sets a plugin up in this way. One that is there is replaced.
pub(super) fn set_plugin(text: &str, setup: &PluginSetup) -> String {
    let entry = entry(setup);
    let fields = locate::fields(text);
    let named = name_of(text, &fields, &setup.name);
    if let Some(range) = named.and_then(|name| locate::enclosing(text, name.start)) {
        return replaced(text, range, &entry);
    }
    let Some(list) = fields.iter().find(|field| field.path == "plugins") else {
        return set(text, "plugins", &format!("[{entry}]"));
    };
    let inside = &text[list.value.clone()];
    let end = list.value.end - 1;
    let last = text[..end].trim_end().len();
    let comma = if inside[1..inside.len() - 1].trim().is_empty() || text[..last].ends_with(',') {
        ""
    } else {
        ","
    };
    let space = if inside.contains('\n') { "\n        " } else { " " };
    // A comment at the end of the list would swallow what follows on its line.
    replaced(text, end..end, &format!("{comma}{space}{entry},{}", &space[..1]))
}

fn entry(setup: &PluginSetup) -> String {
    let mut entry = format!("(name: {:?}", setup.name);
    if !setup.settings.trim().is_empty() {
        entry += &format!(", settings: {}", setup.settings.trim());
    }
    if setup.on_panic == OnPanic::Closed {
        entry += ", on_panic: Closed";
    }
    if !setup.enabled {
        entry += ", enabled: false";
    }
    entry + ")"
}

/// Where the bracket of a section opens.
fn opening(text: &str, field: &Field) -> Option<usize> {
    text[field.value.clone()].starts_with('(').then_some(field.value.start)
}

/// The text with a field behind an opening bracket, on a line of its own where the others are.
fn inserted(text: &str, open: Option<usize>, field: &str) -> String {
    let Some(open) = open else { return text.to_owned() };
    let rest = &text[open + 1..];
    let first_line = rest.lines().next().unwrap_or_default();
    if rest.contains('\n') && (first_line.trim().is_empty() || first_line.trim().starts_with("//"))
    {
        let next = rest.lines().skip(1).find(|line| !line.trim().is_empty()).unwrap_or_default();
        let indent = &next[..next.len() - next.trim_start().len()];
        let at = open + 1 + first_line.len();
        return replaced(text, at..at, &format!("\n{indent}{field},"));
    }
    let comma = if rest.trim_start().starts_with(')') { "" } else { ", " };
    replaced(text, open + 1..open + 1, &format!("{field}{comma}"))
}

fn replaced(text: &str, range: Range<usize>, with: &str) -> String {
    format!("{}{with}{}", &text[..range.start], &text[range.end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_set_where_it_stands_or_in_its_section() {
        for (text, path, value, after) in [
            ("()", "server.name", "\"a\"", "(server: (name: \"a\"))"),
            (
                "(rooms: (open: true))",
                "server.name",
                "1",
                "(server: (name: 1), rooms: (open: true))",
            ),
            ("(server: (threads: 1))", "server.name", "1", "(server: (name: 1, threads: 1))"),
            ("(server: (name: 5 /* b */))", "server.name", "1", "(server: (name: 1 /* b */))"),
            (
                "// (a)\n(\n    server: ( // why\n        threads: 1,\n    ),\n)",
                "server.name",
                "1",
                "// (a)\n(\n    server: ( // why\n        name: 1,\n        threads: 1,\n    ),\n)",
            ),
            (
                "(\n  // b\n  server: (),\n)",
                "log.level",
                "Info",
                "(\n  log: (level: Info),\n  // b\n  server: (),\n)",
            ),
        ] {
            assert_eq!(set(text, path, value), after, "{text}");
        }
    }

    #[test]
    fn a_setting_of_a_plugin_is_set_in_its_entry() {
        for (text, path, after) in [
            (
                "(plugins: [(name: \"log\")])",
                "path",
                Some("(plugins: [(name: \"log\", settings: (path: 1))])"),
            ),
            (
                "(plugins: [(name: \"quit\", settings: (path: 5)), (settings: (/* a */ path: 2 /* b */), name: \"log\")])",
                "path",
                Some(
                    "(plugins: [(name: \"quit\", settings: (path: 5)), (settings: (/* a */ path: 1 /* b */), name: \"log\")])",
                ),
            ),
            (
                "(plugins: [(name: \"log\", settings: (path: 2))])",
                "keep.days",
                Some("(plugins: [(name: \"log\", settings: (keep: (days: 1), path: 2))])"),
            ),
            (
                "(plugins: [(name: \"log\", settings: (keep: (weeks: 2)))])",
                "keep.days",
                Some("(plugins: [(name: \"log\", settings: (keep: (days: 1, weeks: 2)))])"),
            ),
            ("(plugins: [(name: \"log\", settings: (a: [(b: 1), (b: 2)]))])", "a.b", None),
            ("(plugins: [(name: \"log\", settings: (a: 5))])", "a.b", None),
            ("(plugins: [(name: \"quit\")])", "path", None),
        ] {
            assert_eq!(set_in_plugin(text, "log", path, "1").as_deref(), after, "{text}");
        }
    }

    #[test]
    fn an_entry_of_a_plugin_is_replaced_or_added() {
        let log = PluginSetup::new("log").settings("(path: \"a\")");
        let quit = PluginSetup::new("quit").enabled(false);
        for (text, setup, after) in [
            ("()", &log, "(plugins: [(name: \"log\", settings: (path: \"a\"))])"),
            (
                "(plugins: [(settings: (path: \"(\"), name: \"log\"), (name: \"quit\")])",
                &log,
                "(plugins: [(name: \"log\", settings: (path: \"a\")), (name: \"quit\")])",
            ),
            (
                "(plugins: [(name: \"log\")])",
                &quit,
                "(plugins: [(name: \"log\"), (name: \"quit\", enabled: false), ])",
            ),
            ("(plugins: [])", &quit, "(plugins: [ (name: \"quit\", enabled: false), ])"),
        ] {
            assert_eq!(set_plugin(text, setup), after, "{text}");
        }
    }
}

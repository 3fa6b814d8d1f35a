//! `plugins` in the file. Each entry changes one of the plugins that are on by default, in its place, or adds another one; with `only_plugins: true` the
//! list is all there is. Earlier the list was always all there is, so that a file with one entry switched moderation off; a file that seems to be meant
//! that way is told so.

use salotto::PluginSetup;
use salotto::plugin::CatalogError;

use super::locate::{Field, Position};
use super::mistake::{self, Mistake};
use super::{PluginEntry, Source};

/// The list as it is written.
pub(super) struct PluginList<'f> {
    pub(super) source: &'f Source,
    pub(super) text: &'f str,
    pub(super) fields: &'f [Field],
    pub(super) entries: Option<&'f [PluginEntry<'f>]>,
    pub(super) only: Option<bool>,
}

impl PluginList<'_> {
    /// Every plugin that is on, and those that are off and have settings or a place, in order.
    pub(super) fn setups(&self, mistakes: &mut Vec<Mistake>) -> Vec<PluginSetup> {
        let entries = self.entries.unwrap_or_default();
        if self.entries.is_none() && self.only == Some(true) {
            let text =
                "`only_plugins: true` needs a list of `plugins`; with `plugins: []` all are off";
            mistakes.push(Mistake::new(self.position("only_plugins"), text.into()));
        }
        let mut listed: Vec<PluginSetup> = Vec::new();
        for (entry, position) in entries.iter().zip(self.positions()) {
            let setup = entry.setup();
            if listed.iter().any(|other| other.name == setup.name) {
                let text =
                    format!("the plugin `{}` is listed twice; remove one of them", setup.name);
                mistakes.push(Mistake::new(position, text));
            }
            // Those that are off are checked too, since they may be enabled later.
            mistakes.extend(self.mistakes(entry, &setup, position));
            listed.push(setup);
        }
        let only = self.only == Some(true);
        let unlisted: Vec<PluginSetup> = self.unlisted(&listed).cloned().collect();
        if !only {
            self.source.check_plugins(&unlisted, mistakes);
        }
        for setup in unlisted {
            let place = self.place(&setup.name, &listed);
            listed.insert(place, setup.enabled(!only));
        }
        listed
    }

    /// What the list perhaps does not mean any more.
    pub(super) fn notes(&self) -> Vec<Mistake> {
        let Some(entries) = self.entries.filter(|_| self.only.is_none()) else {
            return Vec::new();
        };
        let listed: Vec<PluginSetup> = entries.iter().map(PluginEntry::setup).collect();
        let on: Vec<&str> = self.unlisted(&listed).map(|setup| setup.name.as_str()).collect();
        // An entry that changes nothing has no meaning but in a list that is all there is.
        let is_idle = |setup: &PluginSetup| self.source.default_plugins.contains(setup);
        if on.is_empty() || !(listed.is_empty() || listed.iter().any(is_idle)) {
            return Vec::new();
        }
        let text = format!(
            "`plugins` changes the default list, so {} {} on too; `only_plugins: true` switches off what is not listed, `only_plugins: false` says that this is meant",
            on.join(", "),
            if on.len() == 1 { "is" } else { "are" },
        );
        vec![Mistake::new(self.position("plugins"), text)]
    }

    /// The plugins that are on by default and have no entry.
    fn unlisted<'s>(&'s self, listed: &'s [PluginSetup]) -> impl Iterator<Item = &'s PluginSetup> {
        let is_listed = |setup: &&PluginSetup| listed.iter().any(|other| other.name == setup.name);
        self.source.default_plugins.iter().filter(move |setup| !is_listed(setup))
    }

    /// Where a plugin goes that has no entry: behind the one that it follows by default.
    fn place(&self, name: &str, listed: &[PluginSetup]) -> usize {
        let before = self.source.default_plugins.iter().take_while(|setup| setup.name != name);
        let before: Vec<&str> = before.map(|setup| setup.name.as_str()).collect();
        let follows = |other: &&str| listed.iter().position(|setup| setup.name == **other);
        before.iter().rev().find_map(follows).map_or(0, |place| place + 1)
    }

    fn mistakes(
        &self,
        entry: &PluginEntry<'_>,
        setup: &PluginSetup,
        position: Option<Position>,
    ) -> Vec<Mistake> {
        match self.source.catalog.build(setup) {
            Ok(_) => Vec::new(),
            Err(CatalogError::Settings { name, problem }) => {
                let start = entry.settings.map(|raw| offset_of(self.text, raw.get_ron()));
                let start = start.map(|offset| Position::of(self.text, offset));
                let lines = problem.lines();
                lines.map(|line| plugin_settings(&name, line, start, position)).collect()
            }
            Err(CatalogError::Unknown { name, known }) => {
                vec![Mistake::new(position, unknown_plugin(&name, &known))]
            }
            Err(other) => vec![Mistake::new(position, other.to_string())],
        }
    }

    /// Where the name of each entry stands.
    fn positions(&self) -> impl Iterator<Item = Option<Position>> {
        let names = self.fields.iter().filter(|field| field.path == "plugins.name");
        let positions = names.map(|field| Some(Position::of(self.text, field.value.start)));
        positions.chain(std::iter::repeat(None))
    }

    fn position(&self, path: &str) -> Option<Position> {
        let field = self.fields.iter().find(|field| field.path == path)?;
        Some(Position::of(self.text, field.value.start))
    }
}

impl Source {
    /// Makes plugins that no entry names: they may read files that have mistakes.
    pub(super) fn check_plugins(&self, setups: &[PluginSetup], mistakes: &mut Vec<Mistake>) {
        for setup in setups.iter().filter(|setup| setup.enabled) {
            if let Err(CatalogError::Settings { name, problem }) = self.catalog.build(setup) {
                let lines = problem.lines();
                mistakes.extend(lines.map(|line| plugin_settings(&name, line, None, None)));
            }
        }
    }
}

impl PluginEntry<'_> {
    pub(super) fn setup(&self) -> PluginSetup {
        let mut setup = PluginSetup::new(&self.name).on_panic(self.on_panic).enabled(self.enabled);
        if let Some(settings) = self.settings {
            setup.settings = settings.get_ron().to_owned();
        }
        setup
    }
}

/// The message for a plugin that does not exist.
fn unknown_plugin(name: &str, known: &[String]) -> String {
    let name = mistake::quoted(name);
    let near = mistake::did_you_mean(&name, known.iter().map(String::as_str));
    format!("unknown plugin `{name}`{near} known plugins: {}", known.join(", "))
}

/// An error of a constructor, `LINE:COLUMN: message`, with the position in the whole file. A message that begins with the place of a mistake in another file
/// keeps that place alone.
fn plugin_settings(
    name: &str,
    problem: &str,
    start: Option<Position>,
    entry: Option<Position>,
) -> Mistake {
    let (position, message) = match placed(problem) {
        Some((position, message)) => (start.map(|start| position.inside(start)), message),
        None => (start, problem),
    };
    if let Some((file, message)) = of_another_file(message) {
        return Mistake::elsewhere(file, format!("plugin `{name}`: {message}"));
    }
    Mistake::new(position.or(entry), format!("plugin `{name}`: {message}"))
}

/// A message with its position before it.
fn placed(problem: &str) -> Option<(Position, &str)> {
    let (line, rest) = problem.split_once(':')?;
    let (column, message) = rest.split_once(':')?;
    let position =
        Position { line: line.trim().parse().ok()?, column: column.trim().parse().ok()? };
    Some((position, message.trim()))
}

/// A message with `PATH:LINE:COLUMN` before it.
fn of_another_file(message: &str) -> Option<(&str, &str)> {
    let (place, message) = message.split_once(": ")?;
    let (rest, column) = place.rsplit_once(':')?;
    let (path, line) = rest.rsplit_once(':')?;
    let is_number = |text: &str| text.parse::<usize>().is_ok();
    (is_number(column) && is_number(line) && !path.is_empty()).then_some((place, message))
}

/// The offset in `text` of a part that was borrowed from it.
fn offset_of(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

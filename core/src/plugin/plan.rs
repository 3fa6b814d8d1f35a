//! Which plugins were set up and in which order, also those that are off: so that one which is enabled again has the settings and the place that it had.

use crate::protocol::plugin_info::PluginSetup;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    setup: PluginSetup,
    /// Whether a configuration has it: then its settings are not replaced by those that were given while people talk.
    configured: bool,
}

impl Plan {
    /// Takes over the order and the settings of a configuration. What was enabled beside it keeps its place behind the plugin that it followed.
    pub(crate) fn configure(&mut self, setups: &[PluginSetup]) {
        let before = std::mem::take(&mut self.entries);
        self.entries = setups.iter().map(|setup| Entry::new(setup, true)).collect();
        for (index, entry) in before.iter().enumerate() {
            if !setups.iter().any(|setup| setup.name == entry.setup.name) {
                let followed = index.checked_sub(1).map(|index| before[index].setup.name.as_str());
                self.insert(Entry::new(&entry.setup, false), followed);
            }
        }
    }

    /// A plugin was enabled, behind this one or as the first.
    pub(crate) fn enabled(&mut self, setup: &PluginSetup, behind: Option<&str>) {
        match self.entries.iter_mut().find(|entry| entry.setup.name == setup.name) {
            Some(entry) if entry.configured => {}
            Some(entry) => entry.setup = setup.clone(),
            None => self.insert(Entry::new(setup, false), behind),
        }
    }

    /// How a plugin was set up.
    pub(crate) fn setup(&self, name: &str) -> Option<PluginSetup> {
        let entry = self.entries.iter().find(|entry| entry.setup.name == name)?;
        Some(entry.setup.clone().enabled(true))
    }

    /// All that were set up, in order.
    pub(crate) fn setups(&self) -> impl Iterator<Item = &PluginSetup> {
        self.entries.iter().map(|entry| &entry.setup)
    }

    /// The place of a plugin among those that run: behind the last of them that comes before it here. `None` where it was never set up.
    pub(crate) fn place<'r>(
        &self,
        name: &str,
        mut running: impl DoubleEndedIterator<Item = &'r str> + ExactSizeIterator,
    ) -> Option<usize> {
        let index = self.entries.iter().position(|entry| entry.setup.name == name)?;
        let comes_before =
            |other: &str| self.entries[..index].iter().any(|entry| entry.setup.name == other);
        Some(running.rposition(comes_before).map_or(0, |place| place + 1))
    }

    fn insert(&mut self, entry: Entry, behind: Option<&str>) {
        let place = behind.and_then(|behind| {
            self.entries.iter().position(|entry| entry.setup.name == behind).map(|at| at + 1)
        });
        let place = match behind {
            Some(_) => place.unwrap_or(self.entries.len()),
            None => 0,
        };
        self.entries.insert(place, entry);
    }
}

impl Entry {
    fn new(setup: &PluginSetup, configured: bool) -> Self {
        Self { setup: setup.clone(), configured }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setups(names: &str) -> Vec<PluginSetup> {
        names.split(' ').map(|name| PluginSetup::new(name).settings("file")).collect()
    }

    fn order(plan: &Plan) -> String {
        let names: Vec<_> = plan.setups().map(|setup| setup.name.as_str()).collect();
        names.join(" ")
    }

    #[test]
    fn a_plugin_has_the_place_and_the_settings_of_the_configuration_or_those_it_had() {
        let mut plan = Plan::default();
        plan.configure(&setups("a b c"));
        plan.enabled(&PluginSetup::new("b").settings("typed"), Some("a"));
        plan.enabled(&PluginSetup::new("x").settings("typed"), Some("b"));
        assert_eq!(order(&plan), "a b x c");
        assert_eq!(plan.setup("b").unwrap().settings, "file");
        assert_eq!(plan.setup("x").unwrap().settings, "typed");
        assert_eq!(plan.setup("y"), None);
        for (running, place) in [("a c", 1), ("c a", 2), ("c", 0), ("a x c", 1)] {
            let running: Vec<&str> = running.split(' ').collect();
            assert_eq!(plan.place("b", running.iter().copied()), Some(place), "{running:?}");
        }
    }

    #[test]
    fn another_configuration_leaves_what_is_not_in_it_where_it_was() {
        let mut plan = Plan::default();
        plan.configure(&setups("a b"));
        plan.enabled(&PluginSetup::new("x"), Some("a"));
        plan.enabled(&PluginSetup::new("first"), None);
        plan.configure(&setups("b a"));
        assert_eq!(order(&plan), "first b a x");
    }
}

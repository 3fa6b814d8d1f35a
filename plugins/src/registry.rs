//! The plugins that come with Salotto, by name, and how an embedder adds more.

use salotto::{Catalog, Plugin, PluginSetup};
use serde::de::DeserializeOwned;

use crate::commands::Commands;
use crate::common::settings::{at_start, parse_settings};
use crate::floods::Floods;
use crate::log::Log;
use crate::moderation::Moderation;
use crate::notices::Notices;
use crate::quit::Quit;
use crate::roles::Roles;

/// The plugins that come with Salotto, by name.
///
/// ```
/// let names = salotto_plugins::catalog().names();
/// for name in ["audit", "commands", "floods", "history", "log", "metrics", "moderation", "notices", "quit", "roles", "rooms", "web"] {
///     assert!(names.iter().any(|known| known == name));
/// }
/// ```
///
/// With the features `cluster`, `discovery` and `tls` there are those, too.
pub fn catalog() -> Catalog {
    let catalog = Catalog::new()
        .register("roles", Roles::new)
        .register("notices", |settings| Ok(Notices::new(settings)))
        .register("quit", |settings| Ok(Quit::new(settings)))
        .register("log", |settings| Ok(Log::new(settings)))
        .register("commands", |settings| Ok(Commands::new(settings)))
        .register("floods", |settings| Ok(Floods::new(settings)))
        .register("moderation", Moderation::new);
    #[cfg(feature = "history")]
    let catalog = catalog.register("history", crate::history::History::new);
    #[cfg(feature = "audit")]
    let catalog = catalog.register("audit", |settings| Ok(crate::audit::Audit::new(settings)));
    #[cfg(feature = "cluster")]
    let catalog = catalog.register("cluster", crate::cluster::Cluster::new);
    #[cfg(feature = "discovery")]
    let catalog =
        catalog.register("discovery", |settings| Ok(crate::discovery::Discovery::new(settings)));
    #[cfg(feature = "irc")]
    let catalog = catalog.register("irc", crate::irc::Irc::new);
    #[cfg(feature = "metrics")]
    let catalog =
        catalog.register("metrics", |settings| Ok(crate::metrics::Metrics::new(settings)));
    #[cfg(feature = "rooms")]
    let catalog = catalog.register("rooms", |settings| Ok(crate::rooms::Rooms::new(settings)));
    #[cfg(feature = "tls")]
    let catalog = catalog.register("tls", crate::tls::Tls::new);
    #[cfg(feature = "web")]
    let catalog = catalog.register("web", crate::web::Web::new);
    catalog
}

/// The plugins of a server whose configuration lists none, in their order: `roles`, `notices`, `quit`, `commands`, `floods`, `rooms`, `moderation`, `history`, `irc`, `web` and
/// `discovery`, as far as their features are on. The last tells the local network of a server that listens on more than loopback.
///
/// `log` and `audit` are not among them, as it is for the operator to decide whether to keep what people say and do; nor is `metrics`, which opens a
/// port, `tls`, of which people have to be told, or `cluster`, which needs an engine.
pub fn default_set() -> Vec<PluginSetup> {
    // The rules of rooms come before the locks, which let in whom those let in; discovery after the page, of which it tells.
    let set = [
        "roles",
        "notices",
        "quit",
        "commands",
        "floods",
        "rooms",
        "moderation",
        "history",
        "irc",
        "web",
        "discovery",
    ];
    let known = catalog().names();
    let is_known = |name: &&str| known.iter().any(|known| known == name);
    set.into_iter().filter(is_known).map(PluginSetup::new).collect()
}

/// Plugins whose settings are written in RON.
pub trait CatalogExt: Sized {
    /// Adds a plugin, or replaces the one of that name. Its settings are read by [`parse_settings`], so that none means the
    /// defaults, and given to `construct`, which makes the plugin or says what is wrong with them.
    ///
    /// Errors have the form `LINE:COLUMN: message`; those of `construct` get the position where the settings begin.
    fn register<S, P>(
        self,
        name: &str,
        construct: impl Fn(S) -> Result<P, String> + Send + Sync + 'static,
    ) -> Self
    where
        S: DeserializeOwned + Default,
        P: Plugin + 'static;
}

impl CatalogExt for Catalog {
    fn register<S, P>(
        self,
        name: &str,
        construct: impl Fn(S) -> Result<P, String> + Send + Sync + 'static,
    ) -> Self
    where
        S: DeserializeOwned + Default,
        P: Plugin + 'static,
    {
        self.with(name, move |text| {
            let settings = parse_settings(text)?;
            let plugin = construct(settings).map_err(|message| at_start(text, &message))?;
            Ok(Box::new(plugin))
        })
    }
}

#[cfg(test)]
mod tests {
    use salotto::Server;
    use salotto::plugin::Nothing;

    use super::*;

    fn problem(catalog: &Catalog, name: &str, settings: &str) -> String {
        let setup = PluginSetup::new(name).settings(settings);
        match catalog.build(&setup) {
            Ok(_) => panic!("{name} takes {settings}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn every_plugin_can_be_made_without_settings() {
        let catalog = catalog();
        for name in catalog.names() {
            assert!(catalog.build(&PluginSetup::new(name)).is_ok());
        }
    }

    #[test]
    fn the_default_set_opens_a_server() {
        let mut builder = Server::builder().catalog(catalog());
        for setup in default_set() {
            builder = builder.enable(setup);
        }
        let server = builder.listen(Vec::<String>::new()).start().unwrap();
        smol::block_on(async {
            let plugins = server.handle().status().await.unwrap().plugins;
            let names: Vec<_> = plugins.iter().map(|plugin| plugin.name.as_str()).collect();
            let mut expected = vec!["roles", "notices", "quit", "commands", "floods"];
            expected.extend(cfg!(feature = "rooms").then_some("rooms"));
            expected.push("moderation");
            expected.extend(cfg!(feature = "history").then_some("history"));
            expected.extend(cfg!(feature = "irc").then_some("irc"));
            expected.extend(cfg!(feature = "web").then_some("web"));
            expected.extend(cfg!(feature = "discovery").then_some("discovery"));
            assert_eq!(names, expected);
            server.stop().await;
        });
    }

    #[test]
    fn a_new_configuration_leaves_what_code_added_where_it_was() {
        let server = Server::builder()
            .catalog(catalog())
            .enable(PluginSetup::new("notices"))
            .plugin("mine", Nothing)
            .enable(PluginSetup::new("quit"))
            .listen(Vec::<String>::new());
        let server = server.start().unwrap();
        let handle = server.handle();
        let order = async |settings| {
            let plugins =
                [PluginSetup::new("commands"), PluginSetup::new("notices").settings(settings)];
            handle.apply(salotto::Settings::default(), Some(plugins.to_vec())).await.unwrap();
            let plugins = handle.status().await.unwrap().plugins;
            plugins.into_iter().map(|plugin| plugin.name).collect::<Vec<_>>()
        };
        smol::block_on(async {
            for settings in ["", "()", "()"] {
                assert_eq!(order(settings).await, ["commands", "notices", "mine"]);
            }
            server.stop().await;
        });
    }

    #[test]
    fn one_that_is_enabled_again_has_the_settings_and_the_place_that_it_had() {
        let off = PluginSetup::new("quit").settings("(words: [\"bye\"])").enabled(false);
        let mut builder = Server::builder().catalog(catalog()).listen(Vec::<String>::new());
        for setup in [PluginSetup::new("notices"), off, PluginSetup::new("commands")] {
            builder = builder.enable(setup);
        }
        let server = builder.start().unwrap();
        let handle = server.handle();
        smol::block_on(async {
            for line in [
                "plugins enable quit",
                "plugins disable quit",
                "plugins enable quit (words: [\"ciao\"])",
                "plugins disable notices",
                "plugins disable quit",
                "plugins enable log (path: \"/nowhere/log\")",
                "plugins enable notices",
                "plugins disable log",
                "plugins enable quit",
                "plugins enable log",
            ] {
                handle.execute(line).await.unwrap();
            }
            let plugins = handle.status().await.unwrap().plugins;
            let shown: Vec<_> = plugins
                .iter()
                .map(|plugin| format!("{}{}", plugin.name, plugin.settings))
                .collect();
            assert_eq!(
                shown,
                ["notices", "quit(words: [\"bye\"])", "commands", "log(path: \"/nowhere/log\")"]
            );
            server.stop().await;
        });
    }

    #[test]
    fn wrong_settings_are_refused_with_plugin_and_place() {
        let catalog = catalog();
        assert_eq!(
            problem(&catalog, "quit", "(\n  word: \"bye\",\n)"),
            "plugin `quit`: 2:3: unknown field `word`; did you mean `words`? known fields: `words`"
        );
        assert_eq!(
            problem(&catalog, "commands", "(who_names: -1)"),
            "plugin `commands`: 1:14: the number `-1` is too large or too small here"
        );
        assert_eq!(
            problem(&catalog, "floods", "(steps: [\"Warm\"])"),
            "plugin `floods`: 1:10: unknown choice `Warm`; did you mean `Warn`? known choices: `Warn`, `Mute`, `Kick`, `Ban`, `BanAddress`; write the word without quotes"
        );
        assert_eq!(
            problem(&catalog, "log", "(rotate: \"Daily\")"),
            "plugin `log`: 1:10: found `\"Daily\"`; write the word without quotes"
        );
        assert!(problem(&catalog, "log", "(path: \"\")").starts_with("plugin `log`: 1:"));
        assert!(problem(&catalog, "logs", "").contains("known are audit, "));
    }

    #[test]
    fn what_a_constructor_refuses_stands_where_the_settings_begin() {
        let refuse = |(): ()| Err::<Nothing, _>("not today".to_owned());
        let catalog = Catalog::new().register("moody", refuse);
        assert_eq!(problem(&catalog, "moody", "\n ()"), "plugin `moody`: 2:2: not today");
    }
}

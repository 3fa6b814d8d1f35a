use std::fmt::Debug;

#[cfg(feature = "audit")]
use salotto_plugins::audit::AuditSettings;
use salotto_plugins::commands::CommandSettings;
#[cfg(feature = "discovery")]
use salotto_plugins::discovery::DiscoverySettings;
use salotto_plugins::floods::FloodSettings;
#[cfg(feature = "sqlite")]
use salotto_plugins::history::HistorySettings;
#[cfg(feature = "irc")]
use salotto_plugins::irc::IrcSettings;
use salotto_plugins::log::LogSettings;
#[cfg(feature = "metrics")]
use salotto_plugins::metrics::MetricsSettings;
use salotto_plugins::moderation::ModerationSettings;
use salotto_plugins::notices::NoticeSettings;
use salotto_plugins::quit::QuitSettings;
use salotto_plugins::roles::RoleSettings;
#[cfg(feature = "web")]
use salotto_plugins::web::WebSettings;
use serde::de::DeserializeOwned;

use super::*;
use salotto::Plugin;
use salotto::plugin::Nothing;

/// The plugins `log` and `notices`, of which the first refuses settings with the word `wrong` and says where it is.
fn catalog() -> Catalog {
    let nothing = || -> Result<Box<dyn Plugin>, String> { Ok(Box::new(Nothing)) };
    Catalog::new().with("notices", move |_| nothing()).with("log", move |settings| {
        match settings.find("wrong") {
            Some(at) => {
                let position = Position::of(settings, at);
                Err(format!("{position}: this is wrong"))
            }
            None => nothing(),
        }
    })
}

fn source() -> Source {
    Source::new(Some("salotto.ron".into()), catalog(), vec![PluginSetup::new("notices")])
}

fn parse(text: &str) -> Result<Config, String> {
    source().parse(Path::new("salotto.ron"), text).map_err(|error| error.to_string())
}

#[test]
fn the_file_that_init_writes_holds_the_defaults() {
    let known = salotto_plugins::catalog();
    let source = Source::new(None, known, Vec::new());
    let config = source.parse(Path::new("x"), &default_text()).unwrap();
    assert_eq!(config.settings, Settings::default());
    assert_eq!(config.program, Program::default());
    let default: Vec<_> = salotto_plugins::default_set().into_iter().map(|s| s.name).collect();
    assert_eq!(config.plugin_names(true).collect::<Vec<_>>(), default);
    assert_eq!(config.notes, [""; 0]);
}

#[test]
fn the_file_that_init_writes_holds_the_defaults_of_each_plugin() {
    fn holds_defaults<S: Default + PartialEq + Debug + DeserializeOwned>(text: &str) {
        assert_eq!(salotto_plugins::parse_settings::<S>(text), Ok(S::default()));
    }
    // Plugins that are off are in it with their settings too.
    let all_on = default_text().replace("enabled: false,", "");
    let source = Source::new(None, salotto_plugins::catalog(), Vec::new());
    let config = source.parse(Path::new("x"), &all_on).unwrap();
    for PluginSetup { name, settings, .. } in &config.plugins {
        match name.as_str() {
            "notices" => holds_defaults::<NoticeSettings>(settings),
            "roles" => holds_defaults::<RoleSettings>(settings),
            "quit" => holds_defaults::<QuitSettings>(settings),
            "commands" => holds_defaults::<CommandSettings>(settings),
            #[cfg(feature = "audit")]
            "audit" => holds_defaults::<AuditSettings>(settings),
            "floods" => holds_defaults::<FloodSettings>(settings),
            "log" => holds_defaults::<LogSettings>(settings),
            #[cfg(feature = "sqlite")]
            "history" => holds_defaults::<HistorySettings>(settings),
            #[cfg(feature = "cluster")]
            "cluster" => holds_defaults::<salotto_plugins::cluster::ClusterSettings>(settings),
            #[cfg(feature = "metrics")]
            "metrics" => holds_defaults::<MetricsSettings>(settings),
            "moderation" => holds_defaults::<ModerationSettings>(settings),
            #[cfg(feature = "rooms")]
            "rooms" => holds_defaults::<salotto_plugins::rooms::RoomRuleSettings>(settings),
            #[cfg(feature = "discovery")]
            "discovery" => holds_defaults::<DiscoverySettings>(settings),
            #[cfg(feature = "tls")]
            "tls" => holds_defaults::<salotto_plugins::tls::TlsSettings>(settings),
            #[cfg(feature = "irc")]
            "irc" => holds_defaults::<IrcSettings>(settings),
            #[cfg(feature = "web")]
            "web" => holds_defaults::<WebSettings>(settings),
            other => panic!("`{other}` is not compared"),
        }
    }
    assert_eq!(config.plugins.len(), salotto_plugins::catalog().names().len());
}

#[test]
fn the_file_that_init_writes_names_every_setting() {
    let defaults = show(&Settings::default(), &Program::default(), &[]);
    let written = locate::fields(DEFAULT_TEXT);
    for field in locate::fields(&defaults) {
        assert!(
            written.iter().any(|other| other.path == field.path),
            "`{}` is not written",
            field.path
        );
    }
}

#[test]
fn every_setting_that_init_writes_is_explained() {
    let mut explained = false;
    for line in DEFAULT_TEXT.lines().map(str::trim) {
        let is_field = line.contains(": ") && !line.starts_with("//") && !line.starts_with("(name");
        assert!(!is_field || explained, "nothing explains `{line}`");
        // One comment may explain the fields below it.
        explained = line.starts_with("//") || (is_field && explained);
    }
}

#[test]
fn what_is_left_out_keeps_its_default() {
    let config = parse("(server: (name: \"Ours\"))").unwrap();
    assert_eq!(config.settings.server.name, "Ours");
    assert_eq!(config.settings.limits, Limits::default());
    assert_eq!(config.plugins, [PluginSetup::new("notices")]);
    assert_eq!(parse("(plugins: [])").unwrap().plugins, [PluginSetup::new("notices")]);
}

#[test]
fn a_limit_is_written_as_it_is_meant() {
    let config = parse(
        "(limits: (mailbox: None, line_bytes: 30000, rate: Some((burst: 1, per_second: 1))))",
    );
    let limits = config.unwrap().settings.limits;
    assert_eq!((limits.mailbox, limits.line_bytes), (None, Some(30000)));
    assert_eq!(limits.rate.map(|rate| rate.burst), Some(1));
}

#[test]
fn plugins_keep_their_order_and_their_settings_as_they_are_written() {
    let config = parse(
        r#"(plugins: [
            (name: "log", settings: (path: "a", /* b */ c: 1), on_panic: Closed),
            (name: "notices", enabled: false),
        ])"#,
    )
    .unwrap();
    let log = PluginSetup::new("log").settings(r#"(path: "a", /* b */ c: 1)"#);
    let log = log.on_panic(OnPanic::Closed);
    assert_eq!(config.plugins, [log, PluginSetup::new("notices").enabled(false)]);
}

/// The catalog of the program with its default list.
fn real() -> Source {
    Source::new(None, salotto_plugins::catalog(), salotto_plugins::default_set())
}

#[test]
fn an_entry_changes_the_default_list_in_its_place() {
    for (list, on) in [
        (
            "plugins: []",
            "roles notices quit commands floods rooms moderation history irc web discovery",
        ),
        (
            "plugins: [(name: \"log\")]",
            "roles notices quit commands floods rooms moderation history irc web discovery log",
        ),
        (
            "plugins: [(name: \"quit\", settings: (words: [\"bye\"]))]",
            "roles notices quit commands floods rooms moderation history irc web discovery",
        ),
        (
            "plugins: [(name: \"quit\", enabled: false)]",
            "roles notices commands floods rooms moderation history irc web discovery",
        ),
        (
            "plugins: [(name: \"moderation\"), (name: \"floods\")]",
            "roles notices quit commands moderation history irc web discovery floods rooms",
        ),
        (
            "plugins: [(name: \"audit\"), (name: \"notices\")]",
            "roles audit notices quit commands floods rooms moderation history irc web discovery",
        ),
        (
            "only_plugins: false, plugins: [(name: \"log\")]",
            "roles notices quit commands floods rooms moderation history irc web discovery log",
        ),
        ("only_plugins: true, plugins: [(name: \"log\"), (name: \"quit\")]", "log quit"),
        ("only_plugins: true, plugins: []", ""),
    ] {
        let config = real().parse(Path::new("x"), &format!("({list})")).unwrap();
        assert_eq!(config.plugin_names(true).collect::<Vec<_>>().join(" "), on, "{list}");
        // Also when it is written out whole.
        let again = real().parse(Path::new("x"), &config.to_ron()).unwrap();
        assert_eq!(again.plugins, config.plugins, "{list}");
    }
}

#[test]
fn a_file_that_seems_to_mean_only_these_is_told_so() {
    let note = |text: &str| real().parse(Path::new("x"), text).unwrap().notes.join("\n");
    let old =
        "(plugins: [(name: \"notices\"), (name: \"quit\"), (name: \"commands\"), (name: \"log\")])";
    assert_eq!(
        note(old),
        "x:1:11: `plugins` changes the default list, so roles, floods, rooms, moderation, history, irc, web, discovery are on too; `only_plugins: true` switches off what is not listed, `only_plugins: false` says that this is meant"
    );
    assert!(note("(plugins: [])").contains("history, irc, web, discovery are on too"));
    for meant in [
        "()",
        "(plugins: [(name: \"log\"), (name: \"quit\", enabled: false)])",
        "(only_plugins: false, plugins: [(name: \"quit\")])",
        "(only_plugins: true, plugins: [(name: \"quit\")])",
    ] {
        assert_eq!(note(meant), "", "{meant}");
    }
    let alone = real().parse(Path::new("x"), "(only_plugins: true)").unwrap_err().to_string();
    assert!(alone.starts_with("x:1:16: `only_plugins: true` needs a list of `plugins`"), "{alone}");
}

#[test]
fn nobody_can_join_a_server_without_an_address_and_check_says_so() {
    let notes = parse("(server: (listen: []))").unwrap().notes;
    assert!(notes[0].starts_with("salotto.ron:1:19: `server.listen` is empty"), "{notes:?}");
}

#[test]
fn a_mistake_in_a_file_that_a_plugin_reads_has_its_place_there_alone() {
    let folder = tempfile::tempdir().unwrap();
    let bans = folder.path().join("bans.ron");
    std::fs::write(&bans, "[\n  (nme: \"bob\"),\n]").unwrap();
    let text = format!("(plugins: [(name: \"moderation\", settings: (bans: {bans:?}))])");
    let error = real().parse(Path::new("x"), &text).unwrap_err().to_string();
    let place = format!("{}:2:4: plugin `moderation`: unknown field `nme`", bans.display());
    assert!(error.starts_with(&place), "{error}");
    assert_eq!(error.lines().count(), 1);
}

#[test]
fn what_is_long_is_not_quoted_whole() {
    let word = "x".repeat(300_000);
    for text in [
        word.clone(),
        format!("({word}: 1)"),
        format!("(server: (name: {word}))"),
        format!("(server: (listen: [\"{word}\"]))"),
        format!("(plugins: [(name: \"{word}\")])"),
        format!("(log: (level: {word}))"),
    ] {
        let error = parse(&text).unwrap_err();
        assert!(error.len() < 3000, "{} of {}", error.len(), &text[..20]);
    }
}

#[test]
fn of_a_thousand_mistakes_the_first_are_told_and_how_many_there_are_more() {
    let plugins = "(name: \"log\"), ".repeat(1001);
    let error = parse(&format!("(plugins: [{plugins}])")).unwrap_err();
    assert_eq!(error.lines().count(), 26);
    assert!(error.ends_with(": and 975 mistakes more"), "{error}");
}

#[test]
fn what_is_shown_is_a_file_that_says_the_same() {
    let config = parse(
        r#"(server: (listen: ["a:1"], threads: 2), limits: (rate: None),
            plugins: [(name: "log", settings: (path: "a"), on_panic: Closed), (name: "notices")])"#,
    )
    .unwrap();
    assert_eq!(parse(&config.to_ron()).unwrap(), config);
}

#[test]
fn a_mistake_is_reported_with_its_position_the_value_and_what_was_expected() {
    for (text, message) in [
        ("(", "1:2: the file ends too early; a closing bracket is missing"),
        ("(server: (name: \"x\")", "1:21: the file ends too early; a closing bracket is missing"),
        ("() ()", "1:4: found `(`; expected nothing after the last `)`"),
        ("(server: 5)", "1:10: found `5`; expected fields in `(` and `)`"),
        ("(server (name: 5))", "1:9: found `(`; expected `:` after the name of the field"),
        ("(\n  server: (name: 5)\n)", "2:18: found `5`; expected a string in double quotes"),
        ("(server: (name: Ours))", "1:17: found `Ours`; expected a string in double quotes"),
        ("(server: (name: \"Ours))", "1:17: this string has no closing `\"`"),
        ("(server: (listen: \"a:1\"))", "1:19: found `\"a:1\"`; expected a list in `[` and `]`"),
        ("(rooms: (open: yes))", "1:16: found `yes`; expected true or false"),
        (
            "(rooms: (history: 3 open: true))",
            "1:21: found `open`; expected a comma or the closing bracket",
        ),
        ("(rooms: (history: -3))", "1:19: found `-3`; expected a whole number, 0 or more"),
        ("(rooms: (history: 1.5))", "1:19: found `1.5`; expected a whole number"),
        ("(limits: (mailbox: \"few\"))", "1:20: found `\"few\"`; expected a whole number"),
        ("(limits: (name_timeout: long))", "1:25: found `long`; expected a number"),
        ("(limits: (name_timeout: -3))", "1:25: expected seconds, more than 0, or None, not -3"),
        ("(limits: (rate: (burst: 1)))", "1:26: the field `per_second` is missing"),
        ("(server: (name: \"x\", name: \"y\"))", "1:22: the field `name` is given twice"),
        (
            "(sever: ())",
            "1:2: unknown field `sever`; did you mean `server`? known fields: server, rooms, limits, presence, control, log, store, include, only_plugins, plugins",
        ),
        ("(presence: (xyzzy: 1))", "1:13: unknown field `xyzzy`; known fields: announce_up_to"),
        (
            "(plugins: [(name: \"log\", on_panic: Shut)])",
            "1:36: found `Shut`; expected one of Open, Closed",
        ),
        ("(plugins: [(enabled: true)])", "1:26: the field `name` is missing"),
    ] {
        let expected = format!("salotto.ron:{message}");
        assert_eq!(parse(text).unwrap_err(), expected, "{text:?}");
    }
}

#[test]
fn what_other_formats_have_taught_is_answered_with_what_is_right_here() {
    for (text, message) in [
        (
            "",
            "1:1: the file is empty; write `()` for the defaults, or let `salotto init` write one",
        ),
        (
            " // none\n",
            "1:1: the file is empty; write `()` for the defaults, or let `salotto init` write one",
        ),
        ("# none\n(server: ())", "1:1: a comment begins with `//`, not with `#`"),
        ("(\n  # none\n  server: ())", "2:3: a comment begins with `//`, not with `#`"),
        (
            "(server: ( # none\n name: \"x\"))",
            "1:12: found `#`; expected a field, or a comment, which begins with `//`",
        ),
        (
            "server: (name: \"x\")",
            "1:1: found `server`; the whole file stands in `(` and `)`: `(server: …)`",
        ),
        ("name = \"x\"", "1:1: found `name`; the whole file stands in `(` and `)`: `(name: …)`"),
        ("{\"server\": {}}", "1:1: found `{`; the whole file stands in `(` and `)`"),
        (
            "(log: (level: \"info\"))",
            "1:15: found `\"info\"`; expected one of Error, Warn, Info, Debug, Trace, without quotes",
        ),
        (
            "(server: (name: \"\"))",
            "1:17: `server.name` is \"\"; expected a name of one letter or more",
        ),
        (
            "(server: (greeting: \"hi {nme}\"))",
            "1:21: `server.greeting` is \"{nme}\"; expected no placeholder but {server}",
        ),
        (
            "(server: (listen: [\"a:1\", \"a:1\"]))",
            "1:20: `server.listen` is \"a:1\"; expected each address once",
        ),
    ] {
        let expected = format!("salotto.ron:{message}");
        assert_eq!(parse(text).unwrap_err(), expected, "{text:?}");
    }
}

#[test]
fn all_that_is_out_of_bounds_is_reported_at_once_in_the_order_of_the_file() {
    let text = r#"(
    rooms: (
        listed: [(name: "dev"), (name: "lobby")],
        timeline_entries: 3,
    ),
    server: (listen: ["0.0.0.0:1", "here"]),
    limits: (gone_after: 10, rate: (burst: 0, per_second: 1)),
    plugins: [
        (name: "notices"),
        (name: "lgo"),
        (name: "log", settings: (path: "x",
            wrong: 1)),
        (name: "log", settings: (wrong: 1), enabled: false),
        (name: "notices"),
    ],
)"#;
    let error = parse(text).unwrap_err();
    let lines: Vec<_> = error.lines().collect();
    assert_eq!(
        lines,
        [
            "salotto.ron:3:40: `rooms.listed.name` is \"lobby\"; expected a name that no other room has",
            "salotto.ron:4:27: `rooms.timeline_entries` is 3; expected 16 or more",
            "salotto.ron:6:36: `server.listen` is \"here\"; expected an address with port such as \"0.0.0.0:53000\"",
            "salotto.ron:7:26: `limits.gone_after` is 10; expected more than `limits.ping_after`",
            "salotto.ron:7:44: `limits.rate.burst` is 0; expected 1 or more",
            "salotto.ron:10:16: unknown plugin `lgo`; did you mean `log`? known plugins: log, notices",
            "salotto.ron:12:13: plugin `log`: this is wrong",
            "salotto.ron:13:16: the plugin `log` is listed twice; remove one of them",
            "salotto.ron:13:34: plugin `log`: this is wrong",
            "salotto.ron:14:16: the plugin `notices` is listed twice; remove one of them",
        ]
    );
}

#[test]
fn a_mistake_in_what_is_not_written_has_no_position() {
    let error = parse("(limits: (ping_after: 500))").unwrap_err();
    assert_eq!(
        error,
        "salotto.ron: `limits.gone_after` is 120; expected more than `limits.ping_after`"
    );
}

#[test]
fn a_file_that_is_not_there_is_named_with_what_writes_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.ron");
    let source = Source::new(Some(path.clone()), catalog(), Vec::new());
    let error = source.load().unwrap_err().to_string();
    let path = path.display();
    assert!(error.starts_with(&format!("cannot read `{path}`: ")), "{error}");
    assert!(error.ends_with(&format!("; `salotto init {path}` creates it")));
}

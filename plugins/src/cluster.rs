//! `cluster`: this server shares its rooms with others, over Redis or Valkey.
//!
//! ```ron
//! (
//!     engines: ["redis://:PASSWORD@10.0.0.5:6379"],
//!     name: "north",
//!     local: ["staff"],
//! )
//! ```
//!
//! The order itself is made before the server starts ([`order`]), so a change of these settings takes a restart. The plugin shows how it is doing: `cluster status`, and `failing` while the engine is
//! away.

mod status;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use salotto::order::Order;
use salotto::{
    Command, CommandError, Context, Invocation, NameBounds, Plugin, PluginSetup, Reply, Role,
    RoomName, Settings,
};
use serde::Deserialize;

use crate::common::settings::parse_settings;
use crate::redis::{RedisOptions, RedisOrder, masked};

/// How often it is looked whether the engine is there, and the timer of it.
const LOOK_EVERY: Duration = Duration::from_secs(2);
const LOOK: &str = "look";

/// The settings of [`Cluster`].
#[derive(Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClusterSettings {
    /// Where the engine may be, each as `redis://[USER][:PASSWORD]@HOST[:PORT][/DATABASE]`; the one that can be written to is used. Default `redis://127.0.0.1:6379`.
    pub engines: Vec<String>,
    /// What this server is called among the others. No two may have one name: a server that starts takes the place of one that had it. Default none, which leaves a server that was killed in
    /// the rooms for as long as [`silent_after`](Self::silent_after).
    pub name: Option<String>,
    /// Rooms that are not shared. Default none.
    pub local: Vec<String>,
    /// What keys and channels in the engine begin with, for several groups of servers on one. Default `salotto:`.
    pub prefix: String,
    /// Seconds that an answer is waited for, from 0.1 to 60, before the engine counts as away. Default 2.
    pub timeout: f64,
    /// Seconds of silence, from 2 to 600, after which another server counts as gone. The same on all. Default 12.
    pub silent_after: f64,
}

impl Default for ClusterSettings {
    fn default() -> Self {
        Self {
            engines: vec!["redis://127.0.0.1:6379".to_owned()],
            name: None,
            local: Vec::new(),
            prefix: "salotto:".to_owned(),
            timeout: 2.0,
            silent_after: 12.0,
        }
    }
}

/// Without the passwords.
impl fmt::Debug for ClusterSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ClusterSettings")
            .field("engines", &masked(&self.engines))
            .field("name", &self.name)
            .field("local", &self.local)
            .field("prefix", &self.prefix)
            .field("timeout", &self.timeout)
            .field("silent_after", &self.silent_after)
            .finish()
    }
}

impl ClusterSettings {
    /// What the engine is used with, by a server of these settings.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn options(&self, settings: &Settings) -> Result<RedisOptions, String> {
        for room in &self.local {
            if let Err(error) = RoomName::new(room, NameBounds::NONE) {
                return Err(format!("`local`: `{room}` cannot be a room: {error}"));
            }
        }
        if self.prefix.is_empty() || self.prefix.contains(char::is_whitespace) {
            let prefix = &self.prefix;
            return Err(format!(
                "`prefix`: `{prefix}` cannot begin keys; write a word such as `salotto:`"
            ));
        }
        let options = RedisOptions {
            engines: self.engines.clone(),
            replaces: self.name.is_some(),
            local: self.local.iter().cloned().collect(),
            prefix: self.prefix.clone(),
            timeout: seconds("timeout", self.timeout, 0.1, 60.0)?,
            silent_after: seconds("silent_after", self.silent_after, 2.0, 600.0)?,
            ring: settings.rooms.timeline_entries as u64,
            ring_bytes: settings.rooms.timeline_bytes,
            ..RedisOptions::default()
        };
        let name = self.name.clone().unwrap_or(options.name);
        let options = RedisOptions { name, ..options };
        crate::redis::check(&options)?;
        Ok(options)
    }
}

fn seconds(field: &str, seconds: f64, least: f64, most: f64) -> Result<Duration, String> {
    match (least..=most).contains(&seconds) {
        true => Ok(Duration::from_secs_f64(seconds)),
        false => Err(format!("`{field}`: {seconds} is not from {least} to {most} seconds")),
    }
}

/// The order of a server with these plugins, where `cluster` is among them and on.
///
/// # Errors
/// What is wrong with its settings.
pub fn order(
    plugins: &[PluginSetup],
    settings: &Settings,
) -> Result<Option<Arc<dyn Order>>, String> {
    let Some(options) = options(plugins, settings)? else { return Ok(None) };
    Ok(Some(Arc::new(RedisOrder::open(options)?)))
}

/// What the engine of a server with these plugins is used with, where `cluster` is among them and on.
///
/// # Errors
/// What is wrong with its settings.
pub fn options(
    plugins: &[PluginSetup],
    settings: &Settings,
) -> Result<Option<RedisOptions>, String> {
    let setup = plugins.iter().find(|setup| setup.enabled && setup.name == "cluster");
    let Some(setup) = setup else { return Ok(None) };
    let own: ClusterSettings = parse_settings(&setup.settings)?;
    own.options(settings).map(Some)
}

/// See the [module](self).
#[derive(Debug)]
pub struct Cluster {
    settings: ClusterSettings,
}

impl Cluster {
    /// The plugin with these settings.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn new(settings: ClusterSettings) -> Result<Self, String> {
        settings.options(&Settings::default())?;
        Ok(Self { settings })
    }

    fn look(&self, context: &mut Context<'_>) {
        match context.status().order {
            None => {
                context.failing("this server was started alone; `restart` has it share its rooms")
            }
            Some(order) => match order.trouble {
                Some(trouble) => context.failing(trouble),
                None => context.working(),
            },
        }
        context.set_timer(LOOK, LOOK_EVERY);
    }
}

impl Plugin for Cluster {
    fn commands(&self) -> Vec<Command> {
        vec![
            Command::new(
                "cluster status",
                "Shows the servers that share rooms, and how their engine is doing",
            )
            .role(Role::Operator)
            .example("cluster status"),
        ]
    }

    fn start(&mut self, context: &mut Context<'_>) {
        self.look(context);
    }

    fn after_timer(&mut self, context: &mut Context<'_>, _: &str) {
        self.look(context);
    }

    fn run_command(
        &mut self,
        context: &mut Context<'_>,
        _: &Invocation,
    ) -> Result<Reply, CommandError> {
        match context.status().order {
            Some(order) => Ok(status::shown(&order, &self.settings.local)),
            None => Err(CommandError::Refused(
                "this server was started alone; `restart` has it share its rooms".into(),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(settings: &str) -> String {
        let settings = parse_settings::<ClusterSettings>(settings).unwrap();
        Cluster::new(settings).unwrap_err()
    }

    #[test]
    fn settings_that_cannot_be_are_refused_and_no_password_is_quoted() {
        assert!(problem("(engines: [])").contains("there is no engine"));
        assert!(problem("(engines: [\"10.0.0.5\"])").contains("redis://"));
        assert!(!problem("(engines: [\"http://:hunter2@x\"])").contains("hunter2"));
        let settings: ClusterSettings =
            parse_settings("(engines: [\"redis://:hunter2@x\"])").unwrap();
        let options = settings.options(&Settings::default()).unwrap();
        let shown = format!("{settings:?} {options:?} {:?}", RedisOrder::open(options.clone()));
        assert!(!shown.contains("hunter2") && shown.contains("redis://:…@x"), "{shown}");
        assert!(problem("(name: \"a b\")").contains("`a b`"));
        assert!(problem("(local: [\"two words\"])").contains("`two words`"));
        assert!(problem("(prefix: \"\")").contains("`prefix`"));
        assert!(problem("(timeout: 0)").contains("0 is not from 0.1 to 60 seconds"));
        assert!(problem("(silent_after: 1.5)").contains("1.5 is not from 2 to 600 seconds"));
    }

    #[test]
    fn there_is_an_order_where_the_plugin_is_on() {
        let settings = Settings::default();
        let off = PluginSetup::new("cluster").enabled(false);
        assert!(order(&[off, PluginSetup::new("quit")], &settings).unwrap().is_none());
        let on = PluginSetup::new("cluster").settings("(name: \"north\", local: [\"staff\"])");
        let order = order(&[on], &settings).unwrap().unwrap();
        assert!(order.node().starts_with("north-"));
        let room = |name| RoomName::new(name, NameBounds::NONE).unwrap();
        assert!(order.shares(&room("lobby")) && !order.shares(&room("staff")));
    }
}

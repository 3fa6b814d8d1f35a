//! `plugins` and what is below it.

use std::time::Duration;

use super::{Listed, by, operator};
use crate::command::{CommandError, Invocation};
use crate::hub::Hub;
use crate::hub::commands::Runner;
use crate::plugin::hooks::Origin;
use crate::protocol::command::Arg;
use crate::protocol::hint::Hint;
use crate::protocol::near::nearest;
use crate::protocol::plugin_info::{PluginInfo, PluginSetup};
use crate::protocol::reply::Reply;
use crate::protocol::sanitize;

/// What a plugin is called that could be enabled.
const DISABLED: &str = "disabled";

pub(super) fn commands() -> Vec<Listed> {
    vec![
        (
            operator("plugins", "Lists the plugins and how they do, or shows the settings of one")
                .arg(Arg::plugin("name").optional())
                .example("plugins")
                .example("plugins log"),
            Runner::Core(plugins),
        ),
        (
            operator(
                "plugins enable",
                "Enables a plugin, with the settings of the configuration or those given",
            )
            .arg(Arg::plugin("name"))
            .arg(Arg::text("settings").optional())
            .example("plugins enable log (path: \"talk.log\")"),
            Runner::Core(enable),
        ),
        (
            operator("plugins disable", "Disables a plugin").arg(Arg::plugin("name")),
            Runner::Core(disable),
        ),
    ]
}

/// Says that all is well, or fails with what is not.
pub(super) fn health(hub: &mut Hub, _: &Invocation) -> Result<Reply, CommandError> {
    let store = hub.state.store.as_ref().map(|store| store.status());
    let ill: Vec<String> = super::troubles(&hub.state.plugin_infos(), store.as_ref()).collect();
    match ill.as_slice() {
        [] => Ok(Reply::text("all is well")),
        ill => Err(CommandError::Failed(ill.join("\n"))),
    }
}

/// What is wrong with a plugin, if anything.
pub(super) fn trouble(plugin: &PluginInfo) -> Option<String> {
    (!plugin.state.is_working()).then(|| format!("plugin {} is {}", plugin.name, plugin.state))
}

/// One line for each, without settings: those may be long, and what is typed in a room is answered there.
fn plugins(hub: &mut Hub, invocation: &Invocation) -> Result<Reply, CommandError> {
    let infos = hub.state.plugin_infos();
    if let Some(name) = invocation.get("name") {
        return plugin(hub, &infos, name);
    }
    let row = |plugin: &PluginInfo| {
        let (state, calls) = (plugin.state.to_string(), plugin.calls.to_string());
        [plugin.name.clone(), state, calls, format!("{:.1?}", each(plugin))]
    };
    let enabled = infos.iter().map(row);
    let off = |name: &String| infos.iter().all(|plugin| plugin.name != *name);
    let off = hub.catalog.names().into_iter().filter(off);
    let off = off.map(|name| [name, DISABLED.into(), "0".into(), String::new()]);
    Ok(Reply::table(["plugin", "state", "calls", "each"], enabled.chain(off).collect()))
}

/// Everything about one.
fn plugin(hub: &Hub, infos: &[PluginInfo], name: &str) -> Result<Reply, CommandError> {
    let Some(plugin) = infos.iter().find(|plugin| plugin.name == name) else {
        return match hub.catalog.names().iter().any(|known| known == name) {
            true => Ok(Reply::fields([("plugin", name.into()), ("state", DISABLED.into())])),
            false => Err(no_such_plugin(hub, infos, name)),
        };
    };
    let settings = match plugin.settings.trim() {
        "" => "the defaults".to_owned(),
        // One line, as those of every other value.
        settings => settings.split_whitespace().collect::<Vec<_>>().join(" "),
    };
    Ok(Reply::fields([
        ("plugin", plugin.name.clone()),
        ("state", plugin.state.to_string()),
        ("settings", settings),
        ("on_panic", format!("{:?}", plugin.on_panic)),
        ("calls", plugin.calls.to_string()),
        ("each", format!("{:.1?}", each(plugin))),
    ]))
}

/// What was meant may be a plugin, or a word of a command.
fn no_such_plugin(hub: &Hub, infos: &[PluginInfo], name: &str) -> CommandError {
    let known = hub.catalog.names();
    let words = ["enable", "disable", "reload"];
    let names = infos.iter().map(|plugin| plugin.name.as_str());
    let names = names.chain(known.iter().map(String::as_str)).chain(words);
    let name = sanitize::excerpt(name, 64);
    let meant = match nearest(&name, names) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => Hint::new("plugins").after(" lists them").to_string(),
    };
    CommandError::NotFound(format!("there is no plugin `{name}`{meant}"))
}

/// How long a call takes on average.
fn each(plugin: &PluginInfo) -> Duration {
    match plugin.calls {
        0 => Duration::ZERO,
        calls => plugin.time / u32::try_from(calls).unwrap_or(u32::MAX),
    }
}

fn enable(hub: &mut Hub, invocation: &Invocation) -> Result<Reply, CommandError> {
    let name = invocation.text("name");
    let setup = match (invocation.get("settings"), hub.hooks.find(name)) {
        (Some(settings), Some((_, slot))) => {
            PluginSetup { settings: settings.into(), ..slot.stats.setup.clone() }
        }
        (Some(settings), None) => PluginSetup::new(name).settings(settings),
        (None, Some((_, slot))) if slot.stats.is_running() => {
            return Err(CommandError::Refused(format!(
                "`{name}` is enabled already; give settings to change it"
            )));
        }
        (None, Some((_, slot))) => slot.stats.setup.clone(),
        // The settings of the configuration, or those that it had last.
        (None, None) => hub.plan.setup(name).unwrap_or_else(|| PluginSetup::new(name)),
    };
    let (catalog, by) = (hub.catalog.clone(), by(hub, invocation));
    let build = move || (catalog.build(&setup), setup);
    hub.finish_later(invocation, build, move |hub, (built, setup)| {
        let plugin = built.map_err(|error| CommandError::Failed(error.to_string()))?;
        let text = format!("{} is enabled", setup.name);
        hub.add_plugin(setup, plugin, Origin::Catalog, &by);
        Ok(Reply::Text(text))
    })
}

fn disable(hub: &mut Hub, invocation: &Invocation) -> Result<Reply, CommandError> {
    let name = invocation.text("name");
    if !hub.disable_plugin(name, &by(hub, invocation)) {
        return Err(CommandError::NotFound(format!(
            "the plugin `{name}` is not enabled{}",
            Hint::new("plugins").after(" lists them")
        )));
    }
    Ok(Reply::Text(format!("{name} is disabled")))
}

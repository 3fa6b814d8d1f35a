//! Several servers that share their rooms, where the program was built with that: the feature `cluster`.

use salotto::ServerBuilder;

use crate::settings::Config;
use crate::supervisor::ServerStartError;

/// Makes the server one of several, where the configuration shares rooms with others.
#[cfg(feature = "cluster")]
pub(crate) fn join(
    builder: ServerBuilder,
    config: &Config,
) -> Result<ServerBuilder, ServerStartError> {
    let order = salotto_plugins::cluster::order(&config.plugins, &config.settings)
        .map_err(ServerStartError::Cluster)?;
    Ok(match order {
        Some(order) => builder.order(order),
        None => builder,
    })
}

/// It stays alone; there is no plugin of that name that a configuration could enable.
#[cfg(not(feature = "cluster"))]
pub(crate) fn join(builder: ServerBuilder, _: &Config) -> Result<ServerBuilder, ServerStartError> {
    Ok(builder)
}

/// Asks the engine which it is, where the configuration names one. Waits for it.
#[cfg(feature = "cluster")]
pub(crate) fn examine(config: &Config) -> Result<Option<String>, String> {
    let options = salotto_plugins::cluster::options(&config.plugins, &config.settings)?;
    options.map(|options| salotto_plugins::redis::examine(&options)).transpose()
}

/// There is none to be asked.
#[cfg(not(feature = "cluster"))]
pub(crate) fn examine(_: &Config) -> Result<Option<String>, String> {
    Ok(None)
}

//! Several servers that share their rooms, where the program was built with that: the feature `cluster`.

use std::sync::Arc;

use salotto::order::Order;

use crate::settings::Config;
use crate::supervisor::ServerStartError;

/// Who puts what happens into order, where the configuration shares rooms with other servers.
#[cfg(feature = "cluster")]
pub(crate) fn order(config: &Config) -> Result<Option<Arc<dyn Order>>, ServerStartError> {
    salotto_plugins::cluster::order(&config.plugins, &config.settings)
        .map_err(ServerStartError::Cluster)
}

/// There is none; and no plugin of that name that a configuration could enable.
#[cfg(not(feature = "cluster"))]
pub(crate) fn order(_: &Config) -> Result<Option<Arc<dyn Order>>, ServerStartError> {
    Ok(None)
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

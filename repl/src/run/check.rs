//! `salotto check`: reads the configuration and prints its mistakes.

use std::path::Path;

use super::exit::Exit;
use crate::cluster;
use crate::database;
use crate::output::{print, print_error};
use crate::settings::{Config, DEFAULT_FILE, Source, loose_database};

pub(super) fn run(source: &Source) -> Exit {
    let path = source.path();
    if path.is_none() && !source.has_environment() {
        print_error(format_args!("there is no `{DEFAULT_FILE}` here; `salotto init` writes one"));
        return Exit::Usage;
    }
    match source.load() {
        Ok(config) => {
            match path {
                Some(path) => print(format_args!("{} is fine", path.display())),
                None => {
                    print(format_args!("there is no `{DEFAULT_FILE}` here; the defaults are used"))
                }
            }
            let (on, off) = plugins(source, &config);
            print(format_args!("plugins that are on: {on}; off: {off}"));
            if !config.included.is_empty() {
                let included: Vec<_> =
                    config.included.iter().map(|path| path.display().to_string()).collect();
                print(format_args!("included: {}", included.join(", ")));
            }
            if !config.overrides.is_empty() {
                print(format_args!("from the environment: {}", config.overrides.join(", ")));
            }
            config.notes.iter().for_each(print);
            let looks = [
                certificate(&config),
                look_at_database(config.program.store.file.as_deref()),
                look_at_engine(&config),
            ];
            looks.into_iter().find(|exit| *exit != Exit::Done).unwrap_or(Exit::Done)
        }
        Err(error) => {
            print_error(error);
            Exit::Usage
        }
    }
}

#[cfg(feature = "tls")]
fn certificate(config: &Config) -> Exit {
    super::cert::check(config)
}

#[cfg(not(feature = "tls"))]
fn certificate(_: &Config) -> Exit {
    Exit::Done
}

/// Looks at the database without writing to it.
fn look_at_database(file: Option<&Path>) -> Exit {
    let Some(file) = file else {
        print("no database: a restart forgets what was said");
        return Exit::Done;
    };
    match database::examine(file) {
        Ok(_) if !file.exists() => {
            print(format_args!("the database `{}` will be made", file.display()))
        }
        Ok(_) => {
            print(format_args!("the database `{}` is fine", file.display()));
            loose_database(file).iter().for_each(print);
        }
        Err(error) => {
            print_error(format_args!("{error}"));
            return Exit::Failed;
        }
    }
    Exit::Done
}

/// Asks the engine through which rooms are shared.
fn look_at_engine(config: &Config) -> Exit {
    match cluster::examine(config) {
        Ok(None) => Exit::Done,
        Ok(Some(said)) => {
            print(format_args!("the engine {said}"));
            Exit::Done
        }
        Err(error) => {
            print_error(format_args!("plugin `cluster`: {error}"));
            Exit::Failed
        }
    }
}

/// The names of the plugins that are on, and of all others that there are.
fn plugins(source: &Source, config: &Config) -> (String, String) {
    let on: Vec<&str> = config.plugin_names(true).collect();
    let known = source.catalog().names();
    let off: Vec<&str> =
        known.iter().map(String::as_str).filter(|name| !on.contains(name)).collect();
    let listed = |names: &[&str]| match names {
        [] => "none".to_owned(),
        names => names.join(", "),
    };
    (listed(&on), listed(&off))
}

//! The window of Salotto: `salotto-gui [HOST[:PORT]] [--name NAME] [--room ROOM]`.

mod app;
mod net;
mod preferences;
mod shell;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::SystemTime;

use clap::Parser;
use salotto_gui::model::{Action, Input, Model, Wish};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

use app::App;
use preferences::Store;

/// The window of Salotto, a chat room.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "With HOST and a name, given or remembered, the window connects at once.\nSALOTTO_LOG=debug says more on standard error."
)]
struct Arguments {
    /// The house to enter, e.g. `192.168.1.5` or `chat.example.org:53000`
    #[arg(value_name = "HOST[:PORT]", value_parser = Wish::split_address)]
    address: Option<(String, u16)>,
    /// The name to be known by
    #[arg(long)]
    name: Option<String>,
    /// The room to enter, instead of the default room of the house
    #[arg(long)]
    room: Option<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    start_log();
    let mut store = Store::of_this_person();
    let preferences = store.load();
    let size = preferences.window;
    let result = shell::run(size, move |waker| {
        let asked = arguments.address.is_some();
        let wish = arguments.wish(preferences.wish());
        let model = Model::with_wish(preferences, local_zone(), wish.clone());
        let mut app = App::new(model, store, waker);
        if asked && !wish.name.is_empty() {
            app.input(Input::Tick(SystemTime::now()));
            app.input(Input::Action(Action::Connect(wish)));
        }
        app
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            tracing::error!("{problem}; the window needs an X server: is DISPLAY set?");
            ExitCode::FAILURE
        }
    }
}

impl Arguments {
    /// What the form is filled in with: what was given, else what was remembered.
    fn wish(&self, remembered: Wish) -> Wish {
        let mut wish = remembered;
        if let Some((host, port)) = &self.address {
            wish.host.clone_from(host);
            wish.port = *port;
        }
        if let Some(name) = &self.name {
            wish.name.clone_from(name);
        }
        if let Some(room) = &self.room {
            wish.room.clone_from(room);
        }
        wish
    }
}

/// Says on standard error what a person may want to know; `SALOTTO_LOG` says how much, e.g. `debug` or `salotto_gui=trace`.
fn start_log() {
    let wanted = std::env::var("SALOTTO_LOG").ok().and_then(|wanted| wanted.parse().ok());
    let targets = wanted.unwrap_or_else(|| Targets::new().with_default(LevelFilter::WARN));
    let errors = std::io::stderr();
    let lines = fmt::layer().with_ansi(errors.is_terminal()).with_writer(std::io::stderr);
    tracing_subscriber::registry().with(lines.with_filter(targets)).init();
}

/// Seconds that the local clock is ahead of UTC.
fn local_zone() -> i32 {
    let zone = tz::TimeZone::local();
    let here = zone.as_ref().ok().and_then(|zone| zone.find_current_local_time_type().ok());
    here.map_or(0, |here| here.ut_offset())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn what_is_given_goes_before_what_is_remembered() {
        let remembered =
            Wish { host: "old".into(), port: 1, name: "ada".into(), room: String::new() };
        let arguments = Arguments::parse_from(["salotto-gui", "new:2", "--room", "tea"]);
        let expected = Wish { host: "new".into(), port: 2, name: "ada".into(), room: "tea".into() };
        assert_eq!(arguments.wish(remembered), expected);
    }
}

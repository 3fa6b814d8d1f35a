//! The window of Salotto: `salotto-gui [HOST[:PORT]] [--name NAME] [--room ROOM]`.

mod alert;
mod app;
mod arguments;
mod journal;
mod nearby;
mod net;
mod preferences;
mod shell;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::SystemTime;

use salotto_gui::model::time::Zone;
use salotto_gui::model::{Action, Input, Servers};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

use app::App;
use arguments::{Arguments, Asked};
use preferences::Store;
use shell::Opening;

/// What a wrong command line ends with.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let print = |text: &str| {
        // Whoever closed the other end does not want to read it.
        let _ = std::io::stdout().write_all(text.as_bytes());
        ExitCode::SUCCESS
    };
    start_log();
    match Arguments::read(std::env::args_os().skip(1)) {
        Ok(Arguments::Open(asked)) => open(*asked),
        Ok(Arguments::Help) => print(arguments::HELP),
        Ok(Arguments::Version) => print(concat!("salotto-gui ", env!("CARGO_PKG_VERSION"), "\n")),
        Err(problem) => {
            complain(&format!("{problem}; `salotto-gui --help` says what can be given"));
            ExitCode::from(USAGE)
        }
    }
}

/// Prints on one line why there will be no window.
fn complain(problem: &str) {
    // Without a standard error there is nowhere to report it.
    let _ = writeln!(std::io::stderr(), "salotto-gui: {problem}");
}

/// Shows the window until it is closed.
fn open(asked: Asked) -> ExitCode {
    let mut store = Store::of_this_person();
    let preferences = store.load();
    let (size, renderer) = (preferences.window, asked.renderer.unwrap_or(preferences.renderer));
    let make = move |waker| {
        let settings = asked.connection_settings(preferences.connection_settings());
        let mut servers = Servers::new(preferences, local_zone(), settings.clone());
        if let Some(problem) = store.take_problem() {
            servers.warn(problem);
        }
        let mut app = App::new(servers, store, waker, asked.interfaces);
        app.input(Input::Tick(SystemTime::now()));
        match asked.address {
            None => app.input(Input::Action(Action::EnterAgain)),
            Some(_) if settings.name.is_empty() => {}
            Some(_) => app.input(Input::Action(Action::Connect(settings))),
        }
        app
    };
    match shell::run(Opening { size, renderer, make: Box::new(make) }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            complain(&problem);
            ExitCode::FAILURE
        }
    }
}

/// Logs to standard error; `SALOTTO_LOG` sets the level, e.g. `debug` or `salotto_gui=trace`.
fn start_log() {
    let wanted = std::env::var("SALOTTO_LOG").ok().and_then(|wanted| wanted.parse().ok());
    let targets = wanted.unwrap_or_else(|| Targets::new().with_default(LevelFilter::WARN));
    let errors = std::io::stderr();
    let lines = fmt::layer().with_ansi(errors.is_terminal()).with_writer(std::io::stderr);
    tracing_subscriber::registry().with(lines.with_filter(targets)).init();
}

/// The zone that the variable `TZ` names, or that of the system; UTC where there is neither.
fn local_zone() -> Zone {
    let named = std::env::var("TZ").ok().filter(|name| !name.is_empty());
    let named = named.and_then(|name| {
        let zone = tz::TimeZone::from_posix_tz(&name);
        zone.inspect_err(|error| tracing::warn!("TZ is `{name}`: {error}; the system's is used"))
            .ok()
    });
    let Some(zone) = named.or_else(|| tz::TimeZone::local().ok()) else { return Zone::fixed(0) };
    Zone::new(move |time| {
        zone.find_local_time_type(time.into()).map_or(0, |there| there.ut_offset())
    })
}

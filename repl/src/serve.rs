//! The house without a console: for systemd and containers.

use salotto::Report;
use smol::future::FutureExt;

use crate::signals::{Asked, Asking};
use crate::steward::{Outcome, Steward, View, Watch, listening};
use crate::{Exit, complain, exit_of, logging};

enum Next {
    Asked(Asked),
    Report(Option<Report>),
}

pub(crate) async fn run(steward: &Steward) -> Exit {
    logging::to_stderr();
    let mut asking = Asking::listen();
    let (view, mut feed) = steward.view(Some(Watch::None)).await;
    match steward.open().await {
        Ok(addresses) => complain(listening(&addresses)),
        Err(error) => {
            complain(&error);
            return exit_of(&error);
        }
    }
    loop {
        let asked = async { Next::Asked(asking.next().await) };
        let report = async { Next::Report(feed.next().await) };
        match asked.or(report).await {
            Next::Asked(Asked::Stop | Asked::Interrupt) => break,
            Next::Asked(Asked::HangUp) => reload(steward, &view).await,
            Next::Report(Some(report)) => log(&report),
            Next::Report(None) => break,
        }
    }
    steward.retire().await;
    while let Some(report) = feed.next().await {
        log(&report);
    }
    tracing::info!("the house is closed");
    Exit::Done
}

async fn reload(steward: &Steward, view: &View) {
    match steward.execute(view, "config reload").await {
        Ok(Outcome::Reply(reply)) => tracing::info!("{reply}"),
        Ok(Outcome::Quit) => {}
        Err(error) => {
            for line in error.to_string().lines() {
                tracing::error!("{line}");
            }
        }
    }
}

/// The house logs the rest of what an operator has to know itself.
fn log(report: &Report) {
    if let Report::Plugin { plugin, text } = report {
        tracing::warn!(%plugin, "{text}");
    }
}

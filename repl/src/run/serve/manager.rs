//! Notifies the service manager, where there is one (`sd_notify`): that the server runs, reloads its configuration or stops, and, as often as
//! the watchdog requires, that the server still answers.

use std::time::Duration;

use smol::Timer;

use crate::supervisor::Supervisor;

/// What the program is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It runs.
    Ready,
    /// It reloads its configuration; `Ready` follows.
    Reloading,
    /// It is stopping.
    Stopping,
}

/// Notifies the manager, if there is one.
pub(crate) fn notify(state: State, supervisor: &Supervisor) {
    #[cfg(target_os = "linux")]
    {
        use sd_notify::NotifyState;
        let status = status(supervisor);
        let sent = match state {
            State::Ready => sd_notify::notify(&[NotifyState::Ready, NotifyState::Status(&status)]),
            State::Reloading => NotifyState::monotonic_usec_now()
                .and_then(|now| sd_notify::notify(&[NotifyState::Reloading, now])),
            State::Stopping => sd_notify::notify(&[NotifyState::Stopping]),
        };
        warn_if_failed(sent);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (state, supervisor);
}

/// Notifies the manager twice in each of its periods that the server answers. If it does not, the manager gets no notification and kills the
/// program. Never ends; waits for ever if there is no watchdog.
pub(crate) async fn watch(supervisor: &Supervisor) {
    let Some(period) = period() else {
        return std::future::pending().await;
    };
    loop {
        // An answer that takes longer comes too late anyway.
        if supervisor.answers_within(period / 2).await {
            alive(supervisor);
        } else {
            tracing::error!(?period, "the server does not answer; the watchdog is not notified");
        }
        Timer::after(period / 2).await;
    }
}

#[cfg(target_os = "linux")]
fn period() -> Option<Duration> {
    sd_notify::watchdog_enabled().filter(|period| !period.is_zero())
}

#[cfg(not(target_os = "linux"))]
fn period() -> Option<Duration> {
    None
}

fn alive(supervisor: &Supervisor) {
    #[cfg(target_os = "linux")]
    {
        use sd_notify::NotifyState;
        let status = status(supervisor);
        let sent = sd_notify::notify(&[NotifyState::Watchdog, NotifyState::Status(&status)]);
        warn_if_failed(sent);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = supervisor;
}

/// The status that the manager shows.
fn status(supervisor: &Supervisor) -> String {
    match supervisor.addresses() {
        None => "the server is stopped".into(),
        Some(addresses) => {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            format!("listening on {}", addresses.join(", "))
        }
    }
}

fn warn_if_failed(sent: std::io::Result<()>) {
    if let Err(error) = sent {
        tracing::warn!(%error, "cannot notify the service manager");
    }
}

//! What a service manager is told, where one asks for it (`sd_notify`): that the server is running, reads its configuration or closes, and, as
//! often as the watchdog wants to hear it, that the server still answers.

use std::time::Duration;

use smol::Timer;

use crate::supervisor::Supervisor;

/// What the program is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It does what it is there for.
    Ready,
    /// It reads its configuration again; `Ready` follows.
    Reloading,
    /// It ends.
    Stopping,
}

/// Tells the manager. Where there is none nothing happens.
pub(crate) fn tell(state: State, supervisor: &Supervisor) {
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
        complain_if_failed(sent);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (state, supervisor);
}

/// Tells the manager twice in each of its periods that the server answers. Where it does not, the manager hears nothing and ends a program that
/// is of no use any more. Never ends; waits for ever where nobody watches.
pub(crate) async fn watch(supervisor: &Supervisor) {
    let Some(period) = period() else {
        return std::future::pending().await;
    };
    loop {
        // What takes longer than what is left of the period comes too late anyway.
        if supervisor.answers_within(period / 2).await {
            alive(supervisor);
        } else {
            tracing::error!(?period, "the server does not answer; the watchdog is told nothing");
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
        complain_if_failed(sent);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = supervisor;
}

/// What the manager shows of the server.
fn status(supervisor: &Supervisor) -> String {
    match supervisor.addresses() {
        None => "the server is stopped".into(),
        Some(addresses) => {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            format!("listening on {}", addresses.join(", "))
        }
    }
}

fn complain_if_failed(sent: std::io::Result<()>) {
    if let Err(error) = sent {
        tracing::warn!(%error, "the service manager cannot be told");
    }
}

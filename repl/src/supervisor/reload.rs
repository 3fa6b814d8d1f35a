//! The configuration is applied anew where somebody in chat asks for it, such as an operator with a client of IRC.

use async_channel::{Receiver, Sender};
use salotto::Name;

use super::{Front, Outcome, ReplyFormat, Supervisor, Watch};

/// Who asks. One waits at a time: what is asked for meanwhile is done with it.
#[derive(Debug)]
pub(super) struct Reloads {
    asked: Receiver<String>,
    ask: Sender<String>,
}

impl Default for Reloads {
    fn default() -> Self {
        let (ask, asked) = async_channel::bounded(1);
        Self { asked, ask }
    }
}

impl Reloads {
    /// How a server asks, which must not wait.
    pub(super) fn asking(&self) -> impl Fn(&str) + Send + Sync + use<> {
        let ask = self.ask.clone();
        move |by| {
            // Full where somebody waits for the same already.
            let _ = ask.try_send(by.to_owned());
        }
    }
}

impl Supervisor {
    /// Does what is asked for, as long as it is polled, and tells who asked what came of it.
    pub async fn reload_when_asked(&self) {
        while let Ok(by) = self.reloads.asked.recv().await {
            let front = Front::new("REHASH").operator(by.parse::<Name>().ok());
            let (view, _feed) = self.view(front, Some(Watch::None)).await;
            let told = match self.execute(&view, "config reload", ReplyFormat::Typed).await {
                Ok(Outcome::Reply(reply)) => reply.to_string(),
                Ok(Outcome::Data(_) | Outcome::Leave(_)) => String::new(),
                Err(error) => error.to_string(),
            };
            let told = told.lines().next().unwrap_or_default();
            tracing::info!("{by} asked for a reload: {told}");
            let (view, _feed) = self.view(Front::new("REHASH"), Some(Watch::None)).await;
            // Who has left meanwhile is told nothing.
            let line = format!("msg {by} {told}");
            let _ = self.execute(&view, &line, ReplyFormat::Typed).await;
        }
    }
}

//! The way into a running server from code: everything that the console does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_channel::Receiver;
use futures_lite::future::FutureExt;

use crate::command::CommandError;
use crate::hub::{self, Hub};
use crate::io::memory::resident_memory;
use crate::plugin::hooks::Origin;
use crate::plugin::{Catalog, CatalogError, Plugin};
use crate::protocol::caller::Caller;
use crate::protocol::entry::NoticeKind;
use crate::protocol::error::ErrorCode;
use crate::protocol::error::{Closed, MemberError, Refusal, RoomError};
use crate::protocol::info::MemberInfo;
use crate::protocol::info::RoomInfo;
use crate::protocol::name::{Name, RoomName};
use crate::protocol::plugin_info::PluginSetup;
use crate::protocol::reply::Reply;
use crate::protocol::role::Role;
use crate::protocol::settings::{Settings, SettingsError};
use crate::protocol::status::Status;
use crate::server::participant::{JoinError, JoinOptions, Participant};
use crate::state::directory::Directory;
use crate::state::handle::Handle;
use crate::state::report::{Report, Watch};

/// What [`Handle::apply`] made of new settings.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Applied {
    /// Settings that differ and take effect when the server is started again.
    pub after_restart: Vec<&'static str>,
}

/// Keeps hook calls traced until it is dropped.
#[derive(Debug)]
#[must_use = "nothing is traced once this is dropped"]
pub struct Tracing(Arc<AtomicUsize>);

impl Handle {
    /// Runs a command line as the operator, without the `!`. Waits for as long as the command takes to answer
    /// ([`Invocation::answer_later`](crate::Invocation::answer_later)); a future that is dropped takes nothing back.
    ///
    /// # Errors
    /// What the console would show; see [`CommandError`]. When the server is stopped, [`CommandError::Failed`] with the text of [`Closed`].
    pub async fn execute(&self, line: &str) -> Result<Reply, CommandError> {
        let line = line.to_owned();
        // Looked at here, because the hub waits for no system call.
        let memory = resident_memory();
        let (sender, answer) = async_channel::bounded(1);
        let actor = self.actor();
        let run = move |hub: &mut Hub| {
            let caller = Caller::operator(actor(hub));
            hub.state.memory_bytes = memory;
            hub.run_command(caller, &line, move |_, outcome| {
                // Whoever asked may have stopped waiting.
                let _ = sender.try_send(outcome);
            });
            hub.state.memory_bytes = None;
        };
        let closed = |closed: Closed| CommandError::Failed(closed.to_string());
        self.ask(run).await.map_err(closed)?;
        let outcome = self.wait_for(answer).await.map_err(closed)?;
        Ok(outcome?.unwrap_or_default())
    }

    /// Says something in a room under the operator's name.
    ///
    /// # Errors
    /// When there is no such room, or the text is empty or too long.
    pub async fn say(&self, room: &str, text: &str) -> Result<(), Refusal> {
        let (room, text) = (room.to_owned(), text.to_owned());
        let said = self.ask(move |hub| hub.operator_says(&room, &text)).await.map_err(closed)?;
        said.map_err(Refusal::without_hints)
    }

    /// Says something to one person under the operator's name.
    ///
    /// # Errors
    /// When there is nobody of that name, or the text is empty or too long.
    pub async fn direct(&self, name: &str, text: &str) -> Result<(), Refusal> {
        let (name, text) = (name.to_owned(), text.to_owned());
        let said = self.ask(move |hub| hub.operator_messages(&name, &text)).await;
        said.map_err(closed)?.map_err(Refusal::without_hints)
    }

    /// Tells everybody in a room something on behalf of the server. Nothing happens when there is no such room.
    ///
    /// # Errors
    /// When the server is stopped.
    pub async fn notice(&self, room: &RoomName, text: &str) -> Result<(), Closed> {
        let (room, text) = (room.clone(), text.to_owned());
        self.ask(move |hub| hub.notice(&room, &text, NoticeKind::Info)).await
    }

    /// Disconnects a user, as the operator. They are told the reason, which may be empty; of a long one the first 400 characters.
    ///
    /// # Errors
    /// When there is nobody of that name, or the server is stopped.
    pub async fn kick(&self, name: &str, reason: &str) -> Result<(), MemberError> {
        let (name, reason, actor) = (name.to_owned(), reason.to_owned(), self.actor());
        self.ask(move |hub| {
            let (member, by) = (hub.named(&name)?, actor(hub));
            hub.kick(member, Some(by), "", &reason);
            Ok(())
        })
        .await?
    }

    /// Lets somebody do what a role may, for as long as they are connected. Their client is told which commands come with it.
    ///
    /// # Errors
    /// When there is nobody of that name, or the server is stopped.
    pub async fn set_role(&self, name: &str, role: Role) -> Result<(), MemberError> {
        let actor = self.actor();
        let name = name.to_owned();
        self.ask(move |hub| {
            let (member, by) = (hub.named(&name)?, actor(hub).to_string());
            hub.set_role(member, role, &by);
            Ok(())
        })
        .await?
    }

    /// Opens a room that stays when it is empty, and answers with its name as it is shown. An empty topic is none.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use salotto::Server;
    /// use salotto::protocol::RoomError;
    ///
    /// let server = Server::builder().listen(["127.0.0.1:0"]).start()?;
    /// let handle = server.handle();
    /// let dev = handle.open_room("dev", "what we build").await?;
    /// assert_eq!(handle.open_room("DEV", "").await, Err(RoomError::IsOpen(dev.clone())));
    /// handle.set_topic("dev", "what we broke").await?;
    /// assert_eq!(handle.rooms().await?[1].topic, "what we broke");
    /// handle.close_room("dev").await?;
    /// assert_eq!(handle.close_room("lobby").await, Err(RoomError::IsDefault));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// When it is open already, the name cannot be one, the topic is too long, or the server is stopped.
    pub async fn open_room(&self, name: &str, topic: &str) -> Result<RoomName, RoomError> {
        let actor = self.actor();
        let (name, topic) = (name.to_owned(), topic.to_owned());
        self.ask(move |hub| {
            let by = actor(hub).to_string();
            hub.open_room_by(&name, &topic, &by)
        })
        .await?
    }

    /// Closes a room; who is in it is out of it and stays connected.
    ///
    /// # Errors
    /// When there is no such room, it is the default one, or the server is stopped.
    pub async fn close_room(&self, name: &str) -> Result<(), RoomError> {
        let actor = self.actor();
        let name = name.to_owned();
        self.ask(move |hub| {
            let by = actor(hub).to_string();
            hub.close_room_by(&name, &by)
        })
        .await?
    }

    /// Sets what a room is about, under the operator's name; empty clears it.
    ///
    /// # Errors
    /// When there is no such room, the topic is too long, or the server is stopped.
    pub async fn set_topic(&self, room: &str, topic: &str) -> Result<(), RoomError> {
        let actor = self.actor();
        let (room, topic) = (room.to_owned(), topic.to_owned());
        self.ask(move |hub| {
            let who = actor(hub);
            hub.set_topic_by(&room, &topic, Some(who.clone()), who.as_str())
        })
        .await?
    }

    /// How the server is doing.
    ///
    /// # Errors
    /// When the server is stopped.
    pub async fn status(&self) -> Result<Status, Closed> {
        let memory_bytes = resident_memory();
        self.ask(move |hub| Status { memory_bytes, ..hub.state.status() }).await
    }

    /// The plugins in the order in which their hooks run, each as it was set up; also those that were set up and are not enabled. Unlike those of [`status`](Self::status) these settings hold their
    /// secrets: they are for comparing, not for showing.
    ///
    /// # Errors
    /// When the server is stopped.
    pub async fn plugin_setups(&self) -> Result<Vec<PluginSetup>, Closed> {
        self.ask(Hub::plugin_setups).await
    }

    /// Everybody who is connected, with or without a name, in the order of connecting.
    ///
    /// # Errors
    /// When the server is stopped.
    pub async fn members(&self) -> Result<Vec<MemberInfo>, Closed> {
        self.ask(|hub| {
            let mut members: Vec<_> =
                hub.state.roster.iter().map(|member| hub.state.member_info(member)).collect();
            members.sort_by_key(|member| member.id);
            members
        })
        .await
    }

    /// The rooms there are, the default one first.
    ///
    /// # Errors
    /// When the server is stopped.
    pub async fn rooms(&self) -> Result<Vec<RoomInfo>, Closed> {
        self.ask(|hub| hub.state.rooms.iter().map(|room| room.info()).collect()).await
    }

    /// Adds a plugin while people talk, as the last one in order. One of the same name is replaced in its place.
    ///
    /// # Errors
    /// When the server is stopped.
    pub async fn add_plugin(
        &self,
        name: &str,
        plugin: impl Plugin + 'static,
    ) -> Result<(), Closed> {
        let actor = self.actor();
        let setup = PluginSetup::new(name);
        self.ask(move |hub| {
            let by = actor(hub).to_string();
            hub.add_plugin(setup, Box::new(plugin), Origin::Code, &by);
        })
        .await
    }

    /// Enables a plugin of the catalog while people talk. One of the same name is replaced, or stays when the new one cannot
    /// be made. It is made here and now, on the thread that waits for this.
    ///
    /// # Errors
    /// When the name is unknown or the settings are refused.
    pub async fn enable(&self, setup: PluginSetup) -> Result<Result<(), CatalogError>, Closed> {
        let actor = self.actor();
        let plugin = match self.catalog().await?.build(&setup) {
            Ok(plugin) => plugin,
            Err(error) => return Ok(Err(error)),
        };
        self.ask(move |hub| {
            let by = actor(hub).to_string();
            hub.add_plugin(setup, plugin, Origin::Catalog, &by);
        })
        .await
        .map(Ok)
    }

    /// Disables a plugin while people talk, with its commands, timers and tasks. Says whether it was enabled.
    ///
    /// # Errors
    /// When the server is stopped.
    pub async fn disable(&self, name: &str) -> Result<bool, Closed> {
        let actor = self.actor();
        let name = name.to_owned();
        self.ask(move |hub| {
            let by = actor(hub).to_string();
            hub.disable_plugin(&name, &by)
        })
        .await
    }

    /// Takes over a new configuration while people talk: all of it or, when anything is wrong, nothing. With `None` the plugins stay as they are.
    ///
    /// A plugin that is not in the list, or not [enabled](PluginSetup::enabled) in it, is dropped, unless code added it
    /// ([`ServerBuilder::plugin`](crate::ServerBuilder::plugin), [`add_plugin`](Self::add_plugin)): that one goes on, behind the plugin that it followed.
    ///
    /// Every plugin is made anew, on the thread that waits for this, to see that it can be. Those whose setup did not change go on undisturbed all the
    /// same; all are told ([`Plugin::after_settings_changed`]), whether or not anything differs.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub async fn apply(
        &self,
        settings: Settings,
        plugins: Option<Vec<PluginSetup>>,
    ) -> Result<Applied, ApplyError> {
        let actor = self.actor();
        let wrong = settings.check();
        if !wrong.is_empty() {
            return Err(ApplyError::Settings(wrong));
        }
        let catalog = self.catalog().await.map_err(ApplyError::Closed)?;
        let plan = plugins.clone();
        let made = plugins.map(|plugins| catalog.build_all(plugins)).transpose();
        let made = made.map_err(ApplyError::Plugins)?;
        let apply = move |hub: &mut Hub| {
            let by = actor(hub).to_string();
            if let Some(plan) = plan {
                hub.plan.configure(&plan);
            }
            let unneeded = made.map(|made| hub.replace_plugins(made, &by));
            (hub.apply_settings(settings, &by), unneeded)
        };
        // What was made to no purpose goes here, not in the hub's turn.
        let (after_restart, _unneeded) = self.ask(apply).await.map_err(ApplyError::Closed)?;
        Ok(Applied { after_restart })
    }

    /// The settings in force.
    pub fn settings(&self) -> Arc<Settings> {
        self.shared.settings()
    }

    /// The plugins that can be enabled by name.
    ///
    /// # Errors
    /// When the server is stopped.
    pub async fn catalog(&self) -> Result<Catalog, Closed> {
        self.ask(|hub| hub.catalog.clone()).await
    }

    /// Who and what is here, for completion; never waits for the server.
    pub fn directory(&self) -> Directory {
        self.shared.directory.clone()
    }

    /// Watches everything that happens from here on, until the watch is dropped or the server has ended. Nobody waits for a watcher: one that is 1024 reports
    /// behind loses the oldest, and is told how many.
    pub fn watch(&self) -> Watch {
        self.reports.watch(true)
    }

    /// Has every hook call reported ([`Report::Trace`](crate::Report::Trace)) until the answer is dropped.
    pub fn trace(&self) -> Tracing {
        self.tracers.fetch_add(1, Ordering::Relaxed);
        Tracing(self.tracers.clone())
    }

    /// Joins as a participant without a socket, in the default room, with the same gates, hooks and order as everybody.
    ///
    /// # Errors
    /// When the name is refused, a plugin deals with it, or the server is stopped.
    pub async fn join(&self, name: &str) -> Result<Participant, JoinError> {
        self.join_with(name, JoinOptions::default()).await
    }

    /// Joins as a participant without a socket, from where, into which rooms and at what rate the options say. A future that is dropped before it is
    /// ready leaves nobody behind.
    ///
    /// # Errors
    /// As [`join`](Self::join). A room that it is not let into is no error: it is told as [`Event::Error`](crate::Event::Error).
    pub async fn join_with(
        &self,
        name: &str,
        options: JoinOptions,
    ) -> Result<Participant, JoinError> {
        Participant::join(self, name, options).await
    }

    /// Records that the operator did something to the server that it does not know of itself: whoever watches is told, and so is every plugin.
    ///
    /// # Errors
    /// When the server is stopped.
    pub async fn record(&self, what: &str, why: &str) -> Result<(), Closed> {
        let (what, why, actor) = (what.to_owned(), why.to_owned(), self.actor());
        self.ask(move |hub| {
            let action = hub.act(&what, actor(hub).as_str()).why(why);
            hub.record(action);
        })
        .await
    }

    /// Watches as [`watch`](Self::watch) does, where nobody reads at once: a log, a bridge. While all who watch do it in this way, members who write to the
    /// operator are told that nobody is at the console, and what they wrote waits for [`kept_reports`](Self::kept_reports).
    pub fn watch_unattended(&self) -> Watch {
        self.reports.watch(false)
    }

    /// Takes what came for the operator while nobody watched, private messages and what members [report](crate::Context::tell_operator): the last hundred.
    ///
    /// # Errors
    /// When the server is stopped.
    pub async fn kept_reports(&self) -> Result<Vec<Report>, Closed> {
        self.ask(|hub| hub.kept.drain(..).collect()).await
    }

    /// Who is recorded as having done what is asked.
    fn actor(&self) -> impl FnOnce(&Hub) -> Name + Send + 'static + use<> {
        let operator = self.operator.clone();
        move |hub| operator.unwrap_or_else(|| hub.state.operator_name.clone())
    }

    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Hub) -> T + Send + 'static,
    ) -> Result<T, Closed> {
        let (sender, answer) = async_channel::bounded(1);
        let question = hub::question(move |hub| {
            // Whoever asked may have stopped waiting.
            let _ = sender.try_send(question(hub));
        });
        self.inbox.send(question).await.map_err(|_| Closed)?;
        self.wait_for(answer).await
    }

    /// Waits for what the hub answers. A server that was dropped answers no more, even where nobody runs the executor that it was on.
    async fn wait_for<T>(&self, answer: Receiver<T>) -> Result<T, Closed> {
        let given = async { answer.recv().await.ok() };
        let ended = async {
            self.inbox.closed().await;
            // What was answered before it ended is an answer.
            answer.try_recv().ok()
        };
        given.or(ended).await.ok_or(Closed)
    }
}

/// Why a configuration was not taken over. Nothing of it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// Settings out of bounds, all of them.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Settings(Vec<SettingsError>),
    /// Plugins that are unknown or whose settings were refused, all of them.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Plugins(Vec<CatalogError>),
    /// There is no server to take it over.
    #[error(transparent)]
    Closed(Closed),
}

impl Drop for Tracing {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn closed(closed: Closed) -> Refusal {
    Refusal::new(ErrorCode::Failed, closed.to_string())
}

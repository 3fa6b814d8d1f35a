//! The hook trait: how policy is added to a server.

mod catalog;
pub(crate) mod context;
pub(crate) mod draft;
pub(crate) mod effect;
pub(crate) mod hooks;
pub(crate) mod plan;
mod reporter;

use crate::protocol::hook::Verdict;
use std::any::Any;
use std::sync::Arc;

use crate::dialect::{Own, Protocol};

pub(crate) use catalog::Made;
pub use catalog::{Catalog, CatalogError};
pub use context::{Context, TaskMailbox};
pub use draft::{
    Blocked, CommandDraft, ConnectDraft, JoinDraft, Kicked, LeaveDraft, Left, MessageDraft,
    NameDraft, Renamed, Target,
};
pub use reporter::Reporter;

use crate::command::{CommandError, Invocation};
use crate::protocol::action::Action;
use crate::protocol::authentication::{Mechanism, Proof, ProofAnswer};
use crate::protocol::command::Command;
use crate::protocol::entry::Entry;
use crate::protocol::event::Event;
use crate::protocol::ids::MemberId;
use crate::protocol::name::Name;
use crate::protocol::name::RoomName;
use crate::protocol::reply::Reply;
use crate::protocol::role::Role;
use crate::protocol::settings::Settings;

/// So many people a member may ignore; see [`Context::ignore`].
pub const MOST_IGNORED: usize = 50;

/// Policy for a server: what may happen, and what follows when it has.
///
/// Every method has a default that does nothing. All are called by the hub, one at a time and in the order of the plugins in
/// the configuration, so they need no locks and see each other's effects in order.
///
/// # Life cycle
/// 1. [`commands`](Self::commands) and [`protocols`](Self::protocols), once, to register what it answers to.
/// 2. [`start`](Self::start), when the server starts, or when the plugin is enabled while people talk.
/// 3. Any of the others, in any order.
/// 4. [`stop`](Self::stop), when it is disabled, replaced or the server stops; then it is dropped. Its tasks
///    ([`Context::spawn`]) are told ([`Context::stopping`]) and given two seconds to finish.
///
/// One that is replaced by another of the same name, because its settings were changed while people talk, may hand its state to it: the old
/// one's [`stop`](Self::stop) and [`hand_over`](Self::hand_over), then the new one's [`take_over`](Self::take_over) and
/// [`start`](Self::start), with nothing in between that could have changed anything.
///
/// It is made before all this, by its constructor in the [`Catalog`], which does not run in the hub's turn and may read files. At a reload every
/// plugin of the file is made anew, to see that it can be; where the setup is what it was, the running one stays and the new one is dropped.
///
/// # Gates, `before_…`
/// *"May I?"* They run before anything has happened, get a draft that they may change, and answer with a [`Verdict`]. A change is seen by
/// the plugins after; the first [`Verdict::Deny`] or [`Verdict::Take`] ends the round. What the last one left is what happens. Ids and times
/// are given after the last gate.
///
/// # Observers, `after_…`
/// *"It happened."* They cannot veto.
///
/// # What may be done in a hook
/// Ask the [`Context`] for effects: they are queued and applied after the chain. Effects call hooks in turn, to a depth of eight.
/// Nothing that waits: no I/O, no lock that others hold for long. Long work goes to a task ([`Context::spawn`]) that is
/// fed by a bounded channel; its result comes back through [`Context::mailbox`] as [`after_task`](Self::after_task). A call that takes longer than
/// `server.slow_hook` is reported.
///
/// # When it fails
/// A panic is caught and reported; the gate then counts as [`Verdict::Pass`], or as [`Verdict::Deny`] where the plugin's entry
/// says [`OnPanic::Closed`](crate::protocol::OnPanic::Closed). Three in ten minutes turn the plugin off. `&mut self` may then be half changed; a plugin that minds
/// restores its own order.
///
/// # Examples
/// ```
/// use salotto::{Context, MessageDraft, Plugin, Verdict};
///
/// /// Says everything quietly.
/// struct Hush;
///
/// impl Plugin for Hush {
///     fn before_message(&mut self, _context: &mut Context<'_>, draft: &mut MessageDraft) -> Verdict {
///         draft.text = draft.text.to_lowercase();
///         Verdict::Pass
///     }
/// }
/// ```
#[expect(unused_variables, reason = "parameters keep readable names in the defaults")]
pub trait Plugin: Send {
    /// The commands it answers to. Called once, before [`start`](Self::start). They are gone when the plugin is.
    fn commands(&self) -> Vec<Command> {
        Vec::new()
    }

    /// The accounts it keeps, with their roles: what a moderator may do to somebody who is not here depends on what they may when they are. Called
    /// once, after [`commands`](Self::commands); they are gone when the plugin is.
    fn accounts(&self) -> Vec<(Name, Role)> {
        Vec::new()
    }

    /// The ways in which somebody can prove to it who they are. Called once, after [`commands`](Self::commands); of two plugins with the same the first one is
    /// asked. They are gone when the plugin is.
    fn mechanisms(&self) -> Vec<Mechanism> {
        Vec::new()
    }

    /// The protocols it adds to the port. Called once, after [`commands`](Self::commands). New connections may speak them for as long as the plugin is
    /// enabled; when it is disabled, those that do are disconnected. Where it is replaced by another of its name they go on as they are.
    fn protocols(&self) -> Vec<Arc<dyn Protocol>> {
        Vec::new()
    }

    /// The server starts, or the plugin is enabled in one that runs. The place for timers and tasks.
    fn start(&mut self, context: &mut Context<'_>) {}

    /// The plugin is about to be dropped. Effects are still applied; people may still be here (when it is disabled) or not.
    fn stop(&mut self, context: &mut Context<'_>) {}

    /// The plugin was stopped and another of its name takes its place: what that one should know. It may be of another type or version, so this is best
    /// something simple. Not called when the plugin is disabled or the server stops.
    fn hand_over(&mut self) -> Option<Box<dyn Any + Send>> {
        None
    }

    /// What the plugin that this one replaces handed over; called before [`start`](Self::start), if there was anything. What is of an unknown
    /// type is best dropped.
    fn take_over(&mut self, state: Box<dyn Any + Send>) {}

    /// Somebody has connected and was told nothing yet. `Deny` tells the reason and ends the connection, `Take` ends
    /// it in silence. Called for code that joins too, with the peer that it gave ([`Peer::Local`](crate::protocol::peer::Peer::Local)); what
    /// `Take` is for it is [`JoinError::Handled`](crate::JoinError::Handled).
    fn before_connect(&mut self, context: &mut Context<'_>, draft: &mut ConnectDraft) -> Verdict {
        Verdict::Pass
    }

    /// A name is offered: the first one, or another (`draft.current` then holds the present one). It is a good name and nobody has it, or it is short and no
    /// name at all: then it is refused unless a plugin makes a name of it or takes it. May be rewritten; what results is checked again. `Deny` tells the reason and the person may offer another; after `Take` nobody is told anything, and it is for
    /// the plugin to go on ([`Context::rename`] offers a name for them). Code that joins has no second try: unless it has a name when what was asked for
    /// in this hook is done, it is let go, with [`JoinError`](crate::JoinError).
    fn before_name(&mut self, context: &mut Context<'_>, draft: &mut NameDraft) -> Verdict {
        Verdict::Pass
    }

    /// Somebody who has a name wants to join a room. May send them to another (rewrite `draft.room`). If `Deny` keeps a newcomer out of
    /// every room, they stay connected and may join another.
    fn before_join(&mut self, context: &mut Context<'_>, draft: &mut JoinDraft) -> Verdict {
        Verdict::Pass
    }

    /// Somebody wants to say something, in a room or to one person. Text, target and tags may be rewritten; what results is
    /// cleaned and bounded again. `Deny` tells the reason to who said it.
    fn before_message(&mut self, context: &mut Context<'_>, draft: &mut MessageDraft) -> Verdict {
        Verdict::Pass
    }

    /// Somebody calls a command in chat. The line may be rewritten, to make aliases for example. Not called for the operator, whom no
    /// plugin can lock out.
    fn before_command(&mut self, context: &mut Context<'_>, draft: &mut CommandDraft) -> Verdict {
        Verdict::Pass
    }

    /// Somebody leaves a room or the server. The reason may be rewritten, which is how last words are censored. `Deny` and `Take` keep who
    /// wants to leave of their own will (quit or parted); they mean nothing for a kick or a lost connection, which cannot be undone.
    fn before_leave(&mut self, context: &mut Context<'_>, draft: &mut LeaveDraft) -> Verdict {
        Verdict::Pass
    }

    /// Somebody is connected and has a name now; rooms follow.
    fn after_named(&mut self, context: &mut Context<'_>, member: MemberId) {}

    /// Somebody is in a room now. The `joined` entry comes before all that is told the room here, unless the room is too large to announce everybody.
    fn after_joined(&mut self, context: &mut Context<'_>, member: MemberId, room: &RoomName) {}

    /// Something was said in a room. The entry's `what` is a message.
    fn after_said(&mut self, context: &mut Context<'_>, member: Option<MemberId>, entry: &Entry) {}

    /// Anything happened in a room, notices of plugins and messages included: each entry of each timeline, once. Where servers share the room it is called on each of them,
    /// and `origin` is the one that brought it about, if that is another; the other observers are called there alone.
    fn after_entry(&mut self, context: &mut Context<'_>, entry: &Entry, origin: Option<&str>) {}

    /// Other servers that share rooms with this one have set or removed [shared values](Context::shared) of a namespace, under these keys, or this one has heard of it only now: they are
    /// what they are already. Not called for what is set here.
    fn after_values(&mut self, context: &mut Context<'_>, namespace: &str, keys: &[String]) {}

    /// Something was said to one person; the event is [`Event::Direct`].
    fn after_direct(&mut self, context: &mut Context<'_>, event: &Event) {}

    /// Somebody gave a sign ([`Context::sign_in_room`]) that no gate is against. It is for plugins to tell those who mind.
    fn after_sign(&mut self, context: &mut Context<'_>, sign: &MessageDraft) {}

    /// Somebody left a room, or the server (`room` is `None`, after one call for each room they were in).
    fn after_left(&mut self, context: &mut Context<'_>, left: &Left) {}

    /// Somebody was kicked; called before the `after_left` calls that follow from it.
    fn after_kicked(&mut self, context: &mut Context<'_>, kicked: &Kicked) {}

    /// Somebody has another name.
    fn after_renamed(&mut self, context: &mut Context<'_>, renamed: &Renamed) {}

    /// A gate of some plugin said no, or dealt with it: what, whose, by which plugin and why.
    fn after_blocked(&mut self, context: &mut Context<'_>, blocked: &Blocked) {}

    /// A room was opened. Those that are listed in the settings are opened after every plugin's [`start`](Self::start).
    fn after_room_opened(&mut self, context: &mut Context<'_>, room: &RoomName) {}

    /// A room was closed.
    fn after_room_closed(&mut self, context: &mut Context<'_>, room: &RoomName) {}

    /// Somebody did something to others or to the server: what core does itself, and what plugins recorded ([`Context::record`]), this one included.
    fn after_action(&mut self, context: &mut Context<'_>, action: &Action) {}

    /// A configuration was taken over while running. Called each time that one was, also when nothing in it differs: a plugin that
    /// keeps files beside it may look at them again.
    fn after_settings_changed(&mut self, context: &mut Context<'_>, settings: &Settings) {}

    /// A timer that this plugin set with [`Context::set_timer`] is due.
    fn after_timer(&mut self, context: &mut Context<'_>, key: &str) {}

    /// A task of this plugin sent a result to [`Context::mailbox`].
    fn after_task(&mut self, context: &mut Context<'_>, result: Box<dyn Any + Send>) {}

    /// One of this plugin's [`commands`](Self::commands) was called, with arguments that fit it, by somebody who may. Where the answer takes a while, it is for
    /// a task to give: see [`Invocation::answer_later`].
    ///
    /// # Errors
    /// What the caller is told instead of an answer.
    fn run_command(
        &mut self,
        context: &mut Context<'_>,
        invocation: &Invocation,
    ) -> Result<Reply, CommandError> {
        Err(CommandError::Failed(format!("`{}` is not answered by its plugin", invocation.path)))
    }

    /// Somebody who speaks one of this plugin's [`protocols`](Self::protocols) asks for what only that protocol has: what its decoder made an
    /// [`Input::Own`](crate::dialect::Input::Own) of. Not called for others. It has passed the limits of rate and size and the password of the server, and
    /// no more: the member may have no name yet. Answer with [`Context::answer`], and have done what others may ask for by [`Context::request`], whose gates and limits it then passes.
    fn run_request(&mut self, context: &mut Context<'_>, member: MemberId, request: &Own) {}

    /// Somebody proves who they are, by one of this plugin's [`mechanisms`](Self::mechanisms): called with each thing that they send, also before they have a
    /// name. The answer is given with [`Context::answer_proof`], now or after a task; until then they can send no more. An exchange takes half a minute at most, and core has seen to it that
    /// nothing comes by way of [`Mechanism::revealing`] that others can read where the server minds. How often somebody may try is for the plugin to say.
    fn authenticate(&mut self, context: &mut Context<'_>, proof: &Proof) {
        let text = format!("`{}` is not answered by its plugin", proof.mechanism);
        context.answer_proof(proof.member, ProofAnswer::Refused(text));
    }
}

/// The plugin that does nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nothing;

impl Plugin for Nothing {}

/// A plugin made from a closure that is called before each message.
///
/// ```
/// use salotto::{Verdict, plugin};
///
/// let polite = plugin::before_message(|_context, draft| match draft.text.contains("drat") {
///     true => Verdict::Deny("mind your language, please".into()),
///     false => Verdict::Pass,
/// });
/// # let _ = polite;
/// ```
pub fn before_message(
    ask: impl FnMut(&mut Context<'_>, &mut MessageDraft) -> Verdict + Send + 'static,
) -> impl Plugin + 'static {
    struct FromClosure<F>(F);

    impl<F: FnMut(&mut Context<'_>, &mut MessageDraft) -> Verdict + Send> Plugin for FromClosure<F> {
        fn before_message(
            &mut self,
            context: &mut Context<'_>,
            draft: &mut MessageDraft,
        ) -> Verdict {
            (self.0)(context, draft)
        }
    }

    FromClosure(ask)
}

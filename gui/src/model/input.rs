//! The inputs of the model: events, and actions of the user.

use std::time::SystemTime;

use salotto::client::Update;
use salotto::discovery::Sighting;
use salotto::protocol::Fingerprint;

use super::conversation::ConversationId;
use super::effect::Ticket;
use super::preferences::{Preferences, Theme};
use super::secret::Secret;
use super::servers::ServerId;
use super::settings::ConnectionSettings;

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// It is now this late. Comes before each batch of other inputs, and at [`Model::wake_at`](super::Model::wake_at).
    Tick(SystemTime),
    /// The network thread has an update.
    Network(Update),
    /// A server on the local network was found, or is gone.
    Nearby(Sighting),
    /// An [`Effect::Request`](super::Effect::Request) was handed to the client, which gave it this nonce, or would not take it.
    Sent {
        /// The one of the effect.
        ticket: Ticket,
        /// What `Client::request` returned.
        nonce: Option<String>,
    },
    /// The person did something.
    Action(Action),
    /// The window got or lost the keyboard.
    Focus(bool),
    /// The window fills the screen, or no longer.
    Maximized(bool),
    /// The window has this size now, in points before zoom.
    Resized {
        /// Width.
        width: f32,
        /// Height.
        height: f32,
    },
}

/// An action of the user, from the view.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Connect, or offer another name where the server refused the first.
    Connect(ConnectionSettings),
    /// Give up the connection and show the form.
    Disconnect,
    /// Believe that the certificate with this fingerprint is the server's, and connect.
    Accept(Fingerprint),
    /// Connect without TLS to a server that spoke it before.
    GoOnInClear,
    /// Connect anew, and over TLS or not at all.
    Encrypt,
    /// Do without what is taken over TLS alone.
    StayInClear,
    /// Offer this name after the server refused the one before.
    OfferName(String),
    /// Send this password after the server asked for one.
    OfferPassword(Secret),
    /// Do not wait for the countdown.
    RetryNow,
    /// Send this line, or run it as a command if it begins with `!`.
    Send {
        /// Where it was typed.
        conversation: ConversationId,
        /// What was typed.
        text: String,
    },
    /// Send these lines as messages, whatever they begin with: they were pasted. They go out no faster than the server takes them.
    Say {
        /// Where.
        conversation: ConversationId,
        /// What.
        lines: Vec<String>,
    },
    /// Go on with the lines that were stopped by a refusal.
    GoOn(ConversationId),
    /// Forget the lines that are still to be sent.
    Stop(ConversationId),
    /// Forget messages of one conversation that failed.
    Discard(Vec<Ticket>),
    /// Send messages of one conversation that failed once more.
    Resend(Vec<Ticket>),
    /// Bring a conversation to the front.
    Show(ConversationId),
    /// Ask for a page of what the server has where lines are missing: somebody looks there.
    ReadBack {
        /// In which conversation.
        conversation: ConversationId,
        /// The line that stands for them.
        line: u64,
    },
    /// Enter a room.
    Join(String),
    /// Open the private messages with a user.
    Talk(String),
    /// Leave a room, or close a conversation.
    Close(ConversationId),
    /// Put this on the clipboard.
    Copy(String),
    /// Bring what is on the clipboard, as if it were pasted by its keys.
    Paste,
    /// This was selected.
    Select(String),
    /// Open this address in a browser; the person has confirmed it.
    OpenLink(String),
    /// Draw everything this much larger.
    Zoom(f32),
    /// Use these colours.
    Theme(Theme),
    /// Show or hide the list of people.
    ShowPeople(bool),
    /// Open another server.
    AddServer,
    /// Enter the servers that were not left when the window was last closed.
    EnterAgain,
    /// Bring a server to the front.
    ShowServer(ServerId),
    /// Leave a server and forget its conversations.
    CloseServer(ServerId),
    /// What the person had to know of the window was read.
    Dismiss,
    /// Ask which rooms there are.
    AskRooms,
    /// Run a command, without its mark.
    Run {
        /// Where its answer belongs.
        conversation: ConversationId,
        /// The command line.
        line: String,
    },
    /// Hear nothing of somebody at this server, or hear them again.
    Ignore {
        /// Whom.
        name: String,
        /// Whether to ignore them.
        ignores: bool,
    },
    /// Set what the person prefers, all at once.
    Prefer(Box<Preferences>),
    /// Close the window, after a goodbye.
    Exit,
}

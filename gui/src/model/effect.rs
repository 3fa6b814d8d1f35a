//! What comes out of the model: what is to be done.

use salotto::Request;
use salotto::client::Options;
use salotto::protocol::Place;

use super::preferences::Preferences;
use super::secret::Secret;

/// What is to be done by the shell.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Connect. An earlier client is dropped first, and its updates are no longer delivered.
    Connect(Options),
    /// Drop the client, and deliver no more of its updates.
    Disconnect,
    /// Look for servers on the local network, or look no more.
    Search(bool),
    /// Hand this to the client, and answer with [`Input::Sent`](super::Input::Sent) before the next update.
    Request {
        /// Comes back in that input.
        ticket: Ticket,
        /// What is asked.
        request: Request,
    },
    /// `Client::history`, for a full page. The ticket comes back as that of a request does.
    ReadBack {
        /// Comes back in [`Input::Sent`](super::Input::Sent).
        ticket: Ticket,
        /// Of which room.
        room: String,
        /// Which part.
        place: Place,
    },
    /// `Client::offer_name`.
    OfferName(String),
    /// `Client::offer_password`.
    OfferPassword(Secret),
    /// `Client::retry_now`.
    RetryNow,
    /// `Client::quit`. The model waits for the end itself.
    Quit(String),
    /// Close the window now.
    Exit,
    /// Put this on the clipboard.
    Copy(String),
    /// Bring what is on the clipboard into the field that has the keyboard.
    Paste,
    /// Make this the primary selection, which the middle button pastes.
    Select(String),
    /// Open this address in a browser.
    OpenLink(String),
    /// Write this over the window.
    Title(String),
    /// The user was mentioned or got a private message while the window had no focus.
    Urgent,
    /// Show a notification of the desktop.
    Notify {
        /// Who, and where.
        title: String,
        /// What was said.
        text: String,
    },
    /// Play the sound of a message.
    Sound,
    /// Write a line into the person's own log.
    Record(Record),
    /// Use this font; empty for the one that is built in.
    Font(String),
    /// Store these.
    Save(Preferences),
}

/// A line of the person's own log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What the server is called by its address, and the conversation.
    pub folders: [String; 2],
    /// The day, `2026-11-23`.
    pub day: String,
    /// Time, author and text.
    pub line: String,
}

/// One request on its way: created by the model, returned with [`Input::Sent`](super::Input::Sent).
pub type Ticket = u64;

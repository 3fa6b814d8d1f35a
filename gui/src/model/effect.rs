//! What comes out of the model: what is to be done.

use salotto::Request;
use salotto::client::Options;

use super::preferences::Preferences;
use super::secret::Secret;

/// What is to be done by the shell.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Connect; a client that is there is dropped first, its updates are not told any more.
    Connect(Options),
    /// Drop the client, and tell no more of its updates.
    Disconnect,
    /// Hand this to the client, and answer with [`Input::Sent`](super::Input::Sent) before the next update is told.
    Request {
        /// To be told back.
        ticket: Ticket,
        /// What is asked.
        request: Request,
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
    /// Offer this to whoever pastes what is selected, and not what was copied.
    Select(String),
    /// Open this address in a browser.
    OpenLink(String),
    /// Write this over the window.
    Title(String),
    /// Somebody was named or spoken to while the window was not looked at.
    Urgent,
    /// Store these.
    Save(Preferences),
}

/// One request on its way: given out by the model, told back with [`Input::Sent`](super::Input::Sent).
pub type Ticket = u64;

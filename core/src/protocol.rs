//! The ground: names, ids, events, requests, roles, errors, settings. Plain values that are written on a wire or in a file, or that travel
//! between all floors. They know each other and nothing else of the server.

pub(crate) mod action;
pub(crate) mod authentication;
pub(crate) mod caller;
#[cfg(feature = "tls")]
pub(crate) mod certificate;
pub(crate) mod command;
pub(crate) mod digest;
pub(crate) mod durations;
pub(crate) mod entry;
pub(crate) mod error;
pub(crate) mod event;
pub(crate) mod fingerprint;
pub(crate) mod hint;
pub(crate) mod history;
pub(crate) mod hook;
#[cfg(feature = "tls")]
pub(crate) mod identity;
pub(crate) mod ids;
pub(crate) mod info;
pub(crate) mod leave_reason;
pub(crate) mod limit_hit;
pub(crate) mod local_time;
pub(crate) mod name;
pub(crate) mod near;
pub(crate) mod network;
#[cfg(feature = "password")]
pub(crate) mod password;
pub(crate) mod peer;
pub(crate) mod plugin_info;
pub(crate) mod reply;
pub(crate) mod request;
pub(crate) mod role;
pub mod sanitize;
#[cfg(feature = "password")]
pub(crate) mod scram;
pub(crate) mod secrets;
pub(crate) mod settings;
pub(crate) mod standing;
pub(crate) mod status;
pub(crate) mod timestamp;

pub use action::Action;
pub use authentication::{Mechanism, Proof, ProofAnswer};
pub use caller::Caller;
#[cfg(feature = "tls")]
pub use certificate::{Certificate, CertificateError};
pub use command::{Arg, ArgKind, Command, CommandInfo};
pub use digest::digest;
pub use durations::in_short;
pub use entry::{Entry, EntryKind, MessageKind, NoticeKind};
pub use error::{Closed, ErrorCode, MemberError, Refusal, RoomError, TryNextError};
pub use event::{Event, PROTOCOL_VERSION};
pub use fingerprint::{Fingerprint, FingerprintError};
pub use hint::Hint;
pub use history::{Page, Place};
pub use hook::{Hook, Verdict};
pub use ids::{EntryId, MemberId};
pub use info::{MemberInfo, RoomInfo};
pub use leave_reason::LeaveReason;
pub use limit_hit::LimitHit;
pub use local_time::{local_offset, local_time};
pub use name::{Name, NameBounds, NameError, RoomName};
pub use near::nearest;
pub use network::{Network, NetworkError, is_internal_interface};
#[cfg(feature = "password")]
pub use password::{PasswordError, PasswordHash, TooBusy};
pub use peer::Peer;
pub use plugin_info::{OnPanic, PluginInfo, PluginSetup, PluginState};
pub use reply::Reply;
pub use request::{Envelope, Request, Resume};
pub use role::{Role, RoleError};
#[cfg(feature = "password")]
pub use scram::{SCRAM, ScramClient, ScramError, ScramKeys, ScramOpening, ScramServer};
pub use secrets::{is_secret_value, mask_secrets};
pub use settings::{
    Announce, Limits, ListedRoom, Presence, Rate, RoomSettings, ServerSettings, Settings,
    SettingsError,
};
pub use standing::Standing;
pub use status::{OrderStatus, Status, StoreStatus};
pub use timestamp::Timestamp;

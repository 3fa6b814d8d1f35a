//! The plain state of a server: members, rooms, names, the inbox of the hub, the clock, and what the operator is told. The hub changes it,
//! everybody else reads; nothing here decides. Beside it stands what several floors above share: a map that forgets, and the queue in which
//! passwords are verified.

pub(crate) mod adopt;
pub(crate) mod clock;
pub(crate) mod directory;
pub(crate) mod forgetting_map;
pub(crate) mod handle;
pub(crate) mod inbox;
pub(crate) mod keeping;
pub(crate) mod member;
pub(crate) mod name_index;
pub mod order;
pub(crate) mod plugin_stats;
pub(crate) mod reload;
pub(crate) mod remembered_rooms;
pub(crate) mod report;
pub(crate) mod rights;
pub(crate) mod room;
pub(crate) mod rooms;
pub(crate) mod roster;
pub(crate) mod sealed;
pub(crate) mod server_state;
pub(crate) mod shared;
pub(crate) mod shared_values;
pub(crate) mod stays;
pub(crate) mod stopping;
pub mod store;
pub(crate) mod token_bucket;
pub(crate) mod unpublished;
#[cfg(feature = "password")]
pub(crate) mod verifier;

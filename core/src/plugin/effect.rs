//! What a plugin asked for, to be applied after the chain of hooks.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::command::Call;
use crate::dialect::Own;
use crate::protocol::action::Action;
use crate::protocol::authentication::ProofAnswer;
use crate::protocol::entry::{MessageKind, NoticeKind};
use crate::protocol::ids::MemberId;
use crate::protocol::name::{Name, RoomName};
use crate::protocol::request::Envelope;
use crate::protocol::role::Role;
use crate::state::keeping::Keeping;

/// For whom a sign is, by name.
#[derive(Debug, Clone)]
pub(crate) enum SignTarget {
    Room(String),
    Person(String),
}

/// Something that a plugin asked for.
pub(crate) enum Effect {
    Notice { room: RoomName, text: String, kind: NoticeKind },
    NoticeTo { member: MemberId, text: String, kind: NoticeKind },
    Say { member: MemberId, room: Option<RoomName>, text: String, kind: MessageKind },
    Direct { member: MemberId, to: String, text: String },
    Join { member: MemberId, room: String, key: Option<String> },
    Leave { member: MemberId, room: Option<String> },
    Rename { member: MemberId, name: String },
    Ignore { member: MemberId, who: MemberId },
    Unignore { member: MemberId, name: Name },
    Quit { member: MemberId, farewell: String },
    Request { member: MemberId, envelope: Box<Envelope> },
    OfferName { member: MemberId, name: String, nonce: Option<String> },
    Answer { member: MemberId, bytes: Vec<u8> },
    Sign { member: MemberId, to: SignTarget, tags: BTreeMap<String, String>, nonce: Option<String> },
    Afterwards { member: MemberId, request: Own },
    WhenAnswered { member: MemberId, request: Own },
    DiscardInput { member: MemberId },
    Kick { member: MemberId, by: Option<Name>, why: String },
    SetRole { member: MemberId, role: Role },
    LogIn { member: MemberId, account: String, role: Role },
    LogOut { member: MemberId },
    AnswerProof { member: MemberId, answer: ProofAnswer },
    SetAccount { name: Name, role: Option<Role> },
    EndLogins { account: String },
    Record(Box<Action>),
    Call(Call),
    SetTopic { room: RoomName, topic: String, by: Option<Name> },
    OpenRoom { room: RoomName, topic: String },
    CloseRoom { room: RoomName },
    HideRoom { room: RoomName, hidden: bool },
    ShowLocked { room: RoomName, locked: bool },
    ShowHushed { room: RoomName, hushed: bool },
    SetRoleIn { member: MemberId, room: RoomName, role: Option<Role> },
    ShowVoiced { member: MemberId, room: RoomName, voiced: bool },
    KeepHistory(Keeping),
    SetTimer { key: String, after: Duration },
    CancelTimer { key: String },
    Spawn(Pin<Box<dyn Future<Output = ()> + Send>>),
    Report { text: String, is_trouble: bool },
    TellOperator { text: String },
}

impl std::fmt::Debug for Effect {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Effect")
    }
}

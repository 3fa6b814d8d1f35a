//! What the engine does in one go, written in its Lua. A script is called by its digest; every link loads all of them when it connects.

use std::sync::LazyLock;

use redis::{Cmd, Script};

/// A script and the digest that it is called by.
pub(super) struct Called(LazyLock<Script>);

macro_rules! scripts {
    ($($name:ident $file:literal)*) => {
        $(pub(super) static $name: Called = Called(LazyLock::new(|| Script::new(include_str!($file))));)*
        /// All of them, as text.
        pub(super) const SCRIPTS: &[&str] = &[$(include_str!($file)),*];
    };
}

scripts! {
    BEAT "script/beat.lua"
    CLAIM "script/claim.lua"
    CLOSE "script/close.lua"
    COMMIT "script/commit.lua"
    DELETE "script/delete.lua"
    FORK "script/fork.lua"
    HEAL "script/heal.lua"
    LEAVE "script/leave.lua"
    OPEN "script/open.lua"
    READY "script/ready.lua"
    RELEASE "script/release.lua"
    SET "script/set.lua"
}

impl Called {
    /// A call with these keys; arguments follow.
    pub(super) fn on(&self, keys: &[&str]) -> Cmd {
        let mut command = redis::cmd("EVALSHA");
        command.arg(self.0.get_hash()).arg(keys.len()).arg(keys);
        command
    }
}

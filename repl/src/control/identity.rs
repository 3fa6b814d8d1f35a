//! Who is at the other end of a front, and whom they may say that they are.

use salotto::Name;
use smol::net::unix::UnixStream;

/// See the module.
#[derive(Debug, Clone)]
pub(super) enum Identity {
    /// Of this process: whoever started it.
    Own,
    /// A user of the system, as the socket knows it.
    User {
        /// Which process.
        process: i32,
        /// Their user name, or `user` and the number where there is none.
        name: String,
        /// Whether it is the user who runs the server, or root, who may become that user anyway.
        is_master: bool,
    },
    /// The system does not say.
    Unknown,
}

impl Identity {
    /// Of who is at the other end of a control connection.
    pub(super) fn of(stream: &UnixStream) -> Self {
        #[cfg(target_os = "linux")]
        if let Ok(peer) = rustix::net::sockopt::socket_peercred(stream) {
            let user = peer.uid.as_raw();
            return Self::User {
                process: peer.pid.as_raw_nonzero().get(),
                name: user_name(user).unwrap_or_else(|| format!("user{user}")),
                is_master: peer.uid == rustix::process::getuid() || peer.uid.is_root(),
            };
        }
        let _ = stream;
        Self::Unknown
    }

    /// What is known of it, for the log.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::User { process, name, .. } => format!(" (process {process}, user {name})"),
            Self::Own | Self::Unknown => String::new(),
        }
    }

    /// The operator who acts through the front, who may have said a name of their own.
    ///
    /// # Errors
    /// When they may not be that one, or it is no name; for people.
    pub(super) fn operator(&self, said: Option<&str>) -> Result<Option<Name>, String> {
        let parse = |name: &str| {
            name.parse::<Name>().map_err(|error| format!("the operator `{name}`: {error}"))
        };
        match (self, said) {
            // The user name of the system need not be one here.
            (Self::User { name, .. }, None) => Ok(parse(name).ok()),
            (Self::User { name, is_master: false, .. }, Some(said)) if said != name => {
                Err(format!(
                    "you are `{name}`, and only root and the user who runs the server may act as `{said}`; leave out `--operator`"
                ))
            }
            (_, said) => said.map(parse).transpose(),
        }
    }
}

/// The name of a user, from the file that has them.
fn user_name(user: u32) -> Option<String> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(user)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_root_and_the_user_who_runs_the_server_may_say_another_name() {
        let user = |is_master| Identity::User { process: 1, name: "ada".into(), is_master };
        let name = |name: &str| Some(name.parse::<Name>().unwrap());
        assert_eq!(user(true).operator(None), Ok(name("ada")));
        assert_eq!(user(true).operator(Some("eve")), Ok(name("eve")));
        assert_eq!(user(false).operator(Some("ada")), Ok(name("ada")));
        assert!(user(false).operator(Some("eve")).unwrap_err().starts_with("you are `ada`"));
        assert_eq!(Identity::Own.operator(None), Ok(None));
        assert!(Identity::Own.operator(Some("")).is_err());
    }
}

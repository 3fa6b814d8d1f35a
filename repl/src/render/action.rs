//! An action as a sentence: `host muted bob for 10m: spam`.

use salotto::Action;
use salotto_plugins::HumanDuration;

/// Where the reason goes.
enum Why {
    /// Behind a colon.
    Reason,
    /// It is part of the sentence already, or there is none.
    Included,
}

/// One line, without the time. An action of a plugin that is not known here is shown as it was recorded.
pub(super) fn sentence(action: &Action) -> String {
    let Action { by, whom, why, .. } = action;
    let whom = whom.as_deref().unwrap_or("nobody");
    let room = action.room.as_ref().map_or_else(|| "a room".into(), |room| format!("#{room}"));
    let (what, reason) = match action.what.as_str() {
        "kick" => (format!("kicked {whom}"), Why::Reason),
        "remove" => (format!("removed {whom} from {room}"), Why::Reason),
        "delete" => (format!("deleted message {whom}"), Why::Reason),
        "ban" => (format!("banned {whom} {}", length(action)), Why::Reason),
        "unban" => (format!("removed the ban of {whom}"), Why::Reason),
        "warn" => (format!("warned {whom}"), Why::Reason),
        "mute" => (format!("muted {whom} {}", length(action)), Why::Reason),
        "unmute" => (format!("unmuted {whom}"), Why::Reason),
        "slow" if why == "0s" => (format!("switched slow mode off in {room}"), Why::Included),
        "slow" => (format!("switched slow mode on in {room}"), Why::Reason),
        "lock" => (format!("locked {room}"), Why::Reason),
        "unlock" => (format!("unlocked {room}"), Why::Reason),
        "invite" => (format!("invited {whom} to {room}"), Why::Reason),
        "hush" if why == "off" => (format!("let everybody speak in {room}"), Why::Included),
        "hush" => (format!("let only moderators speak in {room}"), Why::Included),
        "topic" if why.is_empty() => (format!("cleared the topic of {room}"), Why::Included),
        "topic" => (format!("set the topic of {room}"), Why::Reason),
        "open" => (format!("opened {room}"), Why::Reason),
        "close" => (format!("closed {room}"), Why::Reason),
        "enable" => (format!("enabled plugin {whom}"), Why::Reason),
        "replace" => (format!("changed plugin {whom}"), Why::Reason),
        "disable" => (format!("disabled plugin {whom}"), Why::Reason),
        "role" => {
            let article = if why.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
            (format!("made {whom} {article} {why}"), Why::Included)
        }
        "register" => ("registered".into(), Why::Reason),
        "password" => (format!("changed the password of {whom}"), Why::Reason),
        "account-role" => (format!("gave the account {whom} the role {why}"), Why::Included),
        "account-reset" => (format!("reset the password of {whom}"), Why::Reason),
        "account-remove" => (format!("removed the account {whom}"), Why::Reason),
        "login" => (format!("logged in as {whom}"), Why::Reason),
        "logout" => (format!("logged out of {whom}"), Why::Reason),
        "wrong-password" => ("gave a wrong password".into(), Why::Reason),
        "failed-login" => (format!("failed to log in as {whom}"), Why::Reason),
        "start" => ("started the server".into(), Why::Reason),
        "stop" => ("stopped the server".into(), Why::Reason),
        "restart" => ("restarted the server".into(), Why::Reason),
        "shutdown" => ("ended the server".into(), Why::Reason),
        "log-level" => ("set the log level".into(), Why::Reason),
        "reload" => ("reloaded the configuration".into(), Why::Reason),
        _ => return action.to_string(),
    };
    match reason {
        Why::Reason if !why.is_empty() => format!("{by} {what}: {why}"),
        Why::Reason | Why::Included => format!("{by} {what}"),
    }
}

/// For how long something lasts that began with the action.
fn length(action: &Action) -> String {
    match action.until {
        Some(until) => format!("for {}", HumanDuration::between(action.time, until)),
        None => "permanently".into(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use salotto::RoomName;
    use salotto::protocol::Timestamp;

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        (SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).into()
    }

    fn host(what: &str) -> Action {
        Action::new(at(1000), what, "host")
    }

    #[test]
    fn an_action_reads_as_a_sentence() {
        let room = "dev".parse::<RoomName>().unwrap();
        for (action, line) in [
            (host("kick").whom("bob"), "host kicked bob"),
            (host("kick").whom("bob").why("no flooding"), "host kicked bob: no flooding"),
            (host("mute").whom("bob").until(at(1600)).why("spam"), "host muted bob for 10m: spam"),
            (host("ban").whom("10.0.0.0/8"), "host banned 10.0.0.0/8 permanently"),
            (host("ban").whom("bob").until(at(8200)), "host banned bob for 2h"),
            (host("unban").whom("bob"), "host removed the ban of bob"),
            (
                host("wrong-password").why("3 more in 60 s"),
                "host gave a wrong password: 3 more in 60 s",
            ),
            (host("slow").room(&room).why("10s"), "host switched slow mode on in #dev: 10s"),
            (host("slow").room(&room).why("0s"), "host switched slow mode off in #dev"),
            (host("invite").whom("bob").room(&room), "host invited bob to #dev"),
            (host("topic").room(&room).why("plans"), "host set the topic of #dev: plans"),
            (host("topic").room(&room), "host cleared the topic of #dev"),
            (host("open").room(&room), "host opened #dev"),
            (host("enable").whom("log"), "host enabled plugin log"),
            (host("role").whom("bob").why("operator"), "host made bob an operator"),
            (host("role").whom("bob").why("moderator"), "host made bob a moderator"),
            (
                Action::new(at(0), "login", "ada").whom("boss").why("moderator, from 10.0.0.7"),
                "ada logged in as boss: moderator, from 10.0.0.7",
            ),
            (host("account-reset").whom("ada"), "host reset the password of ada"),
            (
                host("account-role").whom("ada").why("moderator"),
                "host gave the account ada the role moderator",
            ),
            (host("reload").why("limits.rate"), "host reloaded the configuration: limits.rate"),
            (host("dance").whom("bob").why("why not"), "host: dance bob (why not)"),
        ] {
            assert_eq!(sentence(&action), line);
        }
    }
}

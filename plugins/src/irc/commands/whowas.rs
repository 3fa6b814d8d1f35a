//! `WHOWAS nick[,nick…] [count]`: who was here, and is called so no more.

use super::{Call, shown_nick};
use crate::irc::former::Person;
use crate::irc::numeric;

/// Most that one line may ask for.
pub(in crate::irc) const MOST_TARGETS: usize = 4;
/// Most people that one answer tells of.
const MOST: usize = 20;

pub(super) fn run(call: &mut Call<'_, '_>) {
    let line = call.line;
    let Some(asked) = line.parameter(0) else {
        return call.numeric(numeric::NO_NICK_GIVEN, &[], "who?");
    };
    let count = line.parameter(1).and_then(|count| count.parse::<usize>().ok());
    let count = count.filter(|count| *count > 0).unwrap_or(MOST).min(MOST);
    let targets: Vec<&str> = asked.split(',').take(MOST_TARGETS).collect();
    let shown = targets.iter().map(|target| shown_nick(target)).collect::<Vec<_>>().join(",");
    let found: Vec<Person> = call.irc.former.find(&targets).take(count).cloned().collect();
    let (host, mut answers) = (call.connection.host(), call.answers());
    if found.is_empty() {
        answers.add(numeric::WAS_NO_SUCH_NICK, &[&shown], "nobody was here who was called so");
    }
    for Person { nick, user, real_name, until } in &found {
        answers.add(numeric::WHOWAS_USER, &[nick, user, host, "*"], real_name).add(
            numeric::WHOIS_SERVER,
            &[nick, host],
            &until.to_string(),
        );
    }
    answers.add(numeric::WHOWAS_END, &[&shown], "end of WHOWAS");
    call.send(answers);
}

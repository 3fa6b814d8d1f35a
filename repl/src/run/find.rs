//! `salotto find`: the servers on the local network.

use std::time::Duration;

use salotto::discovery::{DiscoveryError, Found, Interfaces, Search, Sighting};
use smol::Timer;
use smol::future::FutureExt;

use super::exit::Exit;
use crate::output::{print, print_error};

/// How long is searched: whoever is there answers within a second; the question is asked three times.
const SEARCH: Duration = Duration::from_secs(3);

pub(super) fn run(interfaces: Vec<String>) -> Exit {
    let found = match smol::block_on(find(&Interfaces::named(interfaces))) {
        Ok(found) => found,
        Err(error) => {
            print_error(error);
            return Exit::Failed;
        }
    };
    for server in &found {
        print(line(server));
    }
    if found.is_empty() {
        print_error("no server was found on the local network; `salotto` starts one");
        return Exit::Failed;
    }
    Exit::Done
}

/// All that are there at the end of the search, by name.
async fn find(interfaces: &Interfaces) -> Result<Vec<Found>, DiscoveryError> {
    let mut search = Search::start(interfaces)?;
    let mut found: Vec<Found> = Vec::new();
    let look = async {
        while let Some(sighting) = search.next().await {
            match sighting {
                Sighting::Found(server) => {
                    found.retain(|other| other.id != server.id);
                    found.push(server);
                }
                Sighting::Gone(id) => found.retain(|other| other.id != id),
                _ => {}
            }
        }
    };
    let over = async {
        Timer::after(SEARCH).await;
    };
    look.or(over).await;
    found.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
    Ok(found)
}

/// The address comes first, for scripts: `salotto find | cut -f 1`.
fn line(server: &Found) -> String {
    let mut parts = vec![server.addresses[0].to_string(), server.name.clone()];
    parts.extend(server.has_password.then(|| "needs a password".to_owned()));
    parts.extend(server.page.clone());
    parts.join("\t")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_one_line_that_a_script_can_take_apart() {
        let addresses =
            vec!["192.168.1.5:53000".parse().unwrap(), "[fd00::5]:53000".parse().unwrap()];
        let server = Found::new(1, "Our\tplace\n", addresses, true);
        assert_eq!(line(&server), "192.168.1.5:53000\tOur place\tneeds a password");
    }
}

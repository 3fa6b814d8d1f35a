//! What `cluster status` answers.

use salotto::{OrderStatus, Reply};

/// Rooms that are listed one by one; of more than these there is a count.
const MOST_ROOMS: usize = 20;

pub(super) fn shown(status: &OrderStatus, local: &[String]) -> Reply {
    let mut fields: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, value: String| fields.push((name.to_owned(), value));
    let state = match &status.trouble {
        None => format!("there, {:.1} ms to all and back", status.lag_micros as f64 / 1000.0),
        Some(trouble) => format!("away: {trouble}"),
    };
    add("engine", format!("{}, {state}", status.place));
    add("this server", status.node.clone());
    let others = status.others.iter();
    let others: Vec<_> =
        others.map(|(node, since)| format!("{node} (heard {since} ms ago)")).collect();
    add("others", if others.is_empty() { "none".to_owned() } else { others.join(", ") });
    add("waiting", status.waiting.to_string());
    add("ordered", status.ordered.to_string());
    add("refused", status.refused.to_string());
    add("lost", format!("{} times", status.losses));
    add("given back", status.last_heal.clone().unwrap_or_else(|| "nothing yet".to_owned()));
    if !local.is_empty() {
        add("local rooms", local.join(", "));
    }
    for (room, (epoch, last)) in status.rooms.iter().take(MOST_ROOMS) {
        add(room, format!("up to {last} in epoch {epoch}"));
    }
    if status.rooms.len() > MOST_ROOMS {
        add("further rooms", (status.rooms.len() - MOST_ROOMS).to_string());
    }
    Reply::Fields(fields)
}

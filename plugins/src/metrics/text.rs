//! The metrics of a server in the text format of Prometheus.

use std::fmt::{Display, Write};
use std::time::UNIX_EPOCH;

use salotto::{OrderStatus, Status, StoreStatus};

/// The content type of this format.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All metrics. The memory of the process is not part of the status of the server.
pub(super) fn render(status: &Status, memory_bytes: Option<u64>) -> String {
    let mut text = Text::default();
    let version = env!("CARGO_PKG_VERSION");
    text.gauge("salotto_build_info", "The version that runs; always 1.");
    text.sample(&[("version", version)], 1);
    let since = status.since.system_time().duration_since(UNIX_EPOCH).unwrap_or_default();
    text.gauge("salotto_start_time_seconds", "When the server was started, since 1970.");
    text.sample(&[], since.as_secs_f64());
    if let Some(bytes) = memory_bytes {
        text.gauge("process_resident_memory_bytes", "Resident memory of the process.");
        text.sample(&[], bytes);
    }
    people(&mut text, status);
    traffic(&mut text, status);
    if let Some(kept) = &status.store {
        store(&mut text, kept);
    }
    if let Some(shared) = &status.order {
        order(&mut text, shared);
    }
    plugins(&mut text, status);
    text.text
}

fn people(text: &mut Text, status: &Status) {
    text.gauge("salotto_connected", "Connections, with or without a name.");
    text.sample(&[], status.connected);
    text.gauge("salotto_members", "Members, who have a name.");
    text.sample(&[], status.members);
    text.gauge("salotto_encrypted", "Connections that are encrypted.");
    text.sample(&[], status.encrypted);
    #[cfg(feature = "tls")]
    if let Some(certificate) = &status.certificate {
        let until = certificate.until.system_time().duration_since(UNIX_EPOCH).unwrap_or_default();
        text.gauge(
            "salotto_certificate_end_seconds",
            "When the certificate for TLS ends, since 1970.",
        );
        text.sample(&[], until.as_secs());
    }
    text.gauge("salotto_rooms", "Rooms that are open.");
    text.sample(&[], status.rooms);
    text.counter("salotto_connections_total", "Connections that were accepted.");
    text.sample(&[], status.connections);
    text.counter("salotto_disconnections_total", "Connections that ended, by reason.");
    for (reason, count) in &status.left {
        text.sample(&[("reason", reason)], count);
    }
    text.counter("salotto_limit_hits_total", "How often a limit was hit, by limit.");
    for (hit, count) in &status.limit_hits {
        let limit = serde_json::to_value(hit).unwrap_or_default();
        text.sample(&[("limit", limit.as_str().unwrap_or_default())], count);
    }
}

fn traffic(text: &mut Text, status: &Status) {
    text.counter("salotto_messages_total", "Messages sent, in rooms and private.");
    text.sample(&[], status.messages);
    text.counter(
        "salotto_deliveries_total",
        "Entries and lines handed to sockets, counted for each member.",
    );
    text.sample(&[], status.deliveries);
    text.counter("salotto_sent_bytes_total", "Bytes that were written to sockets.");
    text.sample(&[], status.bytes_sent);
    text.counter("salotto_received_bytes_total", "Bytes that were read from sockets.");
    text.sample(&[], status.bytes_received);
    text.gauge("salotto_hub_queue", "Events that wait for the hub.");
    text.sample(&[], status.queue);
}

fn store(text: &mut Text, store: &StoreStatus) {
    text.gauge("salotto_store_up", "1 where what is said can be kept, 0 while it cannot.");
    text.sample(&[], u8::from(store.trouble.is_none()));
    text.gauge("salotto_store_bytes", "What the database takes on the disk.");
    text.sample(&[], store.bytes);
    text.counter("salotto_store_kept_total", "Entries of rooms that were kept.");
    text.sample(&[], store.kept);
    text.gauge("salotto_store_waiting", "Entries that wait to be kept.");
    text.sample(&[], store.waiting);
    text.counter("salotto_store_lost_total", "Entries that were lost while the disk failed.");
    text.sample(&[], store.lost);
}

fn order(text: &mut Text, order: &OrderStatus) {
    text.gauge(
        "salotto_order_up",
        "1 where the engine that orders shared rooms is there, 0 while it is away.",
    );
    text.sample(&[], u8::from(order.trouble.is_none()));
    text.gauge("salotto_order_nodes", "Servers that share rooms, this one included.");
    text.sample(&[], order.others.len() + 1);
    text.gauge("salotto_order_lag_seconds", "How long it takes to all servers and back.");
    text.sample(&[], order.lag_micros as f64 / 1_000_000.0);
    text.gauge("salotto_order_waiting", "Entries that wait for the engine.");
    text.sample(&[], order.waiting);
    text.counter("salotto_order_ordered_total", "Entries of this server that were put in order.");
    text.sample(&[], order.ordered);
    text.counter(
        "salotto_order_refused_total",
        "Entries that were refused because the engine was away.",
    );
    text.sample(&[], order.refused);
    text.counter("salotto_order_losses_total", "How often the engine was lost.");
    text.sample(&[], order.losses);
}

fn plugins(text: &mut Text, status: &Status) {
    text.gauge(
        "salotto_plugin_up",
        "1 for a plugin that does its work, 0 for one that is failing or was disabled.",
    );
    for plugin in &status.plugins {
        let up = u8::from(plugin.state.is_working());
        text.sample(&[("plugin", &plugin.name)], up);
    }
    text.counter("salotto_hook_calls_total", "Calls of hooks, by plugin.");
    for plugin in &status.plugins {
        text.sample(&[("plugin", &plugin.name)], plugin.calls);
    }
    text.counter("salotto_hook_seconds_total", "Time that hooks took, by plugin.");
    for plugin in &status.plugins {
        text.sample(&[("plugin", &plugin.name)], plugin.time.as_secs_f64());
    }
}

/// The text so far.
#[derive(Debug, Default)]
struct Text {
    text: String,
    /// The family that was begun last, to which samples belong.
    family: &'static str,
}

impl Text {
    fn gauge(&mut self, name: &'static str, help: &str) {
        self.family(name, help, "gauge");
    }

    fn counter(&mut self, name: &'static str, help: &str) {
        self.family(name, help, "counter");
    }

    fn family(&mut self, name: &'static str, help: &str, kind: &str) {
        self.family = name;
        self.write(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    fn sample(&mut self, labels: &[(&str, &str)], value: impl Display) {
        self.write(self.family);
        for (index, (label, text)) in labels.iter().enumerate() {
            let text = text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n");
            self.write(format_args!("{}{label}=\"{text}\"", if index == 0 { '{' } else { ',' }));
        }
        let end = if labels.is_empty() { "" } else { "}" };
        self.write(format_args!("{end} {value}\n"));
    }

    fn write(&mut self, text: impl Display) {
        // Writing to a `String` does not fail.
        let _ = write!(self.text, "{text}");
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use salotto::PluginSetup;
    use salotto::plugin::Nothing;

    use super::*;

    /// The status of a server with plugins of the oddest names.
    fn status() -> Status {
        let names = ["quit", "a \"b\" \\ c\nd", "ünï"];
        let mut builder = salotto::Server::builder().listen(Vec::<String>::new());
        for name in names {
            builder = builder.plugin(PluginSetup::new(name).name, Nothing);
        }
        let server = builder.start().unwrap();
        let status = smol::block_on(server.handle().status()).unwrap();
        smol::block_on(server.stop());
        status
    }

    #[test]
    fn what_is_written_is_what_a_scraper_reads() {
        let mut status = status();
        status.left.insert("too_slow".into(), 3);
        (status.messages, status.bytes_sent) = (7, u64::MAX);
        let trouble = Some("the disk is full".into());
        status.store =
            Some(StoreStatus { bytes: 4096, kept: 9, trouble, ..StoreStatus::default() });
        status.order = Some(OrderStatus { lag_micros: 1500, refused: 2, ..OrderStatus::default() });
        let text = render(&status, Some(12_345));
        for line in [
            "salotto_order_up 1",
            "salotto_order_nodes 1",
            "salotto_order_lag_seconds 0.0015",
            "salotto_order_refused_total 2",
            "# TYPE salotto_messages_total counter",
            "salotto_messages_total 7",
            "salotto_sent_bytes_total 18446744073709551615",
            "salotto_disconnections_total{reason=\"too_slow\"} 3",
            "salotto_limit_hits_total{limit=\"message_length\"} 0",
            "salotto_plugin_up{plugin=\"quit\"} 1",
            "salotto_plugin_up{plugin=\"a \\\"b\\\" \\\\ c\\nd\"} 1",
            "process_resident_memory_bytes 12345",
            "salotto_store_up 0",
            "salotto_store_bytes 4096",
            "salotto_store_kept_total 9",
            concat!("salotto_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
        ] {
            assert!(text.lines().any(|written| written == line), "{line} in {text}");
        }
        assert!(!render(&status, None).contains("process_resident"));
    }

    /// The rules of the format, and those of `promtool check metrics`.
    #[test]
    fn the_rules_of_the_format_hold() {
        let mut status = status();
        status.store = Some(StoreStatus::default());
        let text = render(&status, Some(1));
        assert!(text.ends_with('\n'));
        let is_name = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        };
        let mut families = BTreeSet::new();
        let mut samples = BTreeSet::new();
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            let (name, help) = line.strip_prefix("# HELP ").unwrap().split_once(' ').unwrap();
            assert!(is_name(name) && !help.contains('\\') && help.ends_with('.'), "{line}");
            assert!(families.insert(name), "{name} stands there twice");
            let kind = lines.next().unwrap();
            let (typed, kind) = kind.strip_prefix("# TYPE ").unwrap().split_once(' ').unwrap();
            assert_eq!(typed, name);
            assert_eq!(kind == "counter", name.ends_with("_total"), "{name}");
            while let Some(line) = lines.next_if(|line| !line.starts_with('#')) {
                assert!(samples.insert(line.rsplit_once(' ').unwrap().0), "{line} is there twice");
                let (sample, value) = line.rsplit_once(' ').unwrap();
                value.parse::<f64>().unwrap();
                let labels = sample.strip_prefix(name).unwrap();
                if labels.is_empty() {
                    continue;
                }
                let inside = labels.strip_prefix('{').unwrap().strip_suffix("\"}").unwrap();
                let (label, text) = inside.split_once("=\"").unwrap();
                assert!(is_name(label), "{line}");
                let bare = text.replace("\\\\", "").replace("\\\"", "").replace("\\n", "");
                assert!(!bare.contains(['"', '\\']), "{line}");
            }
        }
    }
}

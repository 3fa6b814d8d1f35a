//! `web`: anybody joins from a browser, through the port of the server: a page, and the JSON protocol over WebSocket at `/ws`.
//!
//! ```ron
//! (
//!     root: "/srv/chat",
//!     origins: ["https://chat.example.org"],
//!     proxies: ["10.0.0.7"],
//! )
//! ```
//!
//! It has two protocols. `http` knows requests of HTTP by their first line and answers all of them: `/` and the files of the page, `/healthz`, `/ws`, and
//! whatever else is asked for with an error. `websocket` is never chosen by the first bytes, but by name: a web server of your own that has upgraded a
//! connection gives it to [`Handle::adopt`](salotto::Handle::adopt) with `protocol("websocket")`.

mod access;
mod answer;
mod files;
mod http;
mod lean;
mod page;
mod request;
mod visitor;
mod websocket;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use salotto::{Context, Network, Plugin, Protocol};
use serde::Deserialize;

use access::Access;
use files::Files;
use http::Http;
use websocket::WebSocket;

/// What is served, and to whom.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebSettings {
    /// A folder of your own with an `index.html`, instead of the page that comes with the program. It is read when the plugin starts: at most 256 files and
    /// 16 MiB. Default none.
    pub root: Option<PathBuf>,
    /// Where pages from elsewhere may come from that connect to `/ws`, and under which names the server is called on this machine, each as
    /// `https://chat.example.org`, with the port where it is not that of the scheme. Default none: a page connects where it came from.
    pub origins: Vec<String>,
    /// Proxies of HTTP in front of the server, by address or network: from them `X-Forwarded-For` says who connects. Default none.
    pub proxies: Vec<Network>,
}

/// The plugin.
#[derive(Debug)]
pub struct Web {
    site: Arc<Site>,
}

/// What all that visit have in common.
#[derive(Debug)]
struct Site {
    files: Files,
    access: Access,
    /// Whether the plugin is over: who still visits is not answered any more.
    is_closed: AtomicBool,
}

impl Web {
    /// The plugin with these settings.
    ///
    /// # Errors
    /// When the folder cannot be read or is too large, or an origin is none.
    pub fn new(settings: WebSettings) -> Result<Self, String> {
        let WebSettings { root, origins, proxies } = settings;
        let files = match root {
            Some(root) => Files::read(&root)?,
            None => Files::embedded(),
        };
        let access = Access::new(&origins, proxies)?;
        Ok(Self { site: Arc::new(Site { files, access, is_closed: AtomicBool::new(false) }) })
    }
}

impl Plugin for Web {
    fn protocols(&self) -> Vec<Arc<dyn Protocol>> {
        vec![Arc::new(Http::new(self.site.clone())), Arc::new(WebSocket)]
    }

    fn stop(&mut self, _: &mut Context<'_>) {
        self.site.is_closed.store(true, Ordering::SeqCst);
    }
}

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

use std::any::Any;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use salotto::{Context, Network, Plugin, Protocol, Settings};
use serde::Deserialize;

use access::Access;
use files::Files;
use http::Http;
use websocket::WebSocket;

/// What is served, and to whom.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebSettings {
    /// A folder of your own with an `index.html`, instead of the page that comes with the program. It is read when the plugin starts and again whenever a
    /// configuration is taken over: at most 256 files and 16 MiB. Default none.
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
    root: Option<PathBuf>,
    site: Arc<Site>,
}

/// What all that visit have in common.
#[derive(Debug)]
struct Site {
    /// Replaced whole when the folder was read again.
    files: RwLock<Arc<Files>>,
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
        let files = match &root {
            Some(root) => Files::read(root)?,
            None => Files::embedded(),
        };
        let access = Access::new(&origins, proxies)?;
        let files = RwLock::new(Arc::new(files));
        Ok(Self { root, site: Arc::new(Site { files, access, is_closed: AtomicBool::new(false) }) })
    }
}

impl Site {
    fn files(&self) -> Arc<Files> {
        self.files.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_files(&self, files: Files) {
        *self.files.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(files);
    }
}

/// What came of reading the folder again.
type Reread = Result<Files, String>;

impl Plugin for Web {
    fn protocols(&self) -> Vec<Arc<dyn Protocol>> {
        vec![Arc::new(Http::new(self.site.clone())), Arc::new(WebSocket)]
    }

    /// The host may have changed the page and nothing in the configuration.
    fn after_settings_changed(&mut self, context: &mut Context<'_>, _: &Settings) {
        let Some(root) = self.root.clone() else { return };
        let mailbox = context.mailbox();
        // Ends when the folder is read.
        context.spawn(async move {
            let read: Reread = smol::unblock(move || Files::read(&root)).await;
            mailbox.send(read).await;
        });
    }

    fn after_task(&mut self, context: &mut Context<'_>, result: Box<dyn Any + Send>) {
        match result.downcast::<Reread>().map(|read| *read) {
            Ok(Ok(files)) => {
                self.site.set_files(files);
                context.working();
            }
            Ok(Err(problem)) => context.failing(problem),
            Err(_) => {}
        }
    }

    fn stop(&mut self, _: &mut Context<'_>) {
        self.site.is_closed.store(true, Ordering::SeqCst);
    }
}

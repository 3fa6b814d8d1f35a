//! What keeps a plugin from its work: its tasks fail and recover each for itself, and it is failing while one of them is.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use salotto::Reporter;

/// See the module.
#[derive(Debug)]
pub(crate) struct Troubles {
    reporter: Reporter,
    /// Why, by what fails. Locked for a change and its report.
    reasons: Mutex<BTreeMap<String, String>>,
}

impl Troubles {
    pub(crate) fn new(reporter: Reporter) -> Self {
        Self { reporter, reasons: Mutex::default() }
    }

    /// One of the tasks cannot do what it is for.
    pub(crate) fn failing(&self, what: &str, reason: String) {
        let mut reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        reasons.insert(what.to_owned(), reason);
        self.tell(&reasons);
    }

    /// It can again, or could all the time.
    pub(crate) fn working(&self, what: &str) {
        let mut reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        if reasons.remove(what).is_some() {
            self.tell(&reasons);
        }
    }

    fn tell(&self, reasons: &BTreeMap<String, String>) {
        let all: Vec<&str> = reasons.values().map(String::as_str).collect();
        match all.is_empty() {
            true => self.reporter.working(),
            false => self.reporter.failing(all.join("; ")),
        }
    }
}

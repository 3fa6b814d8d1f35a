//! The names of those who said something: each once, however many lines they have.

use std::collections::HashMap;
use std::sync::Arc;

/// Each name once.
#[derive(Debug, Default)]
pub(super) struct Names {
    all: Vec<Arc<str>>,
    index: HashMap<Arc<str>, u32>,
}

impl Names {
    /// The number of a name.
    pub(super) fn intern(&mut self, name: &str) -> u32 {
        if let Some(&index) = self.index.get(name) {
            return index;
        }
        let name: Arc<str> = name.into();
        let index = self.all.len() as u32;
        self.all.push(name.clone());
        self.index.insert(name, index);
        index
    }

    /// The name that was given this number.
    pub(super) fn get(&self, number: u32) -> &str {
        &self.all[number as usize]
    }
}

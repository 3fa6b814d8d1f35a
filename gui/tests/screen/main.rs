//! The window without a window: the model as a function, and the view by label and key.

#![expect(clippy::unwrap_used, reason = "a test that goes wrong may stop, also in its helpers")]

mod fuzz;
mod history;
mod model;
mod nearby;
mod people;
mod reading;
mod sending;
mod server;
mod trust;
mod view;
mod writing;

//! The window of Salotto, without the window: what it knows ([`model`]) and how it is drawn ([`view`]).
//!
//! The program puts the two between a network thread and a shell that owns the window:
//!
//! ```text
//! network ─ Update ─┐                                   ┌─ Effect ─→ network, clipboard, window
//!                   ├─→ Model::update(Input) ───────────┤
//! view ── Action ───┘                                   └─ state ──→ View::show(context, &model) ─→ Action
//! ```
//!
//! Neither reads a clock, opens a socket or names a windowing library, so both are tested as plain functions, and another
//! shell can be put around them.

pub mod model;
pub mod raster;
pub mod view;

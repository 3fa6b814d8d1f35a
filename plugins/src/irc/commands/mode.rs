//! `MODE #channel`: what holds in a room.

use super::{Call, bot};
use crate::irc::numeric;

pub(super) fn run(call: &mut Call<'_, '_>) {
    let name = call.line.parameter(0).unwrap_or_default();
    if !name.starts_with('#') {
        return bot::run(call);
    }
    if call.room(name).is_some() {
        call.numeric(numeric::CHANNEL_MODE_IS, &[name], "+t");
    }
}

//! `QUIT [words]`: goodbye.

use salotto::Request;

use super::Call;

pub(super) fn run(call: &mut Call<'_, '_>) {
    let farewell = call.line.parameter(0).unwrap_or_default().to_owned();
    call.request(Request::Quit { farewell }, "");
}

//! The window of Salotto.

fn main() {}

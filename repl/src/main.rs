//! The console of Salotto.

fn main() {}

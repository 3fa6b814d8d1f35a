//! The plugins that come with Salotto.

//! Without the feature `nodes` no server is given an order. There is no value of this type, so the compiler leaves out whatever would be done with one.

use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

/// In the place of a `T` that there never is.
pub(crate) struct Never<T: ?Sized>(Infallible, PhantomData<fn() -> T>);

impl<T: ?Sized> Clone for Never<T> {
    fn clone(&self) -> Self {
        match self.0 {}
    }
}

impl<T: ?Sized> fmt::Debug for Never<T> {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {}
    }
}

impl<T: ?Sized> Deref for Never<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self.0 {}
    }
}

impl<T: ?Sized> DerefMut for Never<T> {
    fn deref_mut(&mut self) -> &mut T {
        match self.0 {}
    }
}

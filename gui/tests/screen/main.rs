//! The window without a window: the model as a function, and the view by label and key.

mod house;
mod model;
mod reading;
mod view;
mod writing;

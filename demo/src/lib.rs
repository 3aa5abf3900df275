//! A province in a box: what the demonstration is made of.

pub mod narrator;
pub mod options;
pub mod province;
pub mod story;

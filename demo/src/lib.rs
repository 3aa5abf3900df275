//! A province in a box: what the demonstration is made of.

pub mod province;
